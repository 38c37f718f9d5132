//! The client's command line.

#[cfg(feature = "chain")]
use assay_verifier::cli::chain::{account, acknowledge, forfeit, open, refund, seed, slash, status, terms};
use assay_verifier::cli::{audit, challenge, check, finish, inspect, job, parse};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Orders work from a rig and checks what it claims.
#[derive(Parser, Debug)]
#[command(name = "assay-verifier", version)]
struct Cli {
    /// Print one JSON object on standard output.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Write the terms of a job for a rig.
    Job(job::Args),
    /// Ask a rig to open drawn parts of its trace.
    Challenge(challenge::Args),
    /// Check a rig's answer with the model's manifest, without its weights.
    ///
    /// Exit codes: 0 verified, 1 rejected, 2 usage or input error, 3 consistent but not pinned to a job, a rig and powers of
    /// tau.
    Check(check::Args),
    /// Check a receipt with the model's weights.
    ///
    /// Exit codes: 0 verified, 1 rejected, 2 usage or input error, 3 consistent but not pinned to a job and a rig.
    Audit(audit::Args),
    /// Write the terms of a job on a chain for a rig.
    ///
    /// Exit codes: 0 done, or nothing to do; 1 the chain refuses; 2 usage, input, or no answer.
    #[cfg(feature = "chain")]
    Terms(terms::Args),
    /// Pay for a job on a chain.
    ///
    /// Exit codes: 0 done, or nothing to do; 1 the chain refuses; 2 usage, input, or no answer.
    #[cfg(feature = "chain")]
    Open(open::Args),
    /// Take delivery on a chain: pays the rig. Check the receipt first.
    ///
    /// Exit codes: 0 done, or nothing to do; 1 the chain refuses; 2 usage, input, or no answer.
    #[cfg(feature = "chain")]
    Acknowledge(acknowledge::Args),
    /// Give the client its money back once a deadline has passed.
    ///
    /// Exit codes: 0 done, or nothing to do; 1 the chain refuses; 2 usage, input, or no answer.
    #[cfg(feature = "chain")]
    Refund(refund::Args),
    /// Fix the draws of a job that is paid on proofs, once the beacon has their round.
    ///
    /// Exit codes: 0 done, or nothing to do; 1 the chain refuses; 2 usage, input, or no answer.
    #[cfg(feature = "chain")]
    Seed(seed::Args),
    /// Take the stake of a rig that did not prove its draws in time.
    ///
    /// Exit codes: 0 done, or nothing to do; 1 the chain refuses; 2 usage, input, or no answer.
    #[cfg(feature = "chain")]
    Forfeit(forfeit::Args),
    /// Show two receipts that a rig signed for one job: takes its stake.
    ///
    /// Exit codes: 0 done, or nothing to do; 1 the chain refuses; 2 usage, input, or no answer.
    #[cfg(feature = "chain")]
    Slash(slash::Args),
    /// Show where a job on a chain stands.
    ///
    /// Exit codes: 0 done, or nothing to do; 1 the chain refuses; 2 usage, input, or no answer.
    #[cfg(feature = "chain")]
    Status(status::Args),
    /// Fetch what an escrow has credited.
    #[cfg(feature = "chain")]
    Withdraw(account::Withdraw),
    /// Show what a file says, without judging it.
    Inspect(inspect::Args),
}

fn main() -> ExitCode {
    let cli: Cli = match parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let result = match &cli.command {
        Command::Job(args) => job::run(args),
        Command::Challenge(args) => challenge::run(args),
        Command::Check(args) => check::run(args, cli.json),
        Command::Audit(args) => audit::run(args),
        #[cfg(feature = "chain")]
        Command::Terms(args) => terms::run(args),
        #[cfg(feature = "chain")]
        Command::Open(args) => open::run(args),
        #[cfg(feature = "chain")]
        Command::Acknowledge(args) => acknowledge::run(args),
        #[cfg(feature = "chain")]
        Command::Refund(args) => refund::run(args),
        #[cfg(feature = "chain")]
        Command::Seed(args) => seed::run(args),
        #[cfg(feature = "chain")]
        Command::Forfeit(args) => forfeit::run(args),
        #[cfg(feature = "chain")]
        Command::Slash(args) => slash::run(args),
        #[cfg(feature = "chain")]
        Command::Status(args) => status::run(args),
        #[cfg(feature = "chain")]
        Command::Withdraw(args) => account::withdraw(args),
        Command::Inspect(args) => inspect::run(args),
    };
    finish(result, cli.json)
}
