//! `heldby merge` and `heldby report` as a user meets them.

mod common;

use std::fs;

use expect_test::expect;

use common::Directory;

const CLASSES: &str = r#"{"class":{"id":1,"name":"routes","named":true,"type":"std::sync::RwLock","made_at":"src/router.rs:18:5"}}
{"class":{"id":2,"name":"session","named":true,"type":"std::sync::Mutex","made_at":"src/session.rs:9:5"}}
"#;

fn header(pid: u32) -> String {
    format!(
        r#"{{"heldby":1,"profile":"userspace","processes":[{{"executable":"/t/net-{pid}","build":"b","pid":{pid},"started_ms":1}}]}}"#
    ) + "\n"
}

/// The record of a process whose thread took `from` and then `to`.
fn record(pid: u32, [from, to]: [u32; 2], thread: &str) -> String {
    let (held, acquired) = (pid * 10, pid * 10 + 1);
    let dependency = format!(
        r#"{{"dependency":{{"from":{from},"to":{to},"kind":"EW","from_mode":"write","to_mode":"write","held_site":"src/net.rs:{held}:7","acquired_site":"src/net.rs:{acquired}:7","thread":"{thread}","at_ms":{pid}}}}}"#
    );
    format!("{}{CLASSES}{dependency}\n", header(pid))
}

fn two_records(test: &str) -> Directory {
    let directory = Directory::new(test);
    fs::create_dir(directory.0.join("run")).expect("a directory");
    directory
        .file("run/1.jsonl", record(1, [1, 2], "reply"))
        .file("run/2.jsonl", record(2, [2, 1], "reload"));
    directory
}

#[test]
fn what_a_host_allows_is_reported_by_no_command() {
    let directory = two_records("merge-allowed");
    let allowed = r#"{"allowed":{"dependency":{"from":"routes","to":"sess*"}}}"#;
    let record = fs::read_to_string(directory.0.join("run/2.jsonl")).expect("it was written");
    directory
        .file("run/3.jsonl", format!("{record}{allowed}\n"))
        .file("none.jsonl", header(4));
    for arguments in [
        ["report", "run"].as_slice(),
        &["merge", "run", "-o", "all.jsonl"],
        &["report", "all.jsonl"],
        &["diff", "none.jsonl", "all.jsonl"],
    ] {
        let output = directory.heldby(arguments).output().expect("it runs");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
    }
}

/// The process began this many milliseconds after 1970, and its source has a call at both places.
fn beside_source(test: &str, started_ms: u64) -> String {
    let directory = two_records(test);
    for process in ["run/1.jsonl", "run/2.jsonl"] {
        let record = fs::read_to_string(directory.0.join(process)).expect("it was written");
        let started = format!("\"started_ms\":{started_ms}");
        directory.file(process, record.replace("\"started_ms\":1", &started));
    }
    fs::create_dir(directory.0.join("src")).expect("a directory");
    directory.file(
        "src/net.rs",
        "self.x.lock();\n".replace("self.", "    a.").repeat(30),
    );
    let output = directory.heldby(&["report", "run"]).output();
    String::from_utf8(output.expect("it runs").stdout).expect("it is text")
}

