//! Findings for machines, as a user meets them: SARIF and annotations.

mod common;

use std::fs;
use std::path::Path;

use expect_test::expect;
use heldby_model::Code;
use serde_json::{Value, json};

use common::Directory;

/// What a lock or a thread may be called by someone who means no good.
const HOSTILE: &[&str] = &[
    "a\n::error file=x::injected",
    "a\r\n::set-env name=PATH::/tmp",
    "%0A::error::50%,title=x:y",
    "[click](http://example.org)",
    "\u{1b}[31mred\u{7}",
    "{0} {{1}} ${{ secrets.TOKEN }}",
    "<img src=x onerror=alert(1)>",
    "`code` \"quoted\" \\ back",
    "",
    "\u{202e}desrever \u{fc}",
];

/// The validator of the standard's own schema.
///
/// One of its patterns, of a property that is not written here, has a bracket too many for a regular
/// expression of ECMA-262; it is left out.
fn sarif() -> jsonschema::Validator {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sarif/sarif-schema-2.1.0.json");
    let text = fs::read_to_string(file).expect("the schema is there");
    let text = text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
}

#[track_caller]
fn valid(schema: &jsonschema::Validator, text: &str) -> Value {
    let value: Value = serde_json::from_str(text).expect("it is JSON");
    let errors: Vec<_> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
    value
}

/// The scenario of a code's page, if it has one.
fn scenario(code: Code) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join(format!("docs/codes/{code}.md"))).expect("a page");
    let (_, after) = page.split_once("```scenario\n")?;
    after.split_once("\n```").map(|(text, _)| text.to_owned())
}

/// A record of two threads that take two locks in opposite orders, `down` lines lower than they did.
fn record(names: [&str; 2], threads: [&str; 2], named: bool, down: u32) -> String {
    let at = |line: u32| format!("src/net.rs:{}:7", line + down);
    let mut lines = vec![json!({"heldby": 1, "profile": "userspace", "processes": [
        {"executable": "/t/net", "build": format!("b{down}"), "pid": 1, "started_ms": 1}]})];
    for (id, name) in (1..).zip(names) {
        let mut class = json!({"id": id, "name": name, "type": "std::sync::Mutex",
            "made_at": at(id)});
        if named {
            class["named"] = json!(true);
        }
        lines.push(json!({"class": class}));
    }
    for (from, thread) in (1..).zip(threads) {
        let (held, acquired) = (at(100 + from * 10), at(101 + from * 10));
        lines.push(
            json!({"dependency": {"from": from, "to": 3 - from, "kind": "EW",
            "from_mode": "write", "to_mode": "write", "held_site": held,
            "acquired_site": acquired, "thread": thread, "at_ms": from}}),
        );
    }
    lines.iter().map(|line| line.to_string() + "\n").collect()
}

