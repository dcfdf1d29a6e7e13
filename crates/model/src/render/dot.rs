//! The graph in the language of Graphviz.
//!
//! A graph may have a hundred thousand dependencies, so everything is written straight into the one
//! text that is returned, and not formatted.

use itoa::Buffer;
use rustc_hash::FxHashMap;

use super::page::is_hostile;
use crate::{ClassNode, DependencyEdge, DependencyKind, GraphSnapshot, Site, State};

/// What an edge takes where names and paths are of the usual length.
const USUAL_EDGE_BYTES: usize = 256;

/// Draws every class as a node and every dependency as an edge; what was reported is red, and
/// what would be is dashed.
///
/// A dependency on a class that the snapshot does not list still gets its edge, to a node that is
/// named by its number.
#[must_use]
pub fn dot(snapshot: &GraphSnapshot) -> String {
    let mut text = String::with_capacity(snapshot.dependencies.len() * USUAL_EDGE_BYTES);
    text.push_str("digraph {\n");
    let mut nodes: FxHashMap<u32, Node> = FxHashMap::default();
    let mut number = 0;
    for class in &snapshot.classes {
        draw_node(&mut text, number, &class_label(class));
        let name = quoted(&class.name);
        nodes.insert(class.id, Node { number, name });
        number += 1;
    }
    let ends = |dependency: &DependencyEdge| [dependency.from, dependency.to];
    for id in snapshot.dependencies.iter().flat_map(ends) {
        nodes.entry(id).or_insert_with(|| {
            let name = format!("class {id}");
            draw_node(&mut text, number, &name);
            number += 1;
            Node {
                number: number - 1,
                name,
            }
        });
    }
    for dependency in &snapshot.dependencies {
        draw_dependency(
            &mut text,
            dependency,
            ends(dependency).map(|id| &nodes[&id]),
        );
    }
    text.push_str("}\n");
    text
}

/// A node of the drawing.
struct Node {
    number: u32,
    /// Ready to stand between quotes.
    name: String,
}

fn class_label(class: &ClassNode) -> String {
    let mut lines = vec![class.name.clone(), class.type_name.clone()];
    lines.extend(class.made_at.iter().map(|site| format!("made at {site}")));
    lines.push(match class.instances {
        1 => "1 instance".to_owned(),
        count => format!("{count} instances"),
    });
    quoted(&lines.join("\n"))
}

fn draw_node(text: &mut String, number: u32, label: &str) {
    push_all(text, &["    ", Buffer::new().format(number)]);
    push_all(text, &[" [ label=\"", label, "\"]\n"]);
}

fn draw_dependency(text: &mut String, dependency: &DependencyEdge, [from, to]: [&Node; 2]) {
    for (before, node) in [("    ", from), (" -> ", to)] {
        push_all(text, &[before, Buffer::new().format(node.number)]);
    }
    push_all(text, &[" [ label=\"", kind_name(dependency.kind)]);
    push_site(text, "\\nheld at ", &dependency.held_site);
    push_site(text, "\\nacquired at ", &dependency.acquired_site);
    text.push_str("\\nthread ");
    push_quoted(text, &dependency.thread);
    push_all(text, &["\", tooltip=\"", &from.name, " -> ", &to.name]);
    text.push_str(match dependency.state {
        State::Accepted => "\"]\n",
        State::Pending | State::Gated => "\", style=dashed]\n",
        State::Allowed => "\", color=gray, fontcolor=gray]\n",
        State::Reported => "\", color=red, fontcolor=red]\n",
    });
}

/// The name of a kind is its spelling everywhere.
fn kind_name(kind: DependencyKind) -> &'static str {
    match kind {
        DependencyKind::EW => "EW",
        DependencyKind::Er => "Er",
        DependencyKind::ER => "ER",
        DependencyKind::SW => "SW",
        DependencyKind::Sr => "Sr",
        DependencyKind::SR => "SR",
        DependencyKind::EN => "EN",
        DependencyKind::SN => "SN",
    }
}

fn push_all(text: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| text.push_str(part));
}

fn push_site(text: &mut String, before: &str, site: &Site) {
    text.push_str(before);
    push_quoted(text, &site.file);
    for number in [site.line, site.column] {
        push_all(text, &[":", Buffer::new().format(number)]);
    }
}

fn quoted(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    push_quoted(&mut text, part);
    text
}

/// Writes what stands between quotes.
///
/// Quotes and backslashes become entities, which Graphviz decodes in labels: parsers differ on
/// whether a backslash before the closing quote escapes it, and none differs on an entity.
fn push_quoted(text: &mut String, part: &str) {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') & !matches!(byte, b'&' | b'"' | b'\\');
    // Nearly all are; the look at a part is faster where no byte can end it.
    if part
        .bytes()
        .fold(true, |plain, byte| plain & is_plain(byte))
    {
        text.push_str(part);
        return;
    }
    for c in part.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '"' => text.push_str("&quot;"),
            '\\' => text.push_str("&#92;"),
            '\n' => text.push_str("\\n"),
            c if is_hostile(c) => text.push(char::REPLACEMENT_CHARACTER),
            c => text.push(c),
        }
    }
}
