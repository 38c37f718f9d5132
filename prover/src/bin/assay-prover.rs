//! The rig's command line.

#[cfg(feature = "chain")]
use assay_prover::cli::proving;
use assay_prover::cli::{bench, devices, manifest, perplexity, prove, run, settlement_setup};
#[cfg(feature = "chain")]
use assay_verifier::cli::chain::account;
use assay_verifier::cli::{finish, parse};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Runs language models in exact integers and proves what it did.
#[derive(Parser, Debug)]
#[command(name = "assay-prover", version)]
struct Cli {
    /// Print one JSON object on standard output.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
#[allow(clippy::large_enum_variant, reason = "parsed once")]
enum Command {
    /// Write the public description of a model.
    Manifest(manifest::Args),
    /// Do jobs and sign what was done.
    Run(run::Args),
    /// Answer a challenge.
    Prove(prove::Args),
    /// Take a job to its payment on a chain: commit to its receipt, wait for the client.
    ///
    /// Exit codes: 0 done, or nothing to do; 1 the chain refuses; 2 usage, input, or no answer.
    #[cfg(feature = "chain")]
    Settle(proving::SettleArgs),
    /// Bond what is missing of a free stake.
    #[cfg(feature = "chain")]
    Stake(account::Stake),
    /// Fetch what an escrow has credited.
    #[cfg(feature = "chain")]
    Withdraw(account::Withdraw),
    /// Make a model's record and the keys of its circuits, which answers to a contract's draws are under.
    SettlementSetup(settlement_setup::Args),
    /// Measure how well the model predicts a text.
    Perplexity(perplexity::Args),
    /// Measure this machine.
    Bench(bench::Args),
    /// List graphics cards.
    Devices(devices::Args),
}

fn main() -> ExitCode {
    let cli: Cli = match parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    #[cfg(any(feature = "chain", feature = "gpu"))]
    assay_prover::cli::warnings::print();
    let result = match &cli.command {
        Command::Manifest(args) => manifest::run(args),
        Command::Run(args) => run::run(args, cli.json),
        Command::Prove(args) => prove::run(args),
        #[cfg(feature = "chain")]
        Command::Settle(args) => proving::settle(args),
        #[cfg(feature = "chain")]
        Command::Stake(args) => account::stake(args),
        #[cfg(feature = "chain")]
        Command::Withdraw(args) => account::withdraw(args),
        Command::SettlementSetup(args) => settlement_setup::run(args),
        Command::Perplexity(args) => perplexity::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Devices(args) => devices::run(args),
    };
    finish(result, cli.json)
}
