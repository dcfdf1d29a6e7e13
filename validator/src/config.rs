//! The `HELDBY_*` variables, read once, and the same as values.

mod order;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use heldby_model::config::ConfigError;
use heldby_model::{Report, Unconfirmable};

use crate::allow::Allowances;
use crate::declared::NamedOrder;
use crate::dump::Form;
use crate::limits::CONFIRM_PATIENCE;
use crate::{confirm, dump_signal};

/// What happens to the thread after a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnViolation {
    /// Nothing is checked at all.
    Off,
    /// It goes on.
    Warn,
    /// It panics, except in a drop, while unwinding and for a pending finding.
    Panic,
    /// The process aborts.
    Abort,
}

/// Which rules judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Lockdep's rules, with its known misses closed.
    Kernel,
    /// The same, with refinements that remove false alarms.
    Userspace,
}

/// Which acquires have their stack captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stacks {
    /// None.
    Off,
    /// Those that made a new chain, and so those of every new dependency.
    Edges,
    /// All of them; every acquire then takes the slow path and costs microseconds.
    All,
}

/// What a wait for an event counts for, while no more is known than that every signal of it so far
/// was made under a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Events {
    /// A cycle through it is kept as pending, and is reported once such a wait was blocked for long.
    Lenient,
    /// A cycle through it is reported at once.
    Strict,
}

/// What is said of reports on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnStderr {
    All,
    /// What cannot be written to the record.
    Unrecorded,
    None,
}

