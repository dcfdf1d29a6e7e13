//! The proof: one block for each dependency of the cycle, with both of its sites.

use std::fmt::Write as _;

use super::fit::{Cut, WIDTH, share, shorten, width};
use super::stacks::host_caller;
use super::table::table;
use crate::cycle::names;
use crate::verbs::{ask_label, ask_verb, hold_label, hold_verb};
use crate::words::place;
use crate::{Code, Dependency, Report};

/// Lays the dependencies out, numbered as the notes call them; `with_callers` adds to each the
/// nearest caller, where a stack was captured.
pub(super) fn proof(report: &Report, with_callers: bool) -> Vec<String> {
    let blocks: Vec<_> = report
        .cycle
        .iter()
        .map(|dep| rows(report, dep, with_callers))
        .collect();
    let cuts = [Cut::Middle, Cut::Middle, Cut::Front, Cut::Front];
    let mut sites = table(10, &cuts, &blocks.concat()).into_iter();
    let heads = heads(report);
    let mut lines = Vec::new();
    for (head, block) in heads.into_iter().zip(&blocks) {
        lines.push(head);
        lines.extend(sites.by_ref().take(block.len()));
    }
    lines
}

/// The first line of each block: from what to what, how, since when, by whom.
fn heads(report: &Report) -> Vec<String> {
    let heads: Vec<_> = report
        .cycle
        .iter()
        .map(|dependency| head(report, dependency))
        .collect();
    let fixed = fixed_width(&heads);
    let lengths = [0, 1, 2, 3].map(|name| heads.iter().map(|head| width(&head.names[name])).max());
    let rooms = share(&lengths.map(Option::unwrap_or_default), WIDTH - fixed);
    let texts: Vec<_> = heads.iter().map(|head| head.texts(&rooms)).collect();
    let room = texts
        .iter()
        .map(|(locks, _)| width(locks))
        .max()
        .unwrap_or(0);
    let line = |(index, (locks, since)): (usize, &(String, String))| {
        format!("    {:<4}{locks:room$}   {since}", index + 1)
    };
    texts.iter().enumerate().map(line).collect()
}

/// The parts of a first line, of which the names may be shortened.
struct Head {
    /// What is held, what is asked for, the thread that did it, and the span that it was in.
    names: [String; 4],
    modes: [&'static str; 2],
    age_ms: Option<u64>,
    /// It is of a thread that waits now, and not of what was seen once.
    waits: bool,
    has_span: bool,
}

fn head(report: &Report, dependency: &Dependency) -> Head {
    let (from, to) = names(dependency);
    Head {
        names: [
            from,
            to,
            dependency.thread.clone(),
            dependency.span.clone().unwrap_or_default(),
        ],
        has_span: dependency.span.is_some(),
        modes: [hold_verb(report, dependency), ask_verb(report, dependency)],
        age_ms: dependency.age_ms,
        waits: report.code == Code::Hb0502,
    }
}

impl Head {
    /// What it is between, and when it was first seen and by whom.
    fn texts(&self, rooms: &[usize]) -> (String, String) {
        let mut names = self.names.iter().zip(rooms);
        let [from, to, thread, span] = std::array::from_fn(|_| {
            let (name, &room) = names.next().expect("four names have four rooms");
            shorten(name, room, Cut::Middle)
        });
        let [from_mode, to_mode] = self.modes;
        let mut since = match self.age_ms {
            Some(age_ms) if self.waits => format!("`{thread}`, for {}", age(age_ms)),
            None if self.waits => format!("`{thread}`, the last to wait"),
            Some(age_ms) => format!("first seen {} ago, thread `{thread}`", age(age_ms)),
            None => "new, this acquire".to_owned(),
        };
        if self.has_span {
            let _ = write!(since, ", span `{span}`");
        }
        (format!("{from} ({from_mode}) -> {to} ({to_mode})"), since)
    }
}

/// How wide the lines are without their names, number and gap included.
fn fixed_width(heads: &[Head]) -> usize {
    let nameless = |head: &Head| head.texts(&[0; 4]);
    let locks = heads.iter().map(|head| width(&nameless(head).0)).max();
    let since = heads.iter().map(|head| width(&nameless(head).1)).max();
    "    1   ".len() + locks.unwrap_or(0) + "   ".len() + since.unwrap_or(0)
}

fn age(milliseconds: u64) -> String {
    let [tenths_of_seconds, seconds] = [milliseconds / 100, milliseconds / 1_000];
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..60 => format!("{}.{} s", seconds, tenths_of_seconds % 10),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

fn rows(report: &Report, dependency: &Dependency, with_callers: bool) -> Vec<Vec<String>> {
    let (from, to) = names(dependency);
    let held = &dependency.held_function;
    let acquired = &dependency.acquired_function;
    let row = |what: &str, lock, site, function: &Option<String>| {
        vec![
            what.to_owned(),
            lock,
            place(site),
            function.clone().unwrap_or_default(),
        ]
    };
    let mut rows = vec![
        row(
            hold_label(report, dependency),
            from,
            &dependency.held_site,
            held,
        ),
        row(
            match report.code {
                Code::Hb0502 => "wanted",
                _ => ask_label(report, dependency),
            },
            to,
            &dependency.acquired_site,
            acquired,
        ),
    ];
    if with_callers {
        let caller = host_caller(&dependency.acquired_stack, acquired.as_deref());
        rows.extend(caller.map(|frame| {
            let site = frame.site.as_ref().map(place).unwrap_or_default();
            let site = site.strip_prefix(root(dependency)).unwrap_or(&site);
            vec![
                String::new(),
                String::new(),
                site.to_owned(),
                frame.function.clone(),
            ]
        }));
    }
    rows
}

/// The folder that the compiler's paths are relative to, as debug information spells it: what the stack
/// has before the path of the place itself. Empty where that cannot be told.
fn root(dependency: &Dependency) -> &str {
    let files = dependency.acquired_stack.iter();
    let files = files.filter_map(|frame| Some(&*frame.site.as_ref()?.file));
    let mut roots = files.filter_map(|file| file.strip_suffix(&*dependency.acquired_site.file));
    roots.find(|root| root.ends_with('/')).unwrap_or_default()
}
