//! Reading and replacing whole files.

use crate::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Reads a file and makes something of it; errors name the file.
pub(super) fn read<T>(path: &Path, parse: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
    let bytes = fs::read(path).map_err(|e| Error::io(path, &e))?;
    named(path, parse(&bytes))
}

/// The first bytes of a file, at most `limit`.
pub(super) fn read_start(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut start))
        .map_err(|e| Error::io(path, &e))?;
    Ok(start)
}

/// Adds the file's name to what is wrong with its contents.
pub(super) fn named<T>(path: &Path, outcome: Result<T>) -> Result<T> {
    outcome.map_err(|e| match e {
        Error::Persist { what } => Error::Persist { what: format!("{}: {what}", path.display()) },
        other => other,
    })
}

/// Writes `bytes` beside the target, forces them to the disk and renames them into place.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    // Through a link, the file behind it is replaced and the link stays.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let temporary = beside(&target);
    let outcome = write_and_rename(&temporary, &target, bytes);
    if outcome.is_err() {
        // The error that is reported is the one that came first.
        let _ = fs::remove_file(&temporary);
    }
    outcome.map_err(|e| Error::io(path, &e))
}

fn write_and_rename(temporary: &Path, target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(temporary, target)?;
    // The rename itself lasts once the folder is on the disk; some systems cannot open folders.
    if let Some(folder) = target.parent()
        && let Ok(folder) = File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
    {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// A name in the target's folder that no other call uses.
fn beside(target: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}-{}.tmp", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
    target.with_file_name(name)
}
