//! Reading and writing the files that users meet, so that no partial file is ever left behind.

use anyhow::{Context, Result, bail};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Largest protocol file that is read. An answer about 2^16 positions of a model with wide keys and values can be larger.
const MAX_FILE: u64 = 4 << 30;

/// The bytes of a file.
///
/// # Errors
/// Names the file and what to do.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let meta = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    if meta.is_dir() {
        bail!("cannot read {}: it is a directory; name a file in it", path.display());
    }
    if meta.len() > MAX_FILE {
        bail!("cannot read {}: {} bytes is more than any file of this kind has", path.display(), meta.len());
    }
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a file whole or not at all: to a temporary file beside it, then renamed.
///
/// # Errors
/// Names the file; the temporary file is removed.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let attempt = || -> std::io::Result<()> {
        let directory = match path.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".tmp{}", std::process::id()));
        let temporary = directory.join(name);
        let written = fs::File::create(&temporary).and_then(|mut f| {
            f.write_all(bytes)?;
            f.sync_all()
        });
        let result = written.and_then(|()| fs::rename(&temporary, path));
        if result.is_err() {
            // Best effort: the error that matters is the one returned.
            let _ = fs::remove_file(&temporary);
        }
        result
    };
    attempt().with_context(|| format!("cannot write {}; check space and permissions", path.display()))
}

/// Prints to standard output.
///
/// # Errors
/// If standard output is closed.
pub fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let dir = std::env::temp_dir().join(format!("assay-files-{}", std::process::id()));
        fs::create_dir_all(dir.join("taken")).unwrap();
        assert!(write(&dir.join("taken"), b"x").is_err(), "a directory stands in the way");
        assert!(write(&dir.join("missing/file"), b"x").is_err());
        write(&dir.join("good"), b"x").unwrap();
        let mut names: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["good", "taken"]);
        fs::remove_dir_all(&dir).unwrap();
    }
}
