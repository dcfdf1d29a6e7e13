//! The lines of the host's source in a report.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use expect_test::{Expect, expect};
use heldby_model::render::{SourceFiles, Sources, TextOptions, text};
use heldby_model::{Code, Report, Site};

use crate::reports::report;

/// Source as it must have been: a call at every place that a report names.
#[derive(Debug, Default)]
struct Invented(BTreeMap<String, Vec<String>>);

impl Sources for Invented {
    fn read<'a>(&'a self, file: &'a str) -> Box<dyn Iterator<Item = String> + 'a> {
        let lines = self.0.get(file).into_iter();
        Box::new(lines.map(|lines| lines.join("\n")))
    }
}

impl Invented {
    /// `code` stands wherever something happened.
    fn of(report: &Report, code: &str) -> Self {
        let steps = report.cycle.iter();
        let sites = steps.flat_map(|step| [&step.held_site, &step.acquired_site]);
        let held = report.held.iter().map(|held| &held.site);
        let mut invented = Self::default();
        let sites: BTreeSet<_> = sites.chain(held).chain([&report.site]).collect();
        for site in sites {
            invented.write(site, code);
        }
        invented
    }

    fn write(&mut self, site: &Site, code: &str) {
        let lines = self.0.entry(site.file.to_string()).or_default();
        let needed = lines.len().max(site.line as usize);
        lines.resize(needed, String::new());
        let line = &mut lines[site.line as usize - 1];
        let blanks = (site.column as usize - 1).saturating_sub(line.chars().count());
        line.push_str(&" ".repeat(blanks));
        line.push_str(code);
    }
}

fn with(report: &Report, sources: &dyn Sources, colour: bool) -> String {
    let options = TextOptions {
        sources: Some(sources),
        colour,
        ..TextOptions::default()
    };
    text(report, options)
}

/// The text up to how it hangs.
#[track_caller]
fn check(report: &Report, sources: &dyn Sources, expected: Expect) {
    let text = with(report, sources, false);
    let start = text.split("  How it").next().unwrap_or(&text);
    expected.assert_eq(start);
}

