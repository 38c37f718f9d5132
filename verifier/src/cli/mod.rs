//! What both command lines share: exit codes, reports, files, job options; and the commands of `assay-verifier`.

#![allow(clippy::arithmetic_side_effects, reason = "reports, not checks")]

pub mod audit;
#[cfg(feature = "chain")]
#[allow(clippy::indexing_slicing, reason = "names are set in JSON objects that are made there")]
pub mod chain;
pub mod challenge;
pub mod check;
pub mod files;
pub mod inspect;
pub mod job;
pub mod key;
pub mod manifests;
pub mod options;
pub mod progress;
mod srs;
pub mod verdict;

use crate::reject::Rejection;
use serde_json::{Value, json};
use std::process::ExitCode;

/// How a command ended, when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Verified or done.
    Done,
    /// Rejected.
    Rejected,
    /// Consistent, but not pinned to a job and rig that the caller named.
    NotPinned,
}

/// A finished command: how it ended, and what it has to say for people and for programs.
#[derive(Clone, Debug)]
pub struct Report {
    /// Exit status.
    pub ending: Ending,
    /// Lines for people.
    pub text: String,
    /// The one JSON object.
    pub json: Value,
}

impl Report {
    /// A report of work done.
    pub fn done(text: impl Into<String>, json: Value) -> Self {
        Report { ending: Ending::Done, text: text.into(), json }
    }
}

/// The command line, read. Otherwise the exit code, after what clap has to say: help, or a usage error, which is the one
/// JSON object as well if that was asked for.
///
/// # Errors
/// Help, or a usage error.
pub fn parse<C: clap::Parser>() -> Result<C, ExitCode> {
    C::try_parse().map_err(|error| {
        // Nobody is left to tell if it cannot be printed.
        let _ = error.print();
        if !error.use_stderr() {
            return ExitCode::SUCCESS;
        }
        if std::env::args_os().any(|arg| arg == "--json") {
            let text = error.to_string();
            let first = text.split("\n\n").next().unwrap_or_default();
            let words: Vec<&str> = first.trim_start_matches("error:").split_whitespace().collect();
            let _ = files::print(&format!("{}\n", error_json(&words.join(" "))));
        }
        ExitCode::from(2)
    })
}

fn error_json(message: &str) -> Value {
    json!({ "verdict": "error", "message": message })
}

/// Prints a command's report, or its error in one line, and gives the exit code: 0 done, 1 rejected, 2 usage or input
/// error, 3 not pinned.
pub fn finish(result: anyhow::Result<Report>, as_json: bool) -> ExitCode {
    let (code, text, json) = match result {
        Ok(report) => {
            let code = match report.ending {
                Ending::Done => 0,
                Ending::Rejected => 1,
                Ending::NotPinned => 3,
            };
            (code, report.text, report.json)
        }
        Err(error) => {
            let message = one_line(&error);
            eprintln!("error: {message}");
            (2, String::new(), error_json(&message))
        }
    };
    let written = if as_json {
        files::print(&format!("{json}\n"))
    } else if text.is_empty() {
        Ok(())
    } else {
        files::print(&format!("{}\n", text.trim_end()))
    };
    match written {
        Ok(()) => ExitCode::from(code),
        Err(error) => {
            // A closed pipe takes nothing away from the verdict, but there is nobody left to tell.
            if error.kind() != std::io::ErrorKind::BrokenPipe {
                eprintln!("error: cannot write to standard output; send it elsewhere: {error}");
            }
            ExitCode::from(code.max(2))
        }
    }
}

/// An error and its causes in one line; a cause that the line already ends with is not said twice.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !line.ends_with(&cause) {
            let separator = if line.is_empty() { "" } else { ": " };
            line = line + separator + &cause;
        }
    }
    line.replace('\n', " ")
}

/// A rejection as JSON.
pub fn rejection_json(r: &Rejection) -> Value {
    json!({
        "code": r.code.name(),
        "message": r.to_string(),
        "place": r.place.map(|p| json!({
            "position": p.position,
            "step": p.step.map(|s| s.kind.name()),
            "layer": p.step.filter(|s| assay_model::program::StepKind::LAYER.contains(&s.kind)).map(|s| s.layer),
            "unit": p.unit.map(|u| u.to_string()),
        })),
    })
}

/// Lower-case hex of any bytes.
pub fn hex(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

/// Bytes of hex text of exactly `N` bytes, with or without 0x.
///
/// # Errors
/// Says which option is wrong.
pub fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], String> {
    let bytes = hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|e| format!("not hexadecimal: {e}"))?;
    <[u8; N]>::try_from(bytes).map_err(|b| format!("expected {N} bytes of hexadecimal, got {}", b.len()))
}
