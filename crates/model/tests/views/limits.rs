//! What every text keeps: its size, its first two lines, and one line for one line.

use std::borrow::Cow;

use heldby_model::render::{TextOptions, text};
use heldby_model::{Code, HeldLock, RecordPlace, Report};

use crate::reports::{Write, held, mmap_lock, report};

const LINES: usize = 40;
const COLUMNS: usize = 100;

/// Every form a name can take that makes a line long or breaks it.
const AWKWARD: &[&str] = &[
    "connections_by_peer_address_and_negotiated_protocol_version_of_the_frontend",
    "a name with many blanks that goes on and on until it has filled all of the line or nearly",
    "<alloc::sync::Arc<tokio::sync::RwLock<std::collections::HashMap<K, V>>> as my::Trait>::get",
    "back`tick` and \"quote\" and \\ and \n and \u{1b}[31m red",
    "turned \u{202e}dnuor\u{202c} and \u{2066}apart\u{2069} and \u{2028} below",
    "\u{fc}ml\u{e4}\u{fc}te_\u{fc}ml\u{e4}\u{fc}te_\u{fc}ml\u{e4}\u{fc}te_\u{fc}ml\u{e4}\u{fc}te_\u{fc}ml\u{e4}\u{fc}te_\u{fc}ml\u{e4}\u{fc}te",
    "",
];

fn plain(report: &Report) -> String {
    text(report, TextOptions::default())
}

#[track_caller]
fn check_size(report: &Report, most_lines: usize) {
    let text = plain(report);
    assert!(
        text.lines().count() <= most_lines,
        "too many lines:\n{text}"
    );
    let widest = text
        .lines()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0);
    assert!(widest <= COLUMNS, "{widest} columns:\n{text}");
    assert!(
        text.lines().all(|line| line == line.trim_end()),
        "blanks at an end:\n{text}"
    );
    let turns = |c: char| matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let printable = |c: char| c == '\n' || !(c.is_control() || turns(c));
    assert!(
        text.chars().all(printable),
        "a character that is no text:\n{text:?}"
    );
}

/// The same report in a world of another naming: locks, threads, functions and paths alike.
fn renamed(report: &Report, long: &str) -> Report {
    let mut report = report.clone();
    let name = |short: &mut String| *short = format!("{short}_{long}_{short}");
    let path = |file: &mut Cow<'static, str>| {
        *file = format!("/home/{long}/workspace/{long}/{file}").into();
    };
    report.locks.iter_mut().for_each(name);
    name(&mut report.thread);
    path(&mut report.site.file);
    report.function.iter_mut().for_each(name);
    report
        .wanted
        .iter_mut()
        .for_each(|wanted| name(&mut wanted.lock));
    for dependency in &mut report.cycle {
        name(&mut dependency.from);
        name(&mut dependency.to);
        name(&mut dependency.thread);
        dependency.held_function.iter_mut().for_each(name);
        dependency.acquired_function.iter_mut().for_each(name);
        path(&mut dependency.held_site.file);
        path(&mut dependency.acquired_site.file);
        for frame in &mut dependency.acquired_stack {
            name(&mut frame.function);
            frame.site.iter_mut().for_each(|site| path(&mut site.file));
        }
    }
    for held in &mut report.held {
        name(&mut held.lock);
        path(&mut held.site.file);
        for derived in &mut held.derived {
            name(&mut derived.what);
            path(&mut derived.site.file);
        }
    }
    for thread in &mut report.threads {
        name(&mut thread.thread);
        for held in &mut thread.held {
            name(&mut held.lock);
            path(&mut held.site.file);
        }
    }
    for class in &mut report.classes {
        name(&mut class.name);
        name(&mut class.type_name);
        class
            .made_at
            .iter_mut()
            .for_each(|site| path(&mut site.file));
        class.instances = 1_000_000;
    }
    report.title.clear();
    report.notes.clear();
    report.help.clear();
    report.advise();
    report
}

#[test]
fn every_code_fits() {
    for &code in Code::ALL {
        check_size(&report(code), LINES);
    }
}

