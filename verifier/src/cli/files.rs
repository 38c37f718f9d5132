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
    let meta = fs::metadata(path).with_context(|| cannot_read(path))?;
    if meta.is_dir() {
        bail!("cannot read {}: it is a directory; name a file in it", path.display());
    }
    if meta.len() > MAX_FILE {
        bail!("cannot read {}: {} bytes is more than any file of this kind has", path.display(), meta.len());
    }
    fs::read(path).with_context(|| cannot_read(path))
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read {}; check the path and its permissions", path.display())
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
        discard(&staged);
    }
    result
}

/// Whether a file can be written at `path`: to be asked before the work whose result is to go there.
///
/// # Errors
/// As [`write()`].
pub fn can_write(path: &Path) -> Result<()> {
    let mut staged = Vec::new();
    let result = stage(&[(path, b"assay")], &mut staged);
    discard(&staged);
    result
}

/// Best effort: the error that matters is another, and renamed files are not there any more.
fn discard(staged: &[(PathBuf, PathBuf)]) {
    for (temporary, _) in staged {
        let _ = fs::remove_file(temporary);
    }
}

fn stage(files: &[(&Path, &[u8])], staged: &mut Vec<(PathBuf, PathBuf)>) -> Result<()> {
    for (path, bytes) in files {
        // Behind a link, the file that it leads to is the one to replace.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        if let Ok(meta) = fs::metadata(&place)
            && !meta.is_file()
        {
            // To rename over a device would take the device away.
            let what = if meta.is_dir() { "a directory" } else { "a device or a pipe" };
            bail!("cannot write {}: it is {what}; name a file", path.display());
        }
        let mut name = place.file_name().with_context(|| format!("{} names no file", path.display()))?.to_os_string();
        name.push(format!(".tmp{}", std::process::id()));
        let temporary = place.with_file_name(name);
        let mut file = fs::File::create(&temporary).with_context(|| cannot_write(path))?;
        staged.push((temporary, place));
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

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_not_replaced() {
        let dir = std::env::temp_dir().join(format!("assay-files-special-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        // A socket stands for devices, which only root can make.
        let socket = dir.join("socket");
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for attempt in [write(&socket, b"x"), can_write(&socket)] {
            assert!(attempt.unwrap_err().to_string().contains("name a file"));
        }
        assert!(!fs::metadata(&socket).unwrap().is_file(), "still a socket");
        drop(listener);
        fs::write(dir.join("target"), "old").unwrap();
        std::os::unix::fs::symlink("target", dir.join("link")).unwrap();
        can_write(&dir.join("link")).unwrap();
        assert_eq!(fs::read(dir.join("target")).unwrap(), b"old");
        write(&dir.join("link"), b"new").unwrap();
        assert_eq!(fs::read(dir.join("target")).unwrap(), b"new");
        assert!(fs::symlink_metadata(dir.join("link")).unwrap().is_symlink());
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 3, "no temporary file");
        fs::remove_dir_all(&dir).unwrap();
    }
}
