//! What records tell that other records, or a declared order, do not.

use std::collections::BTreeSet;

use heldby_model::declared::Standing;
use heldby_model::record::RecordedProcess;
use heldby_model::{DependencyKind, Report, Site};
use serde::Serialize;

use crate::declaration::Declaration;
use crate::record::{Matching, Sorted};

/// What is new.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct News {
    #[cfg_attr(test, schemars(extend("const" = 1)))]
    format: u32,
    pub(crate) classes: Vec<NewClass>,
    pub(crate) dependencies: Vec<NewDependency>,
    pub(crate) reports: Vec<Report>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NewClass {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) made_at: Option<Site>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NewDependency {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) kind: DependencyKind,
    pub(crate) held_site: Site,
    pub(crate) acquired_site: Site,
    pub(crate) thread: String,
    process: RecordedProcess,
    /// How it stands to the declared order, if it is compared with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) standing: Option<String>,
}

impl News {
    /// What `new` tells and `base` does not.
    pub(crate) fn between(base: &Sorted, new: &Sorted) -> Self {
        let (known, matching) = (Matching::of(base), Matching::of(new));
        let known_classes: BTreeSet<_> =
            (0..base.classes.len()).map(|at| known.class(at)).collect();
        let known_orders: BTreeSet<_> = base
            .dependencies
            .keys()
            .map(|&(from, to, kind)| (known.class(from), known.class(to), kind))
            .collect();
        let reports = base.findings().reports;
        let told: BTreeSet<_> = reports.iter().map(|report| known.finding(report)).collect();
        let classes =
            (0..new.classes.len()).filter(|&at| !known_classes.contains(matching.class(at)));
        let dependencies = (0..new.dependencies.len()).filter(|&at| {
            let order = new.dependencies.get_index(at);
            order.is_some_and(|(&(from, to, kind), _)| {
                !known_orders.contains(&(matching.class(from), matching.class(to), kind))
            })
        });
        let mut reports = new.findings().reports;
        reports.retain(|report| !told.contains(&matching.finding(report)));
        Self {
            format: 1,
            classes: classes.filter_map(|at| NewClass::of(new, at)).collect(),
            dependencies: dependencies
                .filter_map(|at| NewDependency::of(new, at, None))
                .collect(),
            reports,
        }
    }

    /// What `new` tells and `base` does not declare: of several dependencies between two locks the
    /// oldest, and the locks of these that are not named there.
    pub(crate) fn beside(base: &Declaration, new: &Sorted) -> Self {
        let compared = base.beside(new);
        let mut pairs = BTreeSet::new();
        let mut unlisted = BTreeSet::new();
        let mut dependencies = Vec::new();
        for (at, [from, to]) in compared.orders(new) {
            let standing = compared.standing(compared.class(from), compared.class(to));
            if standing == Standing::Declared || !pairs.insert((from, to)) {
                continue;
            }
            if let Standing::Unlisted {
                from: held,
                to: taken,
            } = standing
            {
                unlisted.extend(held.is_none().then_some(from));
                unlisted.extend(taken.is_none().then_some(to));
            }
            dependencies.extend(NewDependency::of(new, at, Some(standing)));
        }
        let mut reports = new.findings().reports;
        reports.retain(|report| !compared.knows(report));
        Self {
            format: 1,
            classes: unlisted
                .into_iter()
                .filter_map(|at| NewClass::of(new, at))
                .collect(),
            dependencies,
            reports,
        }
    }
}

impl NewClass {
    /// The class at a place of the records.
    fn of(records: &Sorted, at: usize) -> Option<Self> {
        let (key, facts) = records.classes.get_index(at)?;
        Some(Self {
            name: key.name.clone(),
            type_name: key.type_name.clone(),
            made_at: facts.made_at.clone(),
        })
    }
}

impl NewDependency {
    /// The dependency at a place of the records.
    fn of(records: &Sorted, at: usize, standing: Option<Standing>) -> Option<Self> {
        let (&(from, to, kind), seen) = records.dependencies.get_index(at)?;
        let (from, to) = (records.name(from), records.name(to));
        Some(Self {
            standing: standing.map(|standing| standing.told(&from, &to)),
            from,
            to,
            kind,
            held_site: seen.sighting.held_site.site(),
            acquired_site: seen.sighting.acquired_site.site(),
            thread: seen.sighting.thread.to_string(),
            process: RecordedProcess::clone(&seen.sighting.process),
        })
    }
}

/// Checks that `records` tell nothing new since themselves, and everything since nothing.
#[cfg(any(test, fuzzing))]
pub(crate) fn check(records: &Sorted) {
    let counts = |news: &News| {
        [
            news.classes.len(),
            news.dependencies.len(),
            news.reports.len(),
        ]
    };
    assert_eq!(counts(&News::between(records, records)), [0; 3]);
    let news = News::between(&Sorted::default(), records);
    assert_eq!(
        counts(&news)[..2],
        [records.classes.len(), records.dependencies.len()]
    );
    for write in [News::text, News::markdown] {
        let options = heldby_model::render::TextOptions::default();
        write(&news, options, &mut Vec::new()).expect("memory takes everything");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;
    use heldby_model::schema;

    use super::News;

    #[test]
    fn the_schema_is_that_of_the_type() {
        expect_file!["../../../../docs/schema/diff.json"].assert_eq(&schema::text::<News>());
    }
}
