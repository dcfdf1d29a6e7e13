//! The kernel's own cases: in profile `kernel`, every verdict and kind is the running kernel's.
//!
//! `data/kernel-cases.tsv` holds them, one a line: group, case, events, verdict, kind of report.
//! A case that uses what is not built yet is refused and counted, never answered.

use std::collections::BTreeMap;

use heldby_script::{Profile, Scenario, run};

/// The groups of which every case must be judged.
const COMPLETE: [&str; 7] = [
    "basic",
    "irq",
    "local-lock",
    "queued-read-lock",
    "read-recursion",
    "wait-context",
    "wound-wait",
];

/// One line of the table.
struct Case {
    group: &'static str,
    name: &'static str,
    events: &'static str,
    /// The kinds that are reported; none when the case is clean.
    kinds: Vec<&'static str>,
}

fn cases() -> Vec<Case> {
    let rows = include_str!("data/kernel-cases.tsv").lines().skip(1);
    rows.map(|row| {
        let columns: Vec<&str> = row.split('\t').collect();
        let [group, name, events, verdict, kind] = columns[..] else {
            panic!("not five columns: {row}");
        };
        assert_eq!(verdict == "report", !kind.is_empty(), "{row}");
        Case {
            group,
            name,
            events,
            kinds: Vec::from_iter((verdict == "report").then_some(kind)),
        }
    })
    .collect()
}

/// How the cases of one group went.
#[derive(Debug, Default)]
struct Count {
    judged: usize,
    refused: BTreeMap<&'static str, usize>,
}

#[test]
fn every_case_that_is_judged_is_judged_as_the_kernel_does() {
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in cases() {
        let scenario: Scenario = case.events.parse().expect(case.events);
        let count = counts.entry(case.group).or_default();
        match run(&scenario, case.name, Profile::Kernel) {
            Err(refusal) => *count.refused.entry(refusal.rules()).or_default() += 1,
            Ok(findings) => {
                count.judged += 1;
                let kinds: Vec<_> = findings.reports.iter().map(|it| it.kind.as_str()).collect();
                if kinds != case.kinds {
                    wrong.push(format!(
                        "{}: {kinds:?}, not {:?}: {}",
                        case.name, case.kinds, case.events
                    ));
                }
            }
        }
    }
    for (group, Count { judged, refused }) in &counts {
        println!("group {group}: {judged} judged");
        refused
            .iter()
            .for_each(|(rules, rows)| println!("group {group}: {rows} not run: {rules} to come"));
        assert!(
            !COMPLETE.contains(group) || refused.is_empty(),
            "{group}: {refused:?}"
        );
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_table_is_whole() {
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    cases()
        .iter()
        .for_each(|case| *rows.entry(case.group).or_default() += 1);
    let expected = [
        ("basic", 48),
        ("fs-reclaim", 2),
        ("irq", 153),
        ("local-lock", 3),
        ("queued-read-lock", 3),
        ("read-recursion", 32),
        ("wait-context", 28),
        ("wound-wait", 1),
    ];
    assert_eq!(rows, BTreeMap::from(expected));
}
