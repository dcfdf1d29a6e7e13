//! What records saw that a declaration does not have.

use std::collections::{BTreeMap, BTreeSet};

use heldby_model::declared::{DeclaredLock, Known, Standing, package_path};
use heldby_model::{Code, Report, Site};

use super::key;
use crate::declaration::Compared;
use crate::record::{Matched, Sorted};

/// What records saw, in the words of a declaration.
#[derive(Debug)]
pub(super) struct Observed {
    /// The dependencies that are not declared.
    pub(super) dependencies: BTreeSet<(DeclaredLock, DeclaredLock)>,
    /// The reports that are not accepted, sorted.
    pub(super) reports: Vec<Known>,
    /// Every lock that was seen, with the line that makes it now.
    pub(super) locks: BTreeSet<DeclaredLock>,
}

impl Observed {
    /// Looks at records beside the declaration that is to be extended.
    pub(super) fn of(records: &Sorted, compared: &Compared<'_>) -> Self {
        let names = Names::of(records, compared);
        let dependencies = compared.orders(records).filter(|&(_, [from, to])| {
            let (from, to) = (compared.class(from), compared.class(to));
            compared.standing(from, to) != Standing::Declared
        });
        let dependencies = dependencies.map(|(_, [from, to])| (names.at(from), names.at(to)));
        let reports = records.findings().reports;
        let is_new = |report: &&Report| report.code != Code::Hb0401 && !compared.knows(report);
        let reports = reports.iter().filter(is_new);
        let mut reports: Vec<_> = reports.map(|report| names.report(report)).collect();
        reports.sort_by(|one, other| key(one).cmp(&key(other)));
        reports.dedup();
        Self {
            dependencies: dependencies.collect(),
            reports,
            locks: (0..records.classes.len())
                .map(|place| names.at(place))
                .collect(),
        }
    }
}

/// How the classes of records are declared.
struct Names<'a, 'b> {
    records: &'a Sorted,
    compared: &'a Compared<'b>,
    /// The types that share a name.
    types: BTreeMap<String, BTreeSet<String>>,
}

impl<'a, 'b> Names<'a, 'b> {
    fn of(records: &'a Sorted, compared: &'a Compared<'b>) -> Self {
        let mut types: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for place in 0..records.classes.len() {
            if let Matched::Named { name, type_name } = compared.class(place) {
                let types = types.entry(name.clone()).or_default();
                types.insert(type_name.clone());
            }
        }
        Self {
            records,
            compared,
            types,
        }
    }

    fn at(&self, place: usize) -> DeclaredLock {
        let class = self.records.classes.get_index(place);
        let made_at = class.and_then(|(_, facts)| facts.made_at.as_ref());
        self.lock(self.compared.class(place), made_at)
    }

    /// As it is declared already, but for its line.
    fn lock(&self, class: &Matched, made_at: Option<&Site>) -> DeclaredLock {
        match (class, self.compared.declared(class)) {
            (Matched::Named { .. }, Some(declared)) => declared.clone(),
            (Matched::Named { name, type_name }, None) => {
                let types = self.types.get(name).map_or(0, BTreeSet::len);
                DeclaredLock::Named {
                    name: name.clone(),
                    type_name: (types > 1).then(|| type_name.clone()),
                }
            }
            (
                Matched::Made {
                    file,
                    type_name,
                    ordinal,
                },
                _,
            ) => DeclaredLock::Made {
                file: file.clone(),
                type_name: type_name.clone(),
                number: *ordinal as u32 + 1,
                line: made_at.map_or(0, |made_at| made_at.line),
            },
        }
    }

    /// The locks are sorted: in which order a cycle is told depends on the run.
    fn report(&self, report: &Report) -> Known {
        let lock = |name: &String| self.lock(&self.compared.class_in(report, name), None);
        let mut locks: Vec<_> = report.locks.iter().map(lock).collect();
        locks.sort_unstable();
        locks.dedup();
        Known::Report {
            code: report.code,
            locks,
            file: report
                .cycle
                .is_empty()
                .then(|| package_path(&report.site.file)),
        }
    }
}