#[test]
fn source_is_shown_if_it_was_not_changed_since_the_processes_ran() {
    let far = 1 << 44;
    let text = beside_source("merge-source", far);
    let shown = "\
20 |     a.x.lock();
   |       - while holding `session`
21 |     a.x.lock();
   |       ^ `reload` wants `routes` for writing
";
    assert!(text.contains(shown), "{text}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
    let stale = beside_source("merge-source-stale", 1);
    assert!(!stale.contains("a.x.lock();"), "{stale}");
}

#[test]
fn an_inversion_that_no_process_saw_is_reported() {
    let directory = two_records("merge-inversion");
    directory.check(&["merge", "run", "-o", "all.jsonl"], expect![[r#"
        exit 1
        out: error[HB0001]: possible deadlock: `routes` and `session` are locked in opposite orders
          --> src/net.rs:21:7, thread `reload`

          `reload` wants   `routes` for writing   src/net.rs:21
          while holding    `session`              src/net.rs:20
          but `reply` once took `session` while holding `routes` for writing (dependency 1 below).

          How it can hang:

                `reply`                          `reload`
                -------                          --------
            1   write(routes)   src/net.rs:10
            2                                    lock(session)   src/net.rs:20
            3   lock(session)   src/net.rs:11                                     blocked by 2
            4                                    write(routes)   src/net.rs:21    blocked by 1

          The cycle, oldest dependency first:

            1   routes (write) -> session (lock)   first seen 1 ms ago, thread `reply`
                  held       routes    src/net.rs:10
                  acquired   session   src/net.rs:11
            2   session (lock) -> routes (write)   new, this acquire
                  held       session   src/net.rs:20
                  acquired   routes    src/net.rs:21

          note: nothing hung in this run. Both orders were seen, so some run can hang.
          note: `routes` is a std::sync::RwLock made at src/router.rs:18 (1 instance).
          note: `session` is a std::sync::Mutex made at src/session.rs:9 (1 instance).
          note: no single process saw all of it: dependency 1 by `reply` of `net-1` (process 1), 2 by
                `reload` of `net-2` (process 2).
          help: take `routes` before `session` at src/net.rs:21, as src/net.rs:11 does, or drop the
                `session` guard before src/net.rs:21.

          Held by `reload`: 1. `session` (lock) src/net.rs:20

        1 report"#]]);
    let said = |arguments: &[&str]| {
        let run = directory.heldby(arguments).output().expect("heldby runs");
        (run.status.code(), run.stdout)
    };
    assert_eq!(said(&["report", "all.jsonl"]), said(&["merge", "run"]));
    directory.check(
        &["merge", "run/1.jsonl"],
        expect![[r#"
        exit 0
        out: clean"#]],
    );
}

#[test]
fn a_merged_record_is_the_same_bytes_again() {
    let directory = two_records("merge-bytes");
    let merge = |arguments: &[&str]| {
        let run = directory.heldby(arguments).output().expect("heldby runs");
        assert_eq!(run.status.code(), Some(1));
    };
    merge(&["merge", "run", "-o", "a.jsonl"]);
    merge(&[
        "merge",
        "run/2.jsonl",
        "a.jsonl",
        "run/1.jsonl",
        "-o",
        "b.jsonl",
    ]);
    let read = |name| fs::read_to_string(directory.0.join(name)).expect("it was written");
    assert_eq!(read("a.jsonl"), read("b.jsonl"));
    expect![[r#"
        {"heldby":1,"profile":"userspace","processes":[{"executable":"/t/net-1","build":"b","pid":1,"started_ms":1},{"executable":"/t/net-2","build":"b","pid":2,"started_ms":1}]}
        {"class":{"id":1,"name":"routes","named":true,"type":"std::sync::RwLock","made_at":"src/router.rs:18:5"}}
        {"class":{"id":2,"name":"session","named":true,"type":"std::sync::Mutex","made_at":"src/session.rs:9:5"}}
        {"dependency":{"from":1,"to":2,"kind":"EW","from_mode":"write","to_mode":"write","held_site":"src/net.rs:10:7","acquired_site":"src/net.rs:11:7","thread":"reply","at_ms":1}}
        {"dependency":{"from":2,"to":1,"kind":"EW","from_mode":"write","to_mode":"write","held_site":"src/net.rs:20:7","acquired_site":"src/net.rs:21:7","thread":"reload","at_ms":2,"process":1}}
    "#]].assert_eq(&read("a.jsonl"));
}

#[test]
fn what_cannot_be_read_is_told_and_left_out() {
    let directory = two_records("merge-troubles");
    let whole = record(3, [1, 2], "third");
    directory
        .file("run/cut.jsonl", &whole[..whole.len() - 40])
        .file("run/empty.jsonl", "")
        .file("run/foreign.jsonl", "{\"level\":\"info\"}\n")
        .file(
            "run/later.jsonl",
            header(4).replace("\"heldby\":1", "\"heldby\":9"),
        )
        .file("run/notes.txt", "no record, and not looked at")
        .file(
            "run/odd.jsonl",
            format!(
                "{}{CLASSES}{{\"writer\":{{\"class\":7}}}}\nnonsense\n",
                header(5)
            ),
        )
        .file("run/bytes.jsonl", b"\xff\xfe\n");
    directory.check(&["merge", "run", "--format", "json"], expect![[r#"
        exit 1
        out: {"format":1,"reports":[{"code":"HB0001","kind":"circular-dependency","certainty":"possible","title":"possible deadlock: `routes` and `session` are locked in opposite orders","locks":["routes","session"],"thread":"reload","site":"src/net.rs:21:7","cycle":[{"from":"routes","to":"session","kind":"EW","from_mode":"write","to_mode":"write","held_site":"src/net.rs:10:7","acquired_site":"src/net.rs:11:7","thread":"reply","age_ms":1},{"from":"session","to":"routes","kind":"EW","from_mode":"write","to_mode":"write","held_site":"src/net.rs:20:7","acquired_site":"src/net.rs:21:7","thread":"reload"}],"held":[{"lock":"session","mode":"write","site":"src/net.rs:20:7"}],"classes":[{"name":"routes","type":"std::sync::RwLock","made_at":"src/router.rs:18:5","instances":1},{"name":"session","type":"std::sync::Mutex","made_at":"src/session.rs:9:5","instances":1}],"notes":["nothing hung in this run. Both orders were seen, so some run can hang.","`routes` is a std::sync::RwLock made at src/router.rs:18 (1 instance).","`session` is a std::sync::Mutex made at src/session.rs:9 (1 instance).","no single process saw all of it: dependency 1 by `reply` of `net-1` (process 1), 2 by `reload` of `net-2` (process 2)."],"help":["take `routes` before `session` at src/net.rs:21, as src/net.rs:11 does, or drop the `session` guard before src/net.rs:21."]}],"pending":[],"gated":[]}
        err: note: skipped `run/bytes.jsonl`: byte 1: not UTF-8
        note: skipped line 4 of `run/cut.jsonl`: it is cut off, as the last line of a killed process can be
        note: skipped `run/empty.jsonl`: it is empty
        note: skipped `run/foreign.jsonl`: not a record
        note: skipped `run/later.jsonl`: format `9` is unknown; known: `1`; use the `heldby` of the version that wrote it
        note: skipped line 4 of `run/odd.jsonl`: class 7 was not told before
        note: skipped line 5 of `run/odd.jsonl`: column 1: expected value"#]]);
}

#[test]
fn records_that_were_put_behind_each_other_are_read_one_by_one() {
    let directory = two_records("merge-behind");
    // The second process has its own numbers of classes.
    let renumbered = record(2, [3, 2], "reload")
        .replace("\"id\":2", "\"id\":3")
        .replace("\"id\":1", "\"id\":2");
    let later = header(4).replace("\"heldby\":1", "\"heldby\":9");
    let all = record(1, [1, 2], "reply") + &later + CLASSES + "nonsense\n" + &renumbered;
    directory
        .file("run/2.jsonl", renumbered)
        .file("all.jsonl", all);
    let said = |input: &str| {
        let run = directory.heldby(&["report", input]).output();
        let run = run.expect("heldby runs");
        let text = |bytes| String::from_utf8(bytes).expect("it is UTF-8");
        (run.status.code(), text(run.stdout), text(run.stderr))
    };
    let (code, all, noted) = said("all.jsonl");
    assert!(all.contains("no single process saw all of it"), "{all}");
    assert_eq!((code, &*all), (Some(1), &*said("run").1));
    expect![[r#"
        note: skipped line 5 of `all.jsonl`: format `9` is unknown; known: `1`; use the `heldby` of the version that wrote it; the record that it begins is left out
    "#]]
    .assert_eq(&noted);
}

#[test]
fn bad_input_ends_with_2() {
    let directory = two_records("merge-bad");
    fs::create_dir(directory.0.join("nothing")).expect("a directory");
    directory.check(
        &["merge", "nothing"],
        expect![[r#"
        exit 2
        err: error: no record in `nothing`; run a program that is validated with HELDBY_DIR set"#]],
    );
    directory.check(
        &["merge", "missing"],
        expect![[r#"
            exit 2
            err: error: failed to read `missing`: No such file or directory (os error 2); `cargo heldby test`, or HELDBY_DIR set to a directory, makes a program leave records"#]],
    );
    directory.check(&["merge"], expect![[r#"
        exit 2
        err: error: the following required arguments were not provided: <DIR>...; Usage: heldby merge <DIR>..."#]]);
    directory.check(&["merge", "run", "-o", "no/such/place.jsonl"], expect![[r#"
        exit 2
        err: error: failed to write `no/such/place.jsonl`: No such file or directory (os error 2)"#]]);
    #[cfg(target_os = "linux")]
    directory.check(
        &["merge", "run", "-o", "/dev/full"],
        expect![[r#"
        exit 2
        err: error: failed to write `/dev/full`: No space left on device (os error 28)"#]],
    );
}

#[test]
fn records_have_a_graph_whose_cycles_no_process_saw() {
    let directory = two_records("merge-graph");
    directory.check(&["graph", "run", "--format", "dot"], expect![[r#"
        exit 0
        out: digraph {
            0 [ label="routes\nstd::sync::RwLock\nmade at src/router.rs:18:5\n1 instance"]
            1 [ label="session\nstd::sync::Mutex\nmade at src/session.rs:9:5\n1 instance"]
            0 -> 1 [ label="EW\nheld at src/net.rs:10:7\nacquired at src/net.rs:11:7\nthread reply", tooltip="routes -> session", color=red, fontcolor=red]
            1 -> 0 [ label="EW\nheld at src/net.rs:20:7\nacquired at src/net.rs:21:7\nthread reload", tooltip="session -> routes", color=red, fontcolor=red]
        }"#]]);
}
