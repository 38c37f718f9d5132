//! `withdraw` and `stake`: an account at an escrow, without a job.

use super::super::{Report, hex, key, parse_hex};
use super::{Sender, ended};
use crate::chain::abi::Escrow::{bondCall, withdrawCall};
use crate::chain::journal::Journal;
use crate::chain::{Chain, amount};
use crate::job::Settlement;
use crate::receipt::Address;
use crate::settlement::terms::Amount;
use crate::sign::RigKey;
use alloy::primitives::U256;
use anyhow::{Result, ensure};
use serde_json::json;

/// An escrow.
#[derive(clap::Args, Debug)]
pub struct Place {
    /// EVM chain of the escrow.
    #[arg(long, value_name = "ID")]
    chain: u64,
    /// Escrow contract.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_hex::<20>)]
    contract: Address,
    #[command(flatten)]
    sender: Sender,
}

impl Place {
    fn enter(&self) -> Result<(Chain, RigKey)> {
        let key = key::load(&self.sender.key)?;
        let settlement = Settlement { chain: self.chain, contract: self.contract };
        Ok((Chain::connect(&self.sender.node.rpc, &settlement)?, key))
    }
}

/// Arguments of `withdraw`.
#[derive(clap::Args, Debug)]
pub struct Withdraw {
    #[command(flatten)]
    place: Place,
    /// Where the money goes; to the key's own address if not given.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_hex::<20>)]
    to: Option<Address>,
}

/// Fetches all credit.
///
/// # Errors
/// No key, or a chain that gives no answer.
pub fn withdraw(args: &Withdraw) -> Result<Report> {
    ended(fetch(args))
}

fn fetch(args: &Withdraw) -> Result<Report> {
    let (chain, key) = args.place.enter()?;
    let journal = Journal::beside(&args.place.sender.key, "withdraw");
    let limits = args.place.sender.limits();
    chain.resume(&journal, &limits)?;
    let (owner, to) = (key.address(), args.to.unwrap_or_else(|| key.address()));
    let credit = chain.account(&owner)?.credit.to::<u128>();
    let mut json = json!({
        "sent": false, "withdrawn": "0", "to": hex(&to), "account": hex(&owner), "transaction": null, "resumed": false,
    });
    if credit == 0 {
        return Ok(Report::done("nothing to do: there is no credit to withdraw", json));
    }
    let call = withdrawCall { to: to.into() };
    let sent = chain.send(&call, U256::ZERO, &key, &journal, &limits)?;
    json["sent"] = true.into();
    json["withdrawn"] = credit.to_string().into();
    json["transaction"] = sent.hash.to_string().into();
    json["resumed"] = sent.resumed.into();
    let text = format!("withdrew {credit} to 0x{}\ntransaction {} ({} gas)", hex(&to), sent.hash, sent.gas);
    Ok(Report::done(text, json))
}

/// Arguments of `stake`.
#[derive(clap::Args, Debug)]
pub struct Stake {
    #[command(flatten)]
    place: Place,
    /// What the free stake is to be at least: what is missing is bonded.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse)]
    at_least: Amount,
}

/// Bonds what is missing of a free stake.
///
/// # Errors
/// No key, or a chain that gives no answer.
pub fn stake(args: &Stake) -> Result<Report> {
    ended(bond(args))
}

fn bond(args: &Stake) -> Result<Report> {
    let (chain, key) = args.place.enter()?;
    let journal = Journal::beside(&args.place.sender.key, "stake");
    let sent = top_up(&chain, &key, amount::number(&args.at_least), &journal, &args.place.sender)?;
    let free = chain.account(&key.address())?.free.to::<u128>();
    let said = match &sent {
        None => "nothing to do: there is as much already".to_owned(),
        Some((bonded, _)) => format!("bonded {bonded}"),
    };
    Ok(Report::done(
        format!("{said}\nfree stake of 0x{}: {free}", hex(&key.address())),
        json!({
            "sent": sent.is_some(), "bonded": sent.map_or(0, |s| s.0).to_string(), "free_stake": free.to_string(),
            "rig": hex(&key.address()), "transaction": sent.map(|s| s.1.hash.to_string()),
        }),
    ))
}

/// Bonds what the free stake lacks of `at_least`; none if it lacks nothing.
///
/// # Errors
/// An escrow in a token, or a chain that gives no answer.
pub fn top_up(
    chain: &Chain,
    key: &RigKey,
    at_least: u128,
    journal: &Journal,
    sender: &Sender,
) -> Result<Option<(u128, crate::chain::Sent)>> {
    chain.resume(journal, &sender.limits())?;
    let free = chain.account(&key.address())?.free.to::<u128>();
    let Some(missing) = at_least.checked_sub(free).filter(|m| *m > 0) else {
        return Ok(None);
    };
    let asset = chain.asset()?;
    ensure!(asset.is_zero(), "this escrow is paid in the token {asset}: bond with another tool");
    let call = bondCall { amount: alloy::primitives::aliases::U96::from(missing) };
    let sent = chain.send(&call, U256::from(missing), key, journal, &sender.limits())?;
    Ok(Some((missing, sent)))
}
