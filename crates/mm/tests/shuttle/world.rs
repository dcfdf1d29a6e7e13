//! What the threads of one test share, and what they write down.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::content::{Content, Id, Ledger};
use crate::interrupt::{CancelToken, Interrupt};
use crate::mmap_guard::MmapLocked;
use crate::model::{Outcome, View};
use crate::pool::VmaPool;
use crate::script::{Change, TOKENS};
use crate::space::AddressSpace;
use crate::vma::Vma;
use crate::vma_spec::VmFlags;

/// Its mutexes are those of std: nothing here is a step of the protocol.
pub(crate) struct World {
    pub(crate) pool: Arc<VmaPool<Content>>,
    pub(crate) spaces: Vec<Space>,
    pub(crate) tokens: [CancelToken; TOKENS],
    pub(crate) ledger: Arc<Ledger>,
    guarded: Mutex<Guarded>,
    history: Mutex<Vec<Record>>,
    next_space: AtomicUsize,
}

/// An address space and its number.
pub(crate) struct Space {
    pub(crate) nr: usize,
    pub(crate) mm: AddressSpace<Content>,
}

/// The contents whose VMAs have `VM_MAYBE_GUARD`.
#[derive(Default)]
struct Guarded {
    /// It may be set.
    begun: HashSet<Id>,
    /// It is set.
    done: HashSet<Id>,
}

/// What a thread did or saw; `seq` is the address space's `mm_lock_seq`.
#[derive(Debug)]
pub(crate) enum Record {
    /// A write section.
    Section {
        space: usize,
        seq: u64,
        changes: Vec<(Change, Outcome)>,
    },
    /// An address space was made as a copy, in its first write section.
    Forked {
        child: usize,
        parent: usize,
        /// The parent's; none if it had no VMAs.
        seq: Option<u64>,
        views: Vec<View>,
    },
    /// All VMAs under the mmap read lock.
    Snapshot {
        space: usize,
        seq: u64,
        views: Vec<View>,
    },
    /// The ranges and flags of all VMAs, seen without any lock while the sequence did not change.
    Speculated {
        space: usize,
        seq: u64,
        seen: Vec<(std::ops::Range<usize>, u64)>,
    },
    /// A VMA that did not change from the first sequence to the last, since it was read-locked.
    Held {
        space: usize,
        seqs: [u64; 2],
        view: View,
    },
    /// A reader got nothing although no writer was there.
    Missed { space: usize, seq: u64, addr: usize },
    /// A walk over the whole address space, or up to where it was interrupted.
    Walked {
        space: usize,
        seqs: [u64; 2],
        met: Vec<View>,
        is_complete: bool,
    },
}

impl World {
    pub(crate) fn new(spaces: usize) -> Self {
        let mut world = Self {
            pool: Arc::default(),
            spaces: Vec::new(),
            tokens: Default::default(),
            ledger: Arc::default(),
            guarded: Mutex::default(),
            history: Mutex::default(),
            next_space: AtomicUsize::new(0),
        };
        for _ in 0..spaces {
            let mm = AddressSpace::new_in(Arc::clone(&world.pool));
            let space = world.space(mm);
            world.spaces.push(space);
        }
        world
    }

    /// Numbers an address space.
    pub(crate) fn space(&self, mm: AddressSpace<Content>) -> Space {
        let nr = self.next_space.fetch_add(1, Relaxed);
        Space { nr, mm }
    }

    pub(crate) fn interrupt(&self, token: Option<usize>) -> Interrupt<'_> {
        token.map_or(Interrupt::never(), |nr| Interrupt::by(&self.tokens[nr]))
    }

    pub(crate) fn record(&self, record: Record) {
        self.history().push(record);
    }

    pub(crate) fn history(&self) -> MutexGuard<'_, Vec<Record>> {
        self.history.lock().expect("nobody panics with it")
    }

    fn guarded(&self) -> MutexGuard<'_, Guarded> {
        self.guarded.lock().expect("nobody panics with it")
    }

    /// Sets `VM_MAYBE_GUARD` of a VMA that is read-locked.
    pub(crate) fn set_guard(&self, vma: &Vma<Content>, id: Id) {
        self.guarded().begun.insert(id);
        vma.set_flag_atomic(VmFlags::VM_MAYBE_GUARD);
        self.guarded().done.insert(id);
    }

    /// A write-locked VMA is copied, with its flags.
    pub(crate) fn copy(&self, from: &mut Content) -> Content {
        let copy = from.copy();
        let mut guarded = self.guarded();
        if guarded.done.contains(&from.id()) {
            guarded.begun.insert(copy.id());
            guarded.done.insert(copy.id());
        }
        copy
    }

    /// A write-locked VMA takes another one over, with its flag.
    pub(crate) fn join(&self, lower: &Content, upper: &Content) {
        let mut guarded = self.guarded();
        if guarded.done.contains(&upper.id()) {
            guarded.begun.insert(lower.id());
            guarded.done.insert(lower.id());
        }
    }

    /// What a VMA is, for a thread that keeps it stable.
    pub(crate) fn look(&self, vma: &Vma<Content>, content: &Content) -> View {
        let id = content.id();
        let was_set = self.guarded().done.contains(&id);
        let flags = vma.vm_flags();
        let is_set = flags.contains(VmFlags::VM_MAYBE_GUARD);
        let may_be_set = self.guarded().begun.contains(&id);
        assert!(
            (was_set || !is_set || may_be_set) && (!was_set || is_set),
            "VM_MAYBE_GUARD of content {id}: {is_set}"
        );
        View {
            range: vma.range(),
            flags: flags.0 & !VmFlags::VM_MAYBE_GUARD.0,
            name: vma.name_unchecked().map(|name| name.to_string()),
            id,
            value: content.read(),
        }
    }

    /// All VMAs, under the mmap lock.
    pub(crate) fn views<'mm>(&self, mmap: &impl MmapLocked<'mm, Content>) -> Vec<View> {
        let vmas = mmap.vmas().into_iter();
        vmas.map(|vma| self.look(&vma, mmap.backing(vma))).collect()
    }

    /// Writes all VMAs down, under the mmap read lock.
    pub(crate) fn record_snapshot<'mm>(&self, nr: usize, mmap: &impl MmapLocked<'mm, Content>) {
        let seq = mmap.mm().mmap_lock().seq();
        let views = self.views(mmap);
        self.record(Record::Snapshot {
            space: nr,
            seq,
            views,
        });
    }
}

impl Space {
    pub(crate) fn seq(&self) -> u64 {
        self.mm.mmap_lock().seq()
    }
}
