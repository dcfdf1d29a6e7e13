//! What the watchdog makes of waits, look by look.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use heldby_model::render::{TextOptions, text};
use heldby_validator::{Look, Validator, Watchdog};

use crate::rig::Rig;

const LIMIT: Duration = Duration::from_secs(1);

/// A watchdog and its own time.
struct Kennel {
    dog: Watchdog,
    now: Instant,
}

impl Kennel {
    fn new() -> Self {
        Self {
            dog: Watchdog::new(LIMIT),
            now: Instant::now(),
        }
    }

    /// What is told at a look, `after` the last one.
    fn look(&mut self, rig: &Rig, after: Duration) -> Vec<String> {
        self.now += after;
        told(&self.dog.look(&rig.validator, self.now))
    }
}

/// A deadlock as its threads and locks, a long wait as its thread, its lock and who is in the way.
fn told(look: &Look) -> Vec<String> {
    let deadlocks = look.deadlocks.iter().map(|report| {
        assert_eq!(report.code.as_str(), "HB0502");
        let threads: Vec<_> = report.threads.iter().map(|locks| &*locks.thread).collect();
        format!("{}: {}", threads.join(" "), report.locks.join(" "))
    });
    let long_waits = look.long_waits.iter().map(|wait| {
        let behind: Vec<_> = wait.behind.iter().map(|(thread, _)| &**thread).collect();
        format!("{} {} {}", wait.thread, wait.lock, behind.join(" "))
            .trim_end()
            .to_owned()
    });
    deadlocks.chain(long_waits).collect()
}

