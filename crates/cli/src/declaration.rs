//! A declared order, and how records stand to it.

use std::path::Path;

use heldby_model::declared::{
    DeclaredLock, DeclaredOrder, Judge, LockNumber, Standing, package_path,
};
use heldby_model::{Code, Dependency, Findings, Report};

use crate::failure::Failure;
use crate::input::Input;
use crate::record::{Matched, Matching, Sorted};

/// A declared order that was read.
#[derive(Debug)]
pub(crate) struct Declaration {
    pub(crate) order: DeclaredOrder,
    judge: Judge,
}

/// Some records beside a declared order.
#[derive(Debug)]
pub(crate) struct Compared<'a> {
    judge: &'a Judge,
    matching: Matching,
}

impl Declaration {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or is no declaration.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = Input::File(path.to_owned()).read()?;
        let order = DeclaredOrder::read(&text, &path.display().to_string());
        order.map(Self::new).map_err(Failure::Order)
    }

    pub(crate) fn new(order: DeclaredOrder) -> Self {
        Self {
            judge: Judge::new(&order),
            order,
        }
    }

    /// Whether `path` is to be read as a declaration, and not as a record.
    pub(crate) fn is_called(path: &Path) -> bool {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    }

    pub(crate) fn beside(&self, records: &Sorted) -> Compared<'_> {
        Compared {
            judge: &self.judge,
            matching: Matching::of(records),
        }
    }

    /// Takes what is known out of the reports, and counts it.
    pub(crate) fn take_known(&self, records: &Sorted, findings: &mut Findings) -> usize {
        let compared = self.beside(records);
        let all = findings.reports.len();
        findings.reports.retain(|report| !compared.knows(report));
        all - findings.reports.len()
    }
}

impl Compared<'_> {
    /// The dependencies that an order can be declared of, by their places, with those of their
    /// classes; oldest first.
    pub(crate) fn orders(&self, records: &Sorted) -> impl Iterator<Item = (usize, [usize; 2])> {
        let ordered = |place: usize| {
            let class = records.classes.get_index(place);
            class.is_some_and(|(key, _)| key.role.is_ordered())
        };
        let pairs = records.dependencies.keys().map(|&(from, to, _)| [from, to]);
        let is_order = move |&(_, [from, to]): &(usize, [usize; 2])| {
            from != to && ordered(from) && ordered(to)
        };
        pairs.enumerate().filter(is_order)
    }

    /// The class of the records at a place.
    pub(crate) fn class(&self, place: usize) -> &Matched {
        self.matching.class(place)
    }

    /// The class that a report calls so.
    pub(crate) fn class_in(&self, report: &Report, name: &str) -> Matched {
        self.matching.class_in(report, name)
    }

    /// The lock of the declaration that a class is, if it is one.
    pub(crate) fn declared(&self, class: &Matched) -> Option<&DeclaredLock> {
        let numbers = self.numbers(class);
        numbers.first().map(|&number| self.judge.lock(number))
    }

    fn numbers(&self, class: &Matched) -> Vec<LockNumber> {
        match class {
            Matched::Named { name, type_name } => self.judge.named(name, type_name),
            Matched::Made {
                file,
                type_name,
                ordinal,
            } => {
                let mut numbers = self.judge.made(file, type_name);
                let is_it = |declared: &DeclaredLock| matches!(declared, DeclaredLock::Made { number, .. } if *number as usize == ordinal + 1);
                numbers.retain(|&number| is_it(self.judge.lock(number)));
                numbers
            }
        }
    }

    /// How a dependency between two classes stands.
    pub(crate) fn standing(&self, from: &Matched, to: &Matched) -> Standing {
        self.judge.standing(&self.numbers(from), &self.numbers(to))
    }

    /// Whether a report is accepted: one of an undeclared dependency is as soon as that is declared.
    pub(crate) fn knows(&self, report: &Report) -> bool {
        let class = |name: &String| self.class_in(report, name);
        let is_declared = |seen: &Dependency| {
            self.standing(&class(&seen.from), &class(&seen.to)) == Standing::Declared
        };
        if report.code == Code::Hb0401 && report.cycle.iter().all(is_declared) {
            return true;
        }
        let locks = report.locks.iter().map(class);
        let locks: Vec<_> = locks.map(|class| self.numbers(&class)).collect();
        let file = package_path(&report.site.file);
        self.judge.knows(report.code, &locks, &file)
    }
}
