//! The record: a line for each new fact, and what becomes of it in trouble.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::thread;

use heldby_model::Report;
use heldby_model::record::{Fact, RecordHeader};
use heldby_validator::{Expect, LockMap, Site};

use crate::rig::{Rig, class, quiet};

/// A directory of its own for each test, gone with it.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("record-{test}"));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn rig(&self) -> Rig {
        Rig::with(quiet().record(&self.0))
    }

    /// The facts of the only record, in short; classes go by their names.
    fn facts(&self) -> Vec<String> {
        let files: Vec<_> = fs::read_dir(&self.0)
            .expect("a record was written")
            .map(|entry| entry.expect("it can be read").path())
            .collect();
        let [file] = files.as_slice() else {
            panic!("{files:?}");
        };
        let text = fs::read_to_string(file).expect("a record is UTF-8");
        assert!(text.ends_with('\n'));
        let mut lines = text.lines();
        let header = RecordHeader::from_line(lines.next().expect("a header stands first"));
        let header = header.expect("a header is one");
        assert_eq!(header.processes[0].pid, std::process::id());
        let mut names = Vec::new();
        lines
            .map(|line| short(&Fact::from_line(line).expect("a fact is one"), &mut names))
            .collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn short(fact: &Fact, names: &mut Vec<(u32, String)>) -> String {
    let name = |id: &u32, names: &[(u32, String)]| {
        let known = names.iter().find(|(known, _)| known == id);
        known.map_or_else(
            || panic!("class {id} was not told"),
            |(_, name)| name.clone(),
        )
    };
    let all = |ids: &[u32], names: &[(u32, String)]| {
        let all: Vec<_> = ids.iter().map(|id| name(id, names)).collect();
        match all.is_empty() {
            true => String::new(),
            false => format!(" under {}", all.join(" ")),
        }
    };
    match fact {
        Fact::Class(class) => {
            assert!(class.named && class.build.is_none());
            names.push((class.id, class.name.clone()));
            format!("class {}", class.name)
        }
        Fact::Dependency(seen) => {
            let (from, to) = (name(&seen.from, names), name(&seen.to, names));
            let gates = all(&seen.gates, names);
            format!(
                "{from} -{:?}-> {to}{gates}, {} {} {}",
                seen.kind, seen.thread, seen.held_site, seen.acquired_site
            )
        }
        Fact::Gates(left) => {
            let (from, to) = (name(&left.from, names), name(&left.to, names));
            format!(
                "{from} -{:?}-> {to} only{}",
                left.kind,
                all(&left.gates, names)
            )
        }
        Fact::Writer { class } => format!("writer {}", name(class, names)),
        Fact::Second { class } => format!("second {}", name(class, names)),
        Fact::Stat(stat) => {
            let (class, times) = (name(&stat.class, names), stat.tally.acquisitions);
            format!("stat {class} {:?} {times}", stat.mode)
        }
        Fact::Allowed(allowed) => format!("allowed {allowed}"),
        Fact::Report(report) => format!("report {}", report.code),
        Fact::Confirmation(confirmation) => format!("confirmation {}", confirmation.reached),
    }
}

#[test]
fn each_new_fact_is_a_line_and_none_is_said_twice() {
    let directory = Directory::new("facts");
    let mut rig = directory.rig();
    for _ in 0..3 {
        rig.run("T1: w(recA) r(recB) u(recB) u(recA)  T2: R(recB) u(recB)");
    }
    rig.run("T2: w(recB) w(recA) u(recA) u(recB)");
    assert_eq!(
        directory.facts(),
        [
            "class recA",
            "writer recA",
            "class recB",
            "recA -Er-> recB, T1 T1:1:1 T1:2:1",
            "writer recB",
            "recB -EW-> recA, T2 T2:7:1 T2:8:1",
            "report HB0001",
        ]
    );
}

#[test]
fn a_report_tells_its_place_in_the_record() {
    let directory = Directory::new("places");
    let mut rig = directory.rig();
    rig.run("T1: w(recM) w(recN) u(recN) u(recM)  T2: w(recN) w(recM) u(recM) u(recN)");
    rig.run("T2: held(recM)");
    let reports = rig.validator.reports();
    let places = reports
        .iter()
        .map(|report| report.record.as_ref().expect("a record is kept"));
    let places: Vec<_> = places.map(|place| (&*place.file, place.number)).collect();
    let [(file, 1), (same, 2)] = places[..] else {
        panic!("{places:?}");
    };
    assert_eq!(file, same);
    assert_eq!(recorded(file), reports);
}

/// The reports of the record that their places name.
fn recorded(file: &str) -> Vec<Report> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
    let text = text.expect("the record is there");
    let report = |line| match Fact::from_line(line) {
        Ok(Fact::Report(report)) => Some(*report),
        Ok(_) => None,
        Err(error) => panic!("{error}"),
    };
    text.lines().skip(1).filter_map(report).collect()
}

