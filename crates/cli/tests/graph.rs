//! `heldby graph` as a user meets it: its formats, its exit codes, and what it says to bad input.

mod common;

use std::fs::{self, File};
use std::process::Output;

use expect_test::expect;

use common::{Directory, shown};

/// Two classes in opposite orders, as `HELDBY_DUMP=graph.json` writes them.
const GRAPH: &str = r#"{
  "format": 1,
  "classes": [
    {"id": 3, "name": "routes", "type": "mutex", "made_at": "src/main.rs:9:20", "instances": 1},
    {"id": 4, "name": "session", "type": "mutex", "instances": 1}
  ],
  "dependencies": [
    {"from": 3, "to": 4, "kind": "EW", "state": "reported",
     "held_site": "src/main.rs:3:13", "acquired_site": "src/main.rs:3:38", "thread": "replier"},
    {"from": 4, "to": 3, "kind": "EW", "state": "reported",
     "held_site": "src/main.rs:6:14", "acquired_site": "src/main.rs:6:40", "thread": "reloader"}
  ]
}
"#;

fn directory(test: &str) -> Directory {
    let directory = Directory::new(&format!("graph-{test}"));
    directory.file("g.json", GRAPH);
    directory
}

fn run(directory: &Directory, arguments: &[&str]) -> Output {
    directory.heldby(arguments).output().expect("heldby runs")
}

