//! All that this host says to its validator besides using its locks.

use std::fmt;

use heldby::model::DependencyEdge;
use heldby::{Config, OnViolation};

use crate::exit::BadInput;
use crate::policy::Policy;

/// Installs `policy`; called once, before any lock is used.
pub(crate) fn install(policy: Policy) -> Result<(), BadInput> {
    let config = Config::from_env();
    let config = match policy {
        Policy::FromEnvironment => config,
        Policy::Panic => config.on_violation(OnViolation::Panic),
        Policy::Off => config.on_violation(OnViolation::Off),
    };
    heldby::install(config)
        .map_err(|error| BadInput::new(format!("cannot install the validator: {error}")))
}

/// Whether a report with this code was made.
pub(crate) fn reported(code: &str) -> bool {
    heldby::reports()
        .iter()
        .any(|report| report.code.as_str() == code)
}

/// What the validator has learned of this run.
#[derive(Clone, Debug)]
pub(crate) struct Learned {
    classes: usize,
    dependencies: usize,
    chains: u64,
    reports: usize,
    /// The order that the pager stands on: VMAs are write-locked under the mmap lock.
    mmap_then_vma: Option<DependencyEdge>,
}

/// Reads what was learned so far.
pub(crate) fn learned() -> Learned {
    let stats = heldby::stats();
    Learned {
        classes: stats.classes,
        dependencies: stats.dependencies,
        chains: stats.chains,
        reports: stats.reports,
        mmap_then_vma: find_dependency("mmap_lock", "vm_lock"),
    }
}

fn find_dependency(from: &str, to: &str) -> Option<DependencyEdge> {
    let graph = heldby::graph();
    let id = |name| {
        graph
            .classes
            .iter()
            .find(|class| class.name == name)
            .map(|class| class.id)
    };
    let (from, to) = id(from).zip(id(to))?;
    graph
        .dependencies
        .into_iter()
        .find(|edge| edge.from == from && edge.to == to)
}

impl Learned {
    /// Whether nothing was reported, and the order that the pager stands on was seen.
    pub(crate) fn is_clean(&self) -> bool {
        self.reports == 0 && (self.is_off() || self.mmap_then_vma.is_some())
    }

    /// Whether nothing was validated: a pager cannot run without a single chain.
    fn is_off(&self) -> bool {
        self.chains == 0
    }
}

impl fmt::Display for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_off() {
            return writeln!(f, "validator       off");
        }
        let Self {
            classes,
            dependencies,
            chains,
            reports,
            ..
        } = self;
        writeln!(
            f,
            "validator       {classes} classes, {dependencies} dependencies, {chains} chains, \
             {reports} reports"
        )?;
        match &self.mmap_then_vma {
            Some(DependencyEdge {
                held_site,
                acquired_site,
                ..
            }) => writeln!(
                f,
                "                mmap_lock -> vm_lock: held at {held_site}, wanted at \
                 {acquired_site}"
            ),
            None => writeln!(f, "                mmap_lock -> vm_lock was NOT seen"),
        }
    }
}