/// How a validator behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub(crate) on_violation: OnViolation,
    pub(crate) profile: Profile,
    pub(crate) stacks: Stacks,
    pub(crate) events: Events,
    pub(crate) dump: Option<PathBuf>,
    pub(crate) record_directory: Option<PathBuf>,
    /// What grows where the record could not be written.
    pub(crate) unrecorded: Option<PathBuf>,
    /// Number of a signal.
    pub(crate) dump_signal: Option<i32>,
    pub(crate) watchdog: Option<Duration>,
    /// One that a run can be steered to.
    pub(crate) confirm: Option<Box<Report>>,
    pub(crate) confirm_patience: Duration,
    pub(crate) stderr: OnStderr,
    pub(crate) freed_ranges: bool,
    pub(crate) statistics: bool,
    pub(crate) allowances: Allowances,
    pub(crate) order: Option<NamedOrder>,
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl Config {
    /// The defaults: profile `userspace`, stacks of new dependencies, reports on stderr; `panic` in
    /// builds with debug assertions and `warn` in others.
    #[must_use]
    pub fn new() -> Self {
        let debug = cfg!(debug_assertions);
        Self {
            on_violation: if debug {
                OnViolation::Panic
            } else {
                OnViolation::Warn
            },
            profile: Profile::Userspace,
            stacks: Stacks::Edges,
            events: Events::Lenient,
            dump: None,
            record_directory: None,
            unrecorded: None,
            dump_signal: None,
            watchdog: None,
            confirm: None,
            confirm_patience: CONFIRM_PATIENCE,
            stderr: OnStderr::All,
            freed_ranges: false,
            statistics: false,
            allowances: Allowances::default(),
            order: None,
        }
    }

    /// The defaults, changed by the environment.
    ///
    /// # Errors
    /// None. A value that is not known is told in one line on stderr, once in the process, and the
    /// default is used.
    #[must_use]
    pub fn from_env() -> Self {
        static SAID: AtomicBool = AtomicBool::new(false);
        let mut config = Self::new();
        let mut complaints = Vec::new();
        let mut variables: Vec<_> = std::env::vars_os().collect();
        variables.sort_unstable();
        for (name, value) in variables {
            let Some(name) = name.to_str() else { continue };
            complaints.extend(config.set(name, value).err());
        }
        complaints.extend(config.find_allowances().err());
        complaints.extend(config.find_order().err());
        if config.stderr == OnStderr::Unrecorded && config.record_directory.is_none() {
            config.stderr = OnStderr::All;
            complaints
                .push("`HELDBY_REPORTS=record` needs HELDBY_DIR; reports go to stderr".to_owned());
        }
        // Relaxed: nothing is ordered by it.
        if !complaints.is_empty() && !SAID.swap(true, Ordering::Relaxed) {
            complaints
                .iter()
                .for_each(|complaint| crate::sink::say(complaint));
        }
        config
    }

    fn set(&mut self, name: &str, value: OsString) -> Result<(), String> {
        use OnViolation::{Abort, Off, Panic, Warn};
        match name {
            "HELDBY" => {
                let known = [
                    ("off", Off),
                    ("warn", Warn),
                    ("panic", Panic),
                    ("abort", Abort),
                ];
                choose(name, &value, &known, &mut self.on_violation)
            }
            "HELDBY_PROFILE" => {
                let known = [
                    ("userspace", Profile::Userspace),
                    ("kernel", Profile::Kernel),
                ];
                choose(name, &value, &known, &mut self.profile)
            }
            "HELDBY_STACKS" => {
                let known = [
                    ("edges", Stacks::Edges),
                    ("off", Stacks::Off),
                    ("all", Stacks::All),
                ];
                choose(name, &value, &known, &mut self.stacks)
            }
            "HELDBY_EVENTS" => {
                let known = [("strict", Events::Strict)];
                choose(name, &value, &known, &mut self.events)
            }
            "HELDBY_DUMP" => {
                let path = PathBuf::from(value);
                if Form::of(&path).is_none() {
                    let (path, known) = (path.display(), Form::KNOWN);
                    return Err(format!(
                        "unknown form of `HELDBY_DUMP={path}`; known: {known}; no graph will be \
                         written"
                    ));
                }
                self.dump = Some(path);
                Ok(())
            }
            "HELDBY_DIR" => {
                let directory = PathBuf::from(value);
                // The host may go elsewhere before it learns anything; what is empty is none.
                self.record_directory = std::path::absolute(directory).ok();
                Ok(())
            }
            "HELDBY_UNRECORDED" => {
                self.unrecorded = Some(PathBuf::from(value));
                Ok(())
            }
            "HELDBY_REPORTS" => {
                let known = [("stderr", OnStderr::All), ("record", OnStderr::Unrecorded)];
                choose(name, &value, &known, &mut self.stderr)
            }
            "HELDBY_DUMP_SIGNAL" => {
                self.dump_signal = Some(dump_signal::parse(&value)?);
                Ok(())
            }
            "HELDBY_WATCHDOG_MS" => {
                self.watchdog = Some(milliseconds(name, &value, "no watchdog looks")?);
                Ok(())
            }
            "HELDBY_CONFIRM" => {
                let file = PathBuf::from(value);
                self.confirm = Some(confirm::read(&file).map_err(|why| {
                    let file = file.display();
                    format!("failed to read what to confirm in `{file}`: {why}; nothing is steered")
                })?);
                Ok(())
            }
            "HELDBY_CONFIRM_MS" => {
                self.confirm_patience = milliseconds(name, &value, "the default is used")?;
                Ok(())
            }
            "HELDBY_STAT" => {
                let known = [("1", true), ("0", false)];
                choose(name, &value, &known, &mut self.statistics)
            }
            // Read elsewhere: by whoever starts a program, and by the interposer.
            "HELDBY_PRELOAD" | "HELDBY_SEMAPHORES" | "HELDBY_LOCK_MAKERS" => Ok(()),
            "HELDBY_CONFIG" | "HELDBY_ORDER" => Ok(()),
            _ if name.starts_with("HELDBY_") => Err(format!(
                "unknown variable `{name}`; known: HELDBY, HELDBY_PROFILE, HELDBY_STACKS, \
                 HELDBY_EVENTS, HELDBY_CONFIG, HELDBY_ORDER, HELDBY_DIR, HELDBY_REPORTS, \
                 HELDBY_UNRECORDED, HELDBY_DUMP, HELDBY_DUMP_SIGNAL, HELDBY_WATCHDOG_MS, \
                 HELDBY_CONFIRM, HELDBY_CONFIRM_MS, HELDBY_STAT, HELDBY_PRELOAD, \
                 HELDBY_SEMAPHORES, HELDBY_LOCK_MAKERS; it is ignored"
            )),
            _ => Ok(()),
        }
    }

    /// Reads the file that `HELDBY_CONFIG` names, else `heldby.toml` in the current directory if there
    /// is one.
    fn find_allowances(&mut self) -> Result<(), String> {
        let named = std::env::var_os("HELDBY_CONFIG");
        let file = config_file(named.as_deref());
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                let file = file.display();
                return Err(format!(
                    "failed to read `{file}`: {error}; nothing is allowed"
                ));
            }
        };
        let read = Allowances::read(&text, &file.to_string_lossy());
        self.allowances = read.map_err(|error| format!("{error}; nothing is allowed"))?;
        Ok(())
    }

    /// Adds what the text of a `heldby.toml` allows; `file` is what its errors call it. An order that
    /// it names is not read, see [`order`](Self::order).
    ///
    /// # Errors
    /// What is wrong with the text, and where; nothing is added then.
    pub fn allow(mut self, text: &str, file: &str) -> Result<Self, ConfigError> {
        let Allowances {
            entries, policies, ..
        } = Allowances::read(text, file)?;
        self.allowances.entries.extend(entries);
        self.allowances.policies.extend(policies);
        Ok(self)
    }

    /// Sets what happens after a report.
    #[must_use]
    pub fn on_violation(mut self, on_violation: OnViolation) -> Self {
        self.on_violation = on_violation;
        self
    }

    /// Sets which rules judge.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets which acquires have their stack captured.
    #[must_use]
    pub fn stacks(mut self, stacks: Stacks) -> Self {
        self.stacks = stacks;
        self
    }

    /// Sets what waits for events count for.
    #[must_use]
    pub fn events(mut self, events: Events) -> Self {
        self.events = events;
        self
    }

    /// Sets whether reports are written to stderr.
    #[must_use]
    pub fn stderr(mut self, stderr: bool) -> Self {
        self.stderr = match stderr {
            true => OnStderr::All,
            false => OnStderr::None,
        };
        self
    }

    /// Sets whether it is kept where locks are, so that memory can be checked for held ones when it is
    /// freed: see `debug_check_no_locks_freed`.
    ///
    /// # Cost
    /// About 24 bytes for each lock that was acquired, until it goes, and a write to a table that
    /// threads share whenever an acquire takes the slow path: at its first one, and for each new
    /// chain. A known chain costs nothing more.
    #[must_use]
    pub fn freed_ranges(mut self, freed_ranges: bool) -> Self {
        self.freed_ranges = freed_ranges;
        self
    }

    /// Sets whether it is counted how often locks are got, and how long they are waited for and held:
    /// see [`Validator::lock_stats`](crate::Validator::lock_stats).
    ///
    /// # Cost
    /// Every acquire and release takes the slow path, reads the clock and writes to a table that threads
    /// share. A lock and its release then cost some hundred nanoseconds; see `docs/design/statistics.md`.
    #[must_use]
    pub fn statistics(mut self, statistics: bool) -> Self {
        self.statistics = statistics;
        self
    }

    /// Sets the file that is written when the process ends; its extension tells the form: `dot` for the
    /// graph, `txt` for what all threads hold, `json` for both.
    #[must_use]
    pub fn dump(mut self, file: impl Into<PathBuf>) -> Self {
        self.dump = Some(file.into());
        self
    }

    /// Writes what is learned into a file of its own in `directory`, a line for each new fact.
    ///
    /// # Cost
    /// A new dependency resolves its stacks and takes one write.
    #[must_use]
    pub fn record(mut self, directory: impl Into<PathBuf>) -> Self {
        self.record_directory = Some(directory.into());
        self
    }

    /// Sets the number of a signal that asks the process's validator for what all threads hold, which
    /// is then written to stderr, and for the file of [`dump`](Self::dump) if there is one.
    ///
    /// A signal that cannot be taken, or that the host handles itself, is told in one line when the
    /// validator is installed, and left alone. Unix only.
    ///
    /// # Cost
    /// A thread that waits for the signal.
    #[must_use]
    pub fn dump_signal(mut self, number: i32) -> Self {
        self.dump_signal = Some(number);
        self
    }

    /// Has waits that last longer than `limit` told by the process's validator, and rings of them
    /// reported.
    ///
    /// # Cost
    /// A thread that looks at all others four times within `limit`, and no less than four times a
    /// second; the threads themselves do nothing for it.
    #[must_use]
    pub fn watchdog(mut self, limit: Duration) -> Self {
        self.watchdog = Some(limit);
        self
    }

    /// Has threads steered to the deadlock that `report` tells is possible: each that is about to make a
    /// dependency of it is held back, for no longer than `patience`, until threads stand at all of them.
    ///
    /// What is only possible stops no thread then, whatever the policy says, and the process's validator
    /// has a watchdog. See `docs/confirm.md`.
    ///
    /// # Cost
    /// Every acquire takes the slow path, and threads are held back.
    ///
    /// # Errors
    /// No run can be steered to what the report tells.
    pub fn confirm(mut self, report: Report, patience: Duration) -> Result<Self, Unconfirmable> {
        report.steps()?;
        self.confirm = Some(Box::new(report));
        self.confirm_patience = patience;
        Ok(self)
    }
}

