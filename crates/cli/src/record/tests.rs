//! Records that are made up: how they merge, and what is found in them.

use heldby_model::record::{
    Fact, RecordHeader, RecordProfile, RecordedClass, RecordedDependency, RecordedGates,
    RecordedProcess, RecordedStat,
};
use heldby_model::{
    Allowance, Code, DependencyKind, Mode, Pattern, Places, Role, Site, State, Tally, Times,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::merged::{Merged, Sorted};

/// A record as it is read.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    header: RecordHeader,
    facts: Vec<Fact>,
}

fn process(pid: u32) -> RecordedProcess {
    RecordedProcess {
        executable: format!("/host/tests-{pid}"),
        build: format!("b{}", pid % 2),
        pid,
        started_ms: 1_000,
    }
}

fn site(line: u32) -> Site {
    Site {
        file: "src/lib.rs".into(),
        line,
        column: 9,
    }
}

fn class(id: u32, name: &str) -> Fact {
    Fact::Class(RecordedClass {
        id,
        name: name.to_owned(),
        named: !name.contains('@'),
        type_name: "mutex".to_owned(),
        role: Role::Lock,
        made_at: Some(site(id)),
        build: None,
    })
}

fn dependency(from: u32, to: u32, kind: DependencyKind, line: u32) -> RecordedDependency {
    RecordedDependency {
        from,
        to,
        kind,
        from_mode: Mode::Write,
        to_mode: Mode::Write,
        held_site: site(line),
        acquired_site: site(line + 1),
        thread: format!("thread {line}"),
        at_ms: u64::from(line),
        gates: Vec::new(),
        after_wait: false,
        span: None,
        process: 0,
        held_stack: Vec::new(),
        acquired_stack: Vec::new(),
    }
}

/// What a process tells that got the locks of a class `times` times, and never lets it shrink.
fn stat(class: u32, mode: Mode, times: u64) -> Fact {
    let mut waits = Times::default();
    (1..=times).for_each(|ns| waits.add(ns));
    let places = |line| Places::of([(site(line), times)], 0);
    Fact::Stat(Box::new(RecordedStat {
        class,
        mode,
        process: 0,
        tally: Tally {
            acquisitions: times,
            contentions: times,
            wait: waits,
            hold: waits,
            waited_at: places(1),
            held_at: places(2),
        },
    }))
}

fn record(pid: u32, facts: Vec<Fact>) -> Record {
    Record {
        header: RecordHeader::of(process(pid), RecordProfile::Userspace),
        facts,
    }
}

impl Record {
    pub(crate) fn merged(&self) -> Sorted {
        let mut merged = Merged::default();
        let mut open = merged.open(self.header.clone());
        for fact in &self.facts {
            open.add(fact.clone()).expect("classes stand first");
        }
        merged.sorted()
    }
}

fn text(merged: &Sorted) -> String {
    let mut text = Vec::new();
    merged.write(&mut text).expect("memory takes everything");
    String::from_utf8(text).expect("JSON is UTF-8")
}

/// What was written, read again.
fn reread(merged: &Sorted) -> Sorted {
    let text = text(merged);
    let (header, facts) = text.split_once('\n').expect("a header is a line");
    let facts = facts.lines().map(|line| Fact::from_line(line).unwrap());
    Record {
        header: RecordHeader::from_line(header).unwrap(),
        facts: facts.collect(),
    }
    .merged()
}

pub(crate) fn merge(parts: &[Sorted]) -> Sorted {
    let mut merged = Merged::default();
    for part in parts {
        merged.absorb(Merged::clone(part));
    }
    merged.sorted()
}

const NAMES: [&str; 5] = [
    "routes",
    "session",
    "Mutex@src/lib.rs:3",
    "Mutex@src/lib.rs:4",
    "log",
];

fn any_kind() -> impl Strategy<Value = DependencyKind> {
    use DependencyKind::{ER, EW, Er, SR, SW, Sr};
    prop::sample::select(vec![EW, Er, ER, SW, Sr, SR])
}

