//! The planted bugs: each is reported as its file says, alone and among the load.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Run, demo, run};

/// Name, code, and what the first two lines of the report must name.
const BUGS: &[(&str, &str, &[&str])] = &[
    ("abba", "HB0001", &["`index`", "`cache`"]),
    ("rw-cycle", "HB0001", &["`index`", "`cache`"]),
    ("vma-then-mmap", "HB0001", &["`mmap_lock`", "`vm_lock`"]),
    (
        "unstable-name",
        "HB0201",
        &["VMA", "\"plot\"", "anon_vma_name"],
    ),
    ("wrong-owner", "HB0202", &["`cache`"]),
    (
        "three-locks",
        "HB0002",
        &["`index`", "`cache`", "`journal`"],
    ),
    ("forgotten-release", "HB0003", &["`cache`"]),
    ("double-release", "HB0101", &["`ring`"]),
    ("held-at-exit", "HB0103", &["`cache`"]),
    ("two-vmas", "HB0003", &["`vm_lock`"]),
    (
        "fault-under-vma-lock",
        "HB0002",
        &["`vm_lock`", "`fault_queue`", "`mmap_lock`"],
    ),
];

#[test]
fn the_list_and_the_table_name_the_same_bugs() {
    let run = demo("bug --list");
    run.check(0, &[]);
    let listed: Vec<_> = run.stdout.lines().map(first_two_words).collect();
    let known: Vec<_> = BUGS.iter().map(|&(name, code, _)| (name, code)).collect();
    assert_eq!(listed, known);
}

#[test]
fn every_bug_gives_the_report_at_the_head_of_its_file() {
    for &(name, code, locks) in BUGS {
        let run = without_stacks(&["bug", name]);
        run.check(
            1,
            &[&format!("the planted bug `{name}` was reported: {code}")],
        );
        let report = report(&run);
        check_first_two_lines(&report, name, code, locks);
        check_head(name, &report);
    }
}

#[test]
fn every_bug_is_found_among_the_load() {
    for &(name, code, _) in BUGS {
        let run = without_stacks(&["page", "--backend=software", "--mib=1", "--plant", name]);
        run.check(
            1,
            &[
                &format!("error[{code}]"),
                &format!("`{name}` was reported: {code}"),
            ],
        );
    }
}

/// The command of the manual, with everything at its default.
#[test]
fn a_planted_run_with_stacks_ends_as_well() {
    let run = demo("page --plant vma-then-mmap");
    run.check(
        1,
        &["error[HB0001]", "`vma-then-mmap` was reported: HB0001"],
    );
}

/// Runs the demo with no stacks in its reports: their depth depends on the optimiser.
fn without_stacks(args: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_instrumented-demo"));
    command.args(args);
    run(command, &[("HELDBY_STACKS", "off")])
}

/// What is pasted into a chat must say it all: how bad, which locks, where.
#[track_caller]
fn check_first_two_lines(report: &str, name: &str, code: &str, locks: &[&str]) {
    let head: String = report.lines().take(2).collect::<Vec<_>>().join("\n");
    assert!(head.starts_with(&format!("error[{code}]: ")), "{head}");
    for lock in locks {
        assert!(head.contains(lock), "{lock} is missing in:\n{head}");
    }
    let file = format!("/{}:", file_of(name).display());
    let line = head
        .split_once(&file)
        .and_then(|(_, rest)| rest.chars().next());
    assert!(
        line.is_some_and(char::is_numeric),
        "{file} and a line are missing in:\n{head}"
    );
}

/// The first report on stderr, up to its last lines: what the thread holds.
#[track_caller]
fn report(run: &Run) -> String {
    let mut lines = run
        .stderr
        .lines()
        .skip_while(|line| !line.starts_with("error["));
    let mut report = Vec::new();
    for line in lines.by_ref() {
        report.push(line);
        if line.starts_with("  Held by ") {
            report.extend(lines.take_while(|line| line.starts_with("    ")));
            return report.join("\n");
        }
    }
    panic!("there is no whole report in:\n{run}");
}

/// Asserts that the head of the bug's file holds the report.
///
/// With `UPDATE_EXPECT=1` it is put there instead; do it again if that moved the lines it names.
#[track_caller]
fn check_head(name: &str, report: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file_of(name));
    let text = fs::read_to_string(&path).expect("the bug has a file of its own");
    let (before, rest) = text
        .split_once("//! ```text\n")
        .expect("the report stands in a fence");
    let (head, after) = rest.split_once("//! ```\n").expect("the fence ends");
    let comment: String = report.lines().map(comment).collect();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let text = format!("{before}//! ```text\n{comment}//! ```\n{after}");
        fs::write(path, text).expect("the source is writable");
    } else {
        assert_eq!(
            comment, head,
            "the report of `{name}` differs from its head"
        );
    }
}

fn file_of(name: &str) -> PathBuf {
    PathBuf::from(format!("src/bugs/{}.rs", name.replace('-', "_")))
}

/// A line of the report as one of the head, without what differs from run to run.
fn comment(line: &str) -> String {
    let line = match line.split_once("first seen ") {
        Some((before, after)) => {
            let (_, thread) = after.split_once(" ago").expect("a time follows");
            format!("{before}first seen 0 ms ago{thread}")
        }
        None => line.to_owned(),
    };
    format!("{}\n", format!("//! {line}").trim_end())
}

fn first_two_words(line: &str) -> (&str, &str) {
    let mut words = line.split_whitespace();
    (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    )
}
