//! Orders of locks of different classes: what is reported, what is not, and how.

use heldby_model::{Certainty, DependencyKind, Findings, Report};

use crate::rig::{Rig, check_rows, short};

#[test]
fn orders_that_can_deadlock() {
    let rows: &[(&str, &[&str])] = &[
        ("T1: w(A) w(B) u(B) u(A)  T2: w(B) w(A)", &["HB0001 A B"]),
        // One thread is enough: what was seen at two times can be done by two threads.
        ("T1: w(A) w(B) u(B) u(A) w(B) w(A)", &["HB0001 A B"]),
        (
            "T1: w(A) w(B) u(B) u(A)  T2: w(B) w(C) u(C) u(B)  T3: w(C) w(A)",
            &["HB0002 A B C"],
        ),
        ("T1: w(A) r(B) u(B) u(A)  T2: w(B) w(A)", &["HB0001 A B"]),
        ("T1: r(A) w(B) u(B) u(A)  T2: w(B) w(A)", &["HB0001 A B"]),
        // Two readers pass each other, but not behind a writer that queues between them.
        (
            "T1: r(A) w(B) u(B) u(A)  T2: w(B) r(A) u(A) u(B)  T3: w(A)",
            &["HB0004 A B"],
        ),
        // The order below a reader counts as well: A -> C is not implied by r(B) -> C.
        (
            "T1: w(A) r(B) w(C) u(C) u(B) u(A)  T2: w(C) w(A)",
            &["HB0001 A C"],
        ),
        ("T1: w(A) might(B) u(A)  T2: w(B) w(A)", &["HB0001 A B"]),
    ];
    check_rows(Rig::new, rows);
}

#[test]
fn orders_that_cannot_deadlock() {
    let rows: &[(&str, &[&str])] = &[
        ("T1: w(A) w(B) u(B) u(A)  T2: w(A) w(B)", &[]),
        ("T1: w(A) u(A) w(B) u(B)  T2: w(B) u(B) w(A)", &[]),
        (
            "T1: w(A) w(B) u(B) w(C) u(C) u(A)  T2: w(B) w(C)  T3: w(A) w(C)",
            &[],
        ),
        // A recursive reader never waits for a reader, whoever queues.
        (
            "T1: r(A) w(B) u(B) u(A)  T2: w(B) R(A) u(A) u(B)  T3: w(A)",
            &[],
        ),
        ("T1: R(A) R(B) u(B) u(A)  T2: R(B) R(A)", &[]),
        // Without a writer of either class nobody waits.
        ("T1: r(A) r(B) u(B) u(A)  T2: r(B) r(A)", &[]),
    ];
    check_rows(Rig::new, rows);
}

#[test]
fn attempts_that_do_not_wait_for_ever() {
    let rows: &[(&str, &[&str])] = &[
        // Nothing is ordered before a taken try or timed acquire.
        ("T1: w(A) w(B) u(B) u(A)  T2: w(B) t(A)", &[]),
        ("T1: w(A) w(B) u(B) u(A)  T2: w(B) tr(A)", &[]),
        ("T1: w(A) w(B) u(B) u(A)  T2: w(B) timed(A)", &[]),
        // What comes after one is ordered behind it.
        ("T1: w(A) w(B) u(B) u(A)  T2: t(B) w(A)", &["HB0001 A B"]),
        ("T1: t(A) w(B) u(B) u(A)  T2: w(B) w(A)", &["HB0001 A B"]),
        (
            "T1: timed(A) w(B) u(B) u(A)  T2: w(B) w(A)",
            &["HB0001 A B"],
        ),
        // A lock below a tried one is not hidden by it.
        (
            "T1: w(A) t(B) w(C) u(C) u(B) u(A)  T2: w(C) w(A)",
            &["HB0001 A C"],
        ),
        // A tried chain says nothing of the same chain when it blocks.
        (
            "T1: w(A) w(B) u(B) u(A)  T2: w(B) t(A) u(A) w(A)",
            &["HB0001 A B"],
        ),
        // Nor does the blocking one give the tried one a past.
        (
            "T1: w(A) w(B) u(B) t(B) u(B) u(A)  T2: t(B) t(A) u(A) u(B)",
            &[],
        ),
    ];
    check_rows(Rig::new, rows);
}

#[test]
fn a_cycle_of_three_tasks_is_reported_once_with_all_its_sites() {
    let mut rig = Rig::new();
    for _ in 0..50 {
        rig.run(
            "T1: w(A) w(B) u(B) u(A)
             T2: w(B) w(C) u(C) u(B)
             T3: w(C) w(A) u(A) u(C)",
        );
    }
    assert_eq!(rig.verdict(), ["HB0002 A B C"]);
    let report = &rig.validator.reports()[0];
    assert_eq!(report.certainty, Certainty::Possible);
    assert_eq!(report.thread, "T3");
    assert_eq!(report.site.to_string(), "T3:2:1");
    let dependencies: Vec<_> = report
        .cycle
        .iter()
        .map(|step| {
            let (held, acquired) = (step.held_site.to_string(), step.acquired_site.to_string());
            (&*step.from, &*step.to, &*step.thread, held, acquired)
        })
        .collect();
    let at = |place: &str| place.to_owned();
    assert_eq!(
        dependencies,
        [
            ("A", "B", "T1", at("T1:1:1"), at("T1:2:1")),
            ("B", "C", "T2", at("T2:1:1"), at("T2:2:1")),
            ("C", "A", "T3", at("T3:1:1"), at("T3:2:1")),
        ]
    );
    assert!(
        report
            .cycle
            .iter()
            .all(|step| step.kind == DependencyKind::EW)
    );
    let held: Vec<_> = report.held.iter().map(|lock| &*lock.lock).collect();
    assert_eq!(held, ["C"]);
}

#[test]
fn findings_survive_json() {
    let mut rig = Rig::new();
    rig.run(
        "T1: r(A) w(B) u(B) u(A)  T2: w(B) r(A) u(A) u(B)
         T3: w(C) w(D) u(D) u(C) w(D) w(C) u(C) u(D) u(C) nheld(D) held(D) exit",
    );
    let reports = rig.validator.reports();
    let codes: Vec<_> = reports.iter().map(short).collect();
    assert_eq!(codes, ["HB0001 C D", "HB0101 C", "HB0202 D"]);
    let pending = rig.validator.pending();
    assert_eq!(pending.len(), 1);

    let findings = Findings::new(reports, pending, Vec::new());
    let read: Findings = serde_json::from_str(&findings.to_json()).unwrap();
    assert_eq!(read, findings);
    for report in &findings.reports {
        let text = serde_json::to_string(report).unwrap();
        assert_eq!(&serde_json::from_str::<Report>(&text).unwrap(), report);
    }
    let graph = rig.validator.graph();
    let read = heldby_model::GraphSnapshot::from_json(&graph.to_json()).unwrap();
    assert_eq!(read, graph);
}
