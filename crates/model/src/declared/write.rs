//! Writes a declaration: the same text for the same order, a line for each lock, so that a change of
//! one lock is a change of one line.

use std::fmt::{self, Display, Formatter};

use super::read::ORDER_FORMAT;
use super::{Accepted, DeclaredLock, DeclaredOrder, Known, Unlisted};

const HEAD: &str = "\
# The lock order of this program, outermost layer first: while a lock of one layer is held, locks of
# the layers below it may be taken. Made by `heldby order`; see `heldby explain HB0401`.
";

impl Display for DeclaredOrder {
    /// Writes the file.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let unlisted = match self.unlisted {
            Unlisted::Report => "report",
            Unlisted::Ignore => "ignore",
        };
        write!(f, "{HEAD}\nformat = {ORDER_FORMAT}\n")?;
        writeln!(
            f,
            "# What a dependency of a lock comes to that stands nowhere here: \"report\" or \"ignore\"."
        )?;
        writeln!(f, "unlisted = \"{unlisted}\"")?;
        for layer in &self.layers {
            f.write_str("\n[[layer]]\nlocks = [\n")?;
            for lock in layer {
                writeln!(f, "    {},", Written(lock, Line::Yes))?;
            }
            f.write_str("]\n")?;
        }
        let is_dependency = |entry: &&Accepted| matches!(entry.what, Known::Dependency { .. });
        let (dependencies, reports): (Vec<_>, Vec<_>) =
            self.accepted.iter().partition(is_dependency);
        section(f, "Taken against the layers, and accepted.", &dependencies)?;
        section(f, "Reports that are known, and accepted.", &reports)
    }
}

fn section(f: &mut Formatter<'_>, title: &str, entries: &[&Accepted]) -> fmt::Result {
    if !entries.is_empty() {
        write!(f, "\n# {title}\n")?;
    }
    for entry in entries {
        write!(f, "\n[[accepted]]\n")?;
        match &entry.what {
            Known::Dependency { from, to } => {
                writeln!(f, "from = {}", Written(from, Line::No))?;
                writeln!(f, "to = {}", Written(to, Line::No))?;
            }
            Known::Report { code, locks, file } => {
                let locks = locks.iter().map(|lock| Written(lock, Line::No).to_string());
                let locks: Vec<_> = locks.collect();
                writeln!(f, "code = \"{code}\"")?;
                writeln!(f, "locks = [{}]", locks.join(", "))?;
                if let Some(file) = file {
                    writeln!(f, "file = {}", Text(file))?;
                }
            }
        }
        if let Some(reason) = &entry.reason {
            writeln!(f, "reason = {}", Text(reason))?;
        }
    }
    Ok(())
}

/// Whether the line of a lock is written: it stands once in the file, in the layer.
#[derive(Clone, Copy)]
enum Line {
    Yes,
    No,
}

/// A lock in TOML.
struct Written<'a>(&'a DeclaredLock, Line);

impl Display for Written<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            DeclaredLock::Named {
                name,
                type_name: None,
            } => Text(name).fmt(f),
            DeclaredLock::Named {
                name,
                type_name: Some(type_name),
            } => write!(f, "{{ name = {}, type = {} }}", Text(name), Text(type_name)),
            DeclaredLock::Made {
                file,
                type_name,
                number,
                line,
            } => {
                let (file, type_name) = (Text(file), Text(type_name));
                write!(f, "{{ file = {file}, type = {type_name}, number = {number}")?;
                match self.1 {
                    Line::Yes => write!(f, ", line = {line} }}"),
                    Line::No => f.write_str(" }"),
                }
            }
        }
    }
}

/// A string in TOML.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                c if c.is_control() => write!(f, "\\u{:04X}", u32::from(c))?,
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("\"")
    }
}
