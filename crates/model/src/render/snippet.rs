//! Lines of the host's source, with what happened there written beneath.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::fit::{WIDTH, shorten_quoted, width};
use super::page::{Line, printable};
use super::source::Sources;
use crate::Site;

/// A place in a snippet.
#[derive(Debug)]
pub(super) struct Spot<'a> {
    pub(super) site: &'a Site,
    /// What happened there; names stand in backticks.
    pub(super) label: String,
}

impl<'a> Spot<'a> {
    /// A place of which the text above says what happened.
    pub(super) fn unlabelled(site: &'a Site) -> Self {
        Self {
            site,
            label: String::new(),
        }
    }
}

/// How many characters of a name stay in a label.
const LONGEST_NAME: usize = 28;

/// How far apart two places of a snippet may be, in lines.
const FARTHEST: u32 = 200;

/// Which line of a snippet says where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// Its own first line.
    Own,
    /// None of it: a line above does.
    Above,
}

/// The lines of `main`, and of `other` if it is in the same file and not far.
///
/// `None` where the source cannot be read, or is not what was compiled, as far as that shows.
pub(super) fn snippet(
    sources: &dyn Sources,
    main: &Spot<'_>,
    other: Option<&Spot<'_>>,
    head: Head,
) -> Option<Shown> {
    let near = |other: &&Spot<'_>| {
        other.site.file == main.site.file && other.site.line.abs_diff(main.site.line) <= FARTHEST
    };
    let other = other.filter(near);
    let both = || Some((other?, AnnotationKind::Context));
    let marks = |with_other: bool| {
        let other = both().filter(|_| with_other);
        [Some((main, AnnotationKind::Primary)), other]
            .into_iter()
            .flatten()
    };
    let render = |text: String| {
        let both = render(&text, &marks(true).collect::<Vec<_>>());
        let alone = || render(&text, &marks(false).collect::<Vec<_>>());
        let alone = || Some((alone()?, false));
        both.map(|lines| (lines, other.is_some())).or_else(alone)
    };
    let (lines, has_other) = sources.read(&main.site.file).find_map(render)?;
    let above = usize::from(head == Head::Above);
    let lines: Vec<_> = lines.into_iter().skip(above).collect();
    let fits = lines.iter().all(|line| width(line.text()) <= WIDTH);
    fits.then_some(Shown { lines, has_other })
}

/// A snippet.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) lines: Vec<Line>,
    /// The other place is in it.
    pub(super) has_other: bool,
}

/// The lines from the first mark to the last, as the library draws them.
fn render(text: &str, marks: &[(&Spot<'_>, AnnotationKind)]) -> Option<Vec<Line>> {
    let numbers = marks.iter().map(|(mark, _)| mark.site.line);
    let (first, last) = (numbers.clone().min()?, numbers.max()?);
    let lines = text.lines().skip(first.checked_sub(1)? as usize);
    let lines: Vec<_> = lines
        .take((last - first) as usize + 1)
        .map(printable)
        .collect();
    let excerpt = lines.join("\n");
    let start = |line: u32| -> usize {
        let before = lines.iter().take((line - first) as usize);
        before.map(|line| line.len() + 1).sum()
    };
    let annotation = |(mark, kind): &(&Spot<'_>, AnnotationKind)| {
        let line = lines.get((mark.site.line - first) as usize)?;
        let word = word(line, mark.site.column)?;
        let start = start(mark.site.line);
        let label = printable(&shorten_quoted(&mark.label, LONGEST_NAME));
        Some(kind.span(start + word.start..start + word.end).label(label))
    };
    let annotations: Option<Vec<Annotation<'_>>> = marks.iter().map(annotation).collect();
    let snippet = Snippet::source(&excerpt)
        .line_start(first as usize)
        .path(printable(&marks[0].0.site.file))
        .annotations(annotations?);
    let group = [Group::with_level(Level::ERROR).element(snippet)];
    let plain = Renderer::plain().term_width(WIDTH).render(&group);
    let painted = Renderer::styled().term_width(WIDTH).render(&group);
    let lines = plain.lines().zip(painted.lines());
    Some(
        lines
            .map(|(plain, painted)| Line::painted(plain, painted))
            .collect(),
    )
}

/// The word that begins at a column of a line, counted from 1 in characters.
fn word(line: &str, column: u32) -> Option<Range<usize>> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let column = (column as usize).checked_sub(1)?;
    let (start, _) = line.char_indices().nth(column)?;
    let (before, rest) = line.split_at(start);
    let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let begins = length > 0 && !before.ends_with(is_word);
    begins.then(|| start..start + length)
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn a_column_points_at_the_word_that_begins_there() {
        let rows = [
            ("a.lock();", 3, Some("lock")),
            ("lock", 1, Some("lock")),
            ("\u{e4}.lock()", 3, Some("lock")),
            ("a.lock();", 4, None),
            ("a.lock();", 2, None),
            ("a.lock();", 10, None),
            ("a.lock();", 0, None),
            ("", 1, None),
        ];
        for (line, column, expected) in rows {
            let found = word(line, column).map(|range| &line[range]);
            assert_eq!(found, expected, "{line:?} at {column}");
        }
    }
}
