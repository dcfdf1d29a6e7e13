//! Small C programs under the library, one behaviour each.
//!
//! The head of each tells what is expected:
//!
//! ```c
//! // expect: clean
//! // expect: HB0001 circular-dependency a b      a report: its code, its kind, the locks in alphabetical order
//! // ends: killed                                by a signal; otherwise it ends well
//! // records: 1                                  how many files there are afterwards
//! // prints: done                                all that it writes, to either stream
//! // says: error[HB0001]                       a part of what it writes, instead
//! // links: libheldby_cabi.so                     a library that this build made
//! // env: NAME=value                             more of its environment; `{folder}` is a folder of its own
//! // debug: apart                               its debug information is in a file beside it
//! // leaves: dump.json                            a file in that folder, with something in it
//! // statistics: 3                                how many lines of them there are in all files
//! ```

mod layout;
mod program;
mod run;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use program::Program;

/// How many run at a time.
const AT_ONCE: usize = 2;

#[test]
fn each_program_is_told_as_its_head_says() {
    let mut sources: Vec<PathBuf> =
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs"))
            .expect("the programs are there")
            .map(|entry| entry.expect("it can be listed").path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|kind| kind == "c" || kind == "cpp")
            })
            .collect();
    sources.sort();
    let only = std::env::var("ONLY").ok();
    let without = std::env::var("WITHOUT").unwrap_or_default();
    sources.retain(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let is_left_out = without.split_whitespace().any(|left| left == name);
        if is_left_out {
            println!("skipped: {name}, as WITHOUT says");
        }
        !is_left_out && only.as_ref().is_none_or(|only| *only == name)
    });
    let count = sources.len();
    assert!(count >= 30 || only.is_some(), "only {count} programs");
    let (left, wrong) = (Mutex::new(sources), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(source) = take(&left) {
                    if let Err(why) = Program::read(&source).check() {
                        let name = source.file_name().unwrap_or_default().display();
                        wrong
                            .lock()
                            .expect("no check panics")
                            .push(format!("{name}: {why}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no check panics");
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn take(left: &Mutex<Vec<PathBuf>>) -> Option<PathBuf> {
    left.lock().expect("no check panics").pop()
}
