//! A `heldby.toml`, good, bad and missing.

use std::env;
use std::fs;
use std::path::Path;

use heldby::sync::Mutex;

use crate::Test;
use crate::process::{Host, run};

fn host_inverts_two_pairs() {
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| Mutex::named(name, 0));
    for (outer, inner) in [(&a, &b), (&b, &a), (&c, &d), (&d, &c)] {
        drop((outer.lock(), inner.lock()));
    }
    for report in heldby::reports() {
        print!("{} {} ", report.code, report.locks.join(" "));
    }
    print!("{:?}", heldby::unused_allowances());
}

pub(crate) const HOSTS: &[Host] = &[("inverts_two_pairs", host_inverts_two_pairs)];

/// Runs the host under a file with this text; returns what it printed and what was said on stderr.
#[track_caller]
fn under(name: &str, text: &str) -> (String, String) {
    let file = env::temp_dir().join(format!("heldby-{}-{name}.toml", std::process::id()));
    fs::write(&file, text).expect("a temporary file can be written");
    let (stdout, stderr) = with_config(&file);
    fs::remove_file(&file).expect("it is there");
    (stdout, stderr.replace(&file.display().to_string(), "FILE"))
}

fn with_config(file: &Path) -> (String, String) {
    let file = file.to_str().expect("a readable path");
    let ended = run(
        "inverts_two_pairs",
        &[("HELDBY", "warn"), ("HELDBY_CONFIG", file)],
    );
    let said = ended.stderr.lines();
    let said: Vec<_> = said.filter(|line| line.starts_with("heldby: ")).collect();
    (ended.stdout, said.join("\n"))
}

fn what_is_allowed_is_silent() {
    let (found, said) = under(
        "good",
        "[[allow]]\nfrom = 'a'\nto = 'b'\nreason = 'one thread'\n",
    );
    assert_eq!((&*found, &*said), ("HB0001 c d []", ""));
}

fn what_is_not_needed_is_said() {
    let (found, said) = under(
        "unused",
        "[[allow]]\nfrom = 'a'\nto = 'z'\nreason = 'one thread'\n",
    );
    let places = found.replace(&env::temp_dir().display().to_string(), "");
    assert!(
        places.starts_with("HB0001 a b HB0001 c d [\"`a -> z` ("),
        "{found}"
    );
    assert_eq!(
        said,
        "heldby: allowed, and never needed in this process: `a -> z` (FILE:1)"
    );
}

fn a_bad_file_allows_nothing() {
    let (found, said) = under("bad", "[[allow]]\nfrom = 'a'\nto = 'b'\n");
    assert_eq!(found, "HB0001 a b HB0001 c d []");
    assert_eq!(
        said,
        "heldby: FILE:1:1: missing field `reason`; nothing is allowed"
    );
}

fn a_missing_file_is_said() {
    let (found, said) = with_config(Path::new("no/such/heldby.toml"));
    assert_eq!(found, "HB0001 a b HB0001 c d []");
    assert!(
        said.starts_with("heldby: failed to read `no/such/heldby.toml`: "),
        "{said}"
    );
}

pub(crate) const TESTS: &[Test] = &[
    (
        "allowances::what_is_allowed_is_silent",
        what_is_allowed_is_silent,
    ),
    (
        "allowances::what_is_not_needed_is_said",
        what_is_not_needed_is_said,
    ),
    (
        "allowances::a_bad_file_allows_nothing",
        a_bad_file_allows_nothing,
    ),
    ("allowances::a_missing_file_is_said", a_missing_file_is_said),
];
