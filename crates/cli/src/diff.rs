//! `heldby diff`: what a change of the program did to its lock order.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use heldby_model::record::RecordedProcess;
use heldby_model::render::{self, TextOptions};
use heldby_model::{DependencyKind, Report, Site};
use serde::Serialize;

use crate::Verdict;
use crate::failure::Failure;
use crate::merge::gather;
use crate::record::{Matching, Sorted};

/// Tell which classes, dependencies and inversions are new since other records
///
/// Locks are matched by name, those without one by file, type and order in the file, so that lines that
/// only moved are not new.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Diff {
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// The records before: a file, or a directory of them
    #[arg(value_name = "BASE")]
    base: PathBuf,

    /// The records after
    #[arg(value_name = "NEW")]
    new: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  heldby diff main.jsonl target/heldby
  heldby diff --format markdown main.jsonl branch.jsonl >>\"$GITHUB_STEP_SUMMARY\"

Exit status:
  0  no inversion is new
  1  some is
  2  bad input, or nowhere to write";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people: a line for each class and dependency, and the reports.
    Text,
    /// For a review: a table.
    Markdown,
    /// For programs: one JSON object.
    Json,
}

/// What is new.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct News {
    #[cfg_attr(test, schemars(extend("const" = 1)))]
    format: u32,
    classes: Vec<NewClass>,
    dependencies: Vec<NewDependency>,
    reports: Vec<Report>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NewClass {
    name: String,
    #[serde(rename = "type")]
    type_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    made_at: Option<Site>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NewDependency {
    from: String,
    to: String,
    kind: DependencyKind,
    held_site: Site,
    acquired_site: Site,
    thread: String,
    process: RecordedProcess,
}

impl Diff {
    /// Reads, compares, prints.
    pub(crate) fn run(&self) -> Result<Verdict, Failure> {
        let base = gather(std::slice::from_ref(&self.base))?.merged;
        let new = gather(std::slice::from_ref(&self.new))?.merged;
        let news = News::between(&base, &new);
        let mut out = BufWriter::new(io::stdout().lock());
        let written = match self.format {
            Format::Text => news.text(&mut out),
            Format::Markdown => news.markdown(&mut out),
            Format::Json => serde_json::to_writer(&mut out, &news)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(out)),
        };
        match written.and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::Write { error })
            }
            _ if news.reports.is_empty() => Ok(Verdict::Clean),
            _ => Ok(Verdict::Reported(1)),
        }
    }
}

impl News {
    fn between(base: &Sorted, new: &Sorted) -> Self {
        let (known, matching) = (Matching::of(base), Matching::of(new));
        let known_classes: BTreeSet<_> =
            (0..base.classes.len()).map(|at| known.class(at)).collect();
        let known_orders: BTreeSet<_> = base
            .dependencies
            .keys()
            .map(|&(from, to, kind)| (known.class(from), known.class(to), kind))
            .collect();
        let reports = base.findings().reports;
        let told: BTreeSet<_> = reports.iter().map(|report| known.finding(report)).collect();
        let classes = new.classes.iter().enumerate();
        let classes = classes.filter(|&(at, _)| !known_classes.contains(matching.class(at)));
        let dependencies = new.dependencies.iter().filter(|&(&(from, to, kind), _)| {
            !known_orders.contains(&(matching.class(from), matching.class(to), kind))
        });
        let mut reports = new.findings().reports;
        reports.retain(|report| !told.contains(&matching.finding(report)));
        Self {
            format: 1,
            classes: classes
                .map(|(_, (key, facts))| NewClass {
                    name: key.name.clone(),
                    type_name: key.type_name.clone(),
                    made_at: facts.made_at.clone(),
                })
                .collect(),
            dependencies: dependencies
                .map(|(&(from, to, kind), seen)| NewDependency {
                    from: new.name(from),
                    to: new.name(to),
                    kind,
                    held_site: seen.sighting.held_site.site(),
                    acquired_site: seen.sighting.acquired_site.site(),
                    thread: seen.sighting.thread.to_string(),
                    process: RecordedProcess::clone(&seen.sighting.process),
                })
                .collect(),
            reports,
        }
    }

