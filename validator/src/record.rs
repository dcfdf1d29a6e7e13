//! The record of the process: each new fact is one line of a file, written as soon as the graph is
//! unlocked.
//!
//! What is learned under the graph lock leaves a note of its ids; whoever unlocked the graph then
//! takes all notes, resolves names and stacks with nothing held but the record, and writes all lines
//! with one call. So a process that is killed loses nothing that it reported, and its threads never
//! wait for a disk while they hold the graph.
//!
//! # Invariants
//! - The record is locked before the graph, never after it.
//! - A class is told before the first fact that names it.
//! - The reports stand in the order of their numbers.
//! - Statistics are written when the process ends, or is asked for a dump: a process that is killed loses
//!   them, and nothing else.
//! - A forked child begins a record of its own; what it inherited stands in its parent's.

mod build;

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use heldby_model::record::{
    Fact, RecordHeader, RecordProfile, RecordedClass, RecordedDependency, RecordedGates,
    RecordedProcess, RecordedStat,
};
use heldby_model::{Allowance, LockStat, RecordPlace, Report};
use rustc_hash::FxHashSet;

use crate::class::ClassId;
use crate::config::{Config, Profile};
use crate::dependencies::DependencyId;
use crate::learned::Learned;
use crate::lock_stat;
use crate::own_file::OwnFile;
use crate::sink;
use crate::site::Site;
use crate::snapshot::kind_to_model;
use crate::stack::Stack;
use crate::validator::Validator;
use crate::violation::Dependency;

/// Something that was learned and is not written yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// The dependency is new, or was seen under fewer gates.
    Dependency(DependencyId),
    /// A blocking writer of the class was seen.
    Writer(ClassId),
    /// A second lock of the class was seen.
    Second(ClassId),
    /// This is reported.
    Report(Box<Report>),
}

/// Writes the record of one validator.
#[derive(Debug)]
pub(crate) struct Recorder {
    directory: PathBuf,
    profile: Profile,
    /// What the host allows, which is no fact of the program, and goes with every record all the same.
    allowed: Vec<Allowance>,
    open: Mutex<Open>,
}

/// Where the record stands.
#[derive(Debug, Default)]
struct Open {
    /// `None` before the first fact, and for ever after a failure.
    file: Option<OwnFile>,
    path: PathBuf,
    /// Whole lines that are to be written with the next call.
    lines: String,
    /// The process that opened it; 0 for none.
    pid: u32,
    failed: bool,
    /// What grows when it fails, for whoever waits for the process.
    unrecorded: Option<PathBuf>,
    /// How many reports have their place in it.
    reports: u32,
    classes: FxHashSet<ClassId>,
    seconds: FxHashSet<ClassId>,
    dependencies: FxHashSet<DependencyId>,
}

/// What is to be written of one dependency.
struct Learnt {
    id: DependencyId,
    seen: Dependency,
    gates: Vec<ClassId>,
}