#[test]
fn dot_is_what_is_drawn_without_a_format() {
    let directory = directory("dot");
    directory.check(
        &["graph", "g.json"],
        expect![[r#"
            exit 0
            out: digraph {
                0 [ label="routes\nmutex\nmade at src/main.rs:9:20\n1 instance"]
                1 [ label="session\nmutex\n1 instance"]
                0 -> 1 [ label="EW\nheld at src/main.rs:3:13\nacquired at src/main.rs:3:38\nthread replier", tooltip="routes -> session", color=red, fontcolor=red]
                1 -> 0 [ label="EW\nheld at src/main.rs:6:14\nacquired at src/main.rs:6:40\nthread reloader", tooltip="session -> routes", color=red, fontcolor=red]
            }"#]],
    );
}

#[test]
fn json_reads_back_as_the_same_graph() {
    let directory = directory("json");
    let once = run(&directory, &["graph", "--format", "json", "g.json"]);
    assert_eq!(once.status.code(), Some(0));
    directory.file("again.json", &once.stdout);
    let file = File::open(directory.0.join("again.json")).expect("it was written");
    let mut again = directory.heldby(&["graph", "--format", "json", "-"]);
    let again = again.stdin(file).output().expect("heldby runs");
    assert_eq!(shown(&again), shown(&once));
}

#[test]
fn html_is_one_page_without_a_network() {
    let directory = directory("html");
    let page = run(&directory, &["graph", "--html", "g.json"]);
    let page = String::from_utf8(page.stdout).expect("a page is UTF-8");
    let (head, _) = page.split_once("<style>").expect("a page has a style");
    expect![[r#"
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Lock order</title>
    "#]]
    .assert_eq(head);
    assert!(page.contains("The Cytoscape Consortium"));
}

#[test]
fn the_ending_of_the_output_tells_the_format() {
    let directory = directory("ending");
    let rows = [
        (&["-o", "g.html"][..], "g.html", "<!doctype html>"),
        (&["-o", "g.dot"], "g.dot", "digraph {"),
        (&["-o", "copy.json"], "copy.json", "{\n"),
        (&["-o", "g.txt"], "g.txt", "digraph {"),
        (&["--html", "-o", "g.txt"], "g.txt", "<!doctype html>"),
        (&["--format", "json", "-o", "g.html"], "g.html", "{\n"),
    ];
    for (options, file, start) in rows {
        let output = run(&directory, &[&["graph", "g.json"], options].concat());
        assert_eq!(shown(&output), "exit 0", "{options:?}");
        let text = fs::read_to_string(directory.0.join(file)).expect("it was written");
        assert!(text.starts_with(start), "{options:?}");
    }
}

#[test]
fn names_of_any_kind_stay_data() {
    let directory = directory("names");
    let names = [
        "<script>alert(1)</script>",
        r#"\"]]>&"#,
        "<!--",
        "{{graph}}",
        "line\u{2028}\u{2029}",
    ];
    for name in names {
        directory.file("named.json", GRAPH.replace("session", name));
        let output = run(&directory, &["graph", "--html", "named.json"]);
        let page = String::from_utf8(output.stdout).expect("a page is UTF-8");
        let (_, rest) = page
            .split_once("<script type=\"application/json\" id=\"graph\">")
            .expect("the data stands in its element");
        let (data, _) = rest.split_once("</script>").expect("which ends");
        let forbidden = ['<', '>', '&', '\u{2028}', '\u{2029}'];
        assert!(!data.contains(forbidden), "{name}");
        let data: serde_json::Value = serde_json::from_str(data).expect("the data is JSON");
        let wanted: String = serde_json::from_str(&format!("\"{name}\"")).expect("a name");
        assert_eq!(data["classes"][1]["name"], wanted.as_str());
        assert_eq!(
            page.matches("alert(1)").count(),
            usize::from(name.contains("alert"))
        );
    }
}

#[test]
fn bad_input_ends_with_2_and_says_what_to_do() {
    let directory = directory("bad");
    directory
        .file("empty.json", "")
        .file("cut.json", &GRAPH[..200])
        .file("foreign.json", "{\"nodes\": []}")
        .file("g.dot", "digraph {\n}")
        .file("missing.json", "{\"format\": 1,\n \"classes\": []}")
        .file(
            "site.json",
            GRAPH.replace("src/main.rs:6:40", "src/main.rs"),
        )
        .file("newer.json", "{\"format\": 2, \"locks\": []}")
        .file("latin.json", b"{\n\"\xe9\"}");
    let check = |file: &str, expect: expect_test::Expect| {
        directory.check(&["graph", file], expect);
    };
    check(
        "empty.json",
        expect![[r#"
        exit 2
        err: error: failed to read the graph `empty.json`: it is empty; `HELDBY_DUMP=FILE.json` makes a program write its graph when it exits"#]],
    );
    check(
        "cut.json",
        expect![[r#"
            exit 2
            err: error: failed to read the graph `cut.json`: line 7, column 1: it ends too early, as if its program was killed; `HELDBY_DUMP=FILE.json` makes a program write its graph when it exits"#]],
    );
    check(
        "foreign.json",
        expect![[r#"
        exit 2
        err: error: failed to read the graph `foreign.json`: line 1, column 13: missing field `format`; `HELDBY_DUMP=FILE.json` makes a program write its graph when it exits"#]],
    );
    check(
        "g.dot",
        expect![[r#"
        exit 2
        err: error: failed to read the graph `g.dot`: line 1, column 1: expected value; `HELDBY_DUMP=FILE.json` makes a program write its graph when it exits"#]],
    );
    check(
        "missing.json",
        expect![[r#"
        exit 2
        err: error: failed to read the graph `missing.json`: line 2, column 15: missing field `dependencies`; `HELDBY_DUMP=FILE.json` makes a program write its graph when it exits"#]],
    );
    check(
        "site.json",
        expect![[r#"
        exit 2
        err: error: failed to read the graph `site.json`: line 11, column 68: `src/main.rs` is not a site; expected `file:line:column`; `HELDBY_DUMP=FILE.json` makes a program write its graph when it exits"#]],
    );
    check(
        "newer.json",
        expect![[r#"
        exit 2
        err: error: failed to read the graph `newer.json`: format `2` is unknown; known: `1`; use the `heldby` of the version that wrote it"#]],
    );
    check(
        "latin.json",
        expect![[r#"
        exit 2
        err: error: failed to read `latin.json`: line 2, column 2: not UTF-8 from here on"#]],
    );
    check(
        "absent.json",
        expect![[r#"
        exit 2
        err: error: failed to read the graph `absent.json`: No such file or directory (os error 2); `HELDBY_DUMP=FILE.json` makes a program write its graph when it exits"#]],
    );
    check(
        ".",
        expect![[r#"
            exit 2
            err: error: no record in `.`; run a program that is validated with HELDBY_DIR set"#]],
    );
}

#[test]
fn a_picture_is_left_to_graphviz() {
    let directory = directory("picture");
    directory.check(
        &["graph", "g.json", "-o", "g.svg"],
        expect![[r#"
            exit 2
            err: error: no `svg` is drawn here; known: dot, json, html; a picture is drawn by Graphviz: heldby graph ... | dot -Tsvg -o g.svg"#]],
    );
    assert!(!directory.0.join("g.svg").exists());
    let asked = run(
        &directory,
        &["graph", "g.json", "--format", "dot", "-o", "g.svg"],
    );
    assert_eq!(shown(&asked), "exit 0");
}

#[test]
fn what_cannot_be_written_ends_with_2() {
    let directory = directory("unwritable");
    directory.check(
        &["graph", "g.json", "-o", "none/g.dot"],
        expect![[r#"
        exit 2
        err: error: failed to write `none/g.dot`: No such file or directory (os error 2)"#]],
    );
    directory.check(
        &["graph", "--html", "--format", "dot", "g.json"],
        expect![[r#"
            exit 2
            err: error: the argument '--html' cannot be used with '--format <FORMAT>'; Usage: heldby graph --html <FILE|DIR>"#]],
    );
}

#[test]
fn help_has_examples() {
    directory("help").check(
        &["graph", "--help"],
        expect![[r#"
            exit 0
            out: Show the graph of records, or one that `HELDBY_DUMP=FILE.json` wrote: for Graphviz, as JSON, or as a page

            Usage: heldby graph [OPTIONS] <FILE|DIR>

            Arguments:
              <FILE|DIR>
                      The graph, a record or a directory of records; `-` is a graph on standard input

            Options:
                  --format <FORMAT>
                      What is written; without it the ending of OUT tells, and `dot` is the default

                      Possible values:
                      - dot:  the language of Graphviz
                      - json: what was read
                      - html: one page that shows cycles, places and threads

                  --html
                      Short for `--format html`

              -o, --output <OUT>
                      Where it is written instead of standard output

              -h, --help
                      Print help (see a summary with '-h')

            Examples:
              A program writes its graph when it exits:
                HELDBY_DUMP=graph.json target/debug/program

              The graph as one page to look at in a browser; it loads nothing from a network:
                heldby graph graph.json -o graph.html

              What all processes of a test run saw:
                heldby graph target/heldby -o graph.html

              A drawing of Graphviz:
                heldby graph graph.json | dot -Tsvg -o graph.svg

            Exit status:
              0  written
              2  bad input, or nowhere to write"#]],
    );
}
