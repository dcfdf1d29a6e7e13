//! The lock-free pieces under a model checker: every interleaving, with the memory order of the C11
//! model.
//!
//! `held.rs` and `chain.rs` are compiled here once more, against loom's atomics and with tiny limits:
//! three inline entries, so that the fourth lock already goes to a spill block.
//! Each of these, done to them, makes the named tests fail:
//!
//! | rule that is removed | test, among others |
//! | --- | --- |
//! | Release of `state` in `push_inline` | `a_reader_sees_whole_entries` |
//! | Release of an entry's `ids` in `Entry::store` | `a_reader_sees_whole_entries` |
//! | the reader's fence in `try_snapshot` | `a_reader_sees_whole_entries` |
//! | the reader's second look at `state` | `a_reader_sees_whole_entries` |
//! | the reader's Acquire in its first look | all of them |
//! | Release of `state` in `pop` | `what_is_below_a_popped_entry_is_whole` |
//! | the `WRITING` bit in `change` | `a_change_in_the_middle_is_whole` |
//! | either fence of `recall` and `forget` | `a_forgotten_chain_is_known_to_nobody` |
//! | the second look at the generation in `recall` | `a_forgotten_chain_is_known_to_nobody` |
//! | the table emptied before the generation grows | `a_forgotten_chain_is_known_to_nobody` |
//! | Release or Acquire of the generation | `a_forgotten_chain_is_known_to_nobody` |

mod deferring;
mod forgetting;
mod interrupting;
mod meeting;
mod numbering;
mod posting;
mod registering;

#[path = "../../src/chain.rs"]
mod chain;
#[path = "../../src/held.rs"]
#[expect(dead_code, reason = "the model uses part of the stack")]
mod held;
#[path = "../../src/held_lock.rs"]
#[expect(dead_code, reason = "the model asks a lock for its number alone")]
mod held_lock;
#[path = "../../src/interrupted.rs"]
#[expect(dead_code, reason = "no handler of the model hangs")]
mod interrupted;
#[path = "../../src/mailbox.rs"]
#[expect(dead_code, reason = "no task of the model ends")]
mod mailbox;
#[path = "../../src/allocator/met.rs"]
mod met;
#[path = "../../src/mode.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "the model uses one mode, and exports nothing"
)]
mod mode;

#[path = "../../src/instance/notes.rs"]
mod notes;
#[path = "../../src/deferred/slot.rs"]
mod slot;
#[path = "../../src/word.rs"]
#[expect(dead_code, reason = "the model makes no lock")]
mod word;

/// What a chain is validated by.
mod learned {
    pub(crate) struct Learned {
        pub(crate) rules: u32,
    }
}

/// A task that nobody drives by the hot path but a model.
mod task {
    use super::chain::ChainCache;
    use super::held::HeldStack;
    use super::mailbox::Mailbox;

    pub(crate) struct Task {
        pub(crate) held: HeldStack,
        pub(crate) chains: ChainCache,
        pub(crate) mailbox: Mailbox,
    }

    impl Task {
        pub(crate) fn leaked() -> &'static Self {
            Box::leak(Box::new(Self {
                held: HeldStack::new(),
                chains: ChainCache::new(),
                mailbox: Mailbox::new(),
            }))
        }
    }
}

/// What becomes visible when a lock goes is not the model's.
mod ops {
    use super::held::HeldLock;
    use super::task::Task;

    pub(crate) fn uncover(_task: &'static Task, _depth: usize, _gone: &HeldLock) {}
}

mod rules {
    /// Nothing is pinned.
    pub(crate) mod pin {
        use crate::held::HeldLock;
        use crate::task::Task;

        pub(crate) fn forget(_task: &Task, _lock: &HeldLock) {}
    }
}

/// Nobody forks, and no thread is where it may not enter the validator.
mod cold {
    pub(crate) fn in_validator<R>(run: impl FnOnce() -> R) -> Option<R> {
        Some(run())
    }

    pub(crate) struct Inside;

    impl Inside {
        pub(crate) fn enter() -> Self {
            Self
        }
    }
}

mod limits {
    pub(crate) const ALLOCATOR_CLASSES: usize = 2;
    pub(crate) const DEFERRED_ENTRIES: usize = 1;
    pub(crate) const INLINE_HELD: usize = 3;
    pub(crate) const NOTE_SHARDS: usize = 1;
    pub(crate) const SPILL_BLOCKS: usize = 1;
    pub(crate) const SHARED_CHAINS: usize = 2;
    pub(crate) const TASK_CHAINS: usize = 2;
}

/// A site is a number here.
mod site {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Site(pub(crate) *mut ());

    impl Site {
        pub(crate) fn into_raw(self) -> *mut () {
            self.0
        }

        pub(crate) unsafe fn from_raw(raw: *mut ()) -> Self {
            Self(raw)
        }
    }
}

mod sync {
    use std::collections::BTreeMap;
    use std::sync::OnceLock;