#[test]
fn both_orders_are_shown() {
    let report = report(Code::Hb0001);
    check(
        &report,
        &Invented::of(&report, "lock();"),
        expect![[r#"
        error[HB0001]: possible deadlock: `routes` and `session` are locked in opposite orders
          --> src/reload.rs:89:37, in Router::reload, thread `reloader`
           |
        88 | ...                   lock();
           |                       ---- while holding `session`
        89 | ...                    lock();
           |                        ^^^^ `reloader` wants `routes` for writing

          but `net-3` once took `session` while holding `routes` for reading (dependency 1 below).
          --> src/reply.rs:62:36
           |
        61 | ...                   lock();
           |                       ---- while holding `routes` for reading
        62 | ...                     lock();
           |                         ^^^^ `net-3` took `session`

    "#]],
    );
}

#[test]
fn two_places_of_one_line_are_shown_beneath_it() {
    let mut report = report(Code::Hb0003);
    report.cycle[0].held_site.line = report.site.line;
    report.cycle[0].held_site.column = 4;
    check(
        &report,
        &Invented::of(&report, "lock();"),
        expect![[r#"
        error[HB0003]: deadlock: `cache` is taken again by the thread that holds it
          --> src/cache.rs:31:30, in Cache::evict, thread `main`
           |
        31 |    lock();                   lock();
           |    ----                      ^^^^ `main` wants `cache`
           |    |
           |    while holding `cache`

    "#]],
    );
}

#[test]
fn without_a_wait_the_place_alone_is_shown() {
    let report = report(Code::Hb0101);
    check(
        &report,
        &Invented::of(&report, "release();"),
        expect![[r#"
        error[HB0101]: `queue` is released by `worker-2`, which does not hold it
          --> src/queue.rs:77:9, in Queue::push, thread `worker-2`
           |
        77 |         release();
           |         ^^^^^^^

          note: at this point `worker-2` holds `stats` and `config`.
          help: release `queue` once for each acquire, in the thread that made it; look for a second
                release, or for a guard that went to another thread.

          Held by `worker-2`:
            1. `stats` (lock)    src/queue.rs:70
            2. `config` (read)   src/queue.rs:72
    "#]],
    );
}

#[test]
fn what_is_held_in_another_file_stays_in_words() {
    let mut report = report(Code::Hb0001);
    let closing = &mut report.cycle[1];
    closing.held_site.file = "src/session.rs".into();
    check(
        &report,
        &Invented::of(&report, "lock();"),
        expect![[r#"
        error[HB0001]: possible deadlock: `routes` and `session` are locked in opposite orders
          --> src/reload.rs:89:37, in Router::reload, thread `reloader`
           |
        89 | ...                   lock();
           |                       ^^^^ `reloader` wants `routes` for writing

          while holding   `session`   src/session.rs:88
          but `net-3` once took `session` while holding `routes` for reading (dependency 1 below).
          --> src/reply.rs:62:36
           |
        61 | ...                   lock();
           |                       ---- while holding `routes` for reading
        62 | ...                     lock();
           |                         ^^^^ `net-3` took `session`

    "#]],
    );
}

#[test]
fn a_line_that_is_not_what_was_compiled_is_not_shown() {
    let report = report(Code::Hb0001);
    let plain = text(&report, TextOptions::default());
    let mut shorter = Invented::of(&report, "lock();");
    shorter.0.values_mut().for_each(|lines| lines.truncate(3));
    let mut moved = Invented::of(&report, "lock();");
    for line in moved.0.values_mut().flatten() {
        line.insert(0, 'x');
    }
    for sources in [
        shorter,
        moved,
        Invented::default(),
        Invented::of(&report, ""),
    ] {
        assert_eq!(with(&report, &sources, false), plain, "{sources:?}");
    }
}

#[test]
fn hostile_source_is_made_harmless() {
    let report = report(Code::Hb0001);
    let sources = Invented::of(&report, "lock(\u{1b}[31m, \"\t\u{7}\u{202e}\");");
    let text = with(&report, &sources, false);
    assert!(
        text.contains("lock(\u{fffd}[31m, \" \u{fffd}\u{fffd}\");"),
        "{text}"
    );
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    assert!(!text.contains('\u{202e}'), "{text:?}");
}

#[test]
fn source_never_makes_a_report_too_long() {
    for &code in Code::ALL {
        let report = report(code);
        for source in [
            "lock();".to_owned(),
            format!("lock({});", "argument, ".repeat(40)),
        ] {
            let text = with(&report, &Invented::of(&report, &source), false);
            let without = heldby_model::render::text(&report, TextOptions::default());
            let most = without.lines().count().max(40);
            assert!(text.lines().count() <= most, "{text}");
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(100), "{text}");
            assert!(text.contains(" | "), "{text}");
        }
    }
}

#[test]
fn colours_change_no_word() {
    for &code in Code::ALL {
        let report = report(code);
        let sources = Invented::of(&report, "lock();");
        let painted = with(&report, &sources, true);
        let mut plain = String::new();
        let mut rest = painted.as_str();
        while let Some((before, escape)) = rest.split_once('\u{1b}') {
            plain.push_str(before);
            rest = escape.split_once('m').expect("an escape sequence ends").1;
        }
        plain.push_str(rest);
        let trimmed: Vec<_> = plain.lines().map(str::trim_end).collect();
        assert_eq!(
            trimmed,
            with(&report, &sources, false).lines().collect::<Vec<_>>()
        );
        assert!(
            painted.starts_with("\u{1b}[1m\u{1b}[91merror["),
            "{painted:?}"
        );
    }
}

/// A workspace with a file, in a folder of its own.
fn workspace(name: &str) -> PathBuf {
    let root = std::env::temp_dir().join(format!("heldby-sources-{}-{name}", std::process::id()));
    fs::create_dir_all(root.join("target/debug")).expect("a folder");
    fs::create_dir_all(root.join("src/lib.rs.d")).expect("a folder");
    fs::write(root.join("Cargo.lock"), "").expect("a file");
    fs::write(root.join("src/lib.rs"), "fn main() {}\n").expect("a file");
    root
}

fn read(files: &SourceFiles, file: &str) -> Vec<String> {
    files.read(file).collect()
}

#[test]
fn files_are_found_from_the_program() {
    let root = workspace("found");
    let files = SourceFiles::around([&*root.join("target/debug/host")]);
    let ours = "fn main() {}\n";
    // The folder where the test runs has such a file as well.
    let found = read(&files, "src/lib.rs");
    assert_eq!(found.iter().filter(|text| *text == ours).count(), 1);
    assert!(found.len() > 1, "{found:?}");
    let whole = root.join("src/lib.rs");
    assert_eq!(read(&files, &whole.to_string_lossy())[0], ours);
    for absent in ["src/main.rs.bak", "src/lib.rs.d", "src", ""] {
        assert!(read(&files, absent).is_empty(), "{absent}");
    }
    fs::remove_dir_all(root).expect("it is there");
}

#[test]
fn a_file_that_was_changed_since_is_not_read() {
    let root = workspace("changed");
    let built = SystemTime::now() - Duration::from_secs(3_600);
    let path = root.join("src/lib.rs");
    let file = File::options()
        .write(true)
        .open(&path)
        .expect("it is there");
    let files = SourceFiles::around([&*root]).unchanged_since(built);
    assert!(read(&files, &path.to_string_lossy()).is_empty());
    file.set_modified(built - Duration::from_secs(1))
        .expect("a time");
    assert!(!read(&files, &path.to_string_lossy()).is_empty());
    fs::remove_dir_all(root).expect("it is there");
}
