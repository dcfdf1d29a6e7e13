//! Holds that change hands between threads, whose hot path knows nothing of that.

use std::sync::Arc;
use std::sync::mpsc::channel;

use heldby_validator::hooks::debug_check_no_locks_freed;
use heldby_validator::{
    Expect, Held, LockMap, Mode, Site, Validator, acquire, adopt, assert_held, disown, held,
    release,
};

use crate::rig::{LOCK, Rig, check_rows, class, quiet, short};
use crate::worker::Worker;

fn take(map: &LockMap) {
    acquire(map, &LOCK, Mode::Write, Site::caller()).acquired();
}

fn locks() -> [Arc<LockMap>; 2] {
    ["Given", "Other"].map(|name| Arc::new(LockMap::of_class(class(name))))
}

fn verdict(validator: &Validator) -> Vec<String> {
    validator.reports().iter().map(short).collect()
}

/// Whatever the owner asks of its locks, it first looks what others did to them.
#[test]
fn a_lock_that_another_released_may_be_freed_by_its_range() {
    let validator = Validator::new(quiet().freed_ranges(true));
    let (owner, other) = (Worker::new(&validator), Worker::new(&validator));
    let [given, _] = locks();
    let a = Arc::clone(&given);
    owner.run(move || take(&a));
    let a = Arc::clone(&given);
    other.run(move || release(&a));
    owner.run(move || {
        debug_check_no_locks_freed(Arc::as_ptr(&given).cast(), size_of::<LockMap>());
    });
    assert_eq!(verdict(&validator), Vec::<String>::new());
}

/// The owner's chains are all known, so nothing but the post makes it look.
#[test]
fn an_owner_that_runs_on_learns_of_the_release() {
    let validator = Validator::new(quiet());
    let (owner, other) = (Worker::new(&validator), Worker::new(&validator));
    let [given, second] = locks();
    let [a, b] = [Arc::clone(&given), Arc::clone(&second)];
    owner.run(move || {
        for _ in 0..2 {
            take(&a);
            take(&b);
            release(&b);
            release(&a);
        }
        take(&a);
    });
    let a = Arc::clone(&given);
    other.run(move || release(&a));
    assert_eq!(validator.holders(&given), []);
    let [a, b] = [Arc::clone(&given), Arc::clone(&second)];
    owner.run(move || {
        take(&b);
        assert_eq!((held(&a), held(&b)), (Held::No, Held::Write));
        release(&b);
    });
    assert_eq!(verdict(&validator), Vec::<String>::new());
}

#[test]
fn an_owner_that_never_runs_again_holds_nothing() {
    let validator = Validator::new(quiet());
    let (owner, other) = (Worker::new(&validator), Worker::new(&validator));
    let [given, _] = locks();
    let a = Arc::clone(&given);
    owner.run(move || take(&a));
    let a = Arc::clone(&given);
    other.run(move || {
        release(&a);
        take(&a);
    });
    let holders = validator.holders(&given);
    assert_eq!(holders.len(), 1, "{holders:?}");
    let a = Arc::clone(&given);
    other.run(move || release(&a));
    assert_eq!(validator.holders(&given), []);
    // The owner ends, and had its lock released.
    drop(owner);
    assert_eq!(verdict(&validator), Vec::<String>::new());
}

#[test]
fn a_hold_goes_from_thread_to_thread() {
    let validator = Validator::new(quiet());
    let (giver, taker) = (Worker::new(&validator), Worker::new(&validator));
    let [given, second] = locks();
    let (send, received) = channel();
    let a = Arc::clone(&given);
    giver.run(move || {
        take(&a);
        let hold = disown(&a, Site::caller()).expect("it is held");
        assert_eq!(held(&a), Held::No);
        send.send(hold).expect("the taker waits");
    });
    assert_eq!(validator.holders(&given), []);
    let [a, b] = [Arc::clone(&given), Arc::clone(&second)];
    taker.run(move || {
        adopt(received.recv().expect("the giver sent it"));
        assert_held(&a, Expect::Write, Site::caller());
        take(&b);
        release(&b);
        release(&a);
        assert_eq!(held(&a), Held::No);
    });
    let a = Arc::clone(&given);
    giver.run(move || assert!(disown(&a, Site::caller()).is_none()));
    assert_eq!(verdict(&validator), ["HB0101 Given"]);
    let graph = validator.graph();
    let edges: Vec<_> = graph
        .dependencies
        .iter()
        .map(|edge| (edge.from, edge.to))
        .collect();
    assert_eq!(edges.len(), 1, "the taker's, from what it adopted");
}

/// A hold that is posted as released is left out wherever the owner's stack is read.
#[test]
fn holders_leave_out_what_was_posted() {
    let mut rig = Rig::new();
    rig.run("T1: r(A) r(A) w(B)  T2: w(C)  T3: u(A)");
    let validator = Arc::clone(&rig.validator);
    let names = |holders: Vec<heldby_validator::Holder>| -> Vec<String> {
        holders.into_iter().map(|holder| holder.thread).collect()
    };
    assert_eq!(names(validator.holders(rig.lock("A"))), ["T1"]);
    rig.run("T3: u(A)");
    assert_eq!(
        names(validator.holders(rig.lock("A"))),
        Vec::<String>::new()
    );
    assert_eq!(names(validator.holders(rig.lock("B"))), ["T1"]);
    rig.run("T3: u(A)");
    assert_eq!(rig.verdict(), ["HB0101 A"]);
    // Of two readers neither is told any more.
    rig.run("T1: r(D)  T2: r(D)  T3: u(D)");
    assert_eq!(
        names(validator.holders(rig.lock("D"))),
        Vec::<String>::new()
    );
    assert_eq!(rig.held("T1", "D"), Held::Unknown);
    assert_eq!(rig.held("T2", "D"), Held::Unknown);
}

/// What several tasks hold may be released by others as often.
#[test]
fn readers_may_all_be_released_by_others() {
    let rows: &[(&str, &[&str])] = &[
        ("T1: r(A)  T2: r(A)  T3: u(A) u(A)", &[]),
        ("T1: r(A)  T2: r(A)  T3: u(A)  T4: u(A)", &[]),
        ("T1: r(A)  T2: r(A)  T3: u(A)  T1: held(A)  T4: u(A)", &[]),
        ("T1: r(A)  T3: u(A) u(A)", &["HB0101 A"]),
        ("T1: r(A)  T2: r(A)  T3: u(B)", &["HB0101 B"]),
    ];
    check_rows(Rig::new, rows);
}
