//! A held stack that its owner changes while another thread reads it.

use loom::sync::Arc;
use loom::thread;

use crate::chain::{SEED, extend};
use crate::held::{HeldLock, HeldStack};
use crate::mode::{Attempt, Meta, Mode};
use crate::site::Site;
use crate::sync::Ordering;

/// The lock number `n`; every field tells it.
pub(crate) fn lock(n: u32, below: u64) -> HeldLock {
    HeldLock {
        ids: u64::from(n) << 32 | u64::from(2 * n + 1),
        key: extend(below, 2 * n + 1, Mode::Write),
        site: Site(std::ptr::without_provenance_mut(n as usize)),
        meta: Meta::waiting(Mode::Write),
    }
}

/// The number of a lock, if all of its fields tell the same.
pub(crate) fn number(seen: &HeldLock, below: u64) -> u32 {
    let n = seen.instance();
    let whole = lock(n, below);
    assert_eq!((seen.ids, seen.site), (whole.ids, whole.site));
    assert_eq!(seen.key, seen.on(below).key);
    n
}

/// The numbers of the locks on a stack, as another thread sees them in one try.
pub(crate) fn numbers(stack: &HeldStack) -> Option<Vec<u32>> {
    let mut below = SEED;
    let mut numbers = Vec::new();
    for lock in &stack.try_snapshot()? {
        numbers.push(number(lock, below));
        below = lock.key;
    }
    Some(numbers)
}

/// Runs `prepare`, then `own` beside a reader, which may see any of the stacks `allowed`, each
/// of its locks whole.
///
/// The reader is the thread that is made, so that the first execution runs the owner to its end:
/// loom remembers one access to an object, and the owner's own load before a store would hide a
/// reader that had loaded before.
fn model(
    prepare: fn(&HeldStack),
    own: impl Fn(&HeldStack) + Copy + Send + Sync + 'static,
    allowed: &'static [&'static [u32]],
) {
    loom::model(move || {
        let stack = Arc::new(HeldStack::new());
        prepare(&stack);
        let reader = {
            let stack = Arc::clone(&stack);
            thread::spawn(move || numbers(&stack))
        };
        own(&stack);
        if let Some(seen) = reader.join().unwrap() {
            assert!(allowed.contains(&seen.as_slice()), "{seen:?}");
        }
    });
}

/// Pushes as the hot path does.
pub(crate) fn push_inline(stack: &HeldStack, n: u32) {
    let lock = lock(n, stack.key());
    stack.push_inline(stack.state.load(Ordering::Relaxed), lock);
}

pub(crate) fn pop(stack: &HeldStack) {
    stack.pop(stack.state.load(Ordering::Relaxed));
}

#[test]
fn a_reader_sees_whole_entries() {
    let own = |stack: &HeldStack| {
        push_inline(stack, 1);
        pop(stack);
        push_inline(stack, 2);
    };
    model(|_| {}, own, &[&[], &[1], &[2]]);
}

#[test]
fn what_is_below_a_popped_entry_is_whole() {
    let own = |stack: &HeldStack| {
        push_inline(stack, 1);
        push_inline(stack, 2);
        pop(stack);
    };
    model(|_| {}, own, &[&[], &[1], &[1, 2]]);
}

#[test]
fn a_spilled_entry_is_whole() {
    let own = |stack: &HeldStack| {
        let lock = lock(4, stack.key());
        assert!(stack.push(lock).is_some());
    };
    let three = |stack: &HeldStack| (1..=3).for_each(|n| push_inline(stack, n));
    model(three, own, &[&[1, 2, 3], &[1, 2, 3, 4]]);
}

#[test]
fn a_change_in_the_middle_is_whole() {
    model(two, |stack| stack.remove(1), &[&[1, 2], &[2]]);
}

/// As the release of a lock below the newest does, which the warm path knows.
#[test]
fn a_known_release_in_the_middle_is_whole() {
    let two_got = |stack: &HeldStack| {
        for n in [1, 2] {
            let meta = Meta::held(Mode::Write, Attempt::Block);
            let lock = HeldLock {
                meta,
                ..lock(n, stack.key())
            };
            stack.push_inline(stack.state.load(Ordering::Relaxed), lock);
        }
    };
    let seen: &[&[u32]] = &[&[1, 2], &[2]];
    model(two_got, |stack| stack.remove_hold(1), seen);
    let replace = |stack: &HeldStack| {
        let [bottom, gone, newest] = stack.newest_three(2);
        let newest = newest.load().hold_on(bottom.load().key);
        stack.replace(stack.state.load(Ordering::Relaxed), gone, newest);
    };
    model(two_got, replace, seen);
}

fn two(stack: &HeldStack) {
    push_inline(stack, 1);
    push_inline(stack, 2);
}
