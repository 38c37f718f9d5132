//! The client's command line.

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
        Command::Inspect(args) => inspect::run(args),
    };
    finish(result, cli.json)
}
