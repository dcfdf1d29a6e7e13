//! How it can hang: the steps in an order in which every thread ends up waiting.
//!
//! Each dependency is played by a thread of its own, even where one thread did several: first all
//! of them take what they hold, then the writers queue, then all of them ask.

use super::fit::{Cut, WIDTH, share, shorten, width};
use super::interruption::interrupted;
use super::table::table;
use crate::advice::{Nesting, nesting};
use crate::cycle::{names, successor};
use crate::verbs::{ask_verb, hold_verb, is_signal};

use crate::words::{self, is_shared, place};
use crate::{Code, Mode, Report, Site};

/// More threads than this do not fit beside each other.
const MOST_COLUMNS: usize = 3;

/// Blanks between two columns.
const GAP: usize = 4;

/// Blanks and the number before the first column.
const GUTTER: usize = 8;

/// What one thread does at one step.
struct Step {
    actor: usize,
    action: String,
    site: Option<Site>,
    end: End,
}

/// How a step ends.
#[derive(Clone, Copy)]
enum End {
    /// The thread goes on.
    Done,
    /// The thread waits for what this step did, or would do.
    BlockedBy(usize),
    /// The thread does not come to it.
    Never,
}

/// The steps, by the threads that do them.
pub(super) struct Interleaving {
    actors: Vec<String>,
    steps: Vec<Step>,
}

/// One thread's part: it holds one lock and asks for another.
pub(super) struct Part {
    pub(super) actor: String,
    /// Who asks, if not the thread itself: what interrupts it.
    pub(super) asker: Option<String>,
    pub(super) hold: Act,
    pub(super) ask: Act,
    /// It holds nothing: it will signal once it has what it asks for.
    pub(super) signals: bool,
    /// The part that holds what this one asks for.
    pub(super) blocker: usize,
}

/// A lock, taken or asked for.
#[derive(Clone)]
pub(super) struct Act {
    pub(super) lock: String,
    pub(super) mode: Mode,
    pub(super) verb: &'static str,
    pub(super) site: Option<Site>,
}

impl Act {
    fn step(&self, actor: usize, end: End) -> Step {
        let action = format!("{}({})", self.verb, self.lock);
        Step {
            actor,
            action,
            site: self.site.clone(),
            end,
        }
    }

    /// The same done elsewhere, to another lock.
    fn mirrored(&self, lock: &str) -> Self {
        Self {
            lock: lock.to_owned(),
            site: None,
            ..self.clone()
        }
    }
}

impl Interleaving {
    /// Finds the steps; none if the report tells of no cycle.
    pub(super) fn of(report: &Report) -> Option<Self> {
        if let Some(what) = &report.interruption {
            return Some(Self::play(&interrupted(report, what)));
        }
        // An order that is not declared hangs with nobody.
        if report.cycle.is_empty() || report.code == Code::Hb0401 {
            return None;
        }
        let mut parts: Vec<_> = (0..report.cycle.len())
            .map(|index| part(report, index))
            .collect();
        if let [only] = parts.as_mut_slice()
            && report.code == Code::Hb0003
            && nesting(report) == Nesting::Unordered
        {
            let mirror = mirror(only);
            parts.push(mirror);
        }
        Some(Self::play(&parts))
    }

    fn play(parts: &[Part]) -> Self {
        let mut actors: Vec<_> = (0..parts.len()).map(|index| actor(parts, index)).collect();
        let all = || parts.iter().enumerate();
        let mut steps: Vec<_> = all()
            .filter(|(_, part)| !part.signals)
            .map(|(actor, part)| part.hold.step(actor, End::Done))
            .collect();
        let askers: Vec<_> = (0..parts.len())
            .map(|index| asker(parts, index, &mut actors))
            .collect();
        let writers = add_writers(parts, &mut actors, &mut steps);
        let provided = provided(parts, steps.len());
        let asks = all().map(|(actor, part)| {
            let blocker = writers[actor].unwrap_or(provided[part.blocker]);
            part.ask.step(askers[actor], End::BlockedBy(blocker))
        });
        steps.extend(asks);
        let signals = all().filter(|(_, part)| part.signals);
        steps.extend(signals.map(|(actor, part)| part.hold.step(actor, End::Never)));
        Self { actors, steps }
    }

    /// Lays the steps out: a column for each thread, or a list if there are too many.
    pub(super) fn lines(&self) -> Vec<String> {
        if self.actors.len() > MOST_COLUMNS {
            self.list()
        } else {
            self.columns()
        }
    }

    fn list(&self) -> Vec<String> {
        let row = |(index, step): (usize, &Step)| {
            let number = (index + 1).to_string();
            let actor = self.actors[step.actor].clone();
            let site = step.site.as_ref().map(place).unwrap_or_default();
            vec![number, actor, step.action.clone(), site, blocked(step)]
        };
        let rows: Vec<_> = self.steps.iter().enumerate().map(row).collect();
        let cuts = [
            Cut::Middle,
            Cut::Middle,
            Cut::Middle,
            Cut::Front,
            Cut::Middle,
        ];
        table(4, &cuts, &rows)
    }

    fn columns(&self) -> Vec<String> {
        let (cells, widths) = self.fitting_cells();
        let heads: Vec<_> = self
            .actors
            .iter()
            .zip(&widths)
            .map(|(a, &w)| shorten(a, w, Cut::Middle))
            .collect();
        let rules: Vec<_> = heads.iter().map(|head| "-".repeat(width(head))).collect();
        let mut lines = vec![row("", &heads, &widths, ""), row("", &rules, &widths, "")];
        for (index, (step, cell)) in self.steps.iter().zip(cells).enumerate() {
            let mut line = vec![String::new(); widths.len()];
            line[step.actor] = shorten(&cell, widths[step.actor], Cut::Middle);
            lines.push(row(
                &(index + 1).to_string(),
                &line,
                &widths,
                &blocked(step),
            ));
        }
        lines
    }

