//! Whose powers of tau a manifest was made with, in words.

use super::{hex, parse_hex};
use anyhow::{Context, Result, bail};
use assay_circuits::srs::widths::VerifierKey;
use assay_circuits::srs::{development, known, ptau};
use assay_model::domain::Digest;
use serde_json::{Value, json};
use std::fmt;
use std::io::BufReader;

/// Powers of tau.
#[derive(Clone, Debug)]
pub struct Srs {
    id: Digest,
    name: Option<&'static str>,
    /// Whether everybody knows tau.
    pub insecure: bool,
}

impl Srs {
    /// Those of `key`.
    pub fn of(key: &VerifierKey) -> Srs {
        let id = key.id();
        Srs { id, name: known::name(&id), insecure: key.tau2 == development::tau2() }
    }

    /// Refuses all powers but those that `named` names: a ceremony's file, an id, or the development powers.
    ///
    /// # Errors
    /// If they are others, or the file cannot be used.
    pub fn require(&self, named: &str) -> Result<()> {
        let trusted = if named == development::NAME {
            known::id(&development::tau2())
        } else if let Ok(id) = parse_hex::<32>(named) {
            id
        } else {
            let file = std::fs::File::open(named).with_context(|| format!("cannot read {named}"))?;
            let powers = ptau::read(&mut BufReader::new(file), &ptau::Keep::default(), &mut |_, _| {})
                .with_context(|| format!("{named} cannot be used"))?;
            known::id(&powers.tau2)
        };
        if trusted != self.id {
            bail!("the manifest was made with powers of tau {}, not with those that --srs names", hex(&self.id));
        }
        Ok(())
    }

    /// A line for a report, unless the caller `named` them and they are not public.
    pub fn said(&self, named: bool) -> Option<String> {
        (!named || self.insecure).then(|| format!("\n{self}"))
    }

    /// For a report; `named` says that the caller named them.
    pub fn json(&self, named: bool) -> Value {
        json!({ "id": hex(&self.id), "name": self.name, "insecure": self.insecure, "named": named })
    }
}

impl fmt::Display for Srs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            _ if self.insecure => {
                f.write_str("INSECURE powers of tau: anyone can forge such a proof. For development only")
            }
            Some(name) => write!(f, "powers of tau: {name}"),
            None => write!(
                f,
                "UNKNOWN powers of tau {}: whoever knows tau can forge such a proof. Name the ones you trust with --srs",
                hex(&self.id)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Powers that nobody knows.
    fn unknown() -> Srs {
        Srs::of(&VerifierKey { tau2: development::power2(2), powers2: Default::default() })
    }

    fn insecure() -> Srs {
        Srs::of(&VerifierKey { tau2: development::tau2(), powers2: Default::default() })
    }

    #[test]
    fn a_report_says_whose_powers_these_are_unless_the_caller_named_them() {
        for named in [false, true] {
            assert!(insecure().said(named).unwrap().contains("INSECURE"), "named or not");
            assert_eq!(insecure().json(named)["named"], named);
        }
        assert!(unknown().said(false).unwrap().contains("UNKNOWN"));
        assert_eq!(unknown().said(true), None);
        let known = Srs { name: Some("a ceremony"), ..unknown() };
        assert_eq!(known.said(false).unwrap(), "\npowers of tau: a ceremony");
        assert_eq!(
            (insecure().json(true)["name"].as_str(), insecure().json(true)["insecure"].as_bool()),
            (Some(development::NAME), Some(true))
        );
        assert_eq!(
            (unknown().json(true)["name"].as_str(), unknown().json(true)["insecure"].as_bool()),
            (None, Some(false))
        );
    }

    #[test]
    fn only_the_powers_that_are_named_will_do() {
        let id = |srs: &Srs| hex(&srs.id);
        assert!(unknown().require(&id(&unknown())).is_ok());
        assert!(insecure().require(&id(&insecure())).is_ok() && insecure().require(development::NAME).is_ok());
        for (srs, named) in
            [(unknown(), id(&insecure())), (unknown(), development::NAME.to_owned()), (insecure(), id(&unknown()))]
        {
            assert!(srs.require(&named).unwrap_err().to_string().contains("not with those that --srs names"));
        }
    }
}
