//! Records: what one process learned, or several, one line a fact.
//!
//! A record is JSON Lines. Its first line is a [`RecordHeader`], every other line one [`Fact`]; a
//! process appends each with one write as soon as it is known, so a process that is killed loses
//! nothing but, perhaps, the rest of its last line.
//! Numbers of classes are the record's own; a class is told before the first fact that names it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Allowance, Confirmation, DependencyKind, Frame, Mode, Report, Role, Site, Tally};

/// The version of the records that this crate writes and reads.
pub const RECORD_FORMAT: u32 = 1;

/// How read locks are judged, and with them whole cycles: the profile of a validator.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RecordProfile {
    /// A fair reader waits for a reader only behind a writer that was seen.
    #[default]
    Userspace,
    /// A fair reader always waits for a reader, as lockdep has it.
    Kernel,
}

/// The first line of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordHeader {
    /// Version of this format: [`RECORD_FORMAT`].
    #[cfg_attr(feature = "schema", schemars(extend("const" = RECORD_FORMAT)))]
    pub heldby: u32,
    /// How the process judged.
    pub profile: RecordProfile,
    /// The processes whose facts stand here: one, or those of a merged record, sorted.
    pub processes: Vec<RecordedProcess>,
}

/// A process that made a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordedProcess {
    /// Path of its executable, when the system tells.
    pub executable: String,
    /// What tells this build of the executable from others: its build id, else a hash of the file.
    pub build: String,
    /// Its number when it ran.
    pub pid: u32,
    /// When the record was begun, in milliseconds since 1970.
    pub started_ms: u64,
}

/// What was learned; one line of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// There is this class.
    Class(RecordedClass),
    /// One lock was asked for while another was held.
    Dependency(Box<RecordedDependency>),
    /// A dependency that is known was seen under fewer gates: what is left of them.
    Gates(RecordedGates),
    /// A lock of the class was asked for exclusively.
    Writer {
        /// A [`RecordedClass::id`].
        class: u32,
    },
    /// A second lock of the class was acquired.
    Second {
        /// A [`RecordedClass::id`].
        class: u32,
    },
    /// What the process counted of a class so far, in one mode; of several the largest counts, since
    /// none of the numbers ever shrinks.
    Stat(Box<RecordedStat>),
    /// The process reported this.
    Report(Box<Report>),
    /// The host says that this is fine: it is not reported of several processes together either.
    Allowed(Allowance),
    /// How the process was steered to a report, so far; the last one counts.
    Confirmation(Confirmation),
}

/// A class of locks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordedClass {
    /// Its number in this record.
    pub id: u32,
    /// What reports call it.
    pub name: String,
    /// The host gave it that name, so it is the same class in every build.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub named: bool,
    /// The type of its locks.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What its locks are.
    #[serde(default, skip_serializing_if = "is_lock")]
    pub role: Role,
    /// Where its locks are made, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Site>,
    /// The build that it is of, in a merged record and where it has no name of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_lock(role: &Role) -> bool {
    *role == Role::Lock
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A dependency as it was first seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordedDependency {
    /// What was held, a [`RecordedClass::id`].
    pub from: u32,
    /// What was asked for, a [`RecordedClass::id`].
    pub to: u32,
    /// Its kind.
    pub kind: DependencyKind,
    /// How `from` was held.
    pub from_mode: Mode,
    /// How `to` was asked for.
    pub to_mode: Mode,
    /// Where `from` had been taken.
    pub held_site: Site,
    /// Where `to` was asked for.
    pub acquired_site: Site,
    /// The thread that did it.
    pub thread: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// The classes that were held exclusively beside the two and may be gates, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<u32>,
    /// `to` was asked for at the end of a wait, which had given it up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after_wait: bool,
    /// The name of the `tracing` span in which `to` was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<String>,
    /// The process that saw it, by its place in [`RecordHeader::processes`]; in a record of one it is
    /// left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub process: u32,
    /// Stack of the acquire of `from`, innermost first; empty when it was not captured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_stack: Vec<Frame>,
    /// Stack of the acquire of `to`, innermost first; empty when it was not captured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acquired_stack: Vec<Frame>,
}

/// The gates under which every occurrence of a dependency was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordedGates {
    /// What was held, a [`RecordedClass::id`].
    pub from: u32,
    /// What was asked for, a [`RecordedClass::id`].
    pub to: u32,
    /// The kind of the dependency.
    pub kind: DependencyKind,
    /// The classes that are left, sorted.
    pub gates: Vec<u32>,
}

/// How long the locks of a class were waited for and held, in one mode and by one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordedStat {
    /// A [`RecordedClass::id`].
    pub class: u32,
    /// [`Mode::Write`], or [`Mode::Read`] for any shared hold.
    pub mode: Mode,
    /// The process that counted, by its place in [`RecordHeader::processes`]; in a record of one it is
    /// left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub process: u32,
    /// What it counted.
    #[serde(flatten)]
    pub tally: Tally,
}

impl RecordHeader {
    /// The header of the record that one process makes.
    #[must_use]
    pub fn of(process: RecordedProcess, profile: RecordProfile) -> Self {
        Self {
            heldby: RECORD_FORMAT,
            profile,
            processes: vec![process],
        }
    }

    /// The line, with its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        line(self)
    }

    /// Reads the first line of a record.
    ///
    /// # Errors
    /// When `text` is no such line, or is one of another format.
    pub fn from_line(text: &str) -> Result<Self, RecordError> {
        #[derive(Deserialize)]
        struct Format {
            heldby: u32,
        }
        let foreign = |_| RecordError::Foreign;
        let Format { heldby } = serde_json::from_str(text).map_err(foreign)?;
        if heldby != RECORD_FORMAT {
            return Err(RecordError::Format { found: heldby });
        }
        serde_json::from_str(text).map_err(RecordError::Line)
    }
}

impl Fact {
    /// The line, with its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        line(self)
    }

    /// Reads any line of a record but the first.
    ///
    /// # Errors
    /// When `text` is no such line.
    pub fn from_line(text: &str) -> Result<Self, RecordError> {
        serde_json::from_str(text).map_err(RecordError::Line)
    }
}

fn line<T: Serialize>(value: &T) -> String {
    let mut line = serde_json::to_string(value).expect("plain data always becomes JSON");
    line.push('\n');
    line
}

/// Says why a line is not one of a record.
#[derive(Debug)]
pub enum RecordError {
    /// The first line is not that of a record.
    Foreign,
    /// The record is of a format that this crate does not know.
    Format {
        /// The version that it names.
        found: u32,
    },
    /// The line is not JSON, or fields are missing or wrong.
    Line(serde_json::Error),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str("not a record"),
            Self::Format { found } => {
                write!(f, "format `{found}` is unknown; known: `{RECORD_FORMAT}`")
            }
            Self::Line(cause) => {
                let column = cause.column();
                let text = cause.to_string();
                let what = text.strip_suffix(&format!(" at line 1 column {column}"));
                write!(f, "column {column}: {}", what.unwrap_or(&text))
            }
        }
    }
}

impl std::error::Error for RecordError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Line(cause) => Some(cause),
            Self::Foreign | Self::Format { .. } => None,
        }
    }
}
