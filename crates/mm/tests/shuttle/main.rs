//! The whole crate under a model checker that tries random interleavings: random scripts against a
//! sequential model of an address space.
//!
//! The modules of `src` are compiled here once more, against shuttle's primitives, see `sync`;
//! `asserts` and `report` are not, since they ask the validator.
//! Three or four threads follow a `script` on one or two address spaces, and on children that they
//! fork, all in one pool. Writers and readers write down what they did and saw under which sequence,
//! and `judge` replays the write sections, which have a total order, on a `model` without threads.
//!
//! # What is not tried
//! Every atomic operation is sequentially consistent here; `tests/model` is about orders.
//! A tree of imbl, a load or store of arc-swap, a VMA's start and end, and a count of a rare branch are
//! std's and no steps, so that nobody comes in between there; none of them blocks.
//! Deadlines are not tried, since there is no time.
//!
//! # What is found
//! Each rule, removed by `HELDBY_PLANTED`, makes a script fail; the number is that of scripts, each of
//! which runs in [`SCHEDULES`] orders, from the first seed on.
//!
//! | rule that is removed | found in script | as |
//! | --- | --- | --- |
//! | `no-recheck` | 5 | a reader holds a VMA that its address space has not |
//! | `no-owner-check` | 168 | a reader holds a VMA of another address space |
//! | `no-wait-on-detach` | 30 | a VMA is used again beside a reader |
//! | `wake-off-by-one` | 10 | a detacher is never woken |
//! | `release-after-decrement` | 7 | a reader holds, by its events, what a writer has |
//! | `tree-store-order` | 7 | a reader looks again and again until a writer goes on |
//!
//! `no-grab` is a use of freed memory, which shuttle does not see, and the rules about orders are all
//! alike to it; both are for `tests/model`.

// The schedules' coroutines are assembly, which Miri does not run.
#![cfg(all(feature = "per-vma-lock", not(miri)))]
#![expect(
    dead_code,
    unreachable_pub,
    reason = "the scripts use part of the crate, and export nothing"
)]

#[path = "../../src/branches.rs"]
mod branches;
mod content;
mod derived;
#[path = "../../src/exclude_readers.rs"]
mod exclude_readers;
#[path = "../../src/fork.rs"]
mod fork;
#[path = "../../src/interrupt.rs"]
mod interrupt;
mod judge;
mod lockdep;
#[path = "../../src/lookup.rs"]
mod lookup;
#[path = "../../src/mmap_guard.rs"]
mod mmap_guard;
#[path = "../../src/mmap_lock.rs"]
mod mmap_lock;
#[path = "../../src/mmap_write.rs"]
mod mmap_write;
mod model;
mod planted;
#[path = "../../src/pool.rs"]
mod pool;
mod random;
mod reader;
#[path = "../../src/refcnt.rs"]
mod refcnt;
mod run;
mod script;
#[path = "../../src/space.rs"]
mod space;
mod sync;
#[path = "../../src/tree.rs"]
mod tree;
#[path = "../../src/vma.rs"]
mod vma;
#[path = "../../src/vma_guard.rs"]
mod vma_guard;
#[path = "../../src/vma_lock.rs"]
mod vma_lock;
#[path = "../../src/vma_ref.rs"]
mod vma_ref;
#[path = "../../src/vma_spec.rs"]
mod vma_spec;
#[path = "../../src/wait.rs"]
mod wait;
mod world;
mod writer;

use std::process::Command;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, Once, PoisonError};

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use branches::Branch;
use script::Script;

/// How many scripts there are, unless `HELDBY_SHUTTLE_SCRIPTS` says it.
const SCRIPTS: u64 = 500;

/// How often each script runs, each time in another order.
const SCHEDULES: usize = 20;

/// More than any script takes; a thread that waits by looking again and again takes more.
const STEPS: usize = 100_000;

/// The rules whose removal is to be found.
const RULES: [&str; 6] = [
    "no-recheck",
    "no-owner-check",
    "no-wait-on-detach",
    "wake-off-by-one",
    "release-after-decrement",
    "tree-store-order",
];

/// Branches that take two doomed readers at once, or one beside a downgrade: unit tests go there.
const RARE: [Branch; 2] = [Branch::SpuriousWake, Branch::DowngradedBesideReader];

/// How a failure begins.
const AGAIN: &str = "to run it again: HELDBY_SHUTTLE_SCRIPTS=1 HELDBY_SHUTTLE_SEED=";

/// What is running, for the case that it fails.
static RUNNING: Mutex<String> = Mutex::new(String::new());

#[test]
fn threads_do_what_one_after_the_other_would_do() {
    let number = |name, default| match std::env::var(name) {
        Ok(text) => text.parse().expect("a number"),
        Err(_) => default,
    };
    let first = number("HELDBY_SHUTTLE_SEED", 0);
    let scripts = number("HELDBY_SHUTTLE_SCRIPTS", SCRIPTS);
    (first..first + scripts).for_each(check);
    // A few scripts from somewhere else may do without one, and a rule is not found by that.
    let is_whole = (first, scripts) == (0, SCRIPTS) && std::env::var_os("HELDBY_PLANTED").is_none();
    for &branch in Branch::ALL {
        let taken = run::TAKEN[branch as usize].load(Ordering::Relaxed);
        println!("{branch}: {taken}");
        let is_enough = taken > 0 || RARE.contains(&branch) || !is_whole;
        assert!(is_enough, "no script meets a {branch}");
    }
}

/// Each in a process of its own, which fails as a script tells what is wrong.
#[test]
fn each_removed_rule_is_found() {
    for rule in RULES {
        let child = Command::new(std::env::current_exe().expect("it runs"))
            .args(["--exact", "threads_do_what_one_after_the_other_would_do"])
            .arg("--nocapture")
            .env("HELDBY_PLANTED", rule)
            .env("HELDBY_SHUTTLE_SEED", "0")
            .env("HELDBY_SHUTTLE_SCRIPTS", SCRIPTS.to_string())
            .env("RUST_BACKTRACE", "0")
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&child.stderr);
        assert!(
            !child.status.success() && said.contains(AGAIN),
            "{rule} is not found: {} {said}",
            child.status
        );
    }
}

/// Runs the script of this seed; the seed tells the orders, too.
fn check(seed: u64) {
    let script = Script::random(seed);
    say_on_panic(format!("{AGAIN}{seed}\n{script}"));
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    config.max_steps = MaxSteps::FailAfter(STEPS);
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    config
        .ungraceful_shutdown_config
        .immediately_return_on_panic = true;
    let body = move || run::run(&script);
    match seed % 4 {
        0 | 1 => Runner::new(RandomScheduler::new_from_seed(seed, SCHEDULES), config).run(body),
        2 => Runner::new(PctScheduler::new_from_seed(seed, 3, SCHEDULES), config).run(body),
        _ => Runner::new(PctScheduler::new_from_seed(seed, 8, SCHEDULES), config).run(body),
    };
}

/// Prints what is running when a panic comes, before anything else can go wrong.
fn say_on_panic(what: String) {
    static HOOKED: Once = Once::new();
    let running = || RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    *running() = what;
    HOOKED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            eprintln!("{}", std::mem::take(&mut *running()));
            before(panic);
        }));
    });
}
