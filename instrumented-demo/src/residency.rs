//! Residency: which pages of a region are installed.
//!
//! Its lock is the innermost one, as the page-table lock is in the kernel: taken under the VMA lock
//! or the mmap lock, around the call that installs or drops pages.
//! VMA *readers* do both at the same time, so the VMA lock alone would not keep the table true.

use std::io;

use heldby::sync::{Mutex, MutexGuard};

use crate::lease::recover;

/// The pages of one region.
#[derive(Debug)]
pub(crate) struct Residency(Mutex<Vec<Entry>>);

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    resident: bool,
    /// How often it was installed.
    installs: u64,
}

/// What became of an attempt to install a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Install {
    /// It is there now.
    Done,
    /// It was there before.
    Needless,
}

impl Residency {
    /// Makes a table of `pages` pages, none of them resident.
    pub(crate) fn new(pages: usize) -> Self {
        Self(Mutex::named("residency", vec![Entry::default(); pages]))
    }

    /// Installs page `page` by `install`, unless it is resident.
    pub(crate) fn install(
        &self,
        page: usize,
        install: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<Install> {
        let entry = &mut self.lock()[page];
        if entry.resident {
            return Ok(Install::Needless);
        }
        install()?;
        entry.resident = true;
        entry.installs += 1;
        Ok(Install::Done)
    }

    /// Drops page `page` by `evict`, if it is resident.
    pub(crate) fn evict(
        &self,
        page: usize,
        evict: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let entry = &mut self.lock()[page];
        if entry.resident {
            evict()?;
            entry.resident = false;
        }
        Ok(())
    }

    /// Drops all pages by `unmap`.
    pub(crate) fn unmap(&self, unmap: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let mut entries = self.lock();
        unmap()?;
        entries.iter_mut().for_each(|entry| entry.resident = false);
        Ok(())
    }

    /// How often page `page` was installed; a touch that sees it grow has waited for a pager.
    pub(crate) fn installs(&self, page: usize) -> u64 {
        self.lock()[page].installs
    }

    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        recover(self.0.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installs_and_drops_what_is_due() {
        let table = Residency::new(2);
        let never = || unreachable!("it is not due");
        let refused = || Err(io::Error::other("refused"));
        assert!(table.install(1, refused).is_err());
        assert_eq!(table.install(1, || Ok(())).ok(), Some(Install::Done));
        assert_eq!(table.install(1, never).ok(), Some(Install::Needless));
        table.evict(0, never).expect("it is not resident");
        table.evict(1, || Ok(())).expect("nothing was refused");
        assert_eq!(table.install(1, || Ok(())).ok(), Some(Install::Done));
        table.unmap(|| Ok(())).expect("nothing was refused");
        assert_eq!(table.install(1, || Ok(())).ok(), Some(Install::Done));
        assert_eq!([table.installs(0), table.installs(1)], [0, 3]);
    }
}
