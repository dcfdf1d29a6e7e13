//! The graph of a run, as the validator writes it when the process ends.

use std::fs;
use std::process::Command;

use dot_parser::{ast, canonical};
use heldby::model::{DependencyEdge, GraphSnapshot};

use crate::process::run;

/// A run under load, whose threads race for who is the first to take an order.
const LOAD: [&str; 4] = ["page", "--backend=software", "--mib=1", "--seconds=0"];
/// A run that takes the order at two places of its own, whoever else runs.
const BUG: [&str; 2] = ["bug", "vma-then-mmap"];

#[test]
fn json_reads_back_and_holds_the_order_with_its_sites() {
    for (arguments, exit) in [(&LOAD[..], 0), (&BUG[..], 1)] {
        let text = dump("graph.json", arguments, exit);
        let graph = GraphSnapshot::from_json(&text).expect("we wrote it");
        assert_eq!(graph.to_json(), text);
        let edge = find(&graph, "mmap_lock", "vm_lock");
        for site in [&edge.held_site, &edge.acquired_site] {
            let is_the_bugs = site.file.ends_with("src/bugs/vma_then_mmap.rs");
            assert!(site.line > 0 && (is_the_bugs || exit == 0), "{site}");
        }
    }
}

#[test]
fn dot_parses_and_holds_the_order() {
    for (arguments, exit, edges) in [(&LOAD[..], 0, 3), (&BUG[..], 1, 2)] {
        let text = dump("graph.dot", arguments, exit);
        let graph = ast::Graph::try_from(text.as_str()).expect("it is DOT");
        let graph = canonical::Graph::from(graph);
        assert!(graph.edges.set.len() >= edges, "{text}");
        let edge = text
            .lines()
            .find(|line| line.contains("mmap_lock -> vm_lock"));
        let edge = edge.unwrap_or_else(|| panic!("the order is missing in:\n{text}"));
        let sites = edge.matches("src/bugs/vma_then_mmap.rs:").count();
        assert!(sites == 2 || exit == 0, "{edge}");
    }
}

/// Runs the demo and returns the graph that it leaves in `file`.
fn dump(file: &str, arguments: &[&str], exit: i32) -> String {
    let path = format!("{}/{file}", env!("CARGO_TARGET_TMPDIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_instrumented-demo"));
    command.args(arguments);
    let verdict = match exit {
        0 => "verdict         clean",
        _ => "`vma-then-mmap` was reported: HB0001",
    };
    run(command, &[("HELDBY_DUMP", &path)]).check(exit, &[verdict]);
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
