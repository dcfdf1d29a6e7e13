//! JSON: the names that readers rely on, and that what was written is read back unchanged.

use expect_test::expect;
use heldby_model::{Code, Findings, GraphSnapshot, Report};

use crate::dot::snapshot;
use crate::reports::report;

#[test]
fn reports_of_every_code_read_back_unchanged() {
    for &code in Code::ALL {
        let report = report(code);
        let text = serde_json::to_string(&report).expect("a report becomes JSON");
        let back: Report = serde_json::from_str(&text).expect("a report is read back");
        assert_eq!(back, report);
    }
}

#[test]
fn findings_read_back_unchanged() {
    let findings = Findings::new(
        vec![report(Code::Hb0001), report(Code::Hb0201)],
        vec![report(Code::Hb0004)],
        vec![report(Code::Hb0002)],
    );
    let back: Findings = serde_json::from_str(&findings.to_json()).expect("findings are read back");
    assert_eq!(back, findings);
}

#[test]
fn a_snapshot_reads_back_unchanged() {
    let snapshot = snapshot();
    let back = GraphSnapshot::from_json(&snapshot.to_json()).expect("a snapshot is read back");
    assert_eq!(back, snapshot);
}

#[test]
fn what_is_no_snapshot_is_refused_with_its_reason() {
    let missing = r#"{"format":1,"classes":[]}"#;
    let rows = [
        ("", "not a graph snapshot"),
        ("[]", "not a graph snapshot"),
        (missing, "not a graph snapshot"),
        (
            r#"{"format":2,"nodes":{}}"#,
            "format `2` is unknown; known: `1`",
        ),
    ];
    for (text, reason) in rows {
        let error = GraphSnapshot::from_json(text).expect_err(text);
        assert_eq!(error.to_string(), reason, "{text}");
    }
}

#[test]
fn names_of_the_contract() {
    let mut report = report(Code::Hb0001);
    report.stack.clear();
    report.classes.clear();
    report.held.clear();
    for dependency in &mut report.cycle {
        dependency.acquired_stack.clear();
    }
    let text = serde_json::to_string_pretty(&report).expect("a report becomes JSON");
    expect![[r#"
        {
          "code": "HB0001",
          "kind": "circular-dependency",
          "certainty": "possible",
          "title": "possible deadlock: `routes` and `session` are locked in opposite orders",
          "locks": [
            "routes",
            "session"
          ],
          "thread": "reloader",
          "site": "src/reload.rs:89:37",
          "function": "Router::reload",
          "wanted": {
            "lock": "routes",
            "mode": "write"
          },
          "cycle": [
            {
              "from": "routes",
              "to": "session",
              "kind": "SW",
              "from_mode": "read",
              "to_mode": "write",
              "to_instance": 12,
              "held_site": "src/reply.rs:61:34",
              "acquired_site": "src/reply.rs:62:36",
              "held_function": "Router::send_reply",
              "acquired_function": "Router::send_reply",
              "thread": "net-3",
              "age_ms": 2140
            },
            {
              "from": "session",
              "to": "routes",
              "kind": "EW",
              "from_mode": "write",
              "to_mode": "write",
              "from_instance": 12,
              "held_site": "src/reload.rs:88:36",
              "acquired_site": "src/reload.rs:89:37",
              "held_function": "Router::reload",
              "acquired_function": "Router::reload",
              "thread": "reloader"
            }
          ],
          "held": [],
          "classes": [],
          "notes": [
            "dependency 1 only reads `routes`, and it still counts: a held read blocks the write in 2.",
            "nothing hung in this run. Both orders were seen, so some run can hang.",
            "`routes` is a std::sync::RwLock made at src/router.rs:18 (1 instance).",
            "`session` is a std::sync::Mutex made at src/session.rs:9 (64 instances, #12 each time)."
          ],
          "help": [
            "take `routes` before `session` in Router::reload, as Router::send_reply does, or drop the `session` guard before src/reload.rs:89."
          ]
        }"#]].assert_eq(&text);
}
