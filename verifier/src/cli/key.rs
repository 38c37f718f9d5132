//! Signing keys: a rig's, or that of a client on a chain. 32 bytes of hexadecimal in a file that only its owner can read.

use super::options::random;
use super::{hex, parse_hex};
use crate::sign::RigKey;
use anyhow::{Context, Result, bail};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Where a rig's key lives if no file is named: the user's configuration folder.
///
/// # Errors
/// If the environment names no home.
pub fn default_path() -> Result<PathBuf> {
    let base = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|p| p.is_absolute())
        .or_else(|| std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".config")))
        .context("no home folder to keep the rig's key in: name a file with --key")?;
    Ok(base.join("assay").join("rig.key"))
}

/// The key in `path`, made if there is none yet.
///
/// # Errors
/// A file that cannot be read or made, holds no key, or can be read by others.
pub fn load_or_create(path: &Path) -> Result<RigKey> {
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    match create(path) {
        Ok(key) => Ok(key),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => load(path),
        Err(e) => Err(e).with_context(|| format!("cannot write the key to {}", path.display())),
    }
}

fn create(path: &Path) -> std::io::Result<RigKey> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let made = random().map_err(std::io::Error::other).and_then(|bytes| {
        let key = RigKey::from_bytes(&bytes).ok_or_else(|| std::io::Error::other("drew no valid key; run again"))?;
        file.write_all(format!("{}\n", hex(&bytes)).as_bytes())?;
        file.sync_all()?;
        Ok(key)
    });
    if made.is_err() {
        let _ = fs::remove_file(path);
    }
    made
}

/// The key in `path`, which must be there.
///
/// # Errors
/// A file that cannot be read, holds no key, or can be read by others.
pub fn load(path: &Path) -> Result<RigKey> {
    let shown = path.display();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).with_context(|| format!("cannot read {shown}"))?.permissions().mode();
        if mode & 0o077 != 0 {
            bail!("the key {shown} can be read by others: run chmod 600 on it");
        }
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read the key {shown}"))?;
    let bytes = parse_hex::<32>(text.trim()).map_err(|e| anyhow::anyhow!("the key {shown} is damaged: {e}"))?;
    match RigKey::from_bytes(&bytes) {
        Some(key) => Ok(key),
        None => bail!("the key {shown} is not a secp256k1 key"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_can_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/rig.key");
        let first = load_or_create(&path).unwrap().address();
        assert_eq!(load_or_create(&path).unwrap().address(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            let error = load_or_create(&path).err().unwrap().to_string();
            assert!(error.contains("can be read by others"), "{error}");
        }
    }

    #[test]
    fn a_damaged_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["", "zz", &"00".repeat(32), &"ab".repeat(31)] {
            let path = dir.path().join(format!("k{}", text.len()));
            fs::write(&path, text).unwrap();
            #[cfg(unix)]
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            assert!(load_or_create(&path).is_err(), "{text:?}");
        }
    }
}
