//! SARIF, held against the schema of the standard.

use expect_test::expect;
use heldby_model::Code;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::common::Directory;
use crate::inputs::{printed, record, scenario, schema, valid};

/// The validator of the standard's own schema.
///
/// One of its patterns, of a property that is not written here, has a bracket too many for a regular
/// expression of ECMA-262; it is left out.
pub(crate) fn standard() -> Validator {
    let text = include_str!("sarif-schema-2.1.0.json");
    schema(&text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$"))
}

#[test]
fn sarif_of_every_code_fits_the_standards_schema() {
    let directory = Directory::new("outputs-codes");
    let schema = standard();
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
    let schema = standard();
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
    assert_eq!(valid(&standard(), &text)["runs"][0]["results"], json!([]));
}

#[test]
fn a_result_has_its_places_and_how_it_hangs() {
    let directory = Directory::new("outputs-result");
    let text = record(["routes", "session"], ["reply", "reload"], true, 0);
    directory.file("run.jsonl", text);
    let text = printed(&directory, &["report", "--format", "sarif", "run.jsonl"]);
    let result = &valid(&standard(), &text)["runs"][0]["results"][0];
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
        help: take `routes` before `session` at src/net.rs:121, as src/net.rs:111 does, or drop the `session` guard before src/net.rs:121.
        {"heldbyFinding/v1":"d5086874a31d704b"}"#]].assert_eq(&lines.join("\n"));
}

/// The fingerprints of the results.
fn fingerprints(directory: &Directory, record: &str) -> Vec<String> {
    let text = printed(directory, &["report", "--format", "sarif", record]);
    let log = valid(&standard(), &text);
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
