//! Faults in software: a page table behind one mutex, and pages on the heap.
//!
//! A touch of a missing page queues a fault and waits on a condition variable, as the kernel would
//! put the thread to sleep.
//! Runs anywhere, needs nothing of the kernel, and judges a wrong protocol as the kernel does.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use heldby::sync::{Condvar, Mutex, MutexGuard};

use super::{Access, Addresses, Backend, Contents, Fill, Next};
use crate::lease::recover;
use crate::page::{PAGE, Page, ZEROS};

/// Where the arena is said to start; nothing is there, addresses are only names.
const BASE: usize = 0x1000_0000;

/// An arena in software.
#[derive(Debug)]
pub(super) struct Software {
    table: Mutex<Table>,
    /// A fault was queued, or the run ended.
    faulted: Condvar,
    /// A page was installed or woken, or the run was abandoned.
    filled: Condvar,
}

#[derive(Debug)]
struct Table {
    entries: Vec<Entry>,
    /// Says of each page whether its protection forbids to read it.
    denied: Vec<bool>,
    faults: VecDeque<usize>,
    ended: bool,
    abandoned: bool,
}

/// One page of the arena.
#[derive(Clone, Debug)]
enum Entry {
    /// Nothing is mapped; installing a page is an error of the pager.
    Unmapped,
    /// Mapped; `queued` once a fault on it is on its way.
    Missing { queued: bool },
    /// Mapped and installed.
    Present(Arc<Page>),
}

/// What a toucher finds.
enum Found {
    Page(Arc<Page>),
    Missing,
    /// The run has failed; there is no page to wait for.
    Abandoned,
}

impl Software {
    /// Makes an arena of `bytes`, with nothing mapped.
    pub(super) fn new(bytes: usize) -> Self {
        let table = Table {
            entries: vec![Entry::Unmapped; bytes / PAGE],
            denied: vec![false; bytes / PAGE],
            faults: VecDeque::new(),
            ended: false,
            abandoned: false,
        };
        Self {
            table: Mutex::named("page_table", table),
            faulted: Condvar::new(),
            filled: Condvar::new(),
        }
    }

    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, Table> {
        recover(self.table.lock())
    }
}

impl Table {
    fn entry(&mut self, address: usize) -> &mut Entry {
        &mut self.entries[index(address)]
    }

    fn range(&mut self, range: &Addresses) -> &mut [Entry] {
        &mut self.entries[index(range.start)..index(range.end)]
    }

    /// Looks at a page as a load would, and queues a fault if it is the first to miss it.
    fn look(&mut self, address: usize) -> Found {
        if self.abandoned {
            return Found::Abandoned;
        }
        assert!(
            !self.denied[index(address)],
            "{address:#x} is touched while that is forbidden"
        );
        match self.entry(address) {
            Entry::Present(page) => return Found::Page(page.clone()),
            Entry::Missing { queued: true } => return Found::Missing,
            Entry::Missing { queued } => *queued = true,
            Entry::Unmapped => panic!("{address:#x} is touched, but nothing is mapped there"),
        }
        self.faults.push_back(address);
        Found::Missing
    }
}

/// The page of the arena that `address` lies in.
fn index(address: usize) -> usize {
    (address - BASE) / PAGE
}

