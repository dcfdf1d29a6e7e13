//! Whether some process could not write its record.
//!
//! It may be one of another user, who has no right to the directory, and it may end well all the same. So
//! there is a file that every user may write to and nobody else read, and it grows when that happens.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::Command;

/// The file; gone with this.
#[derive(Debug)]
pub(super) struct Unrecorded(Option<PathBuf>);

impl Unrecorded {
    /// Makes the file, and tells the processes of `command` of it; where none can be made, nobody tells.
    pub(super) fn set_up(command: &mut Command) -> Self {
        let file = make().ok();
        if let Some(file) = &file {
            command.env("HELDBY_UNRECORDED", file);
        }
        Self(file)
    }

    /// Sees whether every process could write.
    ///
    /// # Errors
    /// One could not.
    pub(super) fn check(&self) -> io::Result<()> {
        let length = |file| fs::metadata(file).map_or(0, |metadata| metadata.len());
        match self.0.as_ref().map_or(0, length) {
            0 => Ok(()),
            _ => Err(io::Error::other(
                "a process could not write its record there",
            )),
        }
    }
}

impl Drop for Unrecorded {
    fn drop(&mut self) {
        if let Some(file) = &self.0 {
            // What is left in the folder for such files goes with those.
            let _ = fs::remove_file(file);
        }
    }
}

fn make() -> io::Result<PathBuf> {
    let path = env::temp_dir().join(format!("heldby-{}-unrecorded", std::process::id()));
    // What a process of this number left is no longer needed.
    let _ = fs::remove_file(&path);
    let file = File::create_new(&path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(fs::Permissions::from_mode(0o622))?;
    }
    drop(file);
    std::path::absolute(path)
}
