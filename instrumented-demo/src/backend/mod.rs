//! The backend: who raises faults, and where pages are installed.
//!
//! Two of them, with the same verdicts: the kernel's userfaultfd, and one in software for where that
//! is refused.
//! Both judge the lock protocol from outside: a page installed where nothing is mapped is
//! [`Fill::Gone`], which a correct pager never sees.

#[cfg(target_os = "linux")]
mod abi;
mod software;
#[cfg(target_os = "linux")]
mod uffd;

use std::fmt;
use std::io;
use std::ops::Range;

use crate::cli::BackendChoice;
use crate::exit::BadInput;
use crate::page::Page;

/// A range of addresses; both ends are multiples of the page size.
pub(crate) type Addresses = Range<usize>;

/// Raises faults and installs pages in one arena of addresses.
pub(crate) trait Backend: Sync + fmt::Debug {
    /// What it is called on the command line.
    fn name(&self) -> &'static str;

    /// First address of the arena.
    fn base(&self) -> usize;

    /// Maps `range`; its pages are missing, and touching one raises a fault.
    fn map(&self, range: Addresses) -> io::Result<()>;

    /// Unmaps `range`; touching it afterwards is an error of the toucher.
    fn unmap(&self, range: Addresses) -> io::Result<()>;

    /// Takes the right to read away from `range`, or gives it back.
    fn protect(&self, range: Addresses, access: Access) -> io::Result<()>;

    /// Drops the pages of `range`, which stays mapped; touching one raises a fault again.
    fn evict(&self, range: Addresses) -> io::Result<()>;

    /// Waits for a fault that nobody else serves.
    fn next_fault(&self) -> Next;

    /// Installs a page and wakes who waits for it.
    fn fill(&self, address: usize, contents: Contents<'_>) -> io::Result<Fill>;

    /// Wakes who waits for the page at `address`, so that the fault is raised again if it must be.
    fn wake(&self, address: usize);

    /// Reads the page at `address` into `page`, and waits until a pager has installed it.
    fn touch(&self, address: usize, page: &mut Page);

    /// Lets every [`next_fault`](Self::next_fault) return [`Next::Ended`].
    fn end(&self);

    /// Lets every touch return, with pages of zeros where none is installed.
    ///
    /// For a run that has failed: no fault is served any more.
    fn abandon(&self);
}

/// What `protect` allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing.
    None,
    /// Reads, and the pager's writes.
    Read,
}

/// What a waiting pager gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Somebody touched the missing page at this address.
    Fault(usize),
    /// The run is over.
    Ended,
}

/// What to install.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Contents<'a> {
    /// A copy of this page.
    Page(&'a Page),
    /// The page of zeros.
    Zeros,
}

/// What became of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// The page is there now.
    Installed,
    /// Another pager was faster (EEXIST).
    AlreadyThere,
    /// The mapping is changing; ask again (EAGAIN).
    Again,
    /// Nothing is mapped there (ENOENT): the lock that the pager holds did not protect it.
    Gone,
}

/// Why a backend is not to be had, and what would help.
#[derive(Debug)]
pub(crate) struct Refused {
    cause: String,
    remedy: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.cause, self.remedy)
    }
}

/// Makes the backend that `choice` asks for, with an arena of `bytes`.
pub(crate) fn open(choice: BackendChoice, bytes: usize) -> Result<Box<dyn Backend>, BadInput> {
    match choice {
        BackendChoice::Software => Ok(software(bytes)),
        BackendChoice::Uffd => kernel(bytes).map_err(|refused| {
            BadInput::new(format!("the backend `uffd` is refused: {refused}, or use --backend software"))
        }),
        BackendChoice::Auto => Ok(kernel(bytes).unwrap_or_else(|refused| {
            eprintln!("WARNING: faults are made in SOFTWARE, the kernel has no part in this run: {refused}");
            software(bytes)
        })),
    }
}

fn software(bytes: usize) -> Box<dyn Backend> {
    Box::new(software::Software::new(bytes))
}

#[cfg(target_os = "linux")]
fn kernel(bytes: usize) -> Result<Box<dyn Backend>, Refused> {
    Ok(Box::new(uffd::Uffd::open(bytes)?))
}

#[cfg(not(target_os = "linux"))]
fn kernel(_bytes: usize) -> Result<Box<dyn Backend>, Refused> {
    Err(Refused {
        cause: "userfaultfd is a system call of Linux".to_owned(),
        remedy: "run on Linux 5.11 or later",
    })
}