fn any_allowance() -> impl Strategy<Value = Allowance> {
    let name = || prop::sample::select(NAMES.to_vec()).prop_map(Pattern::new);
    prop_oneof![
        (name(), name()).prop_map(|(from, to)| Allowance::Dependency { from, to }),
        vec(name(), 2..4).prop_map(Allowance::Cycle),
        name().prop_map(|lock| Allowance::Lock {
            code: Code::Hb0001,
            lock
        }),
    ]
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let class = || 1..=NAMES.len() as u32;
    let gates = || prop::collection::btree_set(class(), 0..3);
    prop_oneof![
        4 => (class(), class(), any_kind(), 1..40_u32, gates()).prop_map(
            |(from, to, kind, line, gates)| {
                let gates = gates.into_iter().collect();
                Fact::Dependency(Box::new(RecordedDependency {
                    gates,
                    ..dependency(from, to, kind, line)
                }))
            }
        ),
        1 => (class(), class(), any_kind(), gates()).prop_map(|(from, to, kind, gates)| {
            let gates = gates.into_iter().collect();
            Fact::Gates(RecordedGates { from, to, kind, gates })
        }),
        1 => (class(), any::<bool>(), 1..9_u64).prop_map(|(class, shared, times)| {
            stat(class, if shared { Mode::Read } else { Mode::Write }, times)
        }),
        1 => any_allowance().prop_map(Fact::Allowed),
        1 => class().prop_map(|class| Fact::Writer { class }),
        1 => class().prop_map(|class| Fact::Second { class }),
    ]
}

pub(crate) fn any_record() -> impl Strategy<Value = Record> {
    (1..6_u32, vec(any_fact(), 0..25)).prop_map(|(pid, learned)| {
        let classes = (1..).zip(NAMES).map(|(id, name)| class(id, name));
        record(pid, classes.chain(learned).collect())
    })
}

proptest! {
    #[test]
    fn merging_is_commutative(a in any_record(), b in any_record()) {
        let (a, b) = (a.merged(), b.merged());
        prop_assert_eq!(text(&merge(&[a.clone(), b.clone()])), text(&merge(&[b, a])));
    }

    #[test]
    fn merging_is_associative(a in any_record(), b in any_record(), c in any_record()) {
        let (a, b, c) = (a.merged(), b.merged(), c.merged());
        let left = merge(&[merge(&[a.clone(), b.clone()]), c.clone()]);
        let right = merge(&[a, merge(&[b, c])]);
        prop_assert_eq!(text(&left), text(&right));
    }

    #[test]
    fn merging_is_idempotent(a in any_record(), b in any_record()) {
        let once = merge(&[a.merged(), b.merged()]);
        prop_assert_eq!(text(&merge(&[once.clone(), a.merged(), once.clone()])), text(&once));
    }

    #[test]
    fn what_is_written_is_read_the_same(a in any_record(), b in any_record()) {
        let merged = merge(&[a.merged(), b.merged()]);
        prop_assert_eq!(text(&reread(&merged)), text(&merged));
        prop_assert_eq!(reread(&merged).findings(), merged.findings());
    }

    #[test]
    fn what_is_found_does_not_depend_on_the_order(a in any_record(), b in any_record()) {
        let (a, b) = (a.merged(), b.merged());
        let one = merge(&[a.clone(), b.clone()]).findings();
        prop_assert_eq!(one, merge(&[b, a]).findings());
    }

    #[test]
    fn no_line_panics(line in ".*") {
        let _ = Fact::from_line(&line);
        let _ = RecordHeader::from_line(&line);
    }
}

fn pair(pid: u32, kind: DependencyKind, [from, to]: [u32; 2], line: u32) -> Record {
    let dependency = dependency(from, to, kind, line);
    let facts = vec![
        class(1, "routes"),
        class(2, "session"),
        class(3, "log"),
        Fact::Dependency(Box::new(dependency)),
    ];
    record(pid, facts)
}

