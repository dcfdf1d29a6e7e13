//! What the validator is told when a VMA is not as stable as an assert says.

use heldby::lockdep::{self, AsLockMap, NotStabilised, Way};
use heldby::{Held, held};

use crate::refcnt::RefCnt;
use crate::vma_lock::NEVER_WRITE_LOCKED;
use crate::vma_ref::VmaRef;

/// Neither the mmap lock nor the VMA lock is held.
#[cold]
pub(crate) fn not_stabilised<B>(vma: VmaRef<'_, B>, operation: &'static str) -> NotStabilised {
    let [mmap_read, mmap_write] = mmap_ways(vma);
    let [vma_read, vma_write] = vma_ways(vma);
    NotStabilised {
        ways: vec![mmap_read, mmap_write, vma_read, vma_write],
        notes: notes(vma, vma.mm().mmap_lock().is_locked()),
        help: vec![format!(
            "find the VMA with lock_vma_under_rcu(mm, addr), or hold mmap_read_lock(mm), \
             before {operation}."
        )],
        ..describe(vma, operation)
    }
}

/// The VMA lock is not held; the mmap lock is not asked for.
#[cold]
#[track_caller]
pub(crate) fn not_locked<B>(vma: VmaRef<'_, B>) {
    lockdep::not_stabilised(|| NotStabilised {
        ways: vma_ways(vma).into(),
        notes: notes(vma, false),
        help: vec![
            "find the VMA with lock_vma_under_rcu(mm, addr), or vma_start_write(mm, vma) it."
                .into(),
        ],
        ..describe(vma, "vma_assert_locked")
    });
}

/// The VMA is not write-locked by the calling thread.
#[cold]
#[track_caller]
pub(crate) fn not_write_locked<B>(vma: VmaRef<'_, B>) {
    lockdep::not_stabilised(|| {
        let [_, vma_write] = vma_ways(vma);
        NotStabilised {
            ways: vec![vma_write],
            notes: write_locked_last(vma).into_iter().collect(),
            help: vec!["take mmap_write_lock(mm), then vma_start_write(mm, vma).".into()],
            ..describe(vma, "vma_assert_write_locked")
        }
    });
}

fn describe<B>(vma: VmaRef<'_, B>, operation: &'static str) -> NotStabilised {
    NotStabilised {
        object: "VMA",
        which: vma.to_string(),
        operation,
        ways: Vec::new(),
        notes: Vec::new(),
        help: Vec::new(),
    }
}

fn mmap_ways<B>(vma: VmaRef<'_, B>) -> [Way; 2] {
    let mmap_lock = vma.mm().mmap_lock();
    let ours = held(mmap_lock.map());
    let write = mmap_lock.is_write_locked();
    let read = mmap_lock.is_locked() && !write;
    [
        Way {
            needed: "mmap lock, read",
            state: state(mmap_lock.map(), read, Held::Read),
            held_by_us: ours == Held::Read,
        },
        Way {
            needed: "mmap lock, write",
            state: state(mmap_lock.map(), write, Held::Write),
            held_by_us: ours == Held::Write,
        },
    ]
}

fn vma_ways<B>(vma: VmaRef<'_, B>) -> [Way; 2] {
    let mmap_lock = vma.mm().mmap_lock();
    let (count, seq, mm_seq) = (vma.vm_refcnt(), vma.lock.seq(), mmap_lock.seq());
    let reading = held(&*vma) == Held::Read;
    let not_us = if count.0 > RefCnt::ATTACHED.0 && !reading {
        ", not us"
    } else {
        ""
    };
    let written = match seq {
        NEVER_WRITE_LOCKED => format!("never write-locked (mm {mm_seq}; unlocked read)"),
        _ if seq == mm_seq => format!("write-locked (seq {seq}, mm {mm_seq}; unlocked read)"),
        _ => format!("not write-locked (seq {seq}, mm {mm_seq}; unlocked read)"),
    };
    [
        Way {
            needed: "VMA lock, read",
            state: format!("vm_refcnt {count}{not_us}"),
            held_by_us: reading,
        },
        Way {
            needed: "VMA lock, write",
            state: written,
            held_by_us: seq == mm_seq && held(mmap_lock.map()) == Held::Write,
        },
    ]
}

/// Where the VMA was write-locked, now or in an earlier write section.
fn write_locked_last<B>(vma: VmaRef<'_, B>) -> Option<String> {
    let site = vma.write_site()?;
    let (seq, mm_seq) = (vma.lock.seq(), vma.mm().mmap_lock().seq());
    Some(if seq == mm_seq {
        format!("it is write-locked at {site}, in this write section of another thread.")
    } else {
        format!("it was write-locked last at {site}; that ended with its write section.")
    })
}

/// Who holds the lock in this mode, or that nobody does, by the lock word.
fn state<L: AsLockMap>(lock: &L, taken: bool, mode: Held) -> String {
    let verb = if mode == Held::Write {
        "held for writing"
    } else {
        "held for reading"
    };
    match (taken, holder(lock, mode)) {
        (_, Some(thread)) => format!("{verb} by `{thread}`"),
        (true, None) => format!("{verb} by another thread"),
        (false, None) => "not held".into(),
    }
}

/// A thread that holds the lock in this mode, if that is known.
#[cfg(feature = "validate")]
fn holder<L: AsLockMap>(lock: &L, mode: Held) -> Option<String> {
    let mut holders = heldby::holders(lock).into_iter();
    holders
        .find(|holder| holder.held == mode && !holder.waiting)
        .map(|holder| holder.thread)
}

/// Nobody knows without the validator.
#[cfg(not(feature = "validate"))]
fn holder<L: AsLockMap>(_lock: &L, _mode: Held) -> Option<String> {
    None
}

/// What pre-empts the objections: whose hold would have passed without the validator.
fn notes<B>(vma: VmaRef<'_, B>, mmap_lock_counts: bool) -> Vec<String> {
    let count = vma.vm_refcnt();
    if vma.is_stale() {
        return vec![
            "the VMA was unmapped since it was found, and its memory may be another one by now: \
             look it up again."
                .into(),
        ];
    }
    let someone = if mmap_lock_counts {
        "someone holds the mmap lock, but not this thread: it can go away at any time."
    } else if count.0 > RefCnt::ATTACHED.0 {
        "someone has locked the VMA, but not this thread: it can go away at any time."
    } else if count == RefCnt::DETACHED {
        return vec![
            "the VMA is detached: it has left its address space, so look it up again.".into(),
        ];
    } else {
        return Vec::new();
    };
    vec![
        someone.into(),
        "Without the validator this assert would have passed.".into(),
    ]
}