    /// The text of every step with as much of its site as lets all columns fit, and their widths.
    fn fitting_cells(&self) -> (Vec<String>, Vec<usize>) {
        let blocked = self
            .steps
            .iter()
            .map(|step| width(&blocked(step)))
            .max()
            .unwrap_or(0);
        let room = WIDTH - GUTTER - self.actors.len() * GAP - blocked;
        let site_texts: [fn(&Site) -> String; 2] = [place, base_name];
        for site_text in site_texts {
            let cells = self.cells(site_text);
            let widths = self.widths(&cells);
            if widths.iter().sum::<usize>() <= room {
                return (cells, widths);
            }
        }
        let cells = self.cells(|_| String::new());
        let widths = share(&self.widths(&cells), room);
        (cells, widths)
    }

    fn cells(&self, site_text: fn(&Site) -> String) -> Vec<String> {
        let action_width = |actor: usize| {
            let own = self.steps.iter().filter(|step| step.actor == actor);
            own.map(|step| width(&step.action)).max().unwrap_or(0)
        };
        let cell = |step: &Step| {
            let site = step.site.as_ref().map(site_text).unwrap_or_default();
            let room = action_width(step.actor);
            format!("{:room$}   {site}", step.action)
                .trim_end()
                .to_owned()
        };
        self.steps.iter().map(cell).collect()
    }

    fn widths(&self, cells: &[String]) -> Vec<usize> {
        let mut widths: Vec<_> = self.actors.iter().map(|actor| width(actor)).collect();
        for (step, cell) in self.steps.iter().zip(cells) {
            widths[step.actor] = widths[step.actor].max(width(cell));
        }
        widths
    }
}

/// Adds the writers that queue between two readers; returns for each part the step of the one that
/// it waits for.
///
/// A read does not block a read; a writer between the two does.
fn add_writers(
    parts: &[Part],
    actors: &mut Vec<String>,
    steps: &mut Vec<Step>,
) -> Vec<Option<usize>> {
    let (known, provided) = (actors.len(), provided(parts, 0));
    let mut writer = |part: &Part| {
        let blocks = part.ask.mode == Mode::Read && is_shared(parts[part.blocker].hold.mode);
        blocks.then(|| {
            let writer = if actors.len() == known {
                "a writer"
            } else {
                "another writer"
            };
            actors.push(writer.to_owned());
            steps.push(Step {
                actor: actors.len() - 1,
                action: format!("write({})", part.ask.lock),
                site: None,
                end: End::BlockedBy(provided[part.blocker]),
            });
            steps.len()
        })
    };
    parts.iter().map(&mut writer).collect()
}

/// The number of the step in which each part takes what another waits for, or would give the signal
/// for it; before all parts ask there are `before` steps.
fn provided(parts: &[Part], before: usize) -> Vec<usize> {
    let (mut holds, mut signals) = (0, before + parts.len());
    let mut next = |part: &Part| {
        let count = if part.signals {
            &mut signals
        } else {
            &mut holds
        };
        *count += 1;
        *count
    };
    parts.iter().map(&mut next).collect()
}

/// The actor that asks for what a part wants.
fn asker(parts: &[Part], index: usize, actors: &mut Vec<String>) -> usize {
    let Some(asker) = &parts[index].asker else {
        return index;
    };
    actors.push(asker.clone());
    actors.len() - 1
}

pub(super) fn part(report: &Report, index: usize) -> Part {
    let dependency = &report.cycle[index];
    let (from, to) = names(dependency);
    Part {
        actor: format!("`{}`", dependency.thread),
        asker: None,
        hold: Act {
            lock: from,
            mode: dependency.from_mode,
            verb: hold_verb(report, dependency),
            site: Some(dependency.held_site.clone()),
        },
        ask: Act {
            lock: to,
            mode: dependency.to_mode,
            verb: ask_verb(report, dependency),
            site: Some(dependency.acquired_site.clone()),
        },
        signals: is_signal(report, dependency),
        blocker: successor(&report.cycle, index),
    }
}

/// Makes the part of a thread that nests the two locks of `only` the other way round.
fn mirror(only: &mut Part) -> Part {
    if only.hold.lock == only.ask.lock {
        only.hold.lock.insert_str(0, "one ");
        only.ask.lock.insert_str(0, "another ");
    }
    only.blocker = 1;
    Part {
        actor: "another thread".to_owned(),
        asker: None,
        hold: only.hold.mirrored(&only.ask.lock),
        ask: only.ask.mirrored(&only.hold.lock),
        signals: false,
        blocker: 0,
    }
}

/// Names an actor, and tells it from those of the same name before it.
fn actor(parts: &[Part], index: usize) -> String {
    let actor = &parts[index].actor;
    match parts[..index]
        .iter()
        .filter(|part| part.actor == *actor)
        .count()
    {
        0 => actor.clone(),
        1 => format!("a second {actor}"),
        2 => format!("a third {actor}"),
        _ => format!("another {actor}"),
    }
}

fn base_name(site: &Site) -> String {
    words::of_line(site.file_name(), site.line)
}

fn blocked(step: &Step) -> String {
    match step.end {
        End::Done => String::new(),
        End::BlockedBy(step) => format!("blocked by {step}"),
        End::Never => "never reached".to_owned(),
    }
}

fn row(number: &str, cells: &[String], widths: &[usize], blocked: &str) -> String {
    let columns: String = cells
        .iter()
        .zip(widths)
        .map(|(cell, &room)| format!("{cell:room$}{:GAP$}", ""))
        .collect();
    format!("    {number:<4}{columns}{blocked}")
        .trim_end()
        .to_owned()
}
