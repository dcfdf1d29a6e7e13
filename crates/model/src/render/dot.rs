//! The graph in the language of Graphviz.

use std::collections::HashMap;

use petgraph::dot::{Config, Dot};
use petgraph::graph::{DiGraph, EdgeReference};

use crate::{ClassNode, DependencyEdge, DependencyKind, GraphSnapshot, State};

/// Draws every class as a node and every dependency as an edge; what was reported is red, and
/// what would be is dashed.
///
/// A dependency on a class that the snapshot does not list still gets its edge, to a node that is
/// named by its number.
#[must_use]
pub fn dot(snapshot: &GraphSnapshot) -> String {
    let mut graph = DiGraph::<String, &DependencyEdge>::new();
    let mut nodes: HashMap<u32, _> = HashMap::new();
    for class in &snapshot.classes {
        nodes.insert(class.id, graph.add_node(node_label(class)));
    }
    for dependency in &snapshot.dependencies {
        let [from, to] = [dependency.from, dependency.to].map(|id| {
            *nodes
                .entry(id)
                .or_insert_with(|| graph.add_node(attribute("label", &unlisted(id))))
        });
        graph.add_edge(from, to, dependency);
    }
    let names: HashMap<u32, &str> = snapshot
        .classes
        .iter()
        .map(|class| (class.id, class.name.as_str()))
        .collect();
    let edge = |_, edge: EdgeReference<'_, &DependencyEdge>| edge_attributes(edge.weight(), &names);
    let node = |_, (_, attributes): (_, &String)| attributes.clone();
    let config = [Config::NodeNoLabel, Config::EdgeNoLabel];
    let drawing = Dot::with_attr_getters(&graph, &config, &edge, &node);
    format!("{drawing:?}")
}

fn unlisted(id: u32) -> String {
    format!("class {id}")
}

fn node_label(class: &ClassNode) -> String {
    let mut lines = vec![class.name.clone(), class.type_name.clone()];
    lines.extend(class.made_at.iter().map(|site| format!("made at {site}")));
    lines.push(match class.instances {
        1 => "1 instance".to_owned(),
        count => format!("{count} instances"),
    });
    attribute("label", &lines.join("\n"))
}

fn edge_attributes(dependency: &DependencyEdge, names: &HashMap<u32, &str>) -> String {
    let name = |id: u32| {
        names
            .get(&id)
            .map_or_else(|| unlisted(id), |&name| name.to_owned())
    };
    let DependencyEdge {
        from,
        to,
        kind,
        held_site,
        acquired_site,
        thread,
        state,
    } = dependency;
    let kind = kind_name(*kind);
    let facts = format!("held at {held_site}\nacquired at {acquired_site}\nthread {thread}");
    let label = attribute("label", &format!("{kind}\n{facts}"));
    let tooltip = attribute("tooltip", &format!("{} -> {}", name(*from), name(*to)));
    match state {
        State::Accepted => format!("{label}, {tooltip}"),
        State::Pending | State::Gated => format!("{label}, {tooltip}, style=dashed"),
        State::Allowed => format!("{label}, {tooltip}, color=gray, fontcolor=gray"),
        State::Reported => format!("{label}, {tooltip}, color=red, fontcolor=red"),
    }
}

fn kind_name(kind: DependencyKind) -> String {
    // The names of the kinds are their spelling everywhere.
    format!("{kind:?}")
}

/// Writes one attribute, quoted.
///
/// Quotes and backslashes become entities, which Graphviz decodes in labels: parsers differ on
/// whether a backslash before the closing quote escapes it, and none differs on an entity.
fn attribute(name: &str, text: &str) -> String {
    let mut quoted = format!("{name}=\"");
    for c in text.chars() {
        match c {
            '&' => quoted.push_str("&amp;"),
            '"' => quoted.push_str("&quot;"),
            '\\' => quoted.push_str("&#92;"),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => quoted.push(char::REPLACEMENT_CHARACTER),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
