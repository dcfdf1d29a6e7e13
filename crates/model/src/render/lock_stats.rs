//! How long locks were waited for and held, as a table like `/proc/lock_stat`.

use super::fit::{Cut, WIDTH, shorten, width};
use super::page::Page;
use crate::words::place;
use crate::{LockStat, Mode, Places, Times};

/// Titles of the columns behind the lock's name; the last eight are those of two groups.
const TITLES: [&str; 10] = [
    "acquired",
    "contended",
    "min",
    "mean",
    "max",
    "total",
    "min",
    "mean",
    "max",
    "total",
];

/// No time below a day is written longer.
const TIME: usize = 6;

/// Makes the table, with a line for each of `stats` in their order and lines of places below it; nothing
/// of none.
#[must_use]
pub fn lock_stats(stats: &[LockStat]) -> String {
    if stats.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = stats.iter().map(numbers).collect();
    let widths: [usize; TITLES.len()] = std::array::from_fn(|column| {
        let least = if column < 2 { 0 } else { TIME };
        let cells = rows.iter().map(|row| width(&row[column]));
        cells
            .chain([width(TITLES[column]), least])
            .max()
            .unwrap_or(least)
    });
    let taken: usize = widths.iter().map(|width| width + 1).sum();
    let names: Vec<_> = stats.iter().map(name).collect();
    let longest = names.iter().map(|name| width(name)).max().unwrap_or(0);
    let room = longest.max(4).min(WIDTH.saturating_sub(taken).max(16));
    let line = |name: &str, cells: [&str; TITLES.len()]| {
        let mut line = format!("{:room$}", shorten(name, room, Cut::Middle));
        for (cell, width) in cells.iter().zip(widths) {
            line.push_str(&format!(" {cell:>width$}"));
        }
        line
    };
    let mut page = Page::default();
    page.line(groups(room, &widths));
    page.line(line("lock", TITLES));
    for ((stat, name), row) in stats.iter().zip(&names).zip(&rows) {
        page.line(line(name, row.each_ref().map(String::as_str)));
        page.lines(places("waited at", &stat.tally.waited_at));
        page.lines(places("held at", &stat.tally.held_at));
    }
    page.into_text(false)
}

/// The line above the titles, which says what the times are of.
fn groups(room: usize, widths: &[usize; TITLES.len()]) -> String {
    let until = |column: usize| {
        room + widths[..column]
            .iter()
            .map(|width| width + 1)
            .sum::<usize>()
    };
    let (waited, held, end) = (until(2), until(6), until(10));
    format!(
        "{:waited$}{:>wait$}{:>hold$}",
        "",
        "waited",
        "held",
        wait = held - waited,
        hold = end - held,
    )
}

/// The class, and that it was shared.
fn name(stat: &LockStat) -> String {
    match stat.mode {
        Mode::Write => stat.lock.clone(),
        Mode::Read | Mode::Recursive => format!("{} (read)", stat.lock),
    }
}

fn numbers(stat: &LockStat) -> [String; TITLES.len()] {
    let tally = &stat.tally;
    let times = |times: &Times| {
        [times.min_ns, times.mean_ns(), times.max_ns, times.total_ns].map(|ns| match times.count {
            0 => "-".to_owned(),
            _ => time(ns),
        })
    };
    let [wait_min, wait_mean, wait_max, wait_total] = times(&tally.wait);
    let [hold_min, hold_mean, hold_max, hold_total] = times(&tally.hold);
    [
        tally.acquisitions.to_string(),
        tally.contentions.to_string(),
        wait_min,
        wait_mean,
        wait_max,
        wait_total,
        hold_min,
        hold_mean,
        hold_max,
        hold_total,
    ]
}

fn places(what: &str, places: &Places) -> Vec<String> {
    let line = |count: u64, place: &str| {
        let head = format!("    {what:9} {:>8}  ", format!("{count}x"));
        let room = WIDTH.saturating_sub(width(&head));
        head + &shorten(place, room, Cut::Front)
    };
    let sites = places.sites.iter();
    let mut lines: Vec<_> = sites
        .map(|counted| line(counted.count, &place(&counted.site)))
        .collect();
    if places.others > 0 {
        lines.push(line(places.others, "other places"));
    }
    lines
}

/// A time with three digits and its unit.
fn time(ns: u64) -> String {
    const UNITS: [(&str, f64); 3] = [("us", 1e3), ("ms", 1e6), ("s", 1e9)];
    if ns < 1_000 {
        return format!("{ns}ns");
    }
    let fits = |unit: &&(&str, f64)| ns as f64 / unit.1 < 999.5;
    let (unit, length) = UNITS.iter().find(fits).unwrap_or(&UNITS[2]);
    let amount = ns as f64 / length;
    match amount {
        small if small < 9.995 => format!("{small:.2}{unit}"),
        middle if middle < 99.95 => format!("{middle:.1}{unit}"),
        large => format!("{large:.0}{unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn a_time_has_three_digits() {
        let rows = [
            (0, "0ns"),
            (999, "999ns"),
            (1_000, "1.00us"),
            (9_994, "9.99us"),
            (9_995, "10.0us"),
            (99_949, "99.9us"),
            (99_950, "100us"),
            (999_499, "999us"),
            (999_500, "1.00ms"),
            (1_234_567_890, "1.23s"),
            (3_600_000_000_000, "3600s"),
        ];
        for (ns, expected) in rows {
            assert_eq!(time(ns), expected, "{ns}");
        }
    }
}
