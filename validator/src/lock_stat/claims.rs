//! Who has a lock, or asked for it: what tells whether an acquire meets a contention.
//!
//! A claim stands from the time a lock is asked for until it is released, so that one who asks while
//! another is about to get the lock is behind that one.
//!
//! # Invariants
//! - Nothing is allocated or freed while a part is locked: a release waits for its part, and may hold a
//!   lock of the allocator that is not known as such.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::limits::NOTE_SHARDS;
use crate::site::Site;

/// One task's claim to a lock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) instance: u32,
    /// Number of the task.
    pub(super) task: u32,
    pub(super) exclusive: bool,
    /// Where it was staked.
    pub(super) site: Site,
}

/// All claims, in parts by instance; in each the oldest first. They are as many as locks are held and
/// waited for now, so a part is short.
#[derive(Debug, Default)]
pub(super) struct Claims {
    parts: [Mutex<Vec<Claim>>; NOTE_SHARDS],
}

impl Claims {
    fn part(&self, instance: u32) -> MutexGuard<'_, Vec<Claim>> {
        let part = &self.parts[instance as usize % NOTE_SHARDS];
        part.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a claim; the place of the oldest one that another task has and that excludes it.
    pub(super) fn stake(&self, claim: Claim) -> Option<Site> {
        let mut part = self.part_with_room(claim.instance);
        let excludes = |other: &&Claim| {
            let same_lock = other.instance == claim.instance && other.task != claim.task;
            same_lock && (other.exclusive || claim.exclusive)
        };
        let behind = part.iter().find(excludes).map(|other| other.site);
        part.push(claim);
        behind
    }

    /// The part of a lock, with room for one claim more.
    fn part_with_room(&self, instance: u32) -> MutexGuard<'_, Vec<Claim>> {
        loop {
            let part = self.part(instance);
            if part.len() < part.capacity() {
                return part;
            }
            let room = 2 * part.len() + 1;
            drop(part);
            self.grow(instance, Vec::with_capacity(room));
        }
    }

    /// Moves the part of a lock into `larger`, unless another thread did as much.
    fn grow(&self, instance: u32, mut larger: Vec<Claim>) {
        let mut part = self.part(instance);
        if part.capacity() < larger.capacity() {
            larger.extend_from_slice(&part);
            mem::swap(&mut *part, &mut larger);
        }
        // Before the smaller one is freed.
        drop(part);
    }

    /// Takes away the newest claim of a task to a lock, if it has one.
    pub(super) fn drop(&self, instance: u32, task: u32) {
        let mut part = self.part(instance);
        let is_it = |claim: &Claim| claim.instance == instance && claim.task == task;
        if let Some(newest) = part.iter().rposition(is_it) {
            part.remove(newest);
        }
    }
}