#[test]
fn an_inversion_across_processes_is_found_and_says_who_saw_what() {
    let one = pair(1, DependencyKind::EW, [1, 2], 10).merged();
    let other = pair(2, DependencyKind::EW, [2, 1], 20).merged();
    assert_eq!(one.findings().reports, []);
    let findings = merge(&[one, other]).findings();
    let [report] = findings.reports.as_slice() else {
        panic!("{findings:#?}");
    };
    assert_eq!(report.code, Code::Hb0001);
    assert_eq!(report.locks, ["routes", "session"]);
    assert_eq!(report.thread, "thread 20");
    assert!(
        report.notes.contains(
            &"no single process saw all of it: dependency 1 by `thread 10` of `tests-1` (process \
              1), 2 by `thread 20` of `tests-2` (process 2)."
                .to_owned()
        ),
        "{:#?}",
        report.notes
    );
}

#[test]
fn two_reads_wait_for_a_writer_that_any_process_saw() {
    let one = pair(1, DependencyKind::Sr, [1, 2], 10);
    let other = pair(2, DependencyKind::Sr, [2, 1], 20);
    let readers = merge(&[one.merged(), other.merged()]);
    let findings = readers.findings();
    assert_eq!((findings.reports.len(), findings.pending.len()), (0, 1));
    let mut writer = pair(3, DependencyKind::SR, [3, 1], 30);
    writer.facts.push(Fact::Writer { class: 1 });
    let half = merge(&[readers.clone(), writer.merged()]);
    assert_eq!(half.findings().reports, []);
    writer.facts.push(Fact::Writer { class: 2 });
    let findings = merge(&[readers, writer.merged()]).findings();
    let codes: Vec<_> = findings.reports.iter().map(|report| report.code).collect();
    assert_eq!(codes, [Code::Hb0004]);
}

#[test]
fn a_gate_of_all_processes_keeps_a_cycle_apart_until_one_has_two_of_it() {
    let under_gate = |pid, ends, line| {
        let mut record = pair(pid, DependencyKind::EW, ends, line);
        if let Some(Fact::Dependency(dependency)) = record.facts.last_mut() {
            dependency.gates = vec![3];
        }
        record
    };
    let one = under_gate(1, [1, 2], 10);
    let other = under_gate(2, [2, 1], 20);
    let findings = merge(&[one.merged(), other.merged()]).findings();
    assert_eq!((findings.reports.len(), findings.gated.len()), (0, 1));
    assert_eq!(findings.gated[0].gates, ["log"]);
    let mut second = one.clone();
    second.facts.push(Fact::Second { class: 3 });
    let findings = merge(&[one.merged(), other.merged(), second.merged()]).findings();
    assert_eq!((findings.reports.len(), findings.gated.len()), (1, 0));
    let ungated = pair(3, DependencyKind::EW, [1, 2], 30);
    let findings = merge(&[one.merged(), other.merged(), ungated.merged()]).findings();
    assert_eq!((findings.reports.len(), findings.gated.len()), (1, 0));
}

#[test]
fn what_any_host_allows_is_not_found_and_nothing_hides_behind_it() {
    let [routes, session, star, log] = ["routes", "session", "s*", "log"].map(Pattern::new);
    let ring = |locks: [&Pattern; 3]| Allowance::Cycle(locks.map(Clone::clone).to_vec());
    let pair_of = |from: &Pattern, to: &Pattern| Allowance::Dependency {
        from: from.clone(),
        to: to.clone(),
    };
    let about = |code, lock: &Pattern| Allowance::Lock {
        code,
        lock: lock.clone(),
    };
    let two = [[1, 2], [2, 1]].as_slice();
    let both = [[2, 3], [3, 1], [2, 1], [1, 2]].as_slice();
    let none = [].as_slice();
    for (dependencies, allowed, reported) in [
        (two, pair_of(&routes, &star), none),
        (two, pair_of(&session, &routes), none),
        (two, pair_of(&routes, &log), &[Code::Hb0001]),
        (two, about(Code::Hb0001, &routes), none),
        (two, about(Code::Hb0001, &session), &[Code::Hb0001]),
        (two, about(Code::Hb0002, &routes), &[Code::Hb0001]),
        // The last dependency closes both cycles.
        (both, pair_of(&routes, &session), &[Code::Hb0002]),
        (both, ring([&log, &routes, &session]), &[Code::Hb0001]),
    ] {
        let seen = (1..).zip(dependencies);
        let seen: Vec<_> = seen
            .map(|(pid, &ends)| pair(pid, DependencyKind::EW, ends, 10 * pid).merged())
            .collect();
        let allows = record(9, vec![Fact::Allowed(allowed.clone())]).merged();
        let merged = merge(&[merge(&seen), allows]);
        for merged in [&merged, &reread(&merged)] {
            let found = merged.findings().reports.into_iter();
            let codes: Vec<_> = found.map(|report| report.code).collect();
            assert_eq!(codes, reported, "{allowed} {dependencies:?}");
        }
        let edges = merged.graph().dependencies.into_iter();
        let drawn: Vec<_> = edges.map(|edge| edge.state).collect();
        let all = |state| drawn.iter().all(|&drawn| drawn == state);
        assert_eq!(all(State::Allowed), reported.is_empty(), "{drawn:?}");
    }
}

