//! Signal handlers, which come in front of any store of the thread that they interrupt, while another
//! one reads its stack.

use std::cell::RefCell;
use std::collections::VecDeque;

use loom::model::Builder;
use loom::sync::Arc;
use loom::thread;

use crate::chain::SEED;
use crate::held::HeldStack;
use crate::holding::{number, numbers, pop, push_inline};
use crate::interrupted::{Interrupted, Runs};
use crate::mode::Mode;

/// What a thread or a handler does to its stack.
type Act = fn(&Thread);

/// A thread with a held stack.
struct Thread {
    stack: HeldStack,
    runs: Runs,
}

/// How many stores there are until a handler comes, counted from the one before it, and what it does.
type Signal = (u32, Arc<Thread>, Act);

thread_local! {
    /// The signals that are still to come. Only one thread of a model stores anything.
    static SIGNALS: RefCell<VecDeque<Signal>> = const { RefCell::new(VecDeque::new()) };
}

/// A store is about to be made; called by the atomics of the model.
pub(crate) fn before_store() {
    let due = SIGNALS.with_borrow_mut(|signals| match signals.front_mut() {
        Some((0, ..)) => signals.pop_front(),
        Some((stores, ..)) => {
            *stores -= 1;
            None
        }
        None => None,
    });
    if let Some((_, thread, act)) = due {
        thread.handle(act);
    }
}

impl Thread {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            stack: HeldStack::new(),
            runs: Runs::new(),
        })
    }

    /// Runs a handler, which finds every entry whole.
    fn handle(&self, act: Act) {
        let interrupted = Interrupted::begin(&self.stack, &self.runs);
        assert!(self.runs.is_running());
        act(self);
        interrupted.end(&self.stack, &self.runs);
    }

    /// The numbers of what the thread holds, each of them whole.
    fn held(&self) -> Vec<u32> {
        let mut below = SEED;
        let locks = (1..=self.stack.depth()).map(|depth| {
            let lock = self.stack.get(depth);
            let n = number(&lock, below);
            below = lock.key;
            n
        });
        locks.collect()
    }
}

/// Runs `own` with a handler that comes `after` so many stores, for each of these numbers until it
/// does not come any more; another thread may see any of the stacks `allowed`.
fn model(before: Act, own: Act, handler: Act, allowed: &'static [&'static [u32]]) {
    for after in 0.. {
        let came = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let tell = std::sync::Arc::clone(&came);
        bounded(2).check(move || {
            let owner = Thread::new();
            before(&owner);
            let reader = {
                let owner = Arc::clone(&owner);
                thread::spawn(move || numbers(&owner.stack))
            };
            SIGNALS
                .with_borrow_mut(|signals| signals.push_back((after, Arc::clone(&owner), handler)));
            own(&owner);
            let is_left = SIGNALS
                .with_borrow_mut(|signals| signals.pop_front())
                .is_some();
            tell.store(!is_left, std::sync::atomic::Ordering::Relaxed);
            if let Some(seen) = reader.join().unwrap() {
                assert!(
                    allowed.contains(&seen.as_slice()),
                    "{seen:?} after {after} stores"
                );
            }
            assert!(!owner.runs.is_running());
            assert!(allowed.contains(&owner.held().as_slice()));
        });
        if !came.load(std::sync::atomic::Ordering::Relaxed) {
            assert!(after > 0, "no store is made");
            return;
        }
    }
}

/// Runs `own`, while another thread may see any of the stacks `allowed`.
fn beside_reader(preemptions: usize, own: Act, allowed: &'static [&'static [u32]]) {
    bounded(preemptions).check(move || {
        let owner = Thread::new();
        let reader = {
            let owner = Arc::clone(&owner);
            thread::spawn(move || numbers(&owner.stack))
        };
        own(&owner);
        if let Some(seen) = reader.join().unwrap() {
            assert!(allowed.contains(&seen.as_slice()), "{seen:?}");
        }
    });
}

/// A handler makes many stores, and nobody waits for anybody.
fn bounded(preemptions: usize) -> Builder {
    let mut model = Builder::new();
    model.preemption_bound = Some(preemptions);
    model
}

fn push_3(thread: &Thread) {
    push_inline(&thread.stack, 3);
}

#[test]
fn a_handler_puts_back_what_it_interrupts() {
    let own = |thread: &Thread| push_inline(&thread.stack, 1);
    model(|_| {}, own, push_3, &[&[], &[1], &[3], &[1, 3]]);
}

#[test]
fn a_change_stays_one_under_a_handler() {
    let before = |thread: &Thread| push_inline(&thread.stack, 1);
    let own = |thread: &Thread| thread.stack.set_mode(1, Mode::Read);
    let handler = |thread: &Thread| {
        push_3(thread);
        thread.stack.remove(2);
    };
    model(before, own, handler, &[&[1], &[1, 3]]);
}

/// The stack is as deep in each handler, and holds another lock.
#[test]
fn runs_are_told_apart() {
    let acts: [Act; 3] = [
        |thread| {
            thread.handle(push_3);
            thread.handle(|thread| push_inline(&thread.stack, 2));
        },
        |thread| {
            thread.handle(|thread| {
                thread.handle(push_3);
                push_inline(&thread.stack, 2);
            });
        },
        |thread| {
            thread.handle(|thread| thread.handle(push_3));
            thread.handle(|thread| push_inline(&thread.stack, 2));
        },
    ];
    for act in acts {
        beside_reader(1, act, &[&[], &[2], &[3]]);
    }
}

#[test]
fn what_a_handler_found_stays_whole() {
    let own = |thread: &Thread| {
        push_inline(&thread.stack, 1);
        thread.handle(|_| {});
    };
    beside_reader(2, own, &[&[], &[1]]);
}

/// A handler comes anywhere, and a second one anywhere in it or behind it.
#[test]
fn a_handler_finds_whole_entries() {
    const MOST: u32 = 24;
    for (first, second) in (0..MOST).flat_map(|first| (0..MOST).map(move |second| (first, second)))
    {
        loom::model(move || {
            let owner = Thread::new();
            let handler: Act = |thread| {
                thread.held();
                push_3(thread);
                thread.held();
            };
            let signals = [first, second].map(|after| (after, Arc::clone(&owner), handler));
            SIGNALS.with_borrow_mut(|left| left.extend(signals));
            push_inline(&owner.stack, 1);
            assert_eq!(owner.held(), [1]);
            pop(&owner.stack);
            push_inline(&owner.stack, 2);
            assert_eq!(owner.held(), [2]);
            SIGNALS.with_borrow_mut(VecDeque::clear);
        });
    }
}
