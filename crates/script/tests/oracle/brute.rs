//! The brute-force scheduler: does some interleaving of a program deadlock?
//!
//! It knows nothing of dependencies, classes or the engine: it runs every interleaving on model
//! locks and looks whether all threads that are left wait.
//!
//! # The model locks
//! A reader-writer lock prefers writers: a reader waits while another thread holds the lock for
//! writing or waits to, even if it reads the lock already.
//! A thread that cannot have a lock begins to wait, which is a step of its own, since a waiting
//! writer is what stops the next reader.
//! A try that fails skips its block: the acquires up to its own release are not done, nor are
//! their releases; releases of what was taken before are.
//! A lock that is taken in the block and outlives it takes the block along: to do what comes under
//! it without it is another path, which the run that the engine sees has not taken.

use std::collections::HashSet;

use super::program::{Action, LOCKS, Program, Thread};

/// Where one thread stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Place {
    /// Its next action.
    next: usize,
    /// What it waits for: the lock of its next action, and whether to write.
    waits: Option<(usize, bool)>,
    /// The acquires that are not done, because a try failed, a bit each.
    skipped: u64,
    /// Whether it holds a lock for writing.
    writes: [bool; LOCKS],
    /// How often it holds a lock for reading.
    reads: [u8; LOCKS],
}

/// Returns whether some interleaving of `program` ends with threads that wait for ever.
pub(crate) fn can_deadlock(program: &Program) -> bool {
    let mut seen = HashSet::new();
    let mut left = vec![vec![Place::default(); program.threads.len()]];
    while let Some(places) = left.pop() {
        if seen.contains(&places) {
            continue;
        }
        let before = left.len();
        let threads = program.threads.iter().enumerate();
        left.extend(threads.filter_map(|(me, thread)| step(thread, me, &places)));
        let stuck = left.len() == before;
        if stuck
            && places
                .iter()
                .zip(&program.threads)
                .any(|(at, run)| at.next < run.len())
        {
            return true;
        }
        seen.insert(places);
    }
    false
}

/// Lets thread `me` do one action, or begin to wait; `None` when it can do neither.
fn step(thread: &Thread, me: usize, places: &[Place]) -> Option<Vec<Place>> {
    let mut place = places[me];
    let is_skipped = |acquire: usize| place.skipped & 1 << acquire != 0;
    match *thread.get(place.next)? {
        Action::Release { of, .. } if is_skipped(of) => {}
        Action::Release { lock, .. } if place.writes[lock] => place.writes[lock] = false,
        Action::Release { lock, .. } => place.reads[lock] -= 1,
        Action::Acquire { .. } if is_skipped(place.next) => {}
        Action::Acquire { lock, write, .. } if is_free(lock, write, me, places) => {
            if write {
                place.writes[lock] = true;
            } else {
                place.reads[lock] += 1;
            }
        }
        Action::Acquire { try_only: true, .. } => place.skipped |= block(thread, place.next),
        Action::Acquire {
            lock,
            write,
            try_only: false,
        } => {
            place.waits = place.waits.is_none().then_some((lock, write));
            return place.waits.map(|_| with(places, me, place));
        }
    }
    place.waits = None;
    place.next += 1;
    Some(with(places, me, place))
}

/// The acquires of the block that begins with `acquire`, a bit each.
fn block(thread: &Thread, acquire: usize) -> u64 {
    let mut skipped = 1 << acquire;
    let mut open = 1_u64 << acquire;
    for (number, action) in thread.iter().enumerate().skip(acquire + 1) {
        match *action {
            _ if open == 0 => break,
            Action::Release { of, .. } => open &= !(1 << of),
            Action::Acquire { .. } => {
                open |= 1 << number;
                skipped |= 1 << number;
            }
        }
    }
    skipped
}

/// Returns whether thread `me` can have `lock` at once.
fn is_free(lock: usize, write: bool, me: usize, places: &[Place]) -> bool {
    let blocks = |other: &Place| {
        let shuts = if write {
            other.reads[lock] > 0
        } else {
            other.waits == Some((lock, true))
        };
        other.writes[lock] || shuts
    };
    !places
        .iter()
        .enumerate()
        .any(|(number, other)| number != me && blocks(other))
}

fn with(places: &[Place], me: usize, place: Place) -> Vec<Place> {
    let mut places = places.to_vec();
    places[me] = place;
    places
}