    pub(crate) use std::sync::PoisonError;

    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::atomic::{AtomicBool, Ordering, fence};

    /// Atomics whose stores a signal handler can come in front of.
    macro_rules! interrupted {
        ($($name:ident $(<$generic:ident>)? ($value:ty)),*) => {$(
            #[derive(Debug)]
            pub(crate) struct $name $(<$generic>)? (loom::sync::atomic::$name $(<$generic>)?);

            impl $(<$generic>)? $name $(<$generic>)? {
                pub(crate) fn new(value: $value) -> Self {
                    Self(loom::sync::atomic::$name::new(value))
                }

                pub(crate) fn store(&self, value: $value, ordering: Ordering) {
                    crate::interrupting::before_store();
                    self.0.store(value, ordering);
                }
            }

            impl $(<$generic>)? std::ops::Deref for $name $(<$generic>)? {
                type Target = loom::sync::atomic::$name $(<$generic>)?;

                fn deref(&self) -> &Self::Target {
                    &self.0
                }
            }
        )*};
    }

    interrupted!(AtomicPtr<T>(*mut T), AtomicU32(u32), AtomicU64(u64));
    pub(crate) use loom::sync::{Mutex, MutexGuard};

    /// A table that is locked as a whole: of what it tells, that is all that counts.
    pub(crate) struct DashMap<K, V>(loom::sync::Mutex<BTreeMap<K, V>>);

    impl<K: Ord, V: Copy> DashMap<K, V> {
        pub(crate) fn with_shard_amount(_shards: usize) -> Self {
            Self(loom::sync::Mutex::new(BTreeMap::new()))
        }

        pub(crate) fn insert(&self, key: K, value: V) {
            self.0.lock().unwrap().insert(key, value);
        }

        pub(crate) fn get(&self, key: &K) -> Option<Box<V>> {
            self.0.lock().unwrap().get(key).copied().map(Box::new)
        }

        pub(crate) fn remove(&self, key: &K) -> Option<(K, V)> {
            self.0.lock().unwrap().remove_entry(key)
        }
    }

    /// Orders nothing, so that no model leans on it.
    pub(crate) struct OnceBox<T>(OnceLock<Box<T>>);

    impl<T> OnceBox<T> {
        pub(crate) fn new() -> Self {
            Self(OnceLock::new())
        }

        pub(crate) fn get_or_init(&self, make: impl FnOnce() -> Box<T>) -> &T {
            self.0.get_or_init(make)
        }
    }

    macro_rules! const_fn {
        ($visibility:vis fn $($rest:tt)*) => {
            $visibility fn $($rest)*
        };
    }

    macro_rules! array {
        ($element:expr; $len:expr) => {
            std::array::from_fn::<_, { $len }, _>(|_| $element)
        };
    }

    pub(crate) use {array, const_fn};

    pub(crate) fn zeroed(len: usize) -> Box<[AtomicU64]> {
        std::iter::repeat_with(|| AtomicU64::new(0))
            .take(len)
            .collect()
    }
}

use chain::{SEED, extend};
use held::{HeldLock, HeldStack};
use loom::sync::Arc;
use loom::thread;
use mode::{Meta, Mode};
use site::Site;
use sync::Ordering;

/// The lock number `n`; every field tells it.
fn lock(n: u32, below: u64) -> HeldLock {
    HeldLock {
        ids: u64::from(n) << 32 | u64::from(2 * n + 1),
        key: extend(below, 2 * n + 1, Mode::Write),
        site: Site(std::ptr::without_provenance_mut(n as usize)),
        meta: Meta::waiting(Mode::Write),
    }
}

/// The number of a lock, if all of its fields tell the same.
fn number(seen: &HeldLock, below: u64) -> u32 {
    let n = seen.instance();
    let whole = lock(n, below);
    assert_eq!((seen.ids, seen.site), (whole.ids, whole.site));
    assert_eq!(seen.key, seen.on(below).key);
    n
}

/// The numbers of the locks on a stack, as another thread sees them in one try.
fn numbers(stack: &HeldStack) -> Option<Vec<u32>> {
    let mut below = SEED;
    let mut numbers = Vec::new();
    for lock in &stack.try_snapshot()? {
        numbers.push(number(lock, below));
        below = lock.key;
    }
    Some(numbers)
}

/// Runs `prepare`, then `own` beside a reader, which may see any of the stacks `allowed`, each of its locks whole.
///
/// The reader is the thread that is made, so that the first execution runs the owner to its end:
/// loom remembers one access to an object, and the owner's own load before a store would hide a
/// reader that had loaded before.
fn model(prepare: fn(&HeldStack), own: fn(&HeldStack), allowed: &'static [&'static [u32]]) {
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
fn push_inline(stack: &HeldStack, n: u32) {
    let lock = lock(n, stack.key());
    stack.push_inline(stack.state.load(Ordering::Relaxed), lock);
}

fn pop(stack: &HeldStack) {
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

fn two(stack: &HeldStack) {
    push_inline(stack, 1);
    push_inline(stack, 2);
}
