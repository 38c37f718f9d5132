//! `assay-verifier terms`: writes the terms of a job for rig and chain.

use super::super::options::unix_now;
use super::super::{Report, files, hex, key, parse_hex};
use crate::chain::amount;
use crate::chain::terms::TermsFile;
use crate::receipt::Address;
use crate::settlement::prompt::Prompt;
use crate::settlement::terms::{Amount, Terms};
use anyhow::{Result, ensure};
use assay_model::domain::Digest;
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
    /// What the rig is paid for proofs besides, if you do not acknowledge in time.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse, default_value = "0")]
    proof_fee: Amount,
    #[command(flatten)]
    contested: Contested,
    /// Where to write the terms.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// What a job needs besides, if it is to be paid on proofs without its client.
#[derive(clap::Args, Debug)]
pub struct Contested {
    /// Pay on proofs if you do not acknowledge: the job is in the contested lane. It must be greedy.
    #[arg(long, requires_all = ["verifier", "record", "draws"])]
    contested: bool,
    /// Take it that the circuits' keys are development keys, as all records of this version have: whoever made them, the rig
    /// among them, forges any proof and is paid for nothing. For trials.
    #[arg(long, requires = "contested")]
    accept_insecure_keys: bool,
    /// Selector of a verifier that the escrow's router has.
    #[arg(long, value_name = "SELECTOR", value_parser = selector, requires = "contested")]
    verifier: Option<[u8; 4]>,
    /// Id of the model's record. Whoever has weights, powers and keys makes it and compares: docs/settlement.md.
    #[arg(long, value_name = "HEX", value_parser = parse_hex::<32>, requires = "contested")]
    record: Option<Digest>,
    /// Units of the trace that are drawn, 1 to 64. What cheating must be made to lose decides: docs/soundness.md.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64), requires = "contested")]
    draws: Option<u32>,
    /// How long the rig has to prove after your deadline, seconds; at least a day after the draws are known.
    #[arg(long, value_name = "SECONDS", default_value_t = 2 * 86_400, requires = "contested")]
    prove_in: u64,
}

/// Four bytes, and not zero: that stands for no verifier.
fn selector(text: &str) -> Result<[u8; 4], String> {
    let selector = parse_hex::<4>(text)?;
    if selector == [0; 4] { Err("a selector is not zero".to_owned()) } else { Ok(selector) }
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
    ensure!(
        !args.contested.contested || args.contested.accept_insecure_keys,
        "records of this version have development keys, under which anyone forges proofs: a rig could be paid for nothing. For a trial, say --accept-insecure-keys"
    );
    let client = key::load_or_create(&args.key)?.address();
    let commit_by = unix_now().saturating_add(args.commit_in);
    let acknowledge_by = commit_by.saturating_add(args.acknowledge_in);
    let c = &args.contested;
    let prompt = c.contested.then(|| Prompt::of(&job).root());
    let terms = Terms {
        client,
        rig: args.rig,
        job: job.digest(),
        manifest: job.manifest,
        record: c.record.unwrap_or_default(),
        verifier: c.verifier.unwrap_or_default(),
        prompt: prompt.unwrap_or_default(),
        prompt_tokens: prompt.map_or(0, |_| job.prompt_len()),
        max_tokens: job.max_tokens,
        draws: c.draws.unwrap_or(0),
        price_per_token: args.price,
        proof_fee: args.proof_fee,
        stake: args.stake,
        commit_by,
        acknowledge_by,
        prove_by: if c.contested { acknowledge_by.saturating_add(c.prove_in) } else { 0 },
    };
    let file = TermsFile { settlement: job.settlement, terms };
    file.require_job(&job)?;
    files::write(&args.out, &file.encode())?;
    let (id, all) = (hex(&file.id()), file.escrow().unwrap_or_default().to_string());
    let lane = match file.is_contested() {
        true => format!(
            "\ncontested lane: {} units are drawn, the rig proves them before {} or loses its stake",
            file.terms.draws.saturating_add(1),
            file.terms.prove_by
        ),
        false => String::new(),
    };
    let text = format!(
        "terms of job {id}\nclient 0x{}, rig 0x{}\nat most {} tokens, {all} to pay in, stake {}\n\
         the rig commits before {commit_by}, you acknowledge before {}{lane}\nwritten to {}; send it to the rig, then `open` it",
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
        "contested": file.is_contested(), "prove_by": file.terms.prove_by, "draws": file.terms.draws,
        "prompt": hex(&file.terms.prompt),
    });
    Ok(Report::done(text, json))
}
