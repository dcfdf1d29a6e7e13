//! The order that a host declares, as a validator asks it: by classes.
//!
//! A class with a name is the lock of that name. One without is known by its file and type, and by
//! its line as long as no lock of these stands on a line that is not declared: then the lines have
//! moved, and it may be any of them. So a declaration that is older than the program raises a false alarm
//! only while every lock that was seen stands on the line that another one had; `heldby diff`, which sees
//! all locks of a file together, tells them apart all the same.

use std::path::Path;

use heldby_model::Report;
use heldby_model::config::ConfigError;
use heldby_model::declared::{
    DeclaredLock, DeclaredOrder, Judge, LockNumber, Standing, package_path,
};
use rustc_hash::FxHashSet;

use crate::class::{self, ClassId};

/// A declared order with its name, as a host gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedOrder {
    pub(crate) order: DeclaredOrder,
    /// The file that it stands in, for example `heldby-order.toml`.
    pub(crate) name: String,
}

impl NamedOrder {
    /// Reads the text of a file at `path`; reports leave its folders out.
    pub(crate) fn read(text: &str, path: &str) -> Result<Self, ConfigError> {
        let name = Path::new(path).file_name();
        Ok(Self {
            order: DeclaredOrder::read(text, path)?,
            name: name.map_or_else(
                || path.to_owned(),
                |name| name.to_string_lossy().into_owned(),
            ),
        })
    }
}

/// What a validator does with its declared order.
#[derive(Debug)]
pub(crate) struct Declared {
    judge: Judge,
    pub(crate) name: String,
    /// Files and types whose locks stand elsewhere than declared.
    moved: FxHashSet<(String, &'static str)>,
    /// Dependencies that were found undeclared, whatever was said of them.
    told: FxHashSet<(ClassId, ClassId)>,
}

impl Declared {
    pub(crate) fn new(named: &NamedOrder) -> Self {
        Self {
            judge: Judge::new(&named.order),
            name: named.name.clone(),
            moved: FxHashSet::default(),
            told: FxHashSet::default(),
        }
    }

    /// How a dependency stands that is not declared, the first time that it is asked for.
    pub(crate) fn news(&mut self, from: ClassId, to: ClassId) -> Option<Standing> {
        self.note_line(from);
        self.note_line(to);
        let standing = self.judge.standing(&self.numbers(from), &self.numbers(to));
        (standing != Standing::Declared && self.told.insert((from, to))).then_some(standing)
    }

    /// Whether a report is accepted.
    pub(crate) fn knows(&self, report: &Report) -> bool {
        let class = |name: &String| {
            let mut told = report.classes.iter().filter(|class| class.name == *name);
            told.find_map(|told| class::called(&told.name, &told.type_name))
        };
        let numbers = |name: &String| match class(name) {
            Some(class) => self.numbers(class),
            None => self.judge.named(name, ""),
        };
        let locks: Vec<_> = report.locks.iter().map(numbers).collect();
        let file = package_path(&report.site.file);
        self.judge.knows(report.code, &locks, &file)
    }

    /// Notes whether the class stands on a line that is declared.
    fn note_line(&mut self, class: ClassId) {
        let Some((file, type_name, line)) = place(class) else {
            return;
        };
        let mut declared = self.judge.made(&file, type_name).into_iter();
        if !declared.any(|number| self.is_made_at(number, line)) {
            self.moved.insert((file, type_name));
        }
    }

    /// The locks of the declaration that a class may be.
    fn numbers(&self, class: ClassId) -> Vec<LockNumber> {
        let Some((file, type_name, line)) = place(class) else {
            let class = class.class();
            return self.judge.named(&class.name, class.lock_type.family);
        };
        let mut numbers = self.judge.made(&file, type_name);
        if !self.moved.contains(&(file, type_name)) {
            numbers.retain(|&number| self.is_made_at(number, line));
        }
        numbers
    }

    fn is_made_at(&self, number: LockNumber, asked: u32) -> bool {
        matches!(self.judge.lock(number), DeclaredLock::Made { line, .. } if *line == asked)
    }
}

/// File, type and line of a class that has no name of its own.
fn place(class: ClassId) -> Option<(String, &'static str, u32)> {
    let class = class.class();
    let made_at = class.made_at?.to_model();
    let file = package_path(&made_at.file);
    Some((file, class.lock_type.family, made_at.line))
}
