//! Files of ours in a process whose descriptors are the host's.
//!
//! A host may close every descriptor that it does not know, as daemons do, and then open files of its own
//! under the same numbers. So a file is asked whether it is the one that it was before anything is written
//! to it, and one that is not is neither written to nor closed.

use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;

/// An open file, as long as its descriptor is not the host's.
#[derive(Debug)]
pub(crate) struct OwnFile {
    file: ManuallyDrop<File>,
    identity: Identity,
}

/// What tells a file from others; nothing where that is not known.
type Identity = Option<(u64, u64)>;

impl OwnFile {
    /// Takes a file, away from the low numbers, which hosts choose from and close by.
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let file = move_up(file);
        Ok(Self {
            identity: identity(&file)?,
            file: ManuallyDrop::new(file),
        })
    }

    /// The file; `None` if its descriptor is the host's by now.
    pub(crate) fn get(&self) -> Option<&File> {
        self.is_ours().then_some(&*self.file)
    }

    /// The file, or else the one that `again` opens instead.
    pub(crate) fn get_or(&mut self, again: impl FnOnce() -> io::Result<File>) -> io::Result<&File> {
        if !self.is_ours() {
            *self = Self::new(again()?)?;
        }
        Ok(&self.file)
    }

    fn is_ours(&self) -> bool {
        identity(&self.file).is_ok_and(|now| now == self.identity)
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        if self.get().is_some() {
            // SAFETY: it is not used after this.
            drop(unsafe { ManuallyDrop::take(&mut self.file) });
        }
    }
}

#[cfg(unix)]
fn identity(file: &File) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = file.metadata()?;
    Ok(Some((metadata.dev(), metadata.ino())))
}

#[cfg(not(unix))]
fn identity(_file: &File) -> io::Result<Identity> {
    Ok(None)
}

/// The file under a high number, if there may be one.
#[cfg(unix)]
fn move_up(file: File) -> File {
    use std::os::fd::{AsRawFd as _, FromRawFd as _};
    const HIGH: i32 = 200;
    // SAFETY: a duplicate of a descriptor that is open.
    let moved = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_DUPFD_CLOEXEC, HIGH) };
    match moved {
        // SAFETY: it was just made, and is nobody else's.
        0.. => unsafe { File::from_raw_fd(moved) },
        _ => file,
    }
}

#[cfg(not(unix))]
fn move_up(file: File) -> File {
    file
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::File;
    use std::os::fd::AsRawFd as _;

    use super::OwnFile;

    #[test]
    fn a_descriptor_that_is_the_hosts_by_now_is_left_alone() {
        let open = |path| File::open(path).expect("it is there");
        let ours = OwnFile::new(open("/dev/null")).expect("it is open");
        let number = ours.get().expect("it is ours").as_raw_fd();
        let host = open("/dev/zero");
        // SAFETY: both are open; the host does not know whose the second one is.
        assert_eq!(unsafe { libc::dup2(host.as_raw_fd(), number) }, number);
        assert!(ours.get().is_none());
        drop(ours);
        // SAFETY: it asks only.
        assert_ne!(unsafe { libc::fcntl(number, libc::F_GETFD) }, -1);
    }
}