#[test]
fn rings_are_told_and_other_waits_are_noted() {
    let rows: &[(&str, &[&str])] = &[
        // Nobody waits.
        ("T1: w(A)  T2: w(B)", &[]),
        // Two threads, three, and one that waits for them.
        ("T1: w(A)  T2: w(B) w?(A)  T1: w?(B)", &["T1 T2: A B"]),
        (
            "T1: w(A)  T2: w(B)  T3: w(C) w?(A)  T1: w?(B)  T2: w?(C)",
            &["T1 T2 T3: A B C"],
        ),
        (
            "T1: w(A)  T2: w(B) w?(A)  T1: w?(B)  T3: w?(A)",
            &["T1 T2: A B", "T3 A T1"],
        ),
        // A lock held for long.
        ("T1: w(A)  T2: w?(A)", &["T2 A T1"]),
        (
            "T1: w(A)  T2: w(B) w?(A)  T3: w?(B)",
            &["T2 A T1", "T3 B T2"],
        ),
        // Readers exclude writers, and not each other.
        ("T1: r(A)  T2: w(B) w?(A)  T1: w?(B)", &["T1 T2: A B"]),
        ("T1: w(A)  T2: w(B) r?(A)  T1: w?(B)", &["T1 T2: A B"]),
        ("T1: w(A)  T2: w(B) R?(A)  T1: w?(B)", &["T1 T2: A B"]),
        ("T1: r(A)  T2: w(B) r?(A)  T1: w?(B)", &["T1 B T2", "T2 A"]),
        ("T1: r(A)  T2: r(A)  T3: w?(A)", &["T3 A T1 T2"]),
        // A fair reader queues behind a writer, a recursive one does not.
        (
            "T1: r(A)  T2: w(B)  T3: w?(A)  T2: r?(A)  T1: w?(B)",
            &["T3 T1 T2: A B"],
        ),
        (
            "T1: r(A)  T2: w(B)  T3: w?(A)  T2: R?(A)  T1: w?(B)",
            &["T1 B T2", "T2 A", "T3 A T1"],
        ),
        ("T1: r(A)  T2: w?(A)  T1: r?(A)", &["T2 T1: A"]),
        // A thread that waits for itself.
        ("T1: w(A) w?(A)", &["T1: A"]),
        ("T1: r(A) w?(A)", &["T1: A"]),
        ("T1: r(A) r?(A)", &["T1 A"]),
        // It is the lock that counts, not its class; nor does the subclass.
        ("T1: w(A1) w?(A2)  T2: w(A2) w?(A1)", &["T1 T2: A"]),
        ("T1: w(A1) w?(A2)  T2: w(A2) w?(A3)", &["T1 A T2", "T2 A"]),
        ("T1: w(A1,1) w?(A2)  T2: w(A2) w?(A1)", &["T1 T2: A/1 A"]),
        // One writer in the way of two readers, each of which is in its.
        (
            "T1: r(A) T2: r(A) T3: w(B) w?(A) T1: w?(B) T2: w?(B)",
            &["T1 T3: A B", "T2 T3: A B"],
        ),
        // A mutex that a wait gave up is needed for its end; the wait itself may last.
        ("T1: w(L) m?(M)  T2: w(M) w?(L)", &["T1 T2: L M"]),
        ("T1: w(L) m?(M)  T2: w(M)", &[]),
        ("T1: w(L) m?(M)  T2: w?(L)", &["T2 L T1"]),
    ];
    let mut wrong = String::new();
    for (scenario, expected) in rows {
        let (mut rig, mut kennel) = (Rig::new(), Kennel::new());
        rig.run(scenario);
        assert!(kennel.look(&rig, Duration::ZERO).is_empty(), "{scenario}");
        let early = kennel.look(&rig, LIMIT - Duration::from_millis(1));
        assert!(early.is_empty(), "{scenario}");
        let found = kennel.look(&rig, Duration::from_millis(1));
        if found != *expected {
            let _ = writeln!(wrong, "{scenario}\n  {expected:?}\n  {found:?}");
        }
        let again = kennel.look(&rig, LIMIT);
        assert!(again.is_empty(), "{scenario}: {again:?}");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_wait_is_long_only_if_it_is_the_same() {
    let (mut rig, mut kennel) = (Rig::new(), Kennel::new());
    rig.run("T1: w(A)  T2: w?(A)");
    assert!(kennel.look(&rig, Duration::ZERO).is_empty());
    // It got the lock, and asks for it anew at the same place.
    rig.run("T2: u(A) w?(A)");
    assert!(kennel.look(&rig, LIMIT).is_empty());
    assert_eq!(kennel.look(&rig, LIMIT), ["T2 A T1"]);
    // Another wait is told again.
    rig.run("T2: u(A) w?(A)");
    assert!(kennel.look(&rig, LIMIT).is_empty());
    assert_eq!(kennel.look(&rig, LIMIT), ["T2 A T1"]);
}

#[test]
fn a_ring_counts_once_all_of_it_was_seen_before() {
    let (mut rig, mut kennel) = (Rig::new(), Kennel::new());
    rig.run("T1: w(A)  T2: w(B) w?(A)");
    assert!(kennel.look(&rig, Duration::ZERO).is_empty());
    rig.run("T1: w?(B)");
    assert!(kennel.look(&rig, LIMIT).is_empty());
    assert_eq!(kennel.look(&rig, Duration::from_millis(10)), ["T2 T1: B A"]);
}

#[test]
fn a_long_wait_can_become_part_of_a_ring() {
    let (mut rig, mut kennel) = (Rig::new(), Kennel::new());
    rig.run("T1: w(A)  T2: w(B) w?(A)");
    assert!(kennel.look(&rig, Duration::ZERO).is_empty());
    assert_eq!(kennel.look(&rig, LIMIT), ["T2 A T1"]);
    rig.run("T1: w?(B)");
    let tick = Duration::from_millis(10);
    assert!(kennel.look(&rig, tick).is_empty());
    assert_eq!(kennel.look(&rig, tick), ["T2 T1: B A"]);
}

#[test]
fn tasks_of_another_validator_are_not_its_business() {
    let (mut rig, mut kennel) = (Rig::new(), Kennel::new());
    rig.run("T1: w(A)  T2: w?(A)");
    let other = Validator::new(crate::rig::quiet());
    for _ in 0..2 {
        kennel.now += LIMIT;
        assert!(told(&kennel.dog.look(&other, kennel.now)).is_empty());
    }
}

#[test]
fn the_report_tells_who_holds_and_wants_what() {
    let (mut rig, mut dog) = (Rig::new(), Watchdog::new(LIMIT));
    rig.run("T1: w(C) r(A)  T2: w(B) w?(A)  T1: w?(B)");
    let now = Instant::now();
    dog.look(&rig.validator, now);
    let mut look = dog.look(&rig.validator, now + LIMIT);
    let report = look.deadlocks.pop().expect("it is a ring");
    let text = text(&report, TextOptions::default());
    expect_test::expect![[r#"
        error[HB0502]: deadlock: `T1` and `T2` wait for each other, over `A` and `B`
          --> T2:2:1, thread `T2`

          `T2` wants      `A` for writing   T2:2
          while holding   `B`               T2:1
          and `T1` wants `B` while holding `A` (wait 1 below).

          How it hangs:

                `T1`              `T2`
                ----              ----
            1   read(A)   T1:2
            2                     lock(B)    T2:1
            3   lock(B)   T1:3                       blocked by 2
            4                     write(A)   T2:2    blocked by 1

          The waits, longest first:

            1   A (read) -> B (lock)    `T1`, for 1.0 s
                  held     A   T1:2
                  wanted   B   T1:3
            2   B (lock) -> A (write)   `T2`, the last to wait
                  held     B   T2:1
                  wanted   A   T2:2

          note: this is no prediction: these threads wait now, and none of them ever goes on.
          help: take `A` before `B` at T2:2, as T1:3 does, or drop the `B` guard before T2:2.

          Held by `T1`:
            1. `C` (lock)   T1:1
            2. `A` (read)   T1:2
          Held by `T2`: 1. `B` (lock) T2:1
    "#]]
    .assert_eq(&text);
    let waits = report.threads.iter().map(|locks| locks.waits.clone());
    let waits: Vec<_> = waits.map(|wait| wait.expect("each waits")).collect();
    assert!(waits.iter().all(|wait| wait.waited_ms == Some(1_000)));
    assert_eq!((&*waits[0].lock, &*waits[1].lock), ("B", "A"));
    assert_eq!(waits[0].behind, ["T2"]);
}

#[test]
fn a_long_wait_is_one_line() {
    let (mut rig, mut dog) = (Rig::new(), Watchdog::new(LIMIT));
    rig.run("T1: r(A)  T2: r(A)  T3: w?(A)  T4: r?(A)  T5: w(B)  T6: w?(B)");
    let now = Instant::now();
    dog.look(&rig.validator, now);
    let look = dog.look(&rig.validator, now + LIMIT);
    let lines: Vec<_> = look.long_waits.iter().map(ToString::to_string).collect();
    let expected = [
        "`T3` has waited for `A` for 1000 ms, at T3:1:1, behind `T1` (at T1:1:1) and 1 more",
        "`T4` has waited for `A` for 1000 ms, at T4:1:1, behind `T3` (at T3:1:1)",
        "`T6` has waited for `B` for 1000 ms, at T6:1:1, behind `T5` (at T5:1:1)",
    ];
    assert_eq!(lines, expected);
}