#[test]
fn the_place_in_the_record_fits_too() {
    for &code in Code::ALL {
        let mut report = report(code);
        for directory in ["target/heldby", AWKWARD[0]] {
            report.record = Some(RecordPlace {
                file: format!("{directory}/host-1234-1795968711138.jsonl"),
                number: 12,
            });
            check_size(&report, LINES);
            let text = plain(&report);
            let last = text.lines().last().expect("a line");
            let expected = match directory {
                "target/heldby" => {
                    "  Full record: heldby report target/heldby   \
                     (host-1234-1795968711138.jsonl#12)"
                }
                _ => {
                    "  Full record: heldby report \
                     ...rotocol_version_of_the_frontend   \
                     (host-1234-1795968711138.jsonl#12)"
                }
            };
            assert_eq!(last, expected);
        }
    }
}

#[test]
fn awkward_names_fit_too() {
    for &code in Code::ALL {
        // Only reports about two locks at most promise their length.
        let most_lines = if code == Code::Hb0002 {
            LINES + 10
        } else {
            LINES
        };
        for long in AWKWARD {
            check_size(&renamed(&report(code), long), most_lines);
        }
    }
}

#[test]
fn hundreds_of_held_locks_fit_too() {
    for &code in Code::ALL {
        let mut report = report(code);
        report.held = (1..=300)
            .map(|line| {
                held(
                    &format!("lock{line}"),
                    Write,
                    &format!("src/lib.rs:{line}:5"),
                )
            })
            .collect::<Vec<HeldLock>>();
        check_size(&report, LINES + 2);
        let text = plain(&report);
        assert!(
            text.contains("296 older") && text.contains("300. `lock300`"),
            "{text}"
        );
    }
}

/// The report of every code, under one to five mmap locks, each with more VMAs than are listed.
fn with_derived_holds() -> impl Iterator<Item = Report> {
    let codes = Code::ALL.iter();
    codes.flat_map(|&code| {
        (1..=5).map(move |locks| {
            let mut report = report(code);
            report.held = vec![mmap_lock(20); locks];
            report
        })
    })
}

#[test]
fn derived_holds_fit_too() {
    for report in with_derived_holds() {
        // The locks themselves may take their lines, as without derived holds.
        let most_lines = LINES + report.held.len().min(4).saturating_sub(2);
        check_size(&report, most_lines);
        for long in AWKWARD {
            let most_lines = match report.code {
                Code::Hb0002 => most_lines + 10,
                _ => most_lines,
            };
            check_size(&renamed(&report, long), most_lines);
        }
    }
}

#[test]
fn what_is_left_out_of_derived_holds_is_told() {
    for report in with_derived_holds() {
        let text = plain(&report);
        let under_last = text.lines().rev();
        let listed = under_last
            .take_while(|line| line.contains("with VMA"))
            .count();
        let last = text.lines().rev().nth(listed).expect("the hold itself");
        let told = match listed {
            0 => ", 20 derived)".to_owned(),
            listed => format!(", the last {listed} of 20 derived)"),
        };
        assert!(listed <= 8 && last.contains(&told), "{text}");
        // The newest are listed.
        assert!(
            listed == 0 || text.trim_end().ends_with("src/map.rs:100"),
            "{text}"
        );
    }
}

#[test]
fn the_first_two_lines_say_what_and_where() {
    for &code in Code::ALL {
        let report = report(code);
        let text = plain(&report);
        let first_two: Vec<_> = text.lines().take(2).collect();
        let [what, where_] = first_two[..] else {
            panic!("a short report:\n{text}")
        };
        assert!(what.starts_with(&format!("error[{code}]: ")), "{what}");
        assert!(
            where_.starts_with(&format!("  --> {}", report.site)),
            "{where_}"
        );
        assert!(
            where_.ends_with(&format!(", thread `{}`", report.thread)),
            "{where_}"
        );
        // The title of an assertion on a VMA names the VMA instead.
        if code != Code::Hb0201 {
            assert!(
                report.locks.iter().all(|lock| what.contains(lock)),
                "{what}"
            );
        }
    }
}

#[test]
fn advice_is_kept_where_it_stands() {
    for &code in Code::ALL {
        let once = report(code);
        let mut twice = once.clone();
        twice.advise();
        assert_eq!(twice, once);
        assert!(!once.title.is_empty() && !once.help.is_empty(), "{code}");
    }
}

#[test]
fn a_report_without_details_still_speaks() {
    for &code in Code::ALL {
        let mut bare = crate::reports::bare(
            code,
            heldby_model::Certainty::Possible,
            &["a"],
            "src/lib.rs:3:9",
        );
        bare.advise();
        check_size(&bare, LINES);
        assert!(plain(&bare).lines().count() >= 4, "{code}");
    }
}
