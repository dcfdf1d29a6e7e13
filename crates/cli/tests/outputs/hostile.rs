//! Names and files that would be something else to a careless reader.

use serde_json::json;

use crate::common::Directory;
use crate::inputs::{printed, record, valid};
use crate::sarif::standard;

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

#[test]
fn hostile_names_stay_names() {
    let directory = Directory::new("outputs-hostile");
    let schema = standard();
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
    let schema = standard();
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

#[test]
fn what_cannot_be_read_is_told_on_one_line() {
    let directory = Directory::new("outputs-troubles");
    for &name in HOSTILE {
        let text = record(["a", "b"], ["s", "t"], true, 0);
        let site = json!({ "class": {"id": 3, "name": "c", "type": "m", "made_at": name} });
        directory.file("run.jsonl", format!("{text}{site}\n"));
        let output = directory.heldby(&["report", "run.jsonl"]).output();
        let output = output.expect("heldby runs");
        let told = String::from_utf8(output.stderr).expect("it is UTF-8");
        assert!(
            told.starts_with("note: skipped line 6 of `run.jsonl`: "),
            "{told}"
        );
        assert_eq!(told.matches(char::is_control).count(), 1, "{told:?}");
    }
}