#[test]
fn reports_of_several_threads_stand_at_their_places() {
    const THREADS: u32 = 4;
    const ROUNDS: u32 = 200;
    let directory = Directory::new("together");
    let rig = directory.rig();
    let start = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (validator, start) = (&rig.validator, &start);
            scope.spawn(move || {
                let task = validator.task("T");
                let lock = LockMap::of_class(class("recT"));
                start.wait();
                for round in 0..ROUNDS {
                    let site = Site::intern("together.rs", number * ROUNDS + round + 1, 1);
                    task.assert_held(&lock, Expect::Any, site);
                }
            });
        }
    });
    let reports = rig.validator.reports();
    let place = reports[0].record.as_ref().expect("a record is kept");
    let reports = recorded(&place.file);
    let places = reports.iter().filter_map(|report| report.record.as_ref());
    let numbers: Vec<_> = places.map(|place| place.number).collect();
    assert_eq!(numbers, (1..=THREADS * ROUNDS).collect::<Vec<_>>());
}

#[test]
fn gates_are_told_and_what_ends_them() {
    let directory = Directory::new("gates");
    let mut rig = directory.rig();
    rig.run("T1: w(recG) w(recC) w(recD) u(recD) u(recC) u(recG)");
    rig.run("T1: w(recC) w(recD) u(recD) u(recC)");
    rig.run("T2: w(recH) w(recD) w(recE) u(recE) u(recD) u(recH) w(recH2) u(recH2)");
    let facts = directory.facts();
    let of = |start: &str| -> Vec<_> {
        let facts = facts.iter().filter(|fact| fact.starts_with(start));
        facts.map(String::as_str).collect()
    };
    assert_eq!(
        of("recC"),
        [
            "recC -EW-> recD under recG, T1 T1:2:1 T1:3:1",
            "recC -EW-> recD only"
        ]
    );
    assert_eq!(of("recD"), ["recD -EW-> recE under recH, T2 T2:2:1 T2:3:1"]);
    assert_eq!(of("second"), ["second recH"]);
}

#[test]
fn what_the_host_allows_goes_with_the_record_before_all_else() {
    let directory = Directory::new("allowed");
    let text = "
        [[allow]]
        from = 'recL'
        to = 'recM'
        reason = 'not published yet'
        [[allow]]
        cycle = ['recN', 'rec?']
        reason = 'one thread'
        [[allow]]
        code = 'HB0004'
        lock = 'recO'
        reason = 'no writer is left'
    ";
    let config = quiet().record(&directory.0).allow(text, "heldby.toml");
    let mut rig = Rig::with(config.expect("a good file"));
    rig.run("T1: w(recL) w(recM) u(recM) u(recL)  T2: w(recM) w(recL) u(recL) u(recM)");
    let facts = directory.facts();
    assert_eq!(
        facts[..3],
        [
            "allowed `recL -> recM`",
            "allowed the cycle `recN -> rec?`",
            "allowed HB0004 of `recO`",
        ]
    );
    let is_report = |fact: &String| fact.starts_with("report");
    assert!(!facts.iter().any(is_report), "{facts:?}");
}

#[test]
fn without_a_place_to_write_the_process_goes_on() {
    let directory = Directory::new("nowhere");
    fs::write(&directory.0, "a file, no directory").expect("a file");
    let mut rig = directory.rig();
    rig.run("T1: w(recX) w(recY) u(recY) u(recX)  T2: w(recY) w(recX)");
    assert_eq!(rig.validator.reports().len(), 1);
    let _ = fs::remove_file(&directory.0);
}
