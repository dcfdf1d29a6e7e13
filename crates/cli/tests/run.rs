//! `heldby run` as a user meets it: what it says of the records that a program leaves, and its exit
//! codes.
#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use expect_test::expect;

use common::{Directory, shown};

const HEADER: &str = r#"{"heldby":1,"profile":"userspace","processes":[{"executable":"/host","build":"b","pid":1,"started_ms":1}]}"#;

#[test]
fn the_output_of_the_program_is_its_own() {
    let directory = Directory::new("run-output");
    directory.file("record", format!("{HEADER}\n{REPORTED}\n"));
    let leaves = "mkdir $HELDBY_DIR; cp record $HELDBY_DIR/1.jsonl; echo its own";
    let run = |options: &[&str]| {
        let arguments = [&["run"], options, &["--", "sh", "-c", leaves]].concat();
        let output = directory.heldby(&arguments).output().expect("heldby runs");
        let text = |bytes| String::from_utf8(bytes).expect("it is text");
        (text(output.stdout), text(output.stderr))
    };
    let (out, err) = run(&[]);
    assert_eq!(out, "its own\n");
    assert!(err.starts_with("error[HB0301]: `a` sleeps"), "{err}");
    let (out, _) = run(&["--format", "json"]);
    assert!(out.starts_with("its own\n{\"format\":1,"), "{out}");
    let (out, err) = run(&["--format", "json", "--findings", "found.json"]);
    assert_eq!(out, "its own\n");
    assert!(!err.contains("HB0301"), "{err}");
}