#[test]
fn what_is_pending_or_gated_is_allowed_as_well() {
    let allows = record(
        9,
        vec![Fact::Allowed(Allowance::Cycle(vec![
            Pattern::new("session"),
            Pattern::new("routes"),
        ]))],
    );
    for (kind, gates) in [(DependencyKind::Sr, vec![]), (DependencyKind::EW, vec![3])] {
        let seen = |pid, ends| {
            let mut record = pair(pid, kind, ends, 10 * pid);
            if let Some(Fact::Dependency(dependency)) = record.facts.last_mut() {
                dependency.gates.clone_from(&gates);
            }
            record.merged()
        };
        let merged = merge(&[seen(1, [1, 2]), seen(2, [2, 1])]);
        let findings = merged.findings();
        assert_eq!(findings.pending.len() + findings.gated.len(), 1);
        let findings = merge(&[merged, allows.merged()]).findings();
        assert_eq!(findings.pending.len() + findings.gated.len(), 0);
    }
}

#[test]
fn what_a_process_reported_is_told_once() {
    let one = pair(1, DependencyKind::EW, [1, 2], 10);
    let other = pair(2, DependencyKind::EW, [2, 1], 20);
    let all = merge(&[one.merged(), other.merged()]);
    let report = all.findings().reports.remove(0);
    let mut reporter = pair(3, DependencyKind::EW, [1, 2], 10);
    reporter.facts.push(Fact::Report(Box::new(report.clone())));
    let twice = merge(&[all, reporter.merged()]);
    assert_eq!(twice.findings().reports, [report]);
}

#[test]
fn of_a_process_the_last_statistics_count_and_those_of_several_add_up() {
    let counted = |pid, times: &[u64]| {
        let stats = times.iter().map(|&times| stat(1, Mode::Write, times));
        record(pid, [class(1, "routes")].into_iter().chain(stats).collect())
    };
    let (one, other) = (counted(1, &[2, 5]).merged(), counted(2, &[7]).merged());
    let earlier = counted(1, &[2]).merged();
    let sums = merge(&[earlier, one, other]).lock_stats();
    let [sum] = sums.as_slice() else {
        panic!("{sums:#?}");
    };
    assert_eq!((&*sum.lock, sum.mode), ("routes", Mode::Write));
    assert_eq!((sum.tally.acquisitions, sum.tally.wait.count), (12, 12));
    assert_eq!((sum.tally.wait.min_ns, sum.tally.wait.max_ns), (1, 7));
    assert_eq!(sum.tally.held_at, Places::of([(site(2), 12)], 0));
}

#[test]
fn a_lock_without_a_name_is_another_one_in_another_build() {
    let unnamed = |pid| {
        record(
            pid,
            vec![
                class(1, NAMES[2]),
                class(2, "log"),
                Fact::Second { class: 1 },
            ],
        )
    };
    let builds = |pids: [u32; 2]| merge(&pids.map(|pid| unnamed(pid).merged())).classes.len();
    assert_eq!(builds([1, 3]), 2);
    assert_eq!(builds([1, 2]), 3);
}