    fn text(&self, out: &mut impl Write) -> io::Result<()> {
        for class in &self.classes {
            write!(
                out,
                "new class       `{}` ({})",
                class.name, class.type_name
            )?;
            match &class.made_at {
                Some(made_at) => writeln!(out, ", made at {made_at}")?,
                None => writeln!(out)?,
            }
        }
        for new in &self.dependencies {
            writeln!(
                out,
                "new dependency  `{}` -> `{}` ({:?}), held at {}, acquired at {}, by `{}`",
                new.from, new.to, new.kind, new.held_site, new.acquired_site, new.thread
            )?;
        }
        for report in &self.reports {
            writeln!(out, "\n{}", render::text(report, TextOptions::default()))?;
        }
        writeln!(out, "{}", self.count())
    }

    fn markdown(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "### Lock order: {}\n", self.count())?;
        if self.classes.is_empty() && self.dependencies.is_empty() && self.reports.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "| new | what | where | thread |\n| --- | --- | --- | --- |"
        )?;
        for report in &self.reports {
            let (title, thread) = (cell(&report.title), cell(&report.thread));
            writeln!(
                out,
                "| **{}** | {title} | {} | {thread} |",
                report.code,
                cell(&report.site)
            )?;
        }
        for new in &self.dependencies {
            let what = format!("`{}` -> `{}`", new.from, new.to);
            let place = format!("{}, under {}", new.acquired_site, new.held_site);
            let (what, place, thread) = (cell(&what), cell(&place), cell(&new.thread));
            writeln!(out, "| dependency | {what} | {place} | {thread} |")?;
        }
        for class in &self.classes {
            let what = format!("`{}`, {}", class.name, class.type_name);
            let place = class
                .made_at
                .as_ref()
                .map(Site::to_string)
                .unwrap_or_default();
            writeln!(out, "| class | {} | {} | |", cell(&what), cell(&place))?;
        }
        for report in &self.reports {
            let text = render::text(report, TextOptions::default());
            writeln!(out, "\n```text\n{}\n```", text.replace("```", "'''"))?;
        }
        Ok(())
    }

    fn count(&self) -> String {
        let of = |count: usize, one: &str, more: &str| match count {
            0 => format!("no new {one}"),
            1 => format!("1 new {one}"),
            count => format!("{count} new {more}"),
        };
        format!(
            "{}, {}, {}",
            of(self.classes.len(), "class", "classes"),
            of(self.dependencies.len(), "dependency", "dependencies"),
            of(self.reports.len(), "inversion", "inversions"),
        )
    }
}

/// A text as one cell of a table.
fn cell(text: &impl ToString) -> String {
    text.to_string()
        .replace('|', "\\|")
        .replace(['\n', '\r'], " ")
}

/// Checks that `records` tell nothing new since themselves, and everything since nothing.
#[cfg(any(test, fuzzing))]
pub(crate) fn check(records: &Sorted) {
    let counts = |news: &News| {
        [
            news.classes.len(),
            news.dependencies.len(),
            news.reports.len(),
        ]
    };
    assert_eq!(counts(&News::between(records, records)), [0; 3]);
    let news = News::between(&Sorted::default(), records);
    assert_eq!(
        counts(&news)[..2],
        [records.classes.len(), records.dependencies.len()]
    );
    for write in [News::text, News::markdown] {
        write(&news, &mut Vec::new()).expect("memory takes everything");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;
    use heldby_model::schema;

    use super::News;

    #[test]
    fn the_schema_is_that_of_the_type() {
        expect_file!["../../../docs/schema/diff.json"].assert_eq(&schema::text::<News>());
    }
}
