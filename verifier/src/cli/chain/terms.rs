//! `assay-verifier terms`: writes the terms of a job for rig and chain.

use super::super::options::unix_now;
use super::super::{Report, files, hex, key, parse_hex};
use crate::chain::amount;
use crate::chain::terms::TermsFile;
use crate::receipt::Address;
use crate::settlement::terms::{Amount, Terms};
use anyhow::{Result, ensure};
use serde_json::json;
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The job; it names chain and contract.
    #[arg(long, value_name = "FILE")]
    job: PathBuf,
    /// Address of the rig.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_hex::<20>)]
    rig: Address,
    /// The key that you will pay and acknowledge with; made if it is not there.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Price of one token, in the smallest unit of the escrow's asset.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse)]
    price: Amount,
    /// Stake that the rig puts up for this job.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse, default_value = "0")]
    stake: Amount,
    /// How long the rig has to do the work and commit, seconds from now.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    commit_in: u64,
    /// How long you have to acknowledge after that.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    acknowledge_in: u64,
    /// Where to write the terms.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// Unusable input, or a file that cannot be read or written.
pub fn run(args: &Args) -> Result<Report> {
    let job = super::read_job(&args.job)?;
    ensure!(
        job.settlement.is_named(),
        "{} names no contract: write it with `assay-verifier job --chain ID --contract ADDRESS`",
        args.job.display()
    );
    let client = key::load_or_create(&args.key)?.address();
    let commit_by = unix_now().saturating_add(args.commit_in);
    let terms = Terms {
        client,
        rig: args.rig,
        job: job.digest(),
        manifest: job.manifest,
        record: [0; 32],
        verifier: [0; 4],
        max_tokens: job.max_tokens,
        price_per_token: args.price,
        proof_fee: [0; 12],
        stake: args.stake,
        commit_by,
        acknowledge_by: commit_by.saturating_add(args.acknowledge_in),
    };
    let file = TermsFile { settlement: job.settlement, terms };
    file.require_job(&job)?;
    files::write(&args.out, &file.encode())?;
    let (id, all) = (hex(&file.id()), file.escrow().unwrap_or_default().to_string());
    let text = format!(
        "terms of job {id}\nclient 0x{}, rig 0x{}\nat most {} tokens, {all} to pay in, stake {}\n\
         the rig commits before {commit_by}, you acknowledge before {}\nwritten to {}; send it to the rig, then `open` it",
        hex(&client),
        hex(&args.rig),
        file.terms.max_tokens,
        amount::number(&args.stake),
        file.terms.acknowledge_by,
        args.out.display()
    );
    let json = json!({
        "id": id, "job": hex(&file.terms.job), "client": hex(&client), "rig": hex(&args.rig), "escrow": all,
        "commit_by": commit_by, "acknowledge_by": file.terms.acknowledge_by, "out": args.out,
    });
    Ok(Report::done(text, json))
}
