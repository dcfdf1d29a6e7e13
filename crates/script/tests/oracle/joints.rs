//! The joints of cycles: the kind of dependency that leads into a lock, and the kind that leads out.
//!
//! Each of the six kinds meets each, so there are 36 joints.
//! Six of them are weak: a recursive reader never waits for a reader, so no report may have one, and
//! what is looked for is a cycle through it that the engine is silent about.

use std::collections::BTreeSet;

use heldby_model::DependencyKind::{self, ER, EW, Er, SR, SW, Sr};
use heldby_model::{Dependency, Mode, Report};

use super::program::{Action, Hold, Program, apply};

/// The kind into a lock, and the kind out of it.
pub(crate) type Joint = (DependencyKind, DependencyKind);

const KINDS: [DependencyKind; 6] = [EW, Er, ER, SW, Sr, SR];

/// Every joint that must be reported, or with `weak` every one that must not.
pub(crate) fn all(weak: bool) -> BTreeSet<Joint> {
    let joints = KINDS
        .into_iter()
        .flat_map(|into| KINDS.map(|out| (into, out)));
    joints.filter(|&joint| is_weak(joint) == weak).collect()
}

fn is_weak((into, out): Joint) -> bool {
    matches!(into, ER | SR) && matches!(out, SW | Sr | SR)
}

/// The joints of a reported cycle of locks that are one of their class each.
pub(crate) fn reported(report: &Report) -> impl Iterator<Item = Joint> + '_ {
    let out_of = |into: &Dependency| report.cycle.iter().find(|out| out.from == into.to);
    let joint = move |into: &Dependency| Some((into.kind, out_of(into)?.kind));
    report.cycle.iter().filter_map(joint)
}

/// The weak joints between any two dependencies of `program` that make a cycle of two locks.
pub(crate) fn weak(program: &Program) -> BTreeSet<Joint> {
    let all = dependencies(program);
    let mut joints = BTreeSet::new();
    for &(from, to, into) in &all {
        let back = all.iter().filter(|other| (other.0, other.1) == (to, from));
        joints.extend(back.map(|&(_, _, out)| (into, out)));
    }
    joints.retain(|&joint| is_weak(joint));
    joints
}

/// What was held, what was asked for, and how.
fn dependencies(program: &Program) -> BTreeSet<(usize, usize, DependencyKind)> {
    let mut all = BTreeSet::new();
    for thread in &program.threads {
        let mut held = Vec::new();
        for (number, &action) in thread.iter().enumerate() {
            if let Action::Acquire {
                lock,
                mode,
                try_only: false,
            } = action
            {
                let dependency = |hold: &Hold| (hold.lock, lock, kind(hold.mode, mode));
                all.extend(held.iter().map(dependency));
            }
            apply(&mut held, number, action);
        }
    }
    all
}

fn kind(held: Mode, wanted: Mode) -> DependencyKind {
    match (held, wanted) {
        (Mode::Write, Mode::Write) => EW,
        (Mode::Write, Mode::Read) => Er,
        (Mode::Write, Mode::Recursive) => ER,
        (_, Mode::Write) => SW,
        (_, Mode::Read) => Sr,
        (_, Mode::Recursive) => SR,
    }
}
