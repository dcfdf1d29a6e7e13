//! What is the same in two builds: a lock with a name of its own is, and one without is the n-th of its
//! type in its file.
//!
//! Lines move whenever someone writes above them, and versions of packages whenever they are updated;
//! the order of locks in a file seldom changes.

use std::collections::BTreeMap;

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
    by_name: BTreeMap<String, Matched>,
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
        let names = records.classes.keys().map(|key| key.name.clone());
        Self {
            by_name: names.zip(classes.iter().cloned()).collect(),
            classes,
        }
    }

    /// The class at a place of the records.
    pub(crate) fn class(&self, place: usize) -> &Matched {
        &self.classes[place]
    }

    /// The report, which knows classes by name.
    pub(crate) fn finding(&self, report: &Report) -> Finding {
        let class = |name: &String| match self.by_name.get(name) {
            Some(class) => class.clone(),
            None => Matched::Named {
                name: name.clone(),
                type_name: String::new(),
            },
        };
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

/// A file within its package: without the folder of a registry and the version of the package.
fn package_path(file: &str) -> String {
    let file = file.replace('\\', "/");
    let Some((_, within)) = file.split_once("/registry/src/") else {
        return file;
    };
    let mut parts = within.splitn(3, '/').skip(1);
    let package = parts.next().unwrap_or_default();
    let name = package
        .rmatch_indices('-')
        .find(|&(at, _)| package[at + 1..].starts_with(|first: char| first.is_ascii_digit()))
        .map_or(package, |(at, _)| &package[..at]);
    format!("{name}/{}", parts.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::package_path;

    #[test]
    fn a_file_of_a_package_has_no_version() {
        let rows = [
            ("src/lib.rs", "src/lib.rs"),
            (
                "/home/me/.cargo/registry/src/index.io-1a/r2d2-0.8.10/src/lib.rs",
                "r2d2/src/lib.rs",
            ),
            (
                "C:\\c\\registry\\src\\i\\a-b-1.0.0-rc.1\\src\\x.rs",
                "a-b/src/x.rs",
            ),
            ("/c/registry/src/i/odd/src/x.rs", "odd/src/x.rs"),
            ("/c/registry/src/", "/"),
        ];
        for (file, expected) in rows {
            assert_eq!(package_path(file), expected);
        }
    }
}
