//! Two locks of one class nested: by instance in the profile `userspace`, never in `kernel`.

use heldby_model::Certainty;

use crate::rig::{Rig, check_rows};

#[test]
fn instances_decide() {
    let rows: &[(&str, &[&str])] = &[
        ("T1: w(A1) w(A2) u(A2) u(A1)  T2: w(A1) w(A2)", &[]),
        ("T1: w(A2) w(A1) u(A1) u(A2)  T2: w(A2) w(A3)", &[]),
        (
            "T1: w(A1) w(A2) u(A2) u(A1)  T2: w(A2) w(A1)",
            &["HB0001 A A"],
        ),
        // The dining philosophers.
        (
            "T1: w(F1) w(F2) u(F2) u(F1)  T2: w(F2) w(F3) u(F3) u(F2)  T3: w(F3) w(F1)",
            &["HB0002 F F F"],
        ),
        ("T1: w(A) w(A)", &["HB0003 A"]),
        ("T1: w(A) r(A)", &["HB0003 A"]),
        ("T1: r(A) w(A)", &["HB0003 A"]),
        ("T1: R(A) R(A)", &[]),
        ("T1: R(A) R(A) u(A) u(A)  T2: w(A)", &[]),
        // A taken try of a lock of the class is no wait.
        ("T1: w(A1) w(A2) u(A2) u(A1)  T2: w(A2) t(A1)", &[]),
        (
            "T1: w(A1) w(A2) u(A2) u(A1)  T2: t(A2) w(A1)",
            &["HB0001 A A"],
        ),
        // Another class between them hides nothing.
        (
            "T1: w(A1) w(B) w(A2) u(A2) u(B) u(A1)  T2: w(A2) w(A1)",
            &["HB0001 A B", "HB0001 A A"],
        ),
    ];
    check_rows(Rig::new, rows);
}

#[test]
fn readers_of_a_class_wait_for_each_other_once_a_writer_was_seen() {
    let rows: &[(&str, &[&str])] = &[
        ("T1: r(A1) r(A2) u(A2) u(A1)  T2: r(A2) r(A1)", &[]),
        (
            "T1: r(A1) r(A2) u(A2) u(A1)  T2: r(A2) r(A1) u(A1) u(A2)  T3: w(A3)",
            &["HB0004 A A"],
        ),
        (
            "T3: w(A3) u(A3)  T1: r(A1) r(A2) u(A2) u(A1)  T2: r(A2) r(A1)",
            &["HB0004 A A"],
        ),
        // A lock that is read again hangs behind a writer that came between.
        ("T1: r(A) r(A)", &[]),
        ("T1: r(A) r(A) u(A) u(A)  T2: w(A)", &["HB0003 A"]),
        ("T2: w(A) u(A)  T1: r(A) r(A)", &["HB0003 A"]),
        // Only a writer that can block queues.
        ("T1: r(A) r(A) u(A) u(A)  T2: t(A)", &[]),
        // A recursive reader passes every reader.
        ("T2: w(A) u(A)  T1: r(A) R(A)", &[]),
        (
            "T3: w(A3) u(A3)  T1: R(A1) R(A2) u(A2) u(A1)  T2: R(A2) R(A1)",
            &[],
        ),
        // A ring of three readers, and one writer anywhere.
        (
            "T1: r(A1) r(A2) u(A2) u(A1)  T2: r(A2) r(A3) u(A3) u(A2)
             T3: r(A3) r(A1) u(A1) u(A3)  T4: w(A9)",
            &["HB0004 A A A"],
        ),
    ];
    check_rows(Rig::new, rows);
}

#[test]
fn a_lock_taken_twice_hangs_now_and_a_reader_may() {
    let rows = [
        ("T1: w(A) w(A)", Certainty::Now),
        ("T1: r(A) w(A)", Certainty::Now),
        ("T1: r(A) r(A) u(A) u(A)  T2: w(A)", Certainty::Possible),
    ];
    for (scenario, certainty) in rows {
        let mut rig = Rig::new();
        rig.run(scenario);
        assert_eq!(
            rig.validator.reports()[0].certainty,
            certainty,
            "{scenario}"
        );
    }
}

#[test]
fn repeats_of_a_nesting_are_silent() {
    let mut rig = Rig::new();
    let mut round = |scenario: &str| {
        rig.run("T1:").run(scenario);
        rig.verdict()
    };
    // The sites of hand-driven steps differ each time, so a repeat is by other code: each of the
    // two orders is known after the first round, and no new pair of instances comes.
    round("T1: w(A1) w(A2) u(A2) u(A1)");
    let first = round("T2: w(A2) w(A1) u(A1) u(A2)");
    assert_eq!(first, ["HB0001 A A"]);
    for _ in 0..50 {
        round("T1: w(A1) w(A2) u(A2) u(A1)  T2: w(A2) w(A1) u(A1) u(A2)");
    }
    assert_eq!(rig.verdict(), first);
}

#[test]
fn nested_instances_count_in_cycles_through_other_classes() {
    // A1 is held while A2 is waited for, and B is taken under A2: whoever holds B and wants A1
    // closes the ring, though no instance of A was taken in two orders.
    let rows: &[(&str, &[&str])] = &[
        (
            "T1: r(A1) w(A2) u(A2) u(A1)  T2: w(A2) w(B) u(B) u(A2)  T3: w(B) w(A1)",
            &["HB0001 A B"],
        ),
        // R(A1) waits for a holder of A1 alone, and T1 does not wait for A2.
        (
            "T1: w(A1) R(A2) u(A2) u(A1)  T2: r(A2) w(B) u(B) u(A2)  T3: w(B) R(A1)",
            &[],
        ),
    ];
    check_rows(Rig::new, rows);
}

#[test]
fn the_kernel_forbids_any_nesting_but_a_recursive_read() {
    let rows: &[(&str, &[&str])] = &[
        ("T1: w(A1) w(A2)", &["HB0003 A"]),
        ("T1: r(A1) r(A2)", &["HB0003 A"]),
        ("T1: r(A) R(A)", &[]),
        ("T1: R(A1) R(A2)", &[]),
        ("T1: w(A) R(A)", &["HB0003 A"]),
        ("T1: w(A1) t(A2)", &[]),
        // A fair read blocks like a writer there, writer or not.
        ("T1: r(A) r(B) u(B) u(A)  T2: r(B) r(A)", &["HB0001 A B"]),
    ];
    check_rows(Rig::kernel, rows);
}
