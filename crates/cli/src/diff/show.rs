//! News as text and as a table.

use std::io::{self, Write};

use heldby_model::Site;
use heldby_model::render::{self, TextOptions};

use super::news::News;

impl News {
    /// A line for each class and dependency, the reports, and a last line that counts.
    pub(super) fn text(&self, options: TextOptions<'_>, out: &mut impl Write) -> io::Result<()> {
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
            write!(
                out,
                "new dependency  `{}` -> `{}` ({:?}), held at {}, acquired at {}, by `{}`",
                new.from, new.to, new.kind, new.held_site, new.acquired_site, new.thread
            )?;
            match &new.standing {
                Some(standing) => writeln!(out, "; {standing}")?,
                None => writeln!(out)?,
            }
        }
        for report in &self.reports {
            writeln!(out, "\n{}", render::text(report, options))?;
        }
        writeln!(out, "{}", self.count())
    }

    /// A table for a review, then the reports.
    pub(super) fn markdown(
        &self,
        options: TextOptions<'_>,
        out: &mut impl Write,
    ) -> io::Result<()> {
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
            let mut what = format!("`{}` -> `{}`", new.from, new.to);
            if let Some(standing) = &new.standing {
                what = format!("{what}; {standing}");
            }
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
            let text = render::text(report, options);
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