fn milliseconds(name: &str, value: &OsStr, otherwise: &str) -> Result<Duration, String> {
    let count = value.to_str().and_then(|text| text.parse().ok());
    let count = count.filter(|&count: &u64| count > 0);
    count.map(Duration::from_millis).ok_or_else(|| {
        let value = value.display();
        format!("unknown value `{name}={value}`; known: milliseconds, from 1 on; {otherwise}")
    })
}

/// The file of the allowances.
fn config_file(named: Option<&OsStr>) -> &OsStr {
    named.unwrap_or(OsStr::new("heldby.toml"))
}

fn choose<T: Copy>(
    name: &str,
    value: &OsString,
    known: &[(&str, T)],
    target: &mut T,
) -> Result<(), String> {
    if let Some(&(_, chosen)) = known.iter().find(|(text, _)| value == text) {
        *target = chosen;
        return Ok(());
    }
    let known: Vec<_> = known.iter().map(|(text, _)| *text).collect();
    let (value, known) = (value.to_string_lossy(), known.join(", "));
    Err(format!(
        "unknown value `{name}={value}`; known: {known}; the default is used"
    ))
}

#[cfg(test)]
mod tests {
    use super::{Config, Events, OnViolation, Profile, Stacks};

    #[test]
    fn known_values_are_taken_and_others_told() {
        let mut config = Config::new().on_violation(OnViolation::Warn);
        let mut set = |name: &str, value: &str| config.set(name, value.into());
        for (name, value) in [
            ("HELDBY", "abort"),
            ("HELDBY_PROFILE", "kernel"),
            ("HELDBY_STACKS", "off"),
            ("HELDBY_EVENTS", "strict"),
            ("HELDBY_DUMP", "graph.json"),
            ("HOME", "anything"),
        ] {
            assert_eq!(set(name, value), Ok(()));
        }
        for (name, value, told) in [
            ("HELDBY", "loud", "known: off, warn, panic, abort"),
            ("HELDBY_PROFILE", "", "known: userspace, kernel"),
            ("HELDBY_EVENTS", "lax", "known: strict"),
            ("HELDBY_DUMP", "graph.png", "known: FILE.dot, FILE.json"),
            (
                "HELDBY_CONFIRM",
                "none.json",
                "failed to read what to confirm in `none.json`",
            ),
            ("HELDBY_CONFIRM_MS", "0", "known: milliseconds, from 1 on"),
            ("HELDBY_STAKCS", "off", "unknown variable `HELDBY_STAKCS`"),
        ] {
            let complaint = set(name, value).unwrap_err();
            assert!(complaint.contains(told), "{complaint}");
        }
        let expected = Config::new()
            .on_violation(OnViolation::Abort)
            .profile(Profile::Kernel)
            .stacks(Stacks::Off)
            .events(Events::Strict)
            .dump("graph.json");
        assert_eq!(config, expected);
    }
}
