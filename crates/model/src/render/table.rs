//! Columns that line up and still fit the page.

use super::fit::{Cut, WIDTH, share, shorten, width};

/// Blanks between two columns.
const GAP: usize = 3;

/// Lays rows out in columns, each column as wide as its longest cell, or less if the page is full.
///
/// `cuts` names for each column which part of a cell may go; a row may end early.
pub(super) fn table(indent: usize, cuts: &[Cut], rows: &[Vec<String>]) -> Vec<String> {
    let gaps = GAP * cuts.len().saturating_sub(1);
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    };
    let natural: Vec<_> = (0..cuts.len()).map(widest).collect();
    let widths = share(&natural, WIDTH - indent - gaps);
    let line = |row: &Vec<String>| {
        let cells = row
            .iter()
            .zip(cuts)
            .zip(&widths)
            .map(|((cell, cut), &room)| format!("{:room$}", shorten(cell, room, *cut)));
        let cells: Vec<_> = cells.collect();
        let line = format!("{:indent$}{}", "", cells.join(&" ".repeat(GAP)));
        line.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
