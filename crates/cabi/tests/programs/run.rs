//! Runs a program and tells what it said.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A program that runs longer hangs.
const WATCHDOG: Duration = Duration::from_secs(60);

/// Runs a program with these variables and no other of ours: its own lines, each report's first line
/// with its place, and how it ended unless that was well.
#[track_caller]
pub(crate) fn run(program: &Path, variables: &[(&str, &str)]) -> String {
    let (output, status) = run_to_its_end(program, variables);
    let mut said = String::new();
    for line in output.lines() {
        match line.strip_prefix("  --> ") {
            Some(place) => said.push_str(&format!("    at {}\n", plain(place))),
            // What Rust says of a panic, which names a process.
            None if ["thread '", "note: run with"]
                .iter()
                .any(|of_rust| line.starts_with(of_rust)) => {}
            None if line.starts_with(|first: char| first.is_ascii_lowercase()) => {
                said.push_str(&format!("{}\n", line.trim_end()));
            }
            None => {}
        }
    }
    if !status.success() {
        said.push_str(&format!("ends with {status}\n"));
    }
    said
}

/// A place without the directories of its file, and without its column, which compilers count
/// differently.
fn plain(place: &str) -> String {
    let place = place.rsplit('/').next().unwrap_or(place);
    let (place, rest) = place.split_at(place.find(',').unwrap_or(place.len()));
    let (place, _column) = place.rsplit_once(':').unwrap_or((place, ""));
    format!("{place}{rest}")
}

/// What a program wrote, to either of its streams, in the order in which it did, and its end.
#[track_caller]
fn run_to_its_end(program: &Path, variables: &[(&str, &str)]) -> (String, ExitStatus) {
    let (mut reader, writer) = io::pipe().expect("a pipe can be made");
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HELDBY") {
            command.env_remove(name);
        }
    }
    command
        .env_remove("RUST_BACKTRACE")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(writer.try_clone().expect("a pipe has two writers"))
        .stderr(writer);
    let mut child = command.spawn().expect("it was just built");
    // It has the writers.
    drop(command);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut output = Vec::new();
        reader.read_to_end(&mut output).expect("a pipe can be read");
        sender.send(String::from_utf8_lossy(&output).into_owned())
    });
    let output = receiver.recv_timeout(WATCHDOG);
    if output.is_err() {
        child.kill().expect("a child can be killed");
    }
    let status = child.wait().expect("a child can be waited for");
    let output = output.unwrap_or_else(|_| panic!("{} hangs", program.display()));
    (output, status)
}
