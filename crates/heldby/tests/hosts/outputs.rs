//! The graph at exit, and outputs that refuse to be written.

use std::fs;
use std::path::PathBuf;

use dot_parser::ast;
use heldby::model::{GraphSnapshot, State};
use heldby::sync::{Mutex, RwLock};

use crate::Test;
use crate::process::{End, Host, run};

fn host_dumps() {
    let (outer, inner) = (
        RwLock::named("outer", 0),
        Mutex::named("inner \"quoted\"", 0),
    );
    drop((outer.write(), inner.lock()));
    drop((outer.read(), inner.lock()));
    // A report is in the graph as well.
    drop((inner.lock(), outer.read()));
    print!("went on");
    std::process::exit(3);
}

#[cfg(unix)]
fn host_without_stderr() {
    // SAFETY: nothing else in this program owns the descriptor.
    unsafe { libc::close(2) };
    host_dumps();
}

#[cfg(target_os = "linux")]
fn host_with_full_stderr() {
    // SAFETY: a literal path, and descriptors that only this program uses.
    unsafe {
        let full = libc::open(c"/dev/full".as_ptr(), libc::O_WRONLY);
        assert!(full >= 0 && libc::dup2(full, 2) == 2);
    }
    host_dumps();
}

/// Stderr is a pipe whose reader is gone.
#[cfg(unix)]
fn host_with_broken_stderr() {
    let mut ends = [0; 2];
    // SAFETY: the array has room for both descriptors, which only this program uses.
    unsafe {
        assert!(libc::pipe(ends.as_mut_ptr()) == 0 && libc::dup2(ends[1], 2) == 2);
        libc::close(ends[0]);
    }
    host_dumps();
}

pub(crate) const HOSTS: &[Host] = &[
    ("dumps", host_dumps),
    #[cfg(unix)]
    ("without_stderr", host_without_stderr),
    #[cfg(target_os = "linux")]
    ("with_full_stderr", host_with_full_stderr),
    #[cfg(unix)]
    ("with_broken_stderr", host_with_broken_stderr),
];

/// A file of this run, which goes with it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let folder = scratch.join(format!("hosts-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        Self(folder.join(name))
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().expect("the path is text")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let folder = self.0.parent().expect("it lies in a folder");
        // Another file of the same run may still lie there.
        let _ = fs::remove_file(&self.0);
        let _ = fs::remove_dir(folder);
    }
}

pub(crate) const TESTS: &[Test] = &[
    ("the_graph_reads_back_from_json", || {
        let file = Scratch::new("graph.json");
        let ended = run("dumps", &[("HELDBY", "warn"), ("HELDBY_DUMP", file.path())]);
        ended.ends(End::Code(3)).prints("went on").complains(&[]);
        let text = fs::read_to_string(&file.0).expect("the graph was written");
        let graph = GraphSnapshot::from_json(&text).expect("it reads back");
        assert_eq!(graph.to_json().trim(), text.trim());
        let names: Vec<_> = graph.classes.iter().map(|class| &*class.name).collect();
        assert_eq!(names, ["outer", "inner \"quoted\""]);
        let kinds: Vec<_> = graph
            .dependencies
            .iter()
            .map(|edge| (format!("{:?}", edge.kind), edge.state))
            .collect();
        let reported = |kind: &str| (kind.to_owned(), State::Reported);
        assert_eq!(graph.dependencies.len(), 2);
        assert!(
            kinds.contains(&reported("EW")) && kinds.contains(&reported("Er")),
            "{kinds:?}"
        );
        let held_sites = graph.dependencies.iter().map(|edge| &edge.held_site);
        assert!(
            held_sites
                .into_iter()
                .all(|site| site.file.ends_with("outputs.rs"))
        );
    }),
    ("the_graph_is_dot", || {
        let file = Scratch::new("graph.dot");
        let ended = run("dumps", &[("HELDBY", "warn"), ("HELDBY_DUMP", file.path())]);
        ended.ends(End::Code(3)).complains(&[]);
        let text = fs::read_to_string(&file.0).expect("the graph was written");
        ast::Graph::try_from(text.as_str()).expect("a parser accepts it");
        assert!(
            text.contains("outer") && text.contains("outputs.rs:"),
            "{text}"
        );
    }),
    ("a_dump_is_of_the_whole_run", || {
        // The file is written where the process ends, whatever the policy makes of it.
        let file = Scratch::new("panicked.json");
        let ended = run(
            "dumps",
            &[("HELDBY", "panic"), ("HELDBY_DUMP", file.path())],
        );
        ended.ends(End::Code(101)).reports(&["HB0001"]);
        assert!(file.0.exists());
        let silent = Scratch::new("off.json");
        run(
            "dumps",
            &[("HELDBY", "off"), ("HELDBY_DUMP", silent.path())],
        )
        .is_silent();
        assert!(!silent.0.exists());
    }),
    ("a_dump_that_cannot_be_written_is_one_line", || {
        let nowhere = Scratch::new("missing");
        let nowhere = format!("{}/graph.json", nowhere.path());
        let ended = run("dumps", &[("HELDBY", "warn"), ("HELDBY_DUMP", &nowhere)]);
        ended
            .ends(End::Code(3))
            .prints("went on")
            .complains(&[&nowhere]);
    }),
    #[cfg(target_os = "linux")]
    ("a_dump_to_a_full_disk_is_one_line", || {
        let full = Scratch::new("full.dot");
        std::os::unix::fs::symlink("/dev/full", &full.0).expect("a link can be made");
        let ended = run("dumps", &[("HELDBY", "warn"), ("HELDBY_DUMP", full.path())]);
        ended
            .ends(End::Code(3))
            .prints("went on")
            .complains(&[full.path()]);
    }),
    #[cfg(target_os = "linux")]
    ("a_stderr_that_refuses_changes_nothing", || {
        for host in ["without_stderr", "with_full_stderr", "with_broken_stderr"] {
            let nowhere = ("HELDBY_DUMP", "/nowhere/graph.json");
            let ended = run(host, &[("HELDBY", "warn"), ("HELDBY", "warn"), nowhere]);
            ended.ends(End::Code(3)).prints("went on").is_silent();
            run(host, &[("HELDBY", "panic")]).ends(End::Code(101));
            run(host, &[("HELDBY", "loud")]);
        }
    }),
];
