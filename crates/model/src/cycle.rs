//! The shape of a cycle: which dependency leads into which.
//!
//! A report lists dependencies by age, because that is how a reader meets them; the cycle itself
//! runs in the order in which one's `to` is the next one's `from`.

use crate::Dependency;

/// Finds the dependency that holds what dependency `index` asks for.
///
/// Among locks of one class names do not tell; instances do, where they are known, and else the
/// order of the list.
pub(crate) fn successor(cycle: &[Dependency], index: usize) -> usize {
    let count = cycle.len();
    let by_instance = is_within_one_class(cycle);
    let asked = &cycle[index];
    let holds_it = |other: &Dependency| {
        let same_instance = match (other.from_instance, asked.to_instance) {
            (Some(held), Some(wanted)) => held == wanted,
            _ => true,
        };
        other.from == asked.to && (same_instance || !by_instance)
    };
    let others = (1..=count).map(|step| (index + step) % count);
    others
        .clone()
        .find(|&other| holds_it(&cycle[other]))
        .unwrap_or((index + 1) % count)
}

/// Lists the dependencies along the cycle, so that the closing one, the last of `cycle`, is last.
pub(crate) fn in_order(cycle: &[Dependency]) -> Vec<usize> {
    let Some(closing) = cycle.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut order: Vec<usize> = (0..closing)
        .scan(closing, |at, _| {
            *at = successor(cycle, *at);
            Some(*at)
        })
        .take_while(|&at| at != closing)
        .collect();
    order.push(closing);
    order
}

/// Tells whether all locks of the cycle are of one class, so that only instances tell them apart.
pub(crate) fn is_within_one_class(cycle: &[Dependency]) -> bool {
    cycle
        .iter()
        .all(|dependency| dependency.from == cycle[0].from && dependency.to == cycle[0].from)
}

/// Names the two locks of a dependency, with their instances where the names are equal but the
/// locks are not.
pub(crate) fn names(dependency: &Dependency) -> (String, String) {
    let Dependency { from, to, .. } = dependency;
    match (dependency.from_instance, dependency.to_instance) {
        (Some(held), Some(wanted)) if from == to && held != wanted => {
            (format!("{from} #{held}"), format!("{to} #{wanted}"))
        }
        _ => (from.clone(), to.clone()),
    }
}
