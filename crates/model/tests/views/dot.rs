//! The graph as DOT: what it says, and that others can read it whatever the locks are called.

use dot_parser::{ast, canonical};
use expect_test::expect;
use heldby_model::render::dot;
use heldby_model::{ClassNode, DependencyEdge, DependencyKind, GraphSnapshot, State};

use crate::reports::site;

pub(crate) fn snapshot() -> GraphSnapshot {
    let class = |id, name: &str, type_name: &str, instances| ClassNode {
        id,
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        made_at: (id > 0).then(|| site("src/mm/vma.rs:30:5")),
        instances,
    };
    let edge = |from, to, kind, state| DependencyEdge {
        from,
        to,
        kind,
        state,
        held_site: site("src/mm/mmap.rs:12:9"),
        acquired_site: site("src/mm/vma.rs:77:9"),
        thread: "churn-1".into(),
        span: None,
        held_stack: Vec::new(),
        acquired_stack: Vec::new(),
    };
    GraphSnapshot::new(
        vec![
            class(0, "mmap_lock", "rwsem", 1),
            class(1, "vm_lock", "VmLock<Vma>", 4_096),
        ],
        vec![
            edge(0, 1, DependencyKind::EW, State::Accepted),
            edge(1, 0, DependencyKind::Sr, State::Reported),
        ],
    )
}

#[test]
fn edges_carry_kind_sites_and_thread() {
    expect![[r#"
        digraph {
            0 [ label="mmap_lock\nrwsem\n1 instance"]
            1 [ label="vm_lock\nVmLock<Vma>\nmade at src/mm/vma.rs:30:5\n4096 instances"]
            0 -> 1 [ label="EW\nheld at src/mm/mmap.rs:12:9\nacquired at src/mm/vma.rs:77:9\nthread churn-1", tooltip="mmap_lock -> vm_lock"]
            1 -> 0 [ label="Sr\nheld at src/mm/mmap.rs:12:9\nacquired at src/mm/vma.rs:77:9\nthread churn-1", tooltip="vm_lock -> mmap_lock", color=red, fontcolor=red]
        }
    "#]].assert_eq(&dot(&snapshot()));
}

#[test]
fn each_kind_and_state_has_its_look() {
    let kinds = [
        (DependencyKind::EW, State::Accepted),
        (DependencyKind::Er, State::Pending),
        (DependencyKind::ER, State::Gated),
        (DependencyKind::SW, State::Allowed),
        (DependencyKind::Sr, State::Reported),
        (DependencyKind::SR, State::Accepted),
        (DependencyKind::EN, State::Accepted),
        (DependencyKind::SN, State::Accepted),
    ];
    let mut snapshot = snapshot();
    let edge = snapshot.dependencies.remove(0);
    snapshot.dependencies = kinds
        .map(|(kind, state)| DependencyEdge {
            kind,
            state,
            ..edge.clone()
        })
        .into();
    let drawing = dot(&snapshot);
    let edges = drawing.lines().filter(|line| line.contains("->"));
    let looks = edges.map(|line| {
        let (_, label) = line.split_once("label=\"").expect("a label");
        let (_, rest) = line.split_once("vm_lock").expect("a tooltip");
        format!("{} {rest}\n", &label[..2])
    });
    expect![[r#"
        EW "]
        Er ", style=dashed]
        ER ", style=dashed]
        SW ", color=gray, fontcolor=gray]
        Sr ", color=red, fontcolor=red]
        SR "]
        EN "]
        SN "]
    "#]]
    .assert_eq(&looks.collect::<String>());
}

#[test]
fn what_a_label_cannot_hold_becomes_an_entity() {
    let mut snapshot = snapshot();
    snapshot.classes[1].name = "\"a\" & b\\c\n\u{e4}\u{85}\u{7f}\t".to_owned();
    snapshot.dependencies.truncate(1);
    snapshot.dependencies[0].held_site = site("C:\\src\\m\u{fc}.rs:12:9");
    snapshot.dependencies[0].to = 7;
    expect![[r#"
        digraph {
            0 [ label="mmap_lock\nrwsem\n1 instance"]
            1 [ label="&quot;a&quot; &amp; b&#92;c\nä���\nVmLock<Vma>\nmade at src/mm/vma.rs:30:5\n4096 instances"]
            2 [ label="class 7"]
            0 -> 2 [ label="EW\nheld at C:&#92;src&#92;mü.rs:12:9\nacquired at src/mm/vma.rs:77:9\nthread churn-1", tooltip="mmap_lock -> class 7"]
        }
    "#]].assert_eq(&dot(&snapshot));
}

#[test]
fn a_parser_accepts_any_name() {
    let names = [
        "plain",
        "",
        "a\"b\\",
        "\\",
        "<script>alert('x')</script>",
        "two\nlines\r\n# and a third",
        "bell\u{7} and \u{1b}[31m",
        "} // comment /*",
        "&quot; & &#92;",
        "\u{e4}\u{f6}\u{fc} \u{1f512}",
    ];
    for name in names {
        let mut snapshot = snapshot();
        snapshot.classes[0].name = name.to_owned();
        snapshot.dependencies[0].thread = name.into();
        let drawing = dot(&snapshot);
        let graph = ast::Graph::try_from(drawing.as_str())
            .unwrap_or_else(|error| panic!("{name:?} does not parse: {error}\n{drawing}"));
        let graph = canonical::Graph::from(graph);
        assert_eq!(graph.nodes.set.len(), 2, "{name:?}");
        assert_eq!(graph.edges.set.len(), 2, "{name:?}");
    }
}

#[test]
fn a_class_that_is_not_listed_still_gets_its_edges() {
    let mut snapshot = snapshot();
    snapshot.classes.pop();
    let drawing = dot(&snapshot);
    assert!(drawing.contains("label=\"class 1\""), "{drawing}");
    assert!(
        drawing.contains("0 -> 1") && drawing.contains("1 -> 0"),
        "{drawing}"
    );
}