#[test]
fn a_program_without_records_is_told() {
    let directory = Directory::new("run-none");
    directory.check(
        &["run", "--", "true"],
        expect![[r#"
            exit 0
            err: note: no process left a record: does the program use heldby, with its feature `validate`?"#]],
    );
}

#[test]
fn records_of_an_earlier_run_do_not_count() {
    let directory = Directory::new("run-earlier");
    directory.file("later", "{\"heldby\":99}\n");
    directory.check(
        &["run", "--", "sh", "-c", "mkdir $HELDBY_DIR; cp later $HELDBY_DIR/1.jsonl"],
        expect![[r#"
            exit 2
            err: note: skipped `heldby-records/1.jsonl`: format `99` is unknown; known: `1`; use the `heldby` of the version that wrote it
            error: no record in `heldby-records`; run a program that is validated with HELDBY_DIR set"#]],
    );
    let record = "mkdir $HELDBY_DIR; cp header $HELDBY_DIR/2.jsonl; echo $HELDBY";
    directory.file("header", format!("{HEADER}\n")).check(
        &["run", "--", "sh", "-c", record],
        expect![[r#"
            exit 0
            out: warn
            err: clean
            note: 1 record in `heldby-records`"#]],
    );
}

#[test]
fn a_run_that_records_nothing_leaves_the_records_of_the_one_before() {
    let directory = Directory::new("run-kept");
    let record = "mkdir $HELDBY_DIR; cp header $HELDBY_DIR/1.jsonl; touch $HELDBY_DIR/own";
    directory.file("header", format!("{HEADER}\n")).check(
        &["run", "--", "sh", "-c", record],
        expect![[r#"
            exit 0
            err: clean
            note: 1 record in `heldby-records`"#]],
    );
    // As a build that fails.
    directory.check(
        &["run", "--", "sh", "-c", "ls heldby-records; exit 101"],
        expect![[r#"
            exit 101
            out: own
            err: note: the records in `heldby-records` are those of the run before"#]],
    );
    directory.check(
        &["run", "--", "./no-such-program"],
        expect![[r#"
        exit 2
        err: error: failed to start `./no-such-program`: No such file or directory (os error 2)"#]],
    );
    directory.check(
        &[
            "run",
            "--",
            "sh",
            "-c",
            "cp header $HELDBY_DIR/2.jsonl; ls heldby-records*",
        ],
        expect![[r#"
            exit 0
            out: heldby-records:
            2.jsonl
            own

            heldby-records.before:
            1.jsonl
            err: clean
            note: 1 record in `heldby-records`"#]],
    );
    directory.check(&["run", "--", "ls", "heldby-records"], expect![[r#"
        exit 0
        out: own
        err: note: no process left a record: does the program use heldby, with its feature `validate`?
        note: the records in `heldby-records` are those of the run before"#]]);
    assert!(!directory.0.join("heldby-records.before").exists());
}

#[test]
fn what_only_has_the_name_of_a_record_is_left_alone() {
    let directory = Directory::new("run-foreign");
    fs::create_dir(directory.0.join("data")).expect("a directory");
    directory
        .file("header", format!("{HEADER}\n"))
        .file("data/old.jsonl", format!("{HEADER}\n"))
        .file("data/own.jsonl", "{\"id\":1}\n")
        .file("data/empty.jsonl", "");
    directory.check(
        &[
            "run",
            "--records",
            "data",
            "--",
            "sh",
            "-c",
            "cp header data/new.jsonl; ls data",
        ],
        expect![[r#"
            exit 0
            out: empty.jsonl
            new.jsonl
            own.jsonl
            err: note: skipped `data/empty.jsonl`: it is empty
            note: skipped `data/own.jsonl`: not a record
            clean
            note: 1 record in `data`"#]],
    );
    directory.check(&["run", "--records", "data", "--", "ls", "data"], expect![[r#"
        exit 0
        out: empty.jsonl
        own.jsonl
        err: note: no process left a record: does the program use heldby, with its feature `validate`?
        note: the records in `data` are those of the run before"#]]);
}

#[test]
fn without_a_place_for_records_nothing_is_run() {
    let directory = Directory::new("run-nowhere");
    directory.file("file", "").check(
        &["run", "--records", "file/none", "--", "echo", "went on"],
        expect![[r#"
            exit 2
            err: error: failed to write `file/none`: Not a directory (os error 20)"#]],
    );
    directory.check(
        &["run", "--", "sh", "-c", "mkdir heldby-records; touch heldby-records/own"],
        expect![[r#"
            exit 0
            err: note: no process left a record: does the program use heldby, with its feature `validate`?"#]],
    );
    let left = fs::read_dir(directory.0.join("heldby-records")).expect("it is there");
    assert_eq!(left.count(), 1);
    // As a process does whose user may not write there.
    directory.check(
        &["run", "--", "sh", "-c", "echo >>$HELDBY_UNRECORDED"],
        expect![[r#"
            exit 2
            err: note: no process left a record: does the program use heldby, with its feature `validate`?
            error: failed to write `heldby-records`: a process could not write its record there"#]],
    );
}

#[test]
fn a_program_may_go_elsewhere() {
    let directory = Directory::new("run-elsewhere");
    directory.file("header", format!("{HEADER}\n")).check(
        &[
            "run",
            "--",
            "sh",
            "-c",
            "mkdir $HELDBY_DIR; cp header $HELDBY_DIR/1.jsonl; cd /; ls $HELDBY_DIR",
        ],
        expect![[r#"
            exit 0
            out: 1.jsonl
            err: clean
            note: 1 record in `heldby-records`"#]],
    );
}

#[test]
#[cfg(target_os = "linux")]
fn the_library_comes_before_what_is_preloaded_already() {
    let directory = Directory::new("run-preload");
    let mut command = directory.heldby(&["run", "--", "sh", "-c", "echo $LD_PRELOAD"]);
    // The linker says of each that it is not there, and goes on.
    command.env("HELDBY_PRELOAD", "/none/ours.so");
    let alone = shown(&command.output().expect("heldby runs"));
    assert!(alone.contains("out: /none/ours.so\n"), "{alone}");
    command.env("LD_PRELOAD", "/none/theirs.so");
    let both = shown(&command.output().expect("heldby runs"));
    assert!(
        both.contains("out: /none/ours.so:/none/theirs.so\n"),
        "{both}"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_that_cannot_be_checked_is_named() {
    let directory = Directory::new("run-unchecked");
    directory.file("main.c", "int main(void) { return 0; }\n");
    directory.file("script", "#! ./static -x\n");
    let compiled = Command::new("cc")
        .args(["-static", "-o", "static", "main.c"])
        .current_dir(&directory.0)
        .status();
    if !compiled.is_ok_and(|status| status.success()) {
        println!("skipped: needs a C compiler and a static C library");
        return;
    }
    let mode = |file: &str, mode| {
        let file = directory.0.join(file);
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("it is ours");
    };
    mode("script", 0o755);
    let said = |program: &str, path: Option<&Path>| {
        let mut command = directory.heldby(&["run", "--", program]);
        // Nothing is preloaded where it is looked for.
        command.env("HELDBY_PRELOAD", "/none/ours.so");
        path.map(|path| command.env("PATH", path));
        let said = shown(&command.output().expect("heldby runs"));
        said.replace(&directory.0.display().to_string(), "DIR")
    };
    let why = "linked statically, and nothing can be put before its locks";
    for (program, path, told) in [
        ("./static", None, "`./static` is"),
        ("static", Some(&*directory.0), "`DIR/static` is"),
        ("./script", None, "`./static`, which runs `./script`, is"),
    ] {
        let told = format!("exit 0\nerr: note: no process left a record: {told} {why}");
        assert_eq!(said(program, path), told);
    }
    // SAFETY: the call only asks the system for a number.
    if unsafe { libc::geteuid() } != 0 {
        return println!("skipped: a file of another user needs root");
    }
    std::os::unix::fs::chown(directory.0.join("static"), Some(1), None).expect("root may");
    mode("static", 0o4755);
    let other = said("./static", None);
    assert!(other.contains("`./static` is setuid, and"), "{other}");
}

#[test]
fn the_programs_own_failure_counts_first() {
    let directory = Directory::new("run-failure");
    directory.check(&["run", "--", "sh", "-c", "exit 7"], expect!["exit 7"]);
    directory.check(
        &["run", "--", "sh", "-c", "kill -TERM $$"],
        expect!["exit 143"],
    );
    directory.check(
        &["run", "--", "./no-such-program"],
        expect![[r#"
            exit 2
            err: error: failed to start `./no-such-program`: No such file or directory (os error 2)"#]],
    );
}

/// A record that reports, as a program that hangs has left one.
const REPORTED: &str = r#"{"report":{"code":"HB0301","kind":"invalid-wait-context","certainty":"possible","title":"`a` sleeps","locks":["a"],"thread":"t","site":"src/a.rs:1:1","cycle":[],"held":[],"classes":[],"notes":[],"help":[]}}"#;

#[test]
fn a_program_that_is_interrupted_is_told_of_all_the_same() {
    // The terminal signals the whole foreground; so does a `kill` of process 0.
    let interrupted = outlives("INT", "kill -INT 0");
    // Whoever limits the time of a run signals the process that it started.
    let asked_to_end = outlives("TERM", "kill -TERM $PPID; exec sleep 600");
    for (said, exit) in [(interrupted, "exit 130\n"), (asked_to_end, "exit 143\n")] {
        assert!(said.starts_with(exit), "{said}");
        assert!(said.contains("error[HB0301]: `a` sleeps"), "{said}");
        assert!(said.contains("1 record in `heldby-records`"), "{said}");
    }
}

#[test]
fn a_signal_that_comes_twice_loses_no_report() {
    // Its second one comes while the first is at work, as when a whole group is signalled after one of it.
    let again =
        "trap 'kill -TERM $PPID; exit 3' TERM; kill -TERM $PPID; while :; do sleep 0.01; done";
    // It ignores what it gets, and so is killed in the end.
    let ignored = "trap '' TERM; for i in $(seq 600); do kill -TERM $PPID; sleep 0.1; done";
    for (name, what, exit) in [
        ("twice", again, "exit 3\n"),
        ("ignored", ignored, "exit 137\n"),
    ] {
        let said = outlives(name, what);
        assert!(said.starts_with(exit), "{said}");
        assert!(said.contains("error[HB0301]: `a` sleeps"), "{said}");
    }
}

#[test]
fn a_signal_to_us_alone_is_handed_on() {
    for (signal, exit) in [("INT", 130), ("QUIT", 131), ("HUP", 129)] {
        let what = format!("ulimit -c 0; kill -{signal} $PPID; exec sleep 20");
        let said = outlives(&format!("alone-{signal}"), &what);
        assert!(said.starts_with(&format!("exit {exit}\n")), "{said}");
        assert!(said.contains("error[HB0301]: `a` sleeps"), "{said}");
    }
}

/// What `heldby run` says of a program that leaves a record and then does `what`.
fn outlives(name: &str, what: &str) -> String {
    let directory = Directory::new(&format!("run-{name}"));
    directory.file("record", format!("{HEADER}\n{REPORTED}\n"));
    let script = format!("mkdir $HELDBY_DIR; cp record $HELDBY_DIR/1.jsonl; {what}");
    let mut command = directory.heldby(&["run", "--", "sh", "-c", &script]);
    // A group of its own, so that its signals do not reach the tests.
    command.process_group(0);
    let by_default = || {
        for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM] {
            // SAFETY: the call touches no memory.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        Ok(())
    };
    // SAFETY: what runs between fork and exec calls nothing else. Whoever runs the tests may ignore some.
    unsafe { command.pre_exec(by_default) };
    shown(&command.output().expect("heldby runs"))
}