impl Backend for Software {
    fn name(&self) -> &'static str {
        "software"
    }

    fn base(&self) -> usize {
        BASE
    }

    fn map(&self, range: Addresses) -> io::Result<()> {
        self.lock()
            .range(&range)
            .fill(Entry::Missing { queued: false });
        Ok(())
    }

    fn unmap(&self, range: Addresses) -> io::Result<()> {
        self.lock().range(&range).fill(Entry::Unmapped);
        Ok(())
    }

    fn protect(&self, range: Addresses, access: Access) -> io::Result<()> {
        let pages = index(range.start)..index(range.end);
        self.lock().denied[pages].fill(access == Access::None);
        Ok(())
    }

    fn evict(&self, range: Addresses) -> io::Result<()> {
        for entry in self.lock().range(&range) {
            if let Entry::Present(_) = entry {
                *entry = Entry::Missing { queued: false };
            }
        }
        Ok(())
    }

    fn next_fault(&self) -> Next {
        let idle = |table: &mut Table| table.faults.is_empty() && !table.ended;
        let mut table = recover(self.faulted.wait_while(self.lock(), idle));
        table.faults.pop_front().map_or(Next::Ended, Next::Fault)
    }

    fn fill(&self, address: usize, contents: Contents<'_>) -> io::Result<Fill> {
        let page = match contents {
            Contents::Page(page) => Arc::new(*page),
            Contents::Zeros => Arc::new(ZEROS),
        };
        let mut table = self.lock();
        match table.entry(address) {
            Entry::Unmapped => return Ok(Fill::Gone),
            Entry::Present(_) => return Ok(Fill::AlreadyThere),
            entry @ Entry::Missing { .. } => *entry = Entry::Present(page),
        }
        drop(table);
        self.filled.notify_all();
        Ok(Fill::Installed)
    }

    fn wake(&self, address: usize) {
        if let Entry::Missing { queued } = self.lock().entry(address) {
            *queued = false;
        }
        self.filled.notify_all();
    }

    fn touch(&self, address: usize, page: &mut Page) {
        let mut table = self.lock();
        loop {
            match table.look(address) {
                Found::Page(found) => return *page = *found,
                Found::Abandoned => return *page = ZEROS,
                Found::Missing => {
                    self.faulted.notify_one();
                    table = recover(self.filled.wait(table));
                }
            }
        }
    }

    fn end(&self) {
        self.lock().ended = true;
        self.faulted.notify_all();
    }

    fn abandon(&self) {
        self.lock().abandoned = true;
        self.filled.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: Addresses = BASE..BASE + 2 * PAGE;

    /// The verdicts are those of the kernel: ENOENT before `map` and after `unmap`, EEXIST twice.
    #[test]
    fn judges_a_fill_as_the_kernel_does() {
        let arena = Software::new(2 * PAGE);
        let fill = || {
            arena
                .fill(BASE, Contents::Zeros)
                .expect("memory never refuses")
        };
        assert_eq!(fill(), Fill::Gone);
        arena.map(RANGE).expect("memory never refuses");
        assert_eq!([fill(), fill()], [Fill::Installed, Fill::AlreadyThere]);
        arena.evict(RANGE).expect("memory never refuses");
        assert_eq!(fill(), Fill::Installed);
        arena.unmap(RANGE).expect("memory never refuses");
        assert_eq!(fill(), Fill::Gone);
    }

    #[test]
    fn a_touch_waits_for_its_page_and_survives_a_wake() {
        let arena = Software::new(2 * PAGE);
        arena.map(RANGE).expect("memory never refuses");
        let mut page = ZEROS;
        heldby::thread::scope(|scope| {
            let pager = scope.spawn(|| {
                let first = arena.next_fault();
                arena.wake(BASE + PAGE);
                let second = arena.next_fault();
                arena
                    .fill(BASE + PAGE, Contents::Page(&[7; PAGE]))
                    .expect("memory never refuses");
                [first, second, arena.next_fault()]
            });
            arena.touch(BASE + PAGE, &mut page);
            arena.end();
            let fault = Next::Fault(BASE + PAGE);
            assert_eq!(
                pager.join().expect("it does not panic"),
                [fault, fault, Next::Ended]
            );
        });
        assert_eq!(page, [7; PAGE]);
    }

    #[test]
    fn abandoned_touches_return() {
        let arena = Software::new(2 * PAGE);
        arena.map(RANGE).expect("memory never refuses");
        arena.abandon();
        let mut page = [1; PAGE];
        arena.touch(BASE, &mut page);
        assert_eq!(page, ZEROS);
    }
}
