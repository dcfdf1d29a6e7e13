//! Folders that a patch writes; what is the same stays untouched, so that cargo does not build it again.

use std::fs;
use std::io;
use std::path::Path;

/// Copies a folder of source, and removes what is not in it any more.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(to)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        let is_gone = !from.join(name).exists();
        match path.is_dir() {
            true if is_gone => fs::remove_dir_all(&path)?,
            false if is_gone => fs::remove_file(&path)?,
            _ => {}
        }
    }
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        match path.is_dir() {
            true => copy(&path, &to.join(name))?,
            false => write(&to.join(name), &fs::read_to_string(&path)?)?,
        }
    }
    Ok(())
}

/// Writes the file if it is not the same already.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    match fs::read_to_string(path) {
        Ok(known) if known == text => Ok(()),
        _ => fs::write(path, text),
    }
}