impl Recorder {
    /// A recorder that writes into `directory`, which is made when the first fact comes.
    pub(crate) fn new(directory: PathBuf, config: &Config) -> Self {
        let entries = config.allowances.entries.iter();
        let open = Open {
            unrecorded: config.unrecorded.clone(),
            ..Open::default()
        };
        Self {
            directory,
            profile: config.profile,
            allowed: entries.map(|entry| entry.what.clone()).collect(),
            open: Mutex::new(open),
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what was learned last could not be written.
    pub(crate) fn has_failed(&self) -> bool {
        let open = self.open();
        open.failed && open.file.is_none()
    }

    /// Keeps a report with its place, before it is written; without one if there is no record. Inside the
    /// validator, with the graph unlocked.
    pub(crate) fn keep_report(&self, validator: &Validator, report: &mut Report) -> bool {
        // Locked until it is kept: reports are written in the order in which they are kept.
        let mut open = self.open();
        report.record = self.begin(&mut open).then(|| open.next_report());
        validator.lock().keep_report(report)
    }

    /// Writes what was learned. Inside the validator, with the graph unlocked.
    pub(crate) fn flush(&self, validator: &Validator) {
        let mut open = self.open();
        let (notes, learnt) = {
            let mut learned = validator.lock();
            let notes = learned.take_notes();
            let of = |note: &Note| learnt(&learned, note);
            let learnt: Vec<_> = notes.iter().filter_map(of).collect();
            (notes, learnt)
        };
        if notes.is_empty() || !self.begin(&mut open) {
            return;
        }
        for learnt in learnt {
            self.dependency(&mut open, learnt);
        }
        for note in notes {
            match note {
                Note::Dependency(_) => {}
                Note::Writer(class) => {
                    open.class(class);
                    open.put(&Fact::Writer { class: class.0 });
                }
                Note::Second(class) => open.second(class),
                Note::Report(report) => open.put(&Fact::Report(report)),
            }
        }
        open.send();
    }

    /// Writes a fact that is not of the graph, behind what was learned so far. Inside the validator, with
    /// the graph unlocked.
    pub(crate) fn tell(&self, validator: &Validator, fact: &Fact) {
        self.flush(validator);
        let mut open = self.open();
        if self.begin(&mut open) {
            open.put(fact);
            open.send();
        }
    }

    /// Writes what was counted so far. Inside the validator, with the graph unlocked.
    pub(crate) fn statistics(&self, validator: &Validator) {
        let mut open = self.open();
        let stats = lock_stat::told(validator);
        if stats.is_empty() || !self.begin(&mut open) {
            return;
        }
        for LockStat {
            class, mode, tally, ..
        } in stats
        {
            open.class(ClassId(class));
            open.put(&Fact::Stat(Box::new(RecordedStat {
                class,
                mode,
                process: 0,
                tally,
            })));
        }
        open.send();
    }

    /// Opens the record if this process has none yet; false if there is none to write to.
    fn begin(&self, open: &mut Open) -> bool {
        if open.pid == process::id() {
            return open.file.is_some();
        }
        *open = Open {
            pid: process::id(),
            failed: open.failed,
            unrecorded: open.unrecorded.take(),
            ..Open::default()
        };
        let process = recorded_process(open.pid);
        match create(&self.directory, &process) {
            Ok((file, path)) => (open.file, open.path) = (Some(file), path),
            Err(error) => {
                open.path = self.directory.join(file_name(&process, 0));
                open.fail(&error);
            }
        }
        let profile = match self.profile {
            Profile::Kernel => RecordProfile::Kernel,
            Profile::Userspace => RecordProfile::Userspace,
        };
        open.lines
            .push_str(&RecordHeader::of(process, profile).to_line());
        for allowed in &self.allowed {
            open.put(&Fact::Allowed(allowed.clone()));
        }
        open.send();
        open.file.is_some()
    }

    fn dependency(&self, open: &mut Open, learnt: Learnt) {
        let Learnt { id, seen, gates } = learnt;
        let (from, to, kind) = id;
        let kind = kind_to_model(kind, self.profile);
        for &class in [ClassId(from), ClassId(to)].iter().chain(&gates) {
            open.class(class);
            if class.class().instances() > 1 {
                open.second(class);
            }
        }
        let mut gates: Vec<_> = gates.into_iter().map(|class| class.0).collect();
        gates.sort_unstable();
        gates.dedup();
        if !open.dependencies.insert(id) {
            let left = RecordedGates {
                from,
                to,
                kind,
                gates,
            };
            return open.put(&Fact::Gates(left));
        }
        let frames = |stack: &Option<Stack>| {
            let stack = stack.as_ref();
            stack.map(Stack::frames).unwrap_or_default()
        };
        let span = seen.acquired_stack.as_ref().and_then(Stack::span);
        open.put(&Fact::Dependency(Box::new(RecordedDependency {
            from,
            to,
            kind,
            from_mode: seen.from_mode.to_model(),
            to_mode: seen.to_mode.to_model(),
            held_site: seen.held_site.to_model(),
            acquired_site: seen.acquired_site.to_model(),
            thread: seen.thread.to_string(),
            at_ms: unix_ms(seen.seen),
            gates,
            after_wait: seen.after_wait,
            span: span.map(str::to_owned),
            process: 0,
            held_stack: frames(&seen.held_stack),
            acquired_stack: frames(&seen.acquired_stack),
        })));
    }
}

/// What a note stands for, if that is a dependency between locks that is still known.
fn learnt(learned: &Learned, note: &Note) -> Option<Learnt> {
    let &Note::Dependency(id) = note else {
        return None;
    };
    let (from, to, kind) = id;
    let is_life = |class: u32| ClassId(class).role() == heldby_model::Role::Thread;
    if is_life(from) || is_life(to) {
        return None;
    }
    let gates = learned.graph.gates_of(from, to, kind);
    let gates = gates
        .iter()
        .filter_map(|&gate| learned.gates.class_of(gate));
    Some(Learnt {
        id,
        seen: learned.dependency(id)?,
        gates: gates.collect(),
    })
}

impl Open {
    /// The place of the next report.
    fn next_report(&mut self) -> RecordPlace {
        self.reports += 1;
        let here = std::env::current_dir().ok();
        let near = here.and_then(|here| self.path.strip_prefix(here).ok());
        let file = near.unwrap_or(&self.path).to_string_lossy().into_owned();
        RecordPlace {
            file,
            number: self.reports,
        }
    }

    /// Tells the class, if that was not done.
    fn class(&mut self, id: ClassId) {
        if !self.classes.insert(id) {
            return;
        }
        let class = id.class();
        self.put(&Fact::Class(RecordedClass {
            id: id.0,
            name: class.name.clone(),
            named: class.made_at.is_none(),
            type_name: class.lock_type.family.to_owned(),
            role: class.lock_type.role,
            made_at: class.made_at.map(Site::to_model),
            build: None,
        }));
    }

    /// Tells that the class has a second lock, if that was not done.
    fn second(&mut self, class: ClassId) {
        if self.seconds.insert(class) {
            self.class(class);
            self.put(&Fact::Second { class: class.0 });
        }
    }

    /// Puts a fact to the lines that are to be written.
    fn put(&mut self, fact: &Fact) {
        self.lines.push_str(&fact.to_line());
    }

    /// Writes the lines: whole ones by one call, so that no line of a killed process is mixed with another.
    fn send(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        let Some(file) = &mut self.file else { return };
        let again = || OpenOptions::new().append(true).open(&self.path);
        let written = file
            .get_or(again)
            .and_then(|mut file| file.write_all(lines.as_bytes()));
        if let Err(error) = written {
            self.file = None;
            self.fail(&error);
        }
    }

    /// Says once that there is no record.
    fn fail(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.failed, true) {
            let path = self.path.display();
            sink::say(&format!(
                "failed to write the record `{path}`: {error}; it ends here"
            ));
            if let Some(file) = &self.unrecorded {
                let told = OpenOptions::new().append(true).open(file);
                // It was said on stderr.
                let _ = told.and_then(|mut file| file.write_all(b"\n"));
            }
        }
    }
}

/// Begins a file of its own for this record.
fn create(directory: &Path, process: &RecordedProcess) -> io::Result<(OwnFile, PathBuf)> {
    fs::create_dir_all(directory)?;
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    let mut others = 0;
    loop {
        let path = directory.join(file_name(process, others));
        match options.open(&path) {
            // Another validator of the process began one in the same millisecond.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => others += 1,
            opened => return Ok((OwnFile::new(opened?)?, path)),
        }
    }
}

fn recorded_process(pid: u32) -> RecordedProcess {
    let executable = std::env::current_exe().unwrap_or_default();
    RecordedProcess {
        build: build::of(&executable),
        executable: executable.to_string_lossy().into_owned(),
        pid,
        started_ms: unix_ms(Instant::now()),
    }
}

/// No two processes have the same: a number comes back only after some time.
fn file_name(process: &RecordedProcess, others: u32) -> String {
    let executable = Path::new(&process.executable);
    let stem = executable.file_stem().unwrap_or_default().to_string_lossy();
    let others = match others {
        0 => String::new(),
        others => format!("-{others}"),
    };
    format!(
        "{stem}-{}-{}{others}.jsonl",
        process.pid, process.started_ms
    )
}

/// When that was, in milliseconds since 1970.
fn unix_ms(at: Instant) -> u64 {
    let then = SystemTime::now().checked_sub(at.elapsed());
    let since = then.and_then(|then| then.duration_since(UNIX_EPOCH).ok());
    // Milliseconds of a u64 last for 584 million years.
    since.map_or(0, |since| since.as_millis() as u64)
}
