//! The file of terms: JSON, because people read it before they agree.

use super::amount;
use crate::cli::{hex, parse_hex};
use crate::job::Settlement;
use crate::settlement::terms::{Amount, Terms};
use anyhow::{Context, Result, anyhow, bail, ensure};
use assay_model::domain::Digest;
use serde_json::{Map, Value, json};

/// Marks the file.
const KIND: &str = "assay terms 3";

/// Terms, and where they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermsFile {
    /// Chain and contract.
    pub settlement: Settlement,
    /// Terms.
    pub terms: Terms,
}

const FIELDS: [&str; 19] = [
    "kind",
    "chain",
    "contract",
    "client",
    "rig",
    "job",
    "manifest",
    "record",
    "verifier",
    "prompt",
    "prompt_tokens",
    "max_tokens",
    "draws",
    "price_per_token",
    "proof_fee",
    "stake",
    "commit_by",
    "acknowledge_by",
    "prove_by",
];

impl TermsFile {
    /// Id of the job that the terms make.
    pub fn id(&self) -> Digest {
        self.terms.id(&self.settlement)
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let t = &self.terms;
        let address = |a: &[u8]| format!("0x{}", hex(a));
        let amount = |a: &Amount| amount::number(a).to_string();
        let value = json!({
            "kind": KIND,
            "chain": self.settlement.chain, "contract": address(&self.settlement.contract),
            "client": address(&t.client), "rig": address(&t.rig),
            "job": hex(&t.job), "manifest": hex(&t.manifest), "record": hex(&t.record), "verifier": hex(&t.verifier),
            "prompt": hex(&t.prompt), "prompt_tokens": t.prompt_tokens,
            "max_tokens": t.max_tokens, "draws": t.draws, "price_per_token": amount(&t.price_per_token),
            "proof_fee": amount(&t.proof_fee), "stake": amount(&t.stake),
            "commit_by": t.commit_by, "acknowledge_by": t.acknowledge_by, "prove_by": t.prove_by,
        });
        format!("{value:#}\n").into_bytes()
    }

    /// From a file.
    ///
    /// # Errors
    /// Anything but the fields of [`TermsFile::encode`].
    pub fn decode(bytes: &[u8]) -> Result<TermsFile> {
        let value: Value = serde_json::from_slice(bytes).context("it is no JSON")?;
        let map = value.as_object().context("it is no JSON object")?;
        ensure!(map.get("kind").and_then(Value::as_str) == Some(KIND), "it is no file of terms (kind: \"{KIND}\")");
        if let Some(unknown) = map.keys().find(|k| !FIELDS.contains(&k.as_str())) {
            bail!("unknown field {unknown}");
        }
        let fields = Fields(map);
        Ok(TermsFile {
            settlement: Settlement { chain: fields.number("chain")?, contract: fields.bytes("contract")? },
            terms: Terms {
                client: fields.bytes("client")?,
                rig: fields.bytes("rig")?,
                job: fields.bytes("job")?,
                manifest: fields.bytes("manifest")?,
                record: fields.bytes("record")?,
                verifier: fields.bytes("verifier")?,
                prompt: fields.bytes("prompt")?,
                prompt_tokens: fields.small("prompt_tokens")?,
                max_tokens: fields.small("max_tokens")?,
                draws: fields.small("draws")?,
                price_per_token: fields.amount("price_per_token")?,
                proof_fee: fields.amount("proof_fee")?,
                stake: fields.amount("stake")?,
                commit_by: fields.number("commit_by")?,
                acknowledge_by: fields.number("acknowledge_by")?,
                prove_by: fields.number("prove_by")?,
            },
        })
    }

    /// What the client pays in; none if it has more than 96 bits.
    pub fn escrow(&self) -> Option<u128> {
        let all = self.price(self.terms.max_tokens)?.checked_add(amount::number(&self.terms.proof_fee))?;
        amount::of(all).map(|_| all)
    }

    /// Price of so many tokens.
    pub fn price(&self, tokens: u32) -> Option<u128> {
        amount::number(&self.terms.price_per_token).checked_mul(u128::from(tokens))
    }
}

struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn get(&self, name: &str) -> Result<&Value> {
        self.0.get(name).with_context(|| format!("{name} is missing"))
    }

    fn number(&self, name: &str) -> Result<u64> {
        self.get(name)?.as_u64().with_context(|| format!("{name} is no whole number"))
    }

    fn small(&self, name: &str) -> Result<u32> {
        u32::try_from(self.number(name)?).with_context(|| format!("{name} is too large"))
    }

    fn text(&self, name: &str) -> Result<&str> {
        self.get(name)?.as_str().with_context(|| format!("{name} is no text"))
    }

    fn bytes<const N: usize>(&self, name: &str) -> Result<[u8; N]> {
        parse_hex(self.text(name)?).map_err(|e| anyhow!("{name}: {e}"))
    }

    fn amount(&self, name: &str) -> Result<Amount> {
        amount::parse(self.text(name)?).map_err(|e| anyhow!("{name}: {e}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> TermsFile {
        let terms = Terms {
            client: [1; 20],
            rig: [2; 20],
            job: [3; 32],
            manifest: [4; 32],
            record: [0; 32],
            verifier: [0; 4],
            prompt: [8; 32],
            prompt_tokens: 3,
            max_tokens: 7,
            draws: 9,
            price_per_token: amount::of(1 << 90).unwrap(),
            proof_fee: amount::of(5).unwrap(),
            stake: amount::of(6).unwrap(),
            commit_by: 100,
            acknowledge_by: u64::MAX,
            prove_by: 7,
        };
        TermsFile { settlement: Settlement { chain: 31_337, contract: [9; 20] }, terms }
    }

    #[test]
    fn terms_survive_their_file_and_every_missing_or_unknown_field_is_named() {
        let bytes = file().encode();
        assert_eq!(TermsFile::decode(&bytes).unwrap(), file());
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        for field in FIELDS {
            let mut without = value.clone();
            without.as_object_mut().unwrap().remove(field);
            let error = TermsFile::decode(without.to_string().as_bytes()).unwrap_err().to_string();
            assert!(error.contains(field), "{error}");
        }
        let mut more = value;
        more["tip"] = 1.into();
        assert_eq!(TermsFile::decode(more.to_string().as_bytes()).unwrap_err().to_string(), "unknown field tip");
    }

    #[test]
    fn no_price_overflows() {
        let mut file = file();
        assert_eq!(file.escrow(), Some((7 << 90) + 5));
        file.terms.max_tokens = 64;
        assert_eq!(file.escrow(), None, "2^96 and more");
        file.terms.max_tokens = u32::MAX;
        file.terms.price_per_token = [255; 12];
        assert_eq!(file.escrow(), None);
    }
}
