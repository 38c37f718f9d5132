//! Reading and writing the files that users meet, so that no partial file is ever left behind.

use anyhow::{Context, Result, bail};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Largest protocol file that is read. An answer about 2^16 positions of a model with wide keys and values can be larger.
const MAX_FILE: u64 = 32 << 30;

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

/// Writes a file whole or not at all.
///
/// # Errors
/// As [`write_all`].
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    write_all(&[(path, bytes)])
}

/// Writes files that belong together, all of them or none: each to a temporary file beside its place, then renamed.
///
/// # Errors
/// Names the file that could not be written; no temporary file is left.
pub fn write_all(files: &[(&Path, &[u8])]) -> Result<()> {
    let mut staged = Vec::with_capacity(files.len());
    let result = stage(files, &mut staged).and_then(|()| {
        for (temporary, path) in &staged {
            fs::rename(temporary, path).with_context(|| cannot_write(path))?;
        }
        Ok(())
    });
    if result.is_err() {
        for (temporary, _) in &staged {
            // Best effort: the error that matters is the one returned, and renamed files are not there any more.
            let _ = fs::remove_file(temporary);
        }
    }
    result
}

fn stage<'p>(files: &[(&'p Path, &[u8])], staged: &mut Vec<(PathBuf, &'p Path)>) -> Result<()> {
    for (path, bytes) in files {
        let mut name = path.file_name().with_context(|| format!("{} names no file", path.display()))?.to_os_string();
        name.push(format!(".tmp{}", std::process::id()));
        let temporary = path.with_file_name(name);
        if path.is_dir() {
            bail!("{}: it is a directory", cannot_write(path));
        }
        let mut file = fs::File::create(&temporary).with_context(|| cannot_write(path))?;
        staged.push((temporary, path));
        file.write_all(bytes).and_then(|()| file.sync_all()).with_context(|| cannot_write(path))?;
    }
    Ok(())
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}; check space and permissions", path.display())
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
        let pair = [(dir.join("first"), b"x"), (dir.join("taken"), b"x")];
        assert!(write_all(&pair.each_ref().map(|(p, b)| (p.as_path(), b.as_slice()))).is_err(), "all or none");
        write(&dir.join("good"), b"x").unwrap();
        let mut names: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["good", "taken"]);
        fs::remove_dir_all(&dir).unwrap();
    }
}
