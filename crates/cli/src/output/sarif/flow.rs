//! How it can hang, as a code flow: a thread flow for each dependency, its two places numbered in the
//! order in which they happen.

use std::collections::BTreeMap;

use heldby_model::render::Mark;

use super::location;
use super::log::{CodeFlow, ThreadFlow, ThreadFlowLocation};

/// The flow of a report's places; none where no interleaving is told.
pub(super) fn flow(marks: &[Mark]) -> Option<CodeFlow> {
    let mut threads: Vec<Vec<_>> = Vec::new();
    for mark in marks {
        let Some(part) = &mark.part else { continue };
        if threads.len() <= part.dependency {
            threads.resize_with(part.dependency + 1, Vec::new);
        }
        threads[part.dependency].push((part, mark));
    }
    let mut seen = BTreeMap::new();
    let thread_flows: Vec<_> = threads
        .into_iter()
        .filter_map(|mut places| {
            places.sort_by_key(|(part, _)| part.order);
            let name = &places.first()?.0.thread;
            let count = seen.entry(name).or_insert(0);
            *count += 1;
            let id = match *count {
                1 => name.clone(),
                more => format!("{name} ({more})"),
            };
            let places = places.into_iter().map(|(part, mark)| ThreadFlowLocation {
                location: location(&mark.site, mark.function.as_deref(), Some(&mark.text)),
                execution_order: part.order,
            });
            Some(ThreadFlow {
                id,
                locations: places.collect(),
            })
        })
        .collect();
    (!thread_flows.is_empty()).then_some(CodeFlow { thread_flows })
}
