//! The sections of the table, each run in a process of its own.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::options::Options;
use crate::shapes::{Shape, Side};
use crate::verdict::Row;
use crate::{cells, dump, held, ladder, learn, memory, others, registry, store, tasks};

/// In the order of the table.
pub(crate) const NAMES: [&str; 14] = [
    "ladder", "pairs", "threads", "nesting", "registry", "off", "held", "cells", "others", "tasks",
    "learn", "memory", "dump", "store",
];

/// A process that measures: what it is to do, and its environment.
pub(crate) struct Run {
    /// For [`run`].
    pub(crate) child: String,
    pub(crate) environment: &'static [(&'static str, &'static str)],
    /// How many processes do it; the least figures count.
    pub(crate) times: u32,
}

/// The processes of a section.
pub(crate) fn runs(section: &str, options: &Options) -> Vec<Run> {
    let once = |child: &str, environment| Run {
        child: child.to_owned(),
        environment,
        times: 1,
    };
    match section {
        "learn" => learn::runs(options),
        "off" => vec![once("off", OFF)],
        "store" => vec![once("store", &[]), once("store off", OFF)],
        "memory" => vec![once("memory", NO_STACKS)],
        "dump" => vec![once("dump", NO_STACKS), once("dump readers", NO_STACKS)],
        _ => vec![once(section, &[])],
    }
}

const OFF: &[(&str, &str)] = &[("HELDBY", "off")];
const NO_STACKS: &[(&str, &str)] = &[("HELDBY_STACKS", "off")];

/// Measures what a [`Run`] says.
pub(crate) fn run(
    child: &str,
    options: &Options,
    rivals: &[Side],
    out: &mut dyn Write,
) -> io::Result<()> {
    measure(child, options, rivals, &mut Lines(out))?;
    // A report would have been made instead of what was to be measured.
    let expected = if child.starts_with("dump") {
        dump::CYCLES
    } else {
        0
    };
    match heldby::stats().reports {
        reports if reports == expected => Ok(()),
        reports => Err(io::Error::other(format!("{reports} reports"))),
    }
}

fn measure(child: &str, options: &Options, rivals: &[Side], out: &mut Lines<'_>) -> io::Result<()> {
    match child {
        "ladder" => ladder::print(options, rivals, out),
        "pairs" => {
            let pairs = |locks, goal| (locks, Shape::Pairs, goal);
            let rows = [
                pairs(64, None),
                pairs(512, Some(1.20)),
                pairs(4096, Some(1.40)),
            ];
            for (locks, shape, goal) in rows {
                let work = format!("random pairs of {locks}, {} chains", 2 * locks);
                ladder::mutexes(&[(&work, shape, locks, goal)], options, rivals, out)?;
            }
            Ok(())
        }
        "threads" => ladder::mutexes(
            &[(
                "two threads, nest of 2 each",
                Shape::TwoThreads,
                2,
                Some(1.10),
            )],
            options,
            rivals,
            out,
        ),
        "nesting" => ladder::mutexes(
            &[
                ("2 of one class", Shape::NestOfOneClass, 2, Some(2.0)),
                ("8 of one class", Shape::NestOfOneClass, 8, Some(2.0)),
                ("hand over hand", Shape::HandOverHand, 8, Some(1.6)),
                ("8, oldest released first", Shape::OldestFirst, 8, None),
            ],
            options,
            rivals,
            out,
        ),
        "registry" => registry::print(options, out),
        "off" => ladder::nests(1.05, ", HELDBY=off", options, &[], out),
        "held" => held::print(options, out),
        "cells" => cells::print(options, out),
        "others" => others::print(options, out),
        "tasks" => tasks::print(options, out),
        "memory" => memory::print(options, out),
        "dump" => dump::print(options, out),
        "dump readers" => dump::print_readers(options, out),
        "store" => store::print("", options, out),
        "store off" => store::print(", HELDBY=off", options, out),
        learning => learn::print(learning, options, rivals, out),
    }
}

/// What a process that measures tells its parent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    Row(Row),
    Points {
        curve: Curve,
        name: String,
        points: Vec<(f64, f64)>,
    },
}

/// What a curve over the size of the graph shows of a new dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Curve {
    /// Nanoseconds.
    Time,
    /// Nodes and edges.
    Visited,
}

/// Where it tells that: one line of JSON each.
pub(crate) struct Lines<'a>(&'a mut dyn Write);

impl Lines<'_> {
    pub(crate) fn row(&mut self, row: Row) -> io::Result<()> {
        self.line(&Line::Row(row))
    }

    pub(crate) fn line(&mut self, line: &Line) -> io::Result<()> {
        serde_json::to_writer(&mut *self.0, line)?;
        writeln!(self.0)?;
        self.0.flush()
    }
}
