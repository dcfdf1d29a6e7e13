//! A declared order, named by the variable or by a `heldby.toml`, good, bad and missing.

use std::env;
use std::fs;
use std::path::PathBuf;

use heldby::sync::Mutex;

use crate::Test;
use crate::process::{Host, run};

fn host_takes_three() {
    let [a, b, c] = ["a", "b", "c"].map(|name| Mutex::named(name, 0));
    drop((a.lock(), b.lock()));
    drop((c.lock(), b.lock()));
    print!("{}", heldby::reports().len());
}

pub(crate) const HOSTS: &[Host] = &[("takes_three", host_takes_three)];

/// A directory of its own for each test, gone with it.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str, files: &[(&str, &str)]) -> Self {
        let path = env::temp_dir().join(format!("heldby-{}-{test}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary directory can be made");
        for (name, text) in files {
            fs::write(path.join(name), text).expect("a temporary file can be written");
        }
        Self(path)
    }

    fn path(&self, file: &str) -> String {
        self.0.join(file).display().to_string()
    }

    /// Runs the host with a variable that names a file here; how often it reported, and what was
    /// said of the order.
    fn run(&self, variable: &str, file: &str) -> (String, Vec<String>) {
        let path = self.path(file);
        let ended = run("takes_three", &[("HELDBY", "warn"), (variable, &path)]);
        let here = self.path("");
        let is_told = |line: &&str| {
            let marks = ["heldby: ", "error[", "  note: in "];
            marks.iter().any(|mark| line.starts_with(mark))
        };
        let told = ended.stderr.lines().filter(is_told);
        let told = told.map(|line| line.replace(&here, "")).collect();
        (ended.stdout.trim().to_owned(), told)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const LAYERS: &str = "format = 1\n[[layer]]\nlocks = ['a']\n[[layer]]\nlocks = ['b', 'c']\n";

const UNDECLARED: [&str; 2] = [
    "error[HB0401]: undeclared order: `b` is taken while `c` is held",
    "  note: in `order.toml` `c` and `b` both stand in layer 2.",
];

fn what_is_not_declared_is_reported() {
    let directory = Directory::new("declared", &[("order.toml", LAYERS)]);
    let (reports, said) = directory.run("HELDBY_ORDER", "order.toml");
    assert_eq!(
        (&*reports, &*said),
        ("1", &UNDECLARED.map(str::to_owned)[..])
    );
}

fn a_file_of_allowances_names_it_from_where_it_stands() {
    let files = [
        ("order.toml", LAYERS),
        ("heldby.toml", "order = 'order.toml'\n"),
    ];
    let directory = Directory::new("named", &files);
    let (reports, said) = directory.run("HELDBY_CONFIG", "heldby.toml");
    assert_eq!(
        (&*reports, &*said),
        ("1", &UNDECLARED.map(str::to_owned)[..])
    );
}

fn a_bad_or_missing_file_is_said_and_enforces_nothing() {
    let files = [
        ("bad.toml", "format = 1\n[[layer]]\nlocks = ['a', 'a']\n"),
        ("heldby.toml", "order = 'none.toml'\n"),
    ];
    let directory = Directory::new("bad", &files);
    let (reports, said) = directory.run("HELDBY_ORDER", "bad.toml");
    let expected =
        "heldby: bad.toml:3:15: the lock stands in a layer already; no order is enforced";
    assert_eq!((&*reports, said), ("0", vec![expected.to_owned()]));
    let (reports, said) = directory.run("HELDBY_CONFIG", "heldby.toml");
    assert_eq!((&*reports, said.len()), ("0", 1));
    let expected = "heldby: failed to read `none.toml`: ";
    assert!(said[0].starts_with(expected), "{said:?}");
    assert!(said[0].ends_with("; no order is enforced"), "{said:?}");
}

pub(crate) const TESTS: &[Test] = &[
    (
        "declared::what_is_not_declared_is_reported",
        what_is_not_declared_is_reported,
    ),
    (
        "declared::a_file_of_allowances_names_it_from_where_it_stands",
        a_file_of_allowances_names_it_from_where_it_stands,
    ),
    (
        "declared::a_bad_or_missing_file_is_said_and_enforces_nothing",
        a_bad_or_missing_file_is_said_and_enforces_nothing,
    ),
];
