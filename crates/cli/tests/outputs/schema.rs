//! What `heldby` prints and writes as JSON, held against the schemas of `docs/schema`.

use std::fs;

use heldby_model::Code;
use jsonschema::Validator;
use serde_json::Value;

use crate::common::Directory;
use crate::inputs::{self, printed, root, scenario, valid};

fn schema(name: &str) -> Validator {
    let text = fs::read_to_string(root().join("docs/schema").join(name));
    inputs::schema(&text.unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// A record of two processes: a class of each form, dependencies in both orders, a gate and a report.
const RECORD: &str = r#"{"heldby":1,"profile":"userspace","processes":[{"executable":"/t/a","build":"b","pid":1,"started_ms":1},{"executable":"/t/a","build":"b","pid":2,"started_ms":2}]}
{"class":{"id":1,"name":"routes","named":true,"type":"std::sync::RwLock","made_at":"src/router.rs:18:5"}}
{"class":{"id":2,"name":"std::sync::Mutex<u8>@net.rs:9","type":"std::sync::Mutex","made_at":"src/net.rs:9:5","build":"b"}}
{"class":{"id":3,"name":"worker","type":"thread","role":"thread"}}
{"writer":{"class":1}}
{"second":{"class":3}}
{"dependency":{"from":1,"to":2,"kind":"EW","from_mode":"write","to_mode":"write","held_site":"src/net.rs:10:7","acquired_site":"src/net.rs:11:7","thread":"t","at_ms":1,"gates":[3]}}
{"gates":{"from":1,"to":2,"kind":"EW","gates":[]}}
{"dependency":{"from":2,"to":1,"kind":"EW","from_mode":"write","to_mode":"write","held_site":"src/net.rs:20:7","acquired_site":"src/net.rs:21:7","thread":"u","at_ms":2,"process":1,"acquired_stack":[{"function":"f","site":"src/net.rs:21:7"},{"function":"g"}]}}
{"dependency":{"from":3,"to":1,"kind":"Er","from_mode":"write","to_mode":"read","held_site":"src/net.rs:30:7","acquired_site":"src/net.rs:31:7","thread":"u","at_ms":3,"process":1,"after_wait":true}}
"#;

#[test]
fn findings_of_every_code() {
    let directory = Directory::new("schema-findings");
    let schema = schema("findings.json");
    let mut seen = 0;
    for &code in Code::ALL {
        let Some(scenario) = scenario(code) else {
            continue;
        };
        directory.file("scenario", scenario);
        valid(
            &schema,
            &printed(&directory, &["replay", "--format", "json", "scenario"]),
        );
        seen += 1;
    }
    assert!(seen > 10, "only {seen} scenarios");
}

#[test]
fn records_and_what_is_made_of_them() {
    let directory = Directory::new("schema-records");
    let lines = schema("record.json");
    directory.file("run.jsonl", RECORD);
    for line in RECORD.lines() {
        valid(&lines, line);
    }
    let findings = printed(
        &directory,
        &["merge", "--format", "json", "run.jsonl", "-o", "all.jsonl"],
    );
    valid(&schema("findings.json"), &findings);

    let mut merged = fs::read_to_string(directory.0.join("all.jsonl")).expect("a record");
    let found: Value = serde_json::from_str(&findings).expect("findings");
    for report in found["reports"].as_array().expect("reports") {
        merged += &serde_json::json!({ "report": report }).to_string();
        merged += "\n";
    }
    for line in merged.lines() {
        valid(&lines, line);
    }
    directory.file("told.jsonl", merged);
    let again = printed(&directory, &["report", "--format", "json", "told.jsonl"]);
    valid(&schema("findings.json"), &again);

    let graph = printed(&directory, &["graph", "--format", "json", "run.jsonl"]);
    valid(&schema("graph.json"), &graph);
    let (header, _) = RECORD.split_once('\n').expect("a header");
    directory.file("empty.jsonl", header.to_owned() + "\n");
    let news = printed(
        &directory,
        &["diff", "--format", "json", "empty.jsonl", "run.jsonl"],
    );
    valid(&schema("diff.json"), &news);
    let news: Value = serde_json::from_str(&news).expect("news");
    for list in ["classes", "dependencies", "reports"] {
        assert!(
            news[list].as_array().is_some_and(|list| !list.is_empty()),
            "{news:#}"
        );
    }
}