fn printed(directory: &Directory, arguments: &[&str]) -> String {
    let output = directory.heldby(arguments).output().expect("heldby runs");
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

#[test]
fn sarif_of_every_code_fits_the_standards_schema() {
    let directory = Directory::new("outputs-codes");
    let schema = sarif();
    for &code in Code::ALL {
        let Some(scenario) = scenario(code) else {
            continue;
        };
        directory.file("scenario", &scenario);
        let text = printed(&directory, &["replay", "--format", "sarif", "scenario"]);
        let log = valid(&schema, &text);
        let run = &log["runs"][0];
        assert_eq!(run["results"][0]["ruleId"], code.as_str());
        assert_eq!(run["tool"]["driver"]["rules"][0]["id"], code.as_str());
        assert_eq!(run["results"][0]["level"], "error");
    }
}

#[test]
fn the_schema_refuses_what_is_no_sarif() {
    let schema = sarif();
    let rows = [
        json!({"version": "2.1.0", "runs": [], "extra": 1}),
        json!({"version": "2.0.0", "runs": []}),
        json!({"version": "2.1.0", "runs": [{"results": []}]}),
    ];
    for row in rows {
        assert!(!schema.is_valid(&row), "{row}");
    }
}

#[test]
fn clean_is_a_run_without_results() {
    let directory = Directory::new("outputs-clean");
    directory.file("scenario", "T1: w(mutex:A) w(mutex:B)");
    let text = printed(&directory, &["replay", "--format", "sarif", "scenario"]);
    assert_eq!(valid(&sarif(), &text)["runs"][0]["results"], json!([]));
    directory.check(
        &["replay", "--format", "github", "scenario"],
        expect!["exit 0"],
    );
}

#[test]
fn a_result_has_its_places_and_how_it_hangs() {
    let directory = Directory::new("outputs-result");
    let text = record(["routes", "session"], ["reply", "reload"], true, 0);
    directory.file("run.jsonl", text);
    let text = printed(&directory, &["report", "--format", "sarif", "run.jsonl"]);
    let result = &valid(&sarif(), &text)["runs"][0]["results"][0];
    let place = |location: &Value| {
        let physical = &location["physicalLocation"];
        let (file, region) = (&physical["artifactLocation"], &physical["region"]);
        format!(
            "{}{} {}:{}: {}",
            file["uriBaseId"],
            file["uri"],
            region["startLine"],
            region["startColumn"],
            location["message"]["text"]
        )
    };
    let mut lines = vec![place(&result["locations"][0])];
    for flow in result["codeFlows"][0]["threadFlows"]
        .as_array()
        .expect("flows")
    {
        lines.push(flow["id"].to_string());
        let steps = flow["locations"].as_array().expect("locations");
        lines.extend(
            steps
                .iter()
                .map(|step| format!("  {} {}", step["executionOrder"], place(&step["location"]))),
        );
    }
    lines.push(result["message"]["text"].as_str().expect("text").to_owned());
    lines.push(result["partialFingerprints"].to_string());
    expect![[r#"
        "%SRCROOT%""src/net.rs" 121:7: null
        "reply"
          1 "%SRCROOT%""src/net.rs" 110:7: "dependency 1, held `routes` (lock), thread `reply`"
          3 "%SRCROOT%""src/net.rs" 111:7: "dependency 1, acquired `session` (lock), thread `reply`"
        "reload"
          2 "%SRCROOT%""src/net.rs" 120:7: "dependency 2, held `session` (lock), thread `reload`"
          4 "%SRCROOT%""src/net.rs" 121:7: "dependency 2, acquired `routes` (lock), thread `reload`"
        possible deadlock: `routes` and `session` are locked in opposite orders, at src/net.rs:121:7, thread `reload`
        note: nothing hung in this run. Both orders were seen, so some run can hang.
        note: `routes` is a std::sync::Mutex made at src/net.rs:1 (1 instance).
        note: `session` is a std::sync::Mutex made at src/net.rs:2 (1 instance).
        help: take `routes` before `session` in src/net.rs:121, as src/net.rs:111 does, or drop the `session` guard before src/net.rs:121.
        {"heldbyFinding/v1":"d5086874a31d704b"}"#]].assert_eq(&lines.join("\n"));
}

#[test]
fn annotations_are_one_error_and_its_places() {
    let directory = Directory::new("outputs-github");
    let text = record(["routes", "session"], ["reply", "reload"], true, 0);
    directory.file("run.jsonl", text);
    directory.check(&["report", "--format", "github", "run.jsonl"], expect![[r#"
        exit 1
        out: ::error file=src/net.rs,line=121,col=7,title=HB0001::possible deadlock: `routes` and `session` are locked in opposite orders%0Aat src/net.rs:121:7, thread `reload`%0Ahelp: take `routes` before `session` in src/net.rs:121, as src/net.rs:111 does, or drop the `session` guard before src/net.rs:121.%0AMore: heldby explain HB0001
        ::notice file=src/net.rs,line=110,col=7,title=HB0001::dependency 1, held `routes` (lock), thread `reply`
        ::notice file=src/net.rs,line=111,col=7,title=HB0001::dependency 1, acquired `session` (lock), thread `reply`
        ::notice file=src/net.rs,line=120,col=7,title=HB0001::dependency 2, held `session` (lock), thread `reload`
        ::notice file=src/net.rs,line=1,col=7,title=HB0001::`routes` is made here, a std::sync::Mutex
        ::notice file=src/net.rs,line=2,col=7,title=HB0001::`session` is made here, a std::sync::Mutex"#]]);
}

#[test]
fn a_place_outside_the_sources_is_shown_at_its_caller() {
    let directory = Directory::new("outputs-outside");
    let text = record(["routes", "session"], ["reply", "reload"], true, 0);
    let text = text.replace("src/net.rs:121:7", "/registry/pool/src/lib.rs:9:1");
    let stack = r#""acquired_stack":[{"function":"pool::get","site":"/registry/pool/src/lib.rs:9:1"},{"function":"net::reload","site":"src/reload.rs:5:3"}],"at_ms":2"#;
    directory.file("run.jsonl", text.replace(r#""at_ms":2"#, stack));
    let annotations = printed(&directory, &["report", "--format", "github", "run.jsonl"]);
    let first = annotations.lines().next().expect("a line");
    assert!(
        first.starts_with("::error file=src/reload.rs,line=5,col=3,title=HB0001::"),
        "{first}"
    );
    assert!(
        first.contains("at /registry/pool/src/lib.rs:9:1"),
        "{first}"
    );
    let text = printed(&directory, &["report", "--format", "sarif", "run.jsonl"]);
    let result = &valid(&sarif(), &text)["runs"][0]["results"][0];
    let uri = |location: &Value| location["physicalLocation"]["artifactLocation"].clone();
    assert_eq!(
        uri(&result["locations"][0]),
        json!({"uri": "src/reload.rs", "uriBaseId": "%SRCROOT%"})
    );
    assert_eq!(
        uri(&result["relatedLocations"][3]),
        json!({"uri": "file:///registry/pool/src/lib.rs"})
    );
}

#[test]
fn what_is_not_reported_is_a_note_where_it_is_asked_for() {
    let directory = Directory::new("outputs-pending");
    let schema = sarif();
    directory.file(
        "scenario",
        "T1: w(mutex:G) w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) u(mutex:G) \
         T2: w(mutex:G) w(mutex:B) w(mutex:A)",
    );
    let sarif = ["replay", "--format", "sarif", "scenario", "--with-pending"];
    let text = printed(&directory, &sarif[..4]);
    assert_eq!(valid(&schema, &text)["runs"][0]["results"], json!([]));
    let text = printed(&directory, &sarif);
    let result = &valid(&schema, &text)["runs"][0]["results"][0];
    assert_eq!(result["level"], "note");
    let message = result["message"]["text"].as_str().expect("a text");
    assert!(message.starts_with("gated: "), "{message}");
    directory.check(
        &["replay", "--format", "github", "scenario", "--with-pending"],
        expect![[r#"
            exit 0
            out: ::notice file=scenario,line=1,col=97,title=HB0001 (gated)::possible deadlock: `A` and `B` are locked in opposite orders%0Aat scenario:1:97, thread `T2`"#]],
    );
}

#[test]
fn hostile_names_stay_names() {
    let directory = Directory::new("outputs-hostile");
    let schema = sarif();
    for &name in HOSTILE {
        directory.file("run.jsonl", record([name, "b"], [name, "t"], true, 0));
        let text = printed(&directory, &["report", "--format", "sarif", "run.jsonl"]);
        assert_eq!(text.lines().count(), 1, "{name:?}");
        let log = valid(&schema, &text);
        let results = log["runs"][0]["results"].as_array().expect("results");
        assert_eq!(results.len(), 1, "{name:?}");
        let message = results[0]["message"]["text"].as_str().expect("a text");
        assert!(!message.contains("]("), "{name:?}: {message:?}");

        let text = printed(&directory, &["report", "--format", "github", "run.jsonl"]);
        let lines: Vec<_> = text.lines().collect();
        let commands = lines.iter().map(|line| line.split(' ').next());
        let commands: Vec<_> = commands.map(Option::unwrap_or_default).collect();
        let expected = [
            "::error", "::notice", "::notice", "::notice", "::notice", "::notice",
        ];
        assert_eq!(commands, expected, "{name:?}");
        let control = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(control), "{name:?}: {text:?}");
        for line in lines {
            let properties = line.split("::").nth(1).expect("properties");
            assert_eq!(properties.matches(',').count(), 3, "{name:?}: {line}");
        }
    }
}

#[test]
fn hostile_files_stay_files() {
    let directory = Directory::new("outputs-files");
    let schema = sarif();
    for &name in HOSTILE {
        let text = record(["a", "b"], ["s", "t"], true, 0);
        let file = json!(name).to_string();
        let text = text.replace("src/net.rs", &format!("src/{}", file.trim_matches('"')));
        directory.file("run.jsonl", text);
        let text = printed(&directory, &["report", "--format", "sarif", "run.jsonl"]);
        valid(&schema, &text);
        let text = printed(&directory, &["report", "--format", "github", "run.jsonl"]);
        let errors = text.lines().filter(|line| line.starts_with("::error "));
        assert_eq!(errors.count(), 1, "{text}");
        let notices = text.lines().filter(|line| line.starts_with("::notice "));
        assert_eq!(notices.count(), text.lines().count() - 1, "{text}");
    }
}

/// The fingerprints of the results.
fn fingerprints(directory: &Directory, record: &str) -> Vec<String> {
    let text = printed(directory, &["report", "--format", "sarif", record]);
    let log = valid(&sarif(), &text);
    let results = log["runs"][0]["results"].as_array().expect("results");
    let prints = results.iter().map(|result| &result["partialFingerprints"]);
    prints
        .map(|prints| {
            prints["heldbyFinding/v1"]
                .as_str()
                .expect("a print")
                .to_owned()
        })
        .collect()
}

#[test]
fn a_fingerprint_stays_when_lines_move_and_goes_with_the_locks() {
    let directory = Directory::new("outputs-moved");
    let unnamed = |down: u32| {
        let name = |line: u32| format!("std::sync::Mutex<u8>@net.rs:{}", line + down);
        record([&name(1), &name(2)], ["reply", "reload"], false, down)
    };
    directory
        .file("base.jsonl", unnamed(0))
        .file("moved.jsonl", unnamed(40))
        .file(
            "other.jsonl",
            record(["a", "b"], ["reply", "reload"], true, 0),
        );
    let base = fingerprints(&directory, "base.jsonl");
    assert_eq!(base.len(), 1);
    assert_eq!(base, fingerprints(&directory, "moved.jsonl"));
    assert_ne!(base, fingerprints(&directory, "other.jsonl"));
}

#[test]
fn findings_go_to_a_file() {
    let directory = Directory::new("outputs-file");
    let text = record(["routes", "session"], ["reply", "reload"], true, 0);
    directory.file("run.jsonl", text);
    let report = ["report", "--format", "sarif", "run.jsonl"];
    let printed = printed(&directory, &report);
    directory.check(
        &[&report[..], &["--findings", "out.sarif"]].concat(),
        expect!["exit 1"],
    );
    let written = fs::read_to_string(directory.0.join("out.sarif")).expect("a file");
    assert_eq!(written, printed);
    directory.check(
        &[&report[..], &["--findings", "no/out.sarif"]].concat(),
        expect![[r#"
            exit 2
            err: error: failed to write `no/out.sarif`: No such file or directory (os error 2)"#]],
    );
}
