//! `heldby run --confirm` as a user meets it: which report it takes, what it says of the records that a
//! steered program leaves, and that a program which hangs is ended.
//!
//! The program is a shell that writes what the engine would; `ci/demo.sh` has the engine itself.
#![cfg(unix)]

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use expect_test::{Expect, expect};
use heldby_model::record::{Fact, RecordHeader, RecordProfile, RecordedProcess};
use heldby_model::{Certainty, Code, Confirmation, Findings, RecordPlace, Report, StepSeen};

use common::{Directory, shown};

/// Two reports that can be confirmed, and two that cannot.
const SCENARIO: &str = "\
T1: w(mutex:a) w(mutex:b) u(mutex:b) u(mutex:a)
T2: w(mutex:b) w(mutex:a) u(mutex:a) u(mutex:b)
T1: w(mutex:c) w(mutex:d) u(mutex:d) u(mutex:c)
T2: w(mutex:d) w(mutex:e) u(mutex:e) u(mutex:d)
T3: w(mutex:e) w(mutex:c) u(mutex:c) u(mutex:e)
T1: w(mutex:f) w(mutex:f) u(mutex:f) u(mutex:f)
T1: u(mutex:g)
";

/// A directory with `report.json`: what `scenario` is reported as.
fn reported(test: &str, scenario: &str) -> (Directory, Findings) {
    let directory = Directory::new(test);
    directory.file("scenario", scenario);
    let mut replay = directory.heldby(&["replay", "--format", "json", "scenario"]);
    let json = replay.output().expect("heldby runs").stdout;
    directory.file("report.json", &json);
    let findings = Findings::from_json(&String::from_utf8_lossy(&json)).expect("findings");
    (directory, findings)
}

/// The two orders of `a` and `b` alone.
fn two(test: &str) -> (Directory, Report) {
    let lines: Vec<_> = SCENARIO.lines().take(2).collect();
    let (directory, mut findings) = reported(test, &lines.join("\n"));
    (directory, findings.reports.remove(0))
}

/// The record of a process that was steered and told these facts.
fn record(facts: &[Fact]) -> String {
    let process = RecordedProcess {
        executable: "/host".to_owned(),
        build: "b".to_owned(),
        pid: 1,
        started_ms: 1,
    };
    let header = RecordHeader::of(process, RecordProfile::Userspace).to_line();
    let facts = facts.iter().map(Fact::to_line);
    std::iter::once(header).chain(facts).collect()
}

fn seen(steps: &[[u64; 3]]) -> Confirmation {
    let step = |&[seen, elsewhere, held]: &[u64; 3]| StepSeen {
        seen,
        elsewhere,
        held,
    };
    Confirmation {
        steps: steps.iter().map(step).collect(),
        patience_ms: 1000,
        ..Confirmation::default()
    }
}

/// As it is once the threads of `report` wait for each other.
fn deadlock_of(report: &Report) -> Fact {
    Fact::Report(Box::new(Report {
        code: Code::Hb0502,
        kind: Code::Hb0502.kind(),
        certainty: Certainty::Now,
        title: "deadlock: two threads wait for each other".to_owned(),
        notes: Vec::new(),
        help: Vec::new(),
        ..report.clone()
    }))
}

fn arguments(words: &str) -> Vec<&str> {
    std::iter::once("run").chain(words.split(' ')).collect()
}

/// What `heldby run` says when it is given these words.
fn run(directory: &Directory, words: &str) -> String {
    let output = directory.heldby(&arguments(words)).output();
    shown(&output.expect("heldby runs"))
}

#[track_caller]
fn check(directory: &Directory, words: &str, expect: Expect) {
    directory.check(&arguments(words), expect);
}

/// As [`check`], without the report of the deadlock.
#[track_caller]
fn check_head(directory: &Directory, words: &str, expect: Expect) {
    let all = run(directory, words);
    let blank = all.find("\n\n").unwrap_or(all.len());
    let after = all.find("\nnote: the program").unwrap_or(all.len());
    expect.assert_eq(&format!("{}{}", &all[..blank.min(after)], &all[after..]));
}

/// A shell that leaves `record` as its process's.
const LEAVES: &str = "cp record $HELDBY_DIR/1.jsonl";

