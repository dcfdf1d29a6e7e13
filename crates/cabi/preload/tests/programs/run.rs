//! Runs a program under the library, for so long at most, and reads what it left.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a program may run. The longest ends itself after seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Well,
    /// It failed by itself.
    Failed,
    /// By the signal that it asked for.
    Killed,
    /// By any other.
    Crashed(i32),
    /// By us.
    TooLate,
}

/// What a program did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) end: End,
    pub(crate) printed: String,
    /// As in a head.
    pub(crate) reports: Vec<String>,
    /// How many files there are.
    pub(crate) records: usize,
    /// How many lines of statistics are in them.
    pub(crate) statistics: usize,
}

/// A library that this test's build made.
pub(crate) fn library(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folders = test.ancestors().skip(1).take(2);
    let built = folders
        .map(|folder| folder.join(name))
        .find(|file| file.exists());
    built.expect("cargo builds the library before the test")
}

pub(crate) fn run(
    program: &Path,
    records: &Path,
    environment: &[(String, String)],
) -> Result<Ran, String> {
    let output = program.with_extension("output");
    let file = File::create(&output).map_err(|error| error.to_string())?;
    let both = file.try_clone().map_err(|error| error.to_string())?;
    let mut child = Command::new(program)
        .env("LD_PRELOAD", library("libheldby_preload.so"))
        .env("HELDBY", "warn")
        .env("HELDBY_DIR", records)
        .env("HELDBY_REPORTS", "record")
        .envs(environment.iter().cloned())
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(both)
        .spawn()
        .map_err(|error| error.to_string())?;
    let end = wait(&mut child).map_err(|error| error.to_string())?;
    let mut printed = String::new();
    let mut file = File::open(&output).map_err(|error| error.to_string())?;
    file.read_to_string(&mut printed)
        .map_err(|error| error.to_string())?;
    let files: Vec<_> = fs::read_dir(records)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    let texts = files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap_or_default());
    let text: String = texts.collect();
    Ok(Ran {
        end,
        printed: printed.trim_end().to_owned(),
        reports: text.lines().filter_map(report).collect(),
        records: files.len(),
        statistics: text
            .lines()
            .filter(|line| line.starts_with("{\"stat\":"))
            .count(),
    })
}

/// Waits for the end of a program, and ends it when its time is over.
fn wait(child: &mut Child) -> std::io::Result<End> {
    let started = Instant::now();
    while started.elapsed() < LIMIT {
        if let Some(status) = child.try_wait()? {
            return Ok(end(status));
        }
        // Nothing else ends a wait for a child after a time; how long it is decides nothing.
        thread::sleep(Duration::from_millis(5));
    }
    child.kill()?;
    child.wait()?;
    Ok(End::TooLate)
}

fn end(status: ExitStatus) -> End {
    use std::os::unix::process::ExitStatusExt as _;
    match status.signal() {
        Some(libc::SIGALRM | libc::SIGKILL) => End::Killed,
        Some(signal) => End::Crashed(signal),
        None if status.success() => End::Well,
        None => End::Failed,
    }
}

/// The name of a lock; a file is followed by a line, a name of C++ has its own colons.
fn without_line(name: &str) -> &str {
    let (file, rest) = name.split_once(':').unwrap_or((name, ""));
    match rest.starts_with(':') {
        true => name,
        false => file,
    }
}

/// A report in a line of a record, as a head tells it: of many locks only how many they are, of a lock
/// made at some line only the file.
fn report(line: &str) -> Option<String> {
    const SHOWN: usize = 8;
    let fact: Value = serde_json::from_str(line).ok()?;
    let report = fact.get("report")?;
    let text = |key: &str| report[key].as_str().unwrap_or("?").to_owned();
    let locks = report["locks"].as_array()?;
    let mut names: Vec<_> = locks
        .iter()
        .filter_map(Value::as_str)
        .map(|name| {
            let made = name.strip_prefix("thread@").map(|_| "thread");
            made.unwrap_or_else(|| without_line(name))
        })
        .collect();
    // Which thread came first is not told.
    names.sort_unstable();
    let locks = match names.len() {
        0..=SHOWN => names.join(" "),
        many => format!("{many} locks"),
    };
    Some(format!("{} {} {locks}", text("code"), text("kind")))
}
