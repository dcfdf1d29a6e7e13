//! What is the same in two builds: a lock with a name of its own is, and one without is the n-th of its
//! type in its file.
//!
//! Lines move whenever someone writes above them, and versions of packages whenever they are updated;
//! the order of locks in a file seldom changes.

use std::collections::BTreeMap;

use heldby_model::declared::package_path;
use heldby_model::{DependencyKind, Report};
use serde::Serialize;

use super::merged::{ClassKey, Sorted};

/// A class in whatever build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum Matched {
    /// The host named it.
    Named { name: String, type_name: String },
    /// The n-th class of its type that is made in its file.
    Made {
        file: String,
        type_name: String,
        ordinal: usize,
    },
}

/// A dependency in whatever build.
pub(crate) type Order = (Matched, Matched, DependencyKind);

/// A report in whatever build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Finding {
    code: heldby_model::Code,
    orders: Vec<Order>,
    locks: Vec<Matched>,
    /// The file, where the report is of no cycle.
    file: Option<String>,
}

/// The classes of some records, as they are matched.
#[derive(Debug, Default)]
pub(crate) struct Matching {
    /// By place.
    classes: Vec<Matched>,
    /// By name and type.
    by_name: BTreeMap<String, BTreeMap<String, Matched>>,
}

impl Matching {
    pub(crate) fn of(records: &Sorted) -> Self {
        let mut ordinals: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (place, (key, _)) in records.classes.iter().enumerate() {
            if let Some((build, Some(made_at))) = &key.made {
                let group = (build, &made_at.file, &key.type_name);
                let within = (made_at.line, made_at.column, &key.name, place);
                ordinals.entry(group).or_default().push(within);
            }
        }
        let mut ordinal_of = vec![0; records.classes.len()];
        for group in ordinals.values_mut() {
            group.sort_unstable();
            for (ordinal, &(_, _, _, place)) in group.iter().enumerate() {
                ordinal_of[place] = ordinal;
            }
        }
        let classes: Vec<_> = records
            .classes
            .keys()
            .zip(ordinal_of)
            .map(|(key, ordinal)| matched(key, ordinal))
            .collect();
        let mut by_name: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for (key, class) in records.classes.keys().zip(&classes) {
            let types = by_name.entry(key.name.clone()).or_default();
            types.insert(key.type_name.clone(), class.clone());
        }
        Self { classes, by_name }
    }

    /// The class at a place of the records.
    pub(crate) fn class(&self, place: usize) -> &Matched {
        &self.classes[place]
    }

    /// The class that a report calls so; what the records do not tell of is known by that name alone.
    pub(crate) fn class_in(&self, report: &Report, name: &str) -> Matched {
        let mut named = report.classes.iter().filter(|class| class.name == name);
        let of_type = |types: &BTreeMap<String, Matched>| {
            let told = named.find_map(|class| types.get(&class.type_name));
            told.or_else(|| types.values().next()).cloned()
        };
        let known = self.by_name.get(name).and_then(of_type);
        known.unwrap_or_else(|| Matched::Named {
            name: name.to_owned(),
            type_name: String::new(),
        })
    }

    /// The report, which knows classes by name.
    pub(crate) fn finding(&self, report: &Report) -> Finding {
        let class = |name: &String| self.class_in(report, name);
        let steps = report.cycle.iter();
        let mut orders: Vec<_> = steps
            .map(|step| (class(&step.from), class(&step.to), step.kind))
            .collect();
        orders.sort_unstable();
        let mut locks: Vec<_> = report.locks.iter().map(class).collect();
        locks.sort_unstable();
        Finding {
            code: report.code,
            file: orders.is_empty().then(|| package_path(&report.site.file)),
            orders,
            locks,
        }
    }
}

impl Finding {
    /// All of it as sixteen hexadecimal digits: FNV-1a over its JSON, the same for ever.
    pub(crate) fn fingerprint(&self) -> String {
        const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let text = serde_json::to_string(self).expect("plain data always becomes JSON");
        let hash = text.bytes().fold(BASIS, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(PRIME)
        });
        format!("{hash:016x}")
    }
}

fn matched(key: &ClassKey, ordinal: usize) -> Matched {
    let type_name = key.type_name.clone();
    match &key.made {
        Some((_, Some(made_at))) => Matched::Made {
            file: package_path(&made_at.file),
            type_name,
            ordinal,
        },
        _ => Matched::Named {
            name: key.name.clone(),
            type_name,
        },
    }
}