#[test]
fn the_only_report_needs_no_choice() {
    let (directory, report) = two("confirm-only");
    let told = Fact::Confirmation(seen(&[[1, 0, 1], [0, 0, 0]]));
    directory.file("record", record(&[told]));
    let told = format!("{LEAVES}; echo $HELDBY; cp $HELDBY_CONFIRM told.json");
    directory.file("told", told);
    check(
        &directory,
        "--confirm report.json -- sh told",
        expect![[r#"
            exit 0
            out: warn
            err: not reached: HB0001, `a` and `b`
              1   `a` -> `b` at scenario:1:16: seen once; held back once for 1000 ms
              2   `b` -> `a` at scenario:2:16: not seen
              help: run what makes 2 as well, in the same process."#]],
    );
    let told = std::fs::read_to_string(directory.0.join("told.json")).expect("the program has it");
    let told = Findings::from_json(&told).expect("it holds findings");
    assert_eq!(told.reports, [report]);
}

#[test]
fn of_several_reports_one_is_chosen() {
    let (directory, _) = reported("confirm-several", SCENARIO);
    check(
        &directory,
        "--confirm report.json -- true",
        expect![[r#"
        exit 2
        err: error: failed to choose a report of `report.json`: known: 1 (HB0001 `a`, `b` at scenario:2:16), 2 (HB0002 `c`, `d`, `e` at scenario:5:16); choose with --report N"#]],
    );
    check(
        &directory,
        "--confirm report.json#2 -- true",
        expect![[r#"
            exit 0
            err: not reached: HB0002, `c`, `d` and `e`
              1   `c` -> `d` at scenario:3:16: not seen
              2   `d` -> `e` at scenario:4:16: not seen
              3   `e` -> `c` at scenario:5:16: not seen
              note: no process left a record: does the program use heldby, with its feature `validate`?"#]],
    );
    assert_eq!(
        run(&directory, "--confirm report.json#2 -- true"),
        run(&directory, "--confirm report.json --report 2 -- true")
    );
    check(
        &directory,
        "--confirm report.json#7 -- true",
        expect![[r#"
        exit 2
        err: error: failed to choose a report of `report.json`: there is no report 7; known: 1 (HB0001 `a`, `b` at scenario:2:16), 2 (HB0002 `c`, `d`, `e` at scenario:5:16)"#]],
    );
    check(
        &directory,
        "--confirm report.json#3 -- true",
        expect![[r#"
        exit 2
        err: error: failed to choose a report of `report.json`: report 3: HB0003 is no possible deadlock of several locks; HB0001 and HB0002 can be confirmed"#]],
    );
}

#[test]
fn what_cannot_be_confirmed_is_told() {
    let (directory, _) = reported("confirm-none", "T1: u(mutex:g)");
    check(
        &directory,
        "--confirm report.json -- true",
        expect![[r#"
        exit 2
        err: error: failed to choose a report of `report.json`: HB0001 and HB0002 can be confirmed, and it reports HB0101"#]],
    );
    let (directory, _) = reported("confirm-clean", "T1: w(mutex:g) u(mutex:g)");
    check(
        &directory,
        "--confirm report.json -- true",
        expect![[r#"
        exit 2
        err: error: failed to choose a report of `report.json`: it reports nothing"#]],
    );
    check(
        &directory,
        "--confirm scenario -- true",
        expect![[r#"
        exit 2
        err: error: failed to choose a report of `scenario`: it is no record, and not what `heldby report --format json` prints"#]],
    );
    check(
        &directory,
        "--confirm nothing -- true",
        expect![[r#"
        exit 2
        err: error: failed to read `nothing`: No such file or directory (os error 2)"#]],
    );
    check(
        &directory,
        "--report 1 -- true",
        expect![[r#"
        exit 2
        err: error: the following required arguments were not provided: --confirm <REPORT>; Usage: heldby run --confirm <REPORT> --report <N> <CMD>..."#]],
    );
}

#[test]
fn records_are_reports_too_and_stay() {
    let (directory, mut report) = two("confirm-records");
    report.record = Some(RecordPlace {
        file: "records/1.jsonl".to_owned(),
        number: 5,
    });
    let record = record(&[Fact::Report(Box::new(report))]);
    std::fs::create_dir(directory.0.join("records")).expect("a directory");
    directory.file("records/1.jsonl", record);
    check(
        &directory,
        "--confirm records -- true",
        expect![[r#"
            exit 0
            err: not reached: HB0001, `a` and `b`
              1   `a` -> `b` at scenario:1:16: not seen
              2   `b` -> `a` at scenario:2:16: not seen
              note: no process left a record: does the program use heldby, with its feature `validate`?"#]],
    );
    // In a record a report is called what its own last line says.
    assert_eq!(
        run(&directory, "--confirm records#1 -- true"),
        run(&directory, "--confirm records/1.jsonl#5 -- true")
    );
    check(
        &directory,
        "--confirm records --records records -- true",
        expect![[r#"
            exit 2
            err: error: the report stands in `records`, whose records go; choose another --records"#]],
    );
}

#[test]
fn a_program_that_hangs_is_ended() {
    let (directory, report) = two("confirm-hangs");
    let mut reached = seen(&[[1, 0, 0], [1, 0, 0]]);
    reached.reached = true;
    let facts = [Fact::Confirmation(reached), deadlock_of(&report)];
    directory
        .file("record", record(&facts))
        .file("leaves", LEAVES);
    // Neither the shell nor its children end when they are asked to; all of them have our output open.
    directory.file(
        "hangs",
        format!("trap '' TERM; {LEAVES}; sleep 60 & sleep 60"),
    );
    check_head(
        &directory,
        "--confirm report.json -- sh hangs",
        expect![[r#"
            exit 1
            err: confirmed: HB0001, `a` and `b`: threads wait for each other (HB0502)
              `T1` waits for `b`, held by `T2`
              `T2` waits for `a`, held by `T1`
            note: the program hung for good; its processes were ended"#]],
    );
    let coded = "--confirm report.json --error-exitcode 42 -- sh leaves";
    check_head(
        &directory,
        coded,
        expect![[r#"
            exit 42
            err: confirmed: HB0001, `a` and `b`: threads wait for each other (HB0502)
              `T1` waits for `b`, held by `T2`
              `T2` waits for `a`, held by `T1`"#]],
    );
}

#[test]
fn who_ends_us_ends_the_program() {
    let (directory, _) = two("confirm-ended");
    directory.file("sleeps", "sleep 60 & echo begun; sleep 60");
    let mut heldby = directory
        .heldby(&arguments("--confirm report.json -- sh sleeps"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("heldby starts");
    let mut out = BufReader::new(heldby.stdout.take().expect("it is a pipe"));
    let mut begun = String::new();
    out.read_line(&mut begun).expect("it can be read");
    let process = heldby.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &process]).status();
    assert!(sent.expect("kill runs").success());
    // The pipe ends with the last process that has it open, long before these would by themselves.
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("it can be read");
    let status = heldby.wait().expect("it can be waited for");
    assert_eq!(
        (&*begun, &*rest, status.signal()),
        ("begun\n", "", Some(15))
    );
}

#[test]
fn another_deadlock_is_told_apart() {
    let (directory, mut other) = two("confirm-other");
    for step in &mut other.cycle {
        step.from = step.from.replace('a', "c");
        step.to = step.to.replace('a', "c");
    }
    directory.file("record", record(&[deadlock_of(&other)]));
    directory.file("leaves", LEAVES);
    check_head(
        &directory,
        "--confirm report.json -- sh leaves",
        expect![[r#"
            exit 1
            err: another deadlock than HB0001, `a` and `b`: HB0502
              `T1` waits for `b`, held by `T2`
              `T2` waits for `c`, held by `T1`"#]],
    );
}

#[test]
fn what_was_not_reached_is_told_with_what_was_seen() {
    let apart = Confirmation {
        apart: true,
        ..seen(&[[1, 0, 1], [1, 0, 1]])
    };
    let reached = Confirmation {
        reached: true,
        ..seen(&[[1, 0, 0], [1, 0, 0]])
    };
    let rows = [
        // One order was not made.
        (
            seen(&[[3, 0, 2], [0, 0, 0]]),
            expect![[r#"
                exit 0
                err: not reached: HB0001, `a` and `b`
                  1   `a` -> `b` at scenario:1:16: seen 3 times; held back 2 times for 1000 ms
                  2   `b` -> `a` at scenario:2:16: not seen
                  help: run what makes 2 as well, in the same process."#]],
        ),
        // It was made elsewhere.
        (
            seen(&[[3, 2, 2], [0, 4, 1]]),
            expect![[r#"
                exit 0
                err: not reached: HB0001, `a` and `b`
                  1   `a` -> `b` at scenario:1:16: seen 3 times, and 2 times at other places; held back 2 times for 1000 ms
                  2   `b` -> `a` at scenario:2:16: seen 4 times at other places; held back once for 1000 ms
                  note: has the program changed since? 2 was seen at other places alone.
                  help: hold threads back longer, with --hold-ms, or run it again."#]],
        ),
        // Both were made, but never at once.
        (
            seen(&[[3, 0, 2], [1, 0, 1]]),
            expect![[r#"
                exit 0
                err: not reached: HB0001, `a` and `b`
                  1   `a` -> `b` at scenario:1:16: seen 3 times; held back 2 times for 1000 ms
                  2   `b` -> `a` at scenario:2:16: seen once; held back once for 1000 ms
                  help: hold threads back longer, with --hold-ms, or run it again."#]],
        ),
        (
            apart,
            expect![[r#"
                exit 0
                err: not reached: HB0001, `a` and `b`
                  1   `a` -> `b` at scenario:1:16: seen once; held back once for 1000 ms
                  2   `b` -> `a` at scenario:2:16: seen once; held back once for 1000 ms
                  note: threads stood at all of them at once, but over different locks of these classes."#]],
        ),
        (
            reached,
            expect![[r#"
                exit 0
                err: not a deadlock: HB0001, `a` and `b`: threads stood at all dependencies, and went on
                  1   `a` -> `b` at scenario:1:16: seen once
                  2   `b` -> `a` at scenario:2:16: seen once"#]],
        ),
    ];
    let (directory, _) = two("confirm-not-reached");
    directory.file("leaves", LEAVES);
    for (told, expect) in rows {
        // The last line of a process counts.
        let before = seen(&[[9, 9, 9], [9, 9, 9]]);
        let facts = [Fact::Confirmation(before), Fact::Confirmation(told)];
        directory.file("record", record(&facts));
        check(&directory, "--confirm report.json -- sh leaves", expect);
    }
}

#[test]
fn the_programs_own_failure_counts_where_nothing_was_reached() {
    let (directory, _) = two("confirm-fails");
    directory.file("fails", "exit 7");
    check(
        &directory,
        "--confirm report.json -- sh fails",
        expect![[r#"
            exit 7
            err: not reached: HB0001, `a` and `b`
              1   `a` -> `b` at scenario:1:16: not seen
              2   `b` -> `a` at scenario:2:16: not seen
              note: no process left a record: does the program use heldby, with its feature `validate`?"#]],
    );
    check(
        &directory,
        "--confirm report.json -- ./no-such-program",
        expect![[r#"
            exit 2
            err: error: failed to start `./no-such-program`: No such file or directory (os error 2)"#]],
    );
}

#[test]
fn the_answer_is_json_where_that_is_asked_for() {
    let (directory, report) = two("confirm-json");
    let told = Fact::Confirmation(seen(&[[1, 0, 1], [0, 0, 0]]));
    directory
        .file("record", record(&[told]))
        .file("leaves", LEAVES);
    let words = "--format json --confirm report.json -- sh leaves";
    let output = directory.heldby(&arguments(words)).output();
    let output = output.expect("heldby runs");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["outcome"], "not_reached");
    assert_eq!(answer["report"]["code"], report.code.as_str());
    assert_eq!(answer["seen"]["steps"][0]["held"], 1);
    assert!(answer["deadlock"].is_null());
    let words = "--format sarif --confirm report.json -- sh leaves";
    check(
        &directory,
        words,
        expect![[r#"
        exit 2
        err: error: --confirm answers in no such --format; known: text json"#]],
    );
}
