//! A directory for what can be found out again: files appear whole or not at all, and one that cannot be used is not there.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Largest file that is read.
const MOST: u64 = 256 << 20;

/// The directory, if there is one.
#[derive(Clone, Debug)]
pub struct Store(Option<PathBuf>);

impl Store {
    /// `ASSAY_CACHE`, else `assay` in `XDG_CACHE_HOME`, else `~/.cache/assay`.
    pub fn of_user() -> Store {
        let of = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let shared = || of("XDG_CACHE_HOME").or_else(|| Some(of("HOME")?.join(".cache")));
        Store(of("ASSAY_CACHE").or_else(|| Some(shared()?.join("assay"))))
    }

    /// A given directory.
    #[cfg(test)]
    pub const fn at(directory: PathBuf) -> Store {
        Store(Some(directory))
    }

    /// Where a file is.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.as_ref().map(|directory| directory.join(name))
    }

    /// A file's content, if it can be read.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.path(name)?;
        let size = std::fs::metadata(&path).ok()?.len();
        if size > MOST { None } else { std::fs::read(path).ok() }
    }

    /// Replaces a file; failing to is no error, because everything here can be found out again.
    pub fn write(&self, name: &str, content: &[u8]) {
        let Some(path) = self.path(name) else { return };
        if let Err(error) = replace(&path, content) {
            tracing::debug!(path = %path.display(), %error, "not cached");
        }
    }
}

fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    static WRITES: AtomicU32 = AtomicU32::new(0);
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let write = WRITES.fetch_add(1, Ordering::Relaxed);
    let part = path.with_extension(format!("part-{}-{write}", std::process::id()));
    let done = std::fs::write(&part, content).and_then(|()| std::fs::rename(&part, path));
    if done.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    done
}
