//! Annotations of GitHub Actions: lines that a step prints, and that the page of a change shows beside
//! the code.
//!
//! One error for each report, a notice for each other place of it. A name may hold anything, so that
//! every value is escaped: no line but ours begins with `::`.
//!
//! # Source
//! "Workflow commands for GitHub Actions", with the escapes of the runner itself: `%` and ends of
//! lines everywhere, `:` and `,` in properties too.

use std::io::{self, Write};

use heldby_model::render::{marks, printable};
use heldby_model::{Report, Site};

use super::Shown;
use super::place::{is_in_sources, path, primary};

/// Writes the lines.
pub(super) fn write(shown: &Shown<'_>, out: &mut impl Write) -> io::Result<()> {
    for report in &shown.findings.reports {
        error(report, out)?;
    }
    for (list, report) in shown.listed() {
        let title = format!("{} ({list})", report.code);
        line("notice", primary(report), &title, &summary(report), out)?;
    }
    Ok(())
}

fn error(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let title = report.code.as_str();
    let place = primary(report);
    line("error", place, title, &message(report), out)?;
    let mut told = vec![place.clone()];
    for mark in marks(report) {
        if is_in_sources(&mark.site) && !told.contains(&mark.site) {
            line("notice", &mark.site, title, &mark.text, out)?;
            told.push(mark.site);
        }
    }
    Ok(())
}

/// What was found, by whom, and what to change: an annotation is a few lines high.
fn message(report: &Report) -> String {
    let help = report.help.first();
    let help = help.map(|help| format!("\nhelp: {}", printable(help)));
    let more = format!("\nMore: heldby explain {}", report.code);
    summary(report) + &help.unwrap_or_default() + &more
}

fn summary(report: &Report) -> String {
    let (title, thread) = (printable(&report.title), printable(&report.thread));
    format!("{title}\nat {}, thread `{thread}`", place_of(&report.site))
}

fn place_of(site: &Site) -> String {
    printable(&site.to_string())
}

/// One command; a file outside the sources is none that GitHub can show.
fn line(
    command: &str,
    site: &Site,
    title: &str,
    message: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    write!(out, "::{command} ")?;
    if is_in_sources(site) {
        let file = property(&printable(&path(&site.file)));
        write!(out, "file={file},line={},col={},", site.line, site.column)?;
    }
    writeln!(out, "title={}::{}", property(title), data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn what_a_command_means_is_escaped() {
        let rows = [
            ("plain", "plain", "plain"),
            ("50%", "50%25", "50%25"),
            ("%0A", "%250A", "%250A"),
            ("a\r\nb", "a%0D%0Ab", "a%0D%0Ab"),
            ("\n::set-env", "%0A::set-env", "%0A%3A%3Aset-env"),
            ("a,b:c", "a,b:c", "a%2Cb%3Ac"),
        ];
        for (text, as_data, as_property) in rows {
            assert_eq!(data(text), as_data);
            assert_eq!(property(text), as_property);
        }
    }
}
