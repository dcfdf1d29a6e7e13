//! The graph of a run, as the validator writes it when the process ends.

use std::fs;
use std::process::Command;

use dot_parser::{ast, canonical};
use heldby::model::{DependencyEdge, GraphSnapshot};

use crate::process::run;

#[test]
fn json_reads_back_and_holds_the_order_with_its_sites() {
    let text = dump("graph.json");
    let graph = GraphSnapshot::from_json(&text).expect("we wrote it");
    assert_eq!(graph.to_json(), text);
    let edge = find(&graph, "mmap_lock", "vm_lock");
    // Whoever was first: an arena's thread, or the forker.
    for site in [&edge.held_site, &edge.acquired_site] {
        let is_ours = site.file.starts_with("instrumented-demo/src/");
        assert!(is_ours && site.line > 0, "{site}");
    }
}

#[test]
fn dot_parses_and_holds_the_order() {
    let text = dump("graph.dot");
    let graph = ast::Graph::try_from(text.as_str()).expect("it is DOT");
    let graph = canonical::Graph::from(graph);
    assert!(graph.edges.set.len() >= 3, "{text}");
    let edge = text
        .lines()
        .find(|line| line.contains("mmap_lock -> vm_lock"));
    let edge = edge.unwrap_or_else(|| panic!("the order is missing in:\n{text}"));
    assert_eq!(edge.matches("instrumented-demo/src/").count(), 2, "{edge}");
}

/// Runs the pager shortly and returns the graph that it leaves in `file`.
fn dump(file: &str) -> String {
    let path = format!("{}/{file}", env!("CARGO_TARGET_TMPDIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_instrumented-demo"));
    command.args(["page", "--backend=software", "--mib=1", "--seconds=0"]);
    run(command, &[("HELDBY_DUMP", &path)]).check(0, &["verdict         clean"]);
    let text = fs::read_to_string(&path).expect("the graph was written");
    fs::remove_file(path).expect("it is ours");
    text
}

fn find<'a>(graph: &'a GraphSnapshot, from: &str, to: &str) -> &'a DependencyEdge {
    let id = |name| {
        graph
            .classes
            .iter()
            .find(|class| class.name == name)
            .map(|class| class.id)
    };
    let (from, to) = (id(from), id(to));
    let mut edges = graph.dependencies.iter();
    let edge = edges.find(|edge| Some(edge.from) == from && Some(edge.to) == to);
    edge.expect("the order was seen")
}
