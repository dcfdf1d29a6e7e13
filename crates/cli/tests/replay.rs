//! `heldby replay` as a user meets it: its answers, its exit codes, and what it says to bad input.

mod common;

use std::fs::File;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use expect_test::expect;

use common::{Directory, shown};

const INVERSION: &str = "\
# two locks in opposite orders
T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)
T2: w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B)
";

/// Runs `heldby` with `input` on its standard input.
fn fed(mut command: Command, input: &[u8]) -> Output {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().expect("heldby runs");
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(input)
        .expect("heldby reads");
    child.wait_with_output().expect("heldby ends")
}

#[test]
fn clean_scenarios_end_with_0() {
    let directory = Directory::new("clean");
    directory.file(
        "ordered",
        "T1: w(mutex:A) w(mutex:B)  T2: w(mutex:A) w(mutex:B)",
    );
    directory.file("empty", "");
    directory.check(
        &["replay", "ordered"],
        expect![[r#"
        exit 0
        out: clean"#]],
    );
    directory.check(
        &["replay", "empty"],
        expect![[r#"
        exit 0
        out: clean"#]],
    );
    directory.check(
        &["replay", "--format", "json", "empty"],
        expect![[r#"
        exit 0
        out: {"format":1,"reports":[],"pending":[],"gated":[]}"#]],
    );
}

#[test]
fn reports_end_with_1() {
    let directory = Directory::new("reported");
    directory.file("inversion", INVERSION);
    let output = directory
        .heldby(&["replay", "inversion"])
        .output()
        .expect("heldby runs");
    let text = shown(&output);
    let lines: Vec<&str> = text.lines().collect();
    let first_and_last = [&lines[..3], &lines[lines.len() - 1..]].concat().join("\n");
    expect![[r#"
        exit 1
        out: error[HB0001]: possible deadlock: `A` and `B` are locked in opposite orders
          --> inversion:3:16, thread `T2`
        1 report"#]]
    .assert_eq(&first_and_last);
}

#[test]
fn json_is_one_object_that_reads_back() {
    let directory = Directory::new("json");
    directory.file("inversion", INVERSION);
    let output = directory
        .heldby(&["replay", "--format", "json", "inversion"])
        .output();
    let output = output.expect("heldby runs");
    assert_eq!(output.status.code(), Some(1));
    let findings: heldby_model::Findings =
        serde_json::from_slice(&output.stdout).expect("findings");
    assert_eq!(findings.format, 1);
    assert_eq!(findings.reports[0].locks, ["A", "B"]);
    assert_eq!(findings.reports[0].site.to_string(), "inversion:3:16");
    let sites = |at: &heldby_model::Dependency| format!("{} {}", at.held_site, at.acquired_site);
    let sites: Vec<_> = findings.reports[0].cycle.iter().map(sites).collect();
    assert_eq!(
        sites,
        [
            "inversion:2:5 inversion:2:16",
            "inversion:3:5 inversion:3:16"
        ]
    );
}

#[test]
fn profiles_differ() {
    let directory = Directory::new("profiles");
    directory.file("nested", "w(mutex:A1) w(mutex:A2)");
    let code = |arguments: &[&str]| {
        let output = directory.heldby(arguments).output().expect("heldby runs");
        output.status.code()
    };
    assert_eq!(code(&["replay", "nested"]), Some(0));
    assert_eq!(
        code(&["replay", "--profile", "userspace", "nested"]),
        Some(0)
    );
    assert_eq!(code(&["replay", "--profile", "kernel", "nested"]), Some(1));
}

#[test]
fn what_is_not_reported_is_listed() {
    let directory = Directory::new("listed");
    directory.file(
        "gated",
        "T1: w(mutex:G) w(mutex:A) w(mutex:B)  T2: w(mutex:G) w(mutex:B) w(mutex:A)",
    );
    directory.file(
        "pending",
        "T1: r(rwsem:A) w(mutex:B)  T2: w(mutex:B) r(rwsem:A)",
    );
    directory.check(&["replay", "gated"], expect![[r#"
        exit 0
        out: gated: heldby HB0001 possible-deadlock cycle=A>B>A new=B->A gates=G at=gated:1 thread=T2
        clean"#]]);
    directory.check(
        &["replay", "pending"],
        expect![[r#"
        exit 0
        out: pending: heldby HB0004 possible-deadlock cycle=A>B>A new=B->A at=pending:1 thread=T2
        clean"#]],
    );
}

#[test]
fn events_count_at_once_where_that_is_asked_for() {
    let directory = Directory::new("events");
    directory.file(
        "waits",
        "T1: w(mutex:L) w(mutex:X) cw(cond:C,mutex:X)  T2: w(mutex:L) cn(cond:C)",
    );
    let found = |events: &str| {
        let arguments = ["replay", "--events", events, "--format", "json", "waits"];
        let output = directory.heldby(&arguments).output().expect("heldby runs");
        let findings: heldby_model::Findings =
            serde_json::from_slice(&output.stdout).expect("findings");
        let count = (findings.reports.len(), findings.pending.len());
        (output.status.code(), count)
    };
    assert_eq!(found("lenient"), (Some(0), (0, 1)));
    assert_eq!(found("strict"), (Some(1), (1, 0)));
}

#[test]
fn standard_input_is_a_scenario() {
    let directory = Directory::new("stdin");
    let output = fed(
        directory.heldby(&["replay", "--format", "json", "-"]),
        INVERSION.as_bytes(),
    );
    assert_eq!(output.status.code(), Some(1));
    let findings: heldby_model::Findings =
        serde_json::from_slice(&output.stdout).expect("findings");
    assert_eq!(findings.reports[0].site.to_string(), "<stdin>:3:16");
    let output = fed(
        directory.heldby(&["replay", "-"]),
        b"w(mutex:A)\n  w(mutex)",
    );
    expect![[r#"
        exit 2
        err: error: failed to replay `<stdin>`: line 2, column 5: expected an operand `type:name`, found `mutex`; types: mutex spin raw rw rwsem rtm ww local rcu rcu_bh rcu_sched once cond chan map amutex arw sem"#]].assert_eq(&shown(&output));
}

#[test]
fn bad_input_ends_with_2_and_one_line() {
    let directory = Directory::new("bad");
    directory.file("unknown", "w(mutex:A)\n  x(mutex:A)\n");
    directory.file("later", "w(mutex:A) w(cond:C)");
    directory.file("latin", b"w(mutex:A)\n w(mutex:\xe9)");
    directory.file("binary", [0u8, 159, 146, 150]);
    directory.check(&["replay", "unknown"], expect![[r#"
        exit 2
        err: error: failed to replay `unknown`: line 2, column 3: unknown step `x`; known: w r R t tr tR t_fail timed u dg sync might give cw cn send recv init free policy class forget layer hirq+ hirq+nothread hirq- sirq+ sirq- hoff hon soff son held held_r held_w nheld pin unpin await arm+ arm- arm_end unmarked+ unmarked- spawn join exit"#]]);
    directory.check(&["replay", "later"], expect![[r#"
        exit 2
        err: error: failed to replay `later`: line 1, column 12: step `w(cond:C)` is not supported yet: the rules for holding a condition variable are to come"#]]);
    directory.check(
        &["replay", "latin"],
        expect![[r#"
        exit 2
        err: error: failed to read `latin`: line 2, column 10: not UTF-8 from here on"#]],
    );
    directory.check(
        &["replay", "binary"],
        expect![[r#"
        exit 2
        err: error: failed to read `binary`: line 1, column 2: not UTF-8 from here on"#]],
    );
    directory.check(
        &["replay", "missing"],
        expect![[r#"
        exit 2
        err: error: failed to read `missing`: No such file or directory (os error 2)"#]],
    );
    directory.check(
        &["replay", "."],
        expect![[r#"
        exit 2
        err: error: failed to read `.`: Is a directory (os error 21)"#]],
    );
}

#[test]
fn bad_options_end_with_2_and_the_known_ones() {
    let directory = Directory::new("options");
    directory.file("empty", "");
    directory.check(&["replay", "--profile", "linux", "empty"], expect![[r#"
        exit 2
        err: error: invalid value 'linux' for '--profile <PROFILE>'; [possible values: kernel, userspace]"#]]);
    directory.check(
        &["replay", "--format", "xml", "empty"],
        expect![[r#"
            exit 2
            err: error: invalid value 'xml' for '--format <FORMAT>'; [possible values: text, json, sarif, github]"#]],
    );
    directory.check(&["replay", "--colour", "empty"], expect![[r#"
        exit 2
        err: error: unexpected argument '--colour' found; tip: to pass '--colour' as a value, use '-- --colour'; Usage: heldby replay [OPTIONS] <FILE>"#]]);
    directory.check(&["replay"], expect![[r#"
        exit 2
        err: error: the following required arguments were not provided: <FILE>; Usage: heldby replay <FILE>"#]]);
    directory.check(
        &["simulate"],
        expect![[r#"
            exit 2
            err: error: unrecognized subcommand 'simulate'; tip: a similar subcommand exists: 'stat'; Usage: heldby <COMMAND>; known: replay merge report run stat diff order graph explain"#]],
    );
}

#[test]
fn help_has_examples() {
    let directory = Directory::new("help");
    directory.check(
        &["replay", "--help"],
        expect![[r#"
            exit 0
            out: Run a scenario: lock events as text go in, a verdict comes out

            Usage: heldby replay [OPTIONS] <FILE>

            Arguments:
              <FILE>
                      The scenario; `-` is standard input

            Options:
                  --profile <PROFILE>
                      Which rules judge it

                      Possible values:
                      - kernel:    lockdep's rules, without its known misses
                      - userspace: The same without the false alarms that a longer look can rule out

                      [default: userspace]

                  --events <EVENTS>
                      When a wait for a notification or for room in a channel counts as part of a cycle

                      Possible values:
                      - lenient: only once it really blocked for long; until then the cycle is pending
                      - strict:  as soon as every signal seen so far was made under a lock that the waiter holds

                      [default: lenient]

                  --config <FILE>
                      What is allowed: a `heldby.toml`

                  --order <FILE>
                      The declared order, made by `heldby order`: a dependency that it lacks is reported

                  --format <FORMAT>
                      How the findings are printed

                      Possible values:
                      - text:   For people: every report, a line for each finding that is pending or gated, and a last line that counts the reports
                      - json:   For programs: one JSON object
                      - sarif:  For code scanning: SARIF 2.1.0
                      - github: For a step of GitHub Actions: annotations of the code

                      [default: text]

                  --findings <FILE>
                      Where they are printed instead of standard output; text about a program that is run goes to standard error

                  --with-pending
                      With `sarif` and `github`: what is pending or gated as well, as notes

              -h, --help
                      Print help (see a summary with '-h')

            Examples:
              Two threads take two mutexes in opposite orders, which is reported:
                echo 'T1: w(mutex:A) w(mutex:B)  T2: w(mutex:B) w(mutex:A)' | heldby replay -

              The same as one JSON object:
                heldby replay --format json scenario.txt

              Two locks of one class nested, which the kernel's rules forbid and the default ones allow:
                echo 'w(mutex:A1) w(mutex:A2)' | heldby replay --profile kernel -

              An async task that suspends while it holds a lock that threads wait for:
                echo 'w(mutex:A) await u(mutex:A)' | heldby replay -

            All steps and types are in docs/scenarios.md.

            Exit status:
              0  clean
              1  reported
              2  bad input, or nowhere to write"#]],
    );
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let directory = Directory::new("pipe");
    directory.file("inversion", INVERSION);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = directory
        .heldby(&["replay", "inversion"])
        .stdout(writer)
        .output();
    expect!["exit 1"].assert_eq(&shown(&output.expect("heldby runs")));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_with_2() {
    let directory = Directory::new("full");
    directory.file("inversion", INVERSION);
    let full = File::create("/dev/full").expect("/dev/full");
    let output = directory
        .heldby(&["replay", "inversion"])
        .stdout(full)
        .output();
    expect![[r#"
        exit 2
        err: error: failed to write to standard output: No space left on device (os error 28)"#]]
    .assert_eq(&shown(&output.expect("heldby runs")));
}

#[test]
fn what_is_allowed_comes_from_a_file() {
    let directory = Directory::new("allowed");
    directory
        .file("inversion.txt", INVERSION)
        .file(
            "good.toml",
            "[[allow]]\nfrom = 'A'\nto = 'B'\nreason = 'one thread'\n",
        )
        .file(
            "unused.toml",
            "[[allow]]\nfrom = 'B'\nto = 'A'\nreason = 'one thread'\n\n\
             [[allow]]\nfrom = 'A'\nto = 'C'\nreason = 'gone'\n",
        )
        .file("bad.toml", "[[allow]]\nfrom = 'A'\nreason = 'x'\n");
    let replay = |config| ["replay", "--config", config, "inversion.txt"];
    directory.check(
        &replay("good.toml"),
        expect![[r#"
        exit 0
        out: clean"#]],
    );
    directory.check(
        &replay("unused.toml"),
        expect![[r#"
        exit 0
        out: clean
        err: note: allowed, and not needed: `A -> C` (unused.toml:6)"#]],
    );
    directory.check(&replay("bad.toml"), expect![[r#"
        exit 2
        err: error: failed to read what is allowed: bad.toml:1:1: an entry is either `from` and `to`, or a `cycle` of two locks or more, or `code` and `lock`"#]]);
    directory.check(
        &replay("missing.toml"),
        expect![[r#"
        exit 2
        err: error: failed to read `missing.toml`: No such file or directory (os error 2)"#]],
    );
}
