//! What the models share: one address space with one VMA, and what threads do with it.

use std::collections::BTreeSet;
use std::ops::Deref;

use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::thread::{self, JoinHandle};

use crate::interrupt::{Interrupt, Interrupted};
use crate::mmap_lock::MmapLock;
use crate::sync::Arc;
use crate::vma_lock::{StartRead, VmaLock};

/// No bound: every interleaving is tried.
pub(crate) const ALL: usize = usize::MAX;

/// Runs `body` in every interleaving of at most this many preemptions, and returns what it returned.
///
/// `HELDBY_MORE_PREEMPTIONS` is a number of further ones. Make the readers threads of their own and let the
/// writer be the one that made them: loom begins with the execution in which that runs to its end.
pub(crate) fn model<R: Ord + Send + 'static>(
    preemptions: usize,
    body: impl Fn() -> R + Sync + Send + 'static,
) -> BTreeSet<R> {
    let more = std::env::var("HELDBY_MORE_PREEMPTIONS").unwrap_or_default();
    let more = more.parse().unwrap_or(0);
    let mut builder = Builder::new();
    builder.preemption_bound = preemptions.checked_add(more).filter(|&bound| bound < ALL);
    builder.max_branches = 10_000;
    let bound = builder.preemption_bound;
    // Of std's, and so no part of the model.
    let outcomes = std::sync::Arc::new(std::sync::Mutex::new((0, BTreeSet::new())));
    let seen = std::sync::Arc::clone(&outcomes);
    builder.check(move || {
        let outcome = body();
        let mut seen = seen.lock().unwrap();
        seen.0 += 1;
        seen.1.insert(outcome);
    });
    let (executions, outcomes) = std::mem::take(&mut *outcomes.lock().unwrap());
    let bound = bound.map_or("any number of".into(), |bound| bound.to_string());
    let test = std::thread::current();
    let test = test.name().unwrap_or_default();
    println!("{test}: {executions} executions, {bound} preemptions");
    outcomes
}

/// An address space with one VMA, shared by threads.
#[derive(Clone)]
pub(crate) struct Space(Arc<Parts>);

/// An address space with one VMA, and what the lock of that protects.
pub(crate) struct Parts {
    pub(crate) mm: Arc<MmapLock>,
    pub(crate) vma: VmaLock,
    /// Read under a read lock, written under the write lock; two accesses that no lock orders are a
    /// violation.
    data: UnsafeCell<u32>,
}

impl Deref for Space {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

pub(crate) fn new_mm() -> Arc<MmapLock> {
    Arc::new(MmapLock::new(std::sync::Arc::default()))
}

impl Space {
    /// Makes one whose VMA is not attached yet.
    pub(crate) fn detached() -> Self {
        let mm = new_mm();
        let vma = VmaLock::new();
        vma.give_to(&mm);
        let data = UnsafeCell::new(0);
        Self(Arc::new(Parts { mm, vma, data }))
    }

    /// Makes one whose VMA is attached and not locked.
    pub(crate) fn new() -> Self {
        let space = Self::detached();
        space.in_write_section(|| space.attach());
        space
    }

    /// Runs `body` with it in a thread.
    pub(crate) fn spawn<R: 'static>(
        &self,
        body: impl FnOnce(&Self) -> R + 'static,
    ) -> JoinHandle<R> {
        let space = self.clone();
        thread::spawn(move || body(&space))
    }

    pub(crate) fn in_write_section(&self, body: impl FnOnce()) {
        self.mm.write_lock(0);
        body();
        // SAFETY: it was locked above.
        unsafe { self.mm.write_unlock() };
    }

    pub(crate) fn start_write(&self) {
        let started = self.start_write_killable(&Interrupt::never());
        started.expect("nothing interrupts it");
    }

    pub(crate) fn start_write_killable(
        &self,
        interrupt: &Interrupt<'_>,
    ) -> Result<(), Interrupted> {
        self.vma.vma_start_write_killable(&self.mm, interrupt)
    }

    pub(crate) fn attach(&self) {
        self.start_write();
        self.vma.vma_mark_attached(&self.mm);
    }

    pub(crate) fn start_read(&self) -> StartRead {
        // SAFETY: the VMA is there as long as this is.
        unsafe { self.vma.vma_start_read(&self.mm) }
    }

    /// Releases a read lock, of any thread's.
    pub(crate) fn end_read(&self) {
        // SAFETY: the caller has a count, and both are there as long as this is.
        unsafe { VmaLock::vma_end_read(&self.vma, &self.mm) };
    }

    /// Reads under a lock that the caller has.
    pub(crate) fn get(&self) -> u32 {
        // SAFETY: loom would tell of a writer.
        self.data.with(|data| unsafe { *data })
    }

    /// Writes under a lock that the caller has.
    pub(crate) fn set(&self, value: u32) {
        // SAFETY: loom would tell of another thread.
        self.data.with_mut(|data| unsafe { *data = value });
    }

    /// Reads under the VMA lock, if that is free.
    pub(crate) fn read(&self) -> Option<u32> {
        (self.start_read() == StartRead::Locked).then(|| {
            let value = self.get();
            self.end_read();
            value
        })
    }

    /// Writes under the VMA lock, in a write section of its own.
    pub(crate) fn write(&self, value: u32) {
        self.in_write_section(|| {
            self.start_write();
            self.set(value);
        });
    }

    /// Detaches the VMA, whose write section is on, and uses its memory for something else.
    pub(crate) fn detach_and_use(&self) {
        self.vma.vma_mark_detached(&self.mm);
        self.vma.map.renew();
        self.set(u32::MAX);
    }
}
