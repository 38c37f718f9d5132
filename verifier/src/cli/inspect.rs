//! `assay-verifier inspect`: shows what a file says, without judging it.

use super::{Report, files, hex};
use crate::{Answer, Challenge, Job, Output, Receipt};
use anyhow::{Context, Result, bail};
use assay_circuits::srs::{known, widths::Widths};
use assay_model::manifest::Manifest;
use assay_model::wire::FileKind;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A manifest, job, receipt, output, challenge or proof.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read or does not decode.
pub fn run(args: &Args) -> Result<Report> {
    let bytes = files::read(&args.file)?;
    let Some(kind) = FileKind::of(&bytes) else {
        bail!(
            "{} is not a file of this program: expected a manifest, job, receipt, output, challenge or proof",
            args.file.display()
        );
    };
    let fields = fields(kind, &bytes).with_context(|| format!("{} cannot be used", args.file.display()))?;
    let mut text = format!("{} ({} bytes)\n", kind.name(), bytes.len());
    if let Value::Object(map) = &fields {
        for (name, value) in map {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let cut: String = shown.chars().take(400).collect();
            let more = if cut.len() < shown.len() { " ..." } else { "" };
            text.push_str(&format!("  {name:<18} {cut}{more}\n"));
        }
    }
    Ok(Report::done(text, json!({ "kind": kind.name(), "bytes": bytes.len(), "fields": fields })))
}

fn fields(kind: FileKind, bytes: &[u8]) -> Result<Value> {
    Ok(match kind {
        FileKind::Manifest => {
            let m = Manifest::decode(bytes)?;
            let c = &m.config;
            let commitments = m.commitments.as_ref();
            let srs = commitments.and_then(|c| Widths::decode(&c.powers).ok()?.verify().ok()).map(|key| key.id());
            json!({
                "commitments": commitments.map(|c| c.tiles.iter().map(|t| t.points.len()).sum::<usize>()),
                "srs": srs.map(|id| hex(&id)), "srs_name": srs.and_then(|id| known::name(&id)),
                "id": hex(&m.id()), "architecture": m.architecture, "layers": c.layers, "dim": c.dim, "heads": c.heads,
                "kv_heads": c.kv_heads, "head_dim": c.head_dim, "ffn": c.ffn, "vocab": c.vocab, "context": c.context,
                "tables": m.tables.iter().map(|(n, d)| (n.clone(), Value::from(hex(d)))).collect::<serde_json::Map<_, _>>(),
                "vocabulary_bytes": m.vocabulary.len(),
                "tensors": m.tensors.iter().map(|t| json!({
                    "name": t.name, "type": t.kind, "columns": t.dims[0], "rows": t.dims[1], "k": t.k, "digest": hex(&t.digest),
                })).collect::<Vec<_>>(),
            })
        }
        FileKind::Job => {
            let j = Job::decode(bytes)?;
            json!({
                "digest": hex(&j.digest()), "manifest": hex(&j.manifest), "chain": j.settlement.chain,
                "contract": hex(&j.settlement.contract), "prompt": j.prompt, "sampling": format!("{:?}", j.sampling),
                "seed": hex(&j.seed), "max_tokens": j.max_tokens, "stop": j.stop, "nonce": hex(&j.nonce),
                "secret": "(not shown)", "expires": j.expires, "previous": hex(&j.previous),
            })
        }
        FileKind::Receipt => {
            let r = Receipt::decode(bytes)?;
            json!({
                "id": hex(&r.id()), "job": hex(&r.job), "rig": hex(&r.rig), "token_count": r.token_count,
                "tokens_root": hex(&r.tokens_root), "tip": hex(&r.tip), "positions_root": hex(&r.positions_root),
                "settlement_root": hex(&r.settlement_root), "chain": r.settlement.chain, "contract": hex(&r.settlement.contract),
                "signature": hex(&r.signature), "signature_is_by_rig": r.is_signed(),
            })
        }
        FileKind::Output => {
            let o = Output::decode(bytes)?;
            json!({ "tokens": o.tokens, "positions": o.positions.iter().map(|d| hex(d)).collect::<Vec<_>>() })
        }
        FileKind::Challenge => {
            let c = Challenge::decode(bytes)?;
            json!({
                "digest": hex(&c.digest()), "receipt": hex(&c.receipt), "seed": hex(&c.seed),
                "policy": format!("{:?}", c.policy),
            })
        }
        FileKind::Proof => {
            let a = Answer::decode(bytes)?;
            json!({
                "challenge": hex(&a.challenge), "opened_bytes": a.body.len(), "disclosed_bytes": a.disclosure.len(),
            })
        }
    })
}
