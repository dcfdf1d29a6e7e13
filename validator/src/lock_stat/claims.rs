//! Who has a lock, or asked for it: what tells whether an acquire meets a contention.
//!
//! A claim stands from the time a lock is asked for until it is released, so that one who asks while
//! another is about to get the lock is behind that one. Locks that nobody claims take no room.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

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

/// The claims to one lock, oldest first.
type Queue = SmallVec<[Claim; 1]>;

type Shard = Mutex<FxHashMap<u32, Queue>>;

/// All claims, by instance.
#[derive(Debug, Default)]
pub(super) struct Claims {
    shards: [Shard; NOTE_SHARDS],
}

impl Claims {
    fn shard(&self, instance: u32) -> MutexGuard<'_, FxHashMap<u32, Queue>> {
        let shard = &self.shards[instance as usize % NOTE_SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a claim; the place of the oldest one that another task has and that excludes it.
    pub(super) fn stake(&self, claim: Claim) -> Option<Site> {
        let mut shard = self.shard(claim.instance);
        let queue = shard.entry(claim.instance).or_default();
        let excludes =
            |other: &&Claim| other.task != claim.task && (other.exclusive || claim.exclusive);
        let behind = queue.iter().find(excludes).map(|other| other.site);
        queue.push(claim);
        behind
    }

    /// Takes away the newest claim of a task to a lock, if it has one.
    pub(super) fn drop(&self, instance: u32, task: u32) {
        let mut shard = self.shard(instance);
        let Some(queue) = shard.get_mut(&instance) else {
            return;
        };
        if let Some(newest) = queue.iter().rposition(|claim| claim.task == task) {
            queue.remove(newest);
        }
        if queue.is_empty() {
            shard.remove(&instance);
        }
    }
}
