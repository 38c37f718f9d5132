//! What `audit` and `check` share: the files of a claim, what the caller pins, and the report.

use super::{Ending, Report, files, hex, parse_hex, rejection_json};
use crate::audit::{Checked, Pins};
use crate::receipt::Address;
use crate::reject::Rejection;
use crate::{Job, Output, Receipt};
use anyhow::{Context, Result};
use assay_model::program::StepKind;
use assay_model::wire::{FileKind, WireError};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The files of a claim and what the caller knows by itself.
#[derive(clap::Args, Debug)]
pub struct Files {
    /// The receipt; job and output are looked for beside it.
    #[arg(long, value_name = "FILE")]
    pub receipt: PathBuf,
    /// Your own copy of the job.
    #[arg(long, value_name = "FILE")]
    job: Option<PathBuf>,
    /// Address of the rig that was to do it.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_hex::<20>)]
    rig: Option<Address>,
    /// Unix second at which the receipt came; the job must not have expired by then.
    #[arg(long, value_name = "T")]
    now: Option<u64>,
}

/// Bytes of a claim.
pub struct Bytes {
    receipt: Vec<u8>,
    job: Vec<u8>,
    output: Vec<u8>,
}

impl Files {
    /// Reads receipt, job and output.
    ///
    /// # Errors
    /// Names the file.
    pub fn read(&self) -> Result<Bytes> {
        Ok(Bytes {
            receipt: files::read(&self.receipt)?,
            job: files::read(self.job.as_deref().unwrap_or(&self.receipt.with_extension("job")))
                .context("the job is needed: name it with --job, or keep it beside the receipt")?,
            output: files::read(&self.receipt.with_extension("output"))
                .context("the output is needed beside the receipt, under the same name")?,
        })
    }

    /// What the caller knows.
    pub const fn pins(&self) -> Pins {
        Pins { job: self.job.is_some(), rig: self.rig, now: self.now }
    }
}

impl Bytes {
    /// Decodes the files.
    ///
    /// # Errors
    /// `malformed-…`.
    pub fn decode(&self) -> Result<(Receipt, Job, Output), Rejection> {
        fn file<T>(kind: FileKind, decoded: Result<T, WireError>) -> Result<T, Rejection> {
            decoded.map_err(|e| Rejection::malformed(kind, e))
        }
        Ok((
            file(FileKind::Receipt, Receipt::decode(&self.receipt))?,
            file(FileKind::Job, Job::decode(&self.job))?,
            file(FileKind::Output, Output::decode(&self.output))?,
        ))
    }
}

/// What was found in order.
#[derive(Clone, Debug)]
pub struct Verdict {
    receipt: String,
    rig: String,
    tokens: u32,
    checked: Checked,
    positions: usize,
}

impl Verdict {
    /// Of a receipt, with the units checked and the number of positions looked at.
    pub fn of(receipt: &Receipt, checked: Checked, positions: usize) -> Self {
        let (id, rig) = (hex(&receipt.id()), format!("0x{}", hex(&receipt.rig)));
        Verdict { receipt: id, rig, tokens: receipt.token_count, checked, positions }
    }
}

/// The report. `how` says how units of a kind were checked.
pub fn report(
    result: Result<Verdict, Rejection>,
    pins: &Pins,
    mode: &str,
    how: &dyn Fn(StepKind) -> &'static str,
    seconds: Value,
) -> Report {
    let verdict = match result {
        Ok(verdict) => verdict,
        Err(rejection) => {
            return Report {
                ending: Ending::Rejected,
                text: format!("REJECTED {}: {rejection}", rejection.code.name()),
                json: json!({ "verdict": "rejected", "mode": mode, "rejection": rejection_json(&rejection), "seconds": seconds }),
            };
        }
    };
    let units: u64 = verdict.checked.values().sum();
    let what = if mode == "full" {
        format!("all {} positions were recomputed from the weights", verdict.positions)
    } else {
        let kinds = verdict.checked.iter().map(|(k, n)| format!("{} {n} ({})", k.name(), how(*k)));
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        format!("{units} units in {} position(s) were checked: {kinds}", verdict.positions)
    };
    let pinned = pins.pinned();
    let (ending, word) = if pinned {
        (Ending::Done, "VERIFIED")
    } else {
        (
            Ending::NotPinned,
            "CONSISTENT, NOT PINNED: name your own job and the rig (--job, --rig) to know what was verified",
        )
    };
    let checked: serde_json::Map<String, Value> =
        verdict.checked.iter().map(|(k, n)| (k.name().to_owned(), json!({ "units": n, "how": how(*k) }))).collect();
    Report {
        ending,
        text: format!("{word}\n{} tokens by rig {}\n{what}", verdict.tokens, verdict.rig),
        json: json!({
            "verdict": if pinned { "verified" } else { "consistent" },
            "pinned": pinned,
            "expiry_checked": pins.now.is_some(),
            "mode": mode,
            "receipt": verdict.receipt,
            "rig": verdict.rig,
            "tokens": verdict.tokens,
            "positions_checked": verdict.positions,
            "units_checked": units,
            "checked": checked,
            "seconds": seconds,
        }),
    }
}
