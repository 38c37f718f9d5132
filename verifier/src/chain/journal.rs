//! The transaction that a command signed last. It is written down before it is sent: whoever finds it sends the same bytes
//! again instead of signing a second one.

use crate::cli::{files, hex, parse_hex};
use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A signed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Chain that it is for.
    pub chain: u64,
    /// Contract that it calls.
    pub contract: [u8; 20],
    /// Who signed it.
    pub from: [u8; 20],
    /// Its number among the sender's.
    pub nonce: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Its bytes.
    pub raw: Vec<u8>,
}

/// Where it is kept.
#[derive(Clone, Debug)]
pub struct Journal(PathBuf);

impl Journal {
    /// Of the command `name`, beside `file`.
    pub fn beside(file: &Path, name: &str) -> Journal {
        let mut path = file.as_os_str().to_os_string();
        path.push(format!(".{name}.sent"));
        Journal(path.into())
    }

    /// What it holds, if it is there.
    ///
    /// # Errors
    /// If it is there and cannot be used.
    pub fn read(&self) -> Result<Option<Entry>> {
        if !self.0.exists() {
            return Ok(None);
        }
        let shown = self.0.display();
        let value: Value = serde_json::from_slice(&files::read(&self.0)?).with_context(|| {
            format!("{shown} is damaged: see that no transaction of it is under way, then delete it")
        })?;
        let number = |name: &str| value[name].as_u64().with_context(|| format!("{shown} has no {name}"));
        let text = |name: &str| value[name].as_str().with_context(|| format!("{shown} has no {name}"));
        let digest = |name: &str| parse_hex::<32>(text(name)?).map_err(|e| anyhow!("{shown}: {name}: {e}"));
        let address = |name: &str| parse_hex::<20>(text(name)?).map_err(|e| anyhow!("{shown}: {name}: {e}"));
        let raw = ::hex::decode(text("raw")?).with_context(|| format!("{shown}: raw"))?;
        let entry = Entry {
            chain: number("chain")?,
            contract: address("contract")?,
            from: address("from")?,
            nonce: number("nonce")?,
            hash: digest("hash")?,
            raw,
        };
        ensure!(crate::sign::keccak(&entry.raw) == entry.hash, "{shown} is damaged: its bytes have another hash");
        Ok(Some(entry))
    }

    /// Keeps `entry` in place of what was there.
    ///
    /// # Errors
    /// If it cannot be written: then nothing must be sent.
    pub fn write(&self, entry: &Entry) -> Result<()> {
        let value = json!({
            "chain": entry.chain, "contract": hex(&entry.contract), "from": hex(&entry.from), "nonce": entry.nonce,
            "hash": hex(&entry.hash), "raw": hex(&entry.raw),
        });
        files::write(&self.0, format!("{value}\n").as_bytes())
    }

    /// Forgets it.
    pub fn clear(&self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_damage_is_found() {
        let path = std::env::temp_dir().join(format!("assay-journal-{}", std::process::id()));
        let journal = Journal::beside(&path, "open");
        assert_eq!(journal.read().unwrap(), None);
        let raw = vec![2, 3, 4];
        let entry =
            Entry { chain: 1, contract: [2; 20], from: [3; 20], nonce: 4, hash: crate::sign::keccak(&raw), raw };
        journal.write(&entry).unwrap();
        assert_eq!(journal.read().unwrap(), Some(entry.clone()));
        journal.write(&Entry { raw: vec![2, 3, 5], ..entry }).unwrap();
        assert!(journal.read().unwrap_err().to_string().contains("another hash"));
        std::fs::write(&journal.0, "{").unwrap();
        assert!(journal.read().unwrap_err().to_string().contains("damaged"));
        journal.clear();
        assert_eq!(journal.read().unwrap(), None);
    }
}
