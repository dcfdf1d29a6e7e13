//! Whether what the threads wrote down could happen: against the sequential model, write section by
//! write section.
//!
//! Write sections of one address space have a total order, by their sequences. After the section of
//! sequence 2k + 1 the address space is in state k + 1; while `mm_lock_seq` is 2k it is in state k.

use std::collections::HashMap;

use crate::model::{Outcome, State, View, apply, covering};
use crate::script::{ADDRESSES, Change};
use crate::world::Record;

/// The states of each address space, by its number.
pub(crate) struct Judge(HashMap<usize, Vec<State>>);

/// A write section: of which address space, its sequence, and what was done.
type Section<'a> = (usize, u64, &'a [(Change, Outcome)]);

impl Judge {
    /// Replays the write sections and checks their results.
    pub(crate) fn replay(history: &[Record]) -> Self {
        let mut judge = Self(HashMap::new());
        for record in history {
            if let Record::Forked { child, views, .. } = record {
                let copied = views.iter().map(|view| (view.range.start, view.clone()));
                judge.0.insert(*child, vec![State::new(), copied.collect()]);
            }
        }
        let mut sections: Vec<_> = history.iter().filter_map(section).collect();
        sections.sort_by_key(|&(_, seq, _)| seq);
        for (space, seq, changes) in sections {
            assert_eq!(seq % 2, 1, "a write section of sequence {seq}");
            let states = judge.0.entry(space).or_insert_with(|| vec![State::new()]);
            let before = seq as usize / 2;
            assert!(
                states.len() <= before + 1,
                "two write sections of sequence {seq}"
            );
            let mut state = states.last().expect("there is a first one").clone();
            // Sections in between are those of forks, which change nothing.
            states.resize(before + 1, state.clone());
            for (change, outcome) in changes {
                let expected = apply(&mut state, change, *outcome);
                assert_eq!(*outcome, expected, "{change:?} in section {seq} of {space}");
            }
            states.push(state);
        }
        judge
    }

    /// The states of `space` while its sequence went from the first to the last: the last one as it
    /// was before a write section that was on.
    fn states(&self, space: usize, [first, last]: [u64; 2]) -> Vec<&State> {
        let states = self
            .0
            .get(&space)
            .expect("its first section is written down");
        let newest = states.len() - 1;
        let at = |seq: u64| &states[newest.min(seq as usize)];
        (first / 2..=last / 2).map(at).collect()
    }

    /// The state in which everything ended.
    pub(crate) fn last(&self, space: usize) -> &State {
        self.0
            .get(&space)
            .and_then(|states| states.last())
            .expect("its first section is written down")
    }

    pub(crate) fn check(&self, record: &Record) {
        match record {
            Record::Section { .. } => {}
            Record::Forked {
                parent, seq, views, ..
            } => {
                let without_id = |view: &View| View {
                    id: 0,
                    ..view.clone()
                };
                let Some(seq) = *seq else { return };
                let parents = self.states(*parent, [seq, seq])[0];
                let parents: Vec<_> = parents.values().map(without_id).collect();
                let childs: Vec<_> = views.iter().map(without_id).collect();
                assert_eq!(childs, parents, "a fork in section {seq}");
            }
            Record::Snapshot { space, seq, views } => {
                assert_eq!(seq % 2, 0, "a snapshot beside a writer");
                let state = self.states(*space, [*seq, *seq])[0];
                assert!(state.values().eq(views), "{record:?}, but it is {state:?}");
            }
            Record::Speculated { space, seq, seen } => {
                let state = self.states(*space, [*seq, *seq])[0];
                let is = state.values().map(|view| (view.range.clone(), view.flags));
                assert!(
                    is.eq(seen.iter().cloned()),
                    "{record:?}, but it is {state:?}"
                );
            }
            Record::Held { space, seqs, view } => {
                for state in self.states(*space, *seqs) {
                    let is = state.get(&view.range.start);
                    assert_eq!(is, Some(view), "held from {seqs:?}; all VMAs: {state:?}");
                }
            }
            Record::Missed { space, seq, addr } => {
                let state = self.states(*space, [*seq, *seq])[0];
                assert_eq!(covering(state, *addr), None, "refused without a writer");
            }
            Record::Walked {
                space,
                seqs: [first, last],
                met,
                is_complete,
            } => {
                // A writer may have gone half the way to the state after the last one.
                let states = self.states(*space, [*first, last + 1]);
                check_order(met);
                if *is_complete {
                    check_walk(&states, met);
                }
            }
        }
    }
}

fn section(record: &Record) -> Option<Section<'_>> {
    match record {
        Record::Section {
            space,
            seq,
            changes,
        } => Some((*space, *seq, changes)),
        _ => None,
    }
}

/// A walk goes up, and meets a VMA twice only if it has grown.
fn check_order(met: &[View]) {
    for (nth, view) in met.iter().enumerate() {
        let earlier = met[..nth].iter().find(|earlier| earlier.id == view.id);
        assert!(
            earlier.is_none_or(|earlier| earlier.range.end < view.range.end),
            "a walk meets {view:?} twice: {met:?}"
        );
    }
    let is_behind = |pair: &[View]| pair[1].range.end <= pair[0].range.end;
    assert!(!met.windows(2).any(is_behind), "a walk goes back: {met:?}");
}

/// A walk meets what was there all the while: each VMA, and each address.
fn check_walk(states: &[&State], met: &[View]) {
    let always = |in_state: &dyn Fn(&State) -> bool| states.iter().all(|state| in_state(state));
    for view in states[0].values() {
        let is_there = always(&|state| {
            let now = state.get(&view.range.start);
            now.is_some_and(|now| now.id == view.id && now.range == view.range)
        });
        let times = met.iter().filter(|met| met.id == view.id).count();
        assert!(
            !is_there || times == 1,
            "a walk meets {view:?} {times} times: {met:?}"
        );
    }
    for addr in 0..ADDRESSES {
        let is_mapped = always(&|state| covering(state, addr).is_some());
        let is_met = met.iter().any(|met| met.range.contains(&addr));
        assert!(
            !is_mapped || is_met,
            "a walk misses {addr}: {met:?}; the states: {states:?}"
        );
    }
}
