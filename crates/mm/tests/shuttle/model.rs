//! An address space without threads: what each operation must do.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::content::Id;
use crate::script::Change;

/// A VMA, as a holder of its lock sees it, without `VM_MAYBE_GUARD`, which has rules of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) range: Range<usize>,
    pub(crate) flags: u64,
    pub(crate) name: Option<String>,
    pub(crate) id: Id,
    pub(crate) value: u64,
}

/// The VMAs by their start.
pub(crate) type State = BTreeMap<usize, View>;

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was done to the VMA of this content, or it made it.
    Done(Id),
    /// No VMA is there to do it to.
    NoVma,
    /// A VMA is there already.
    Taken,
    /// There is no next VMA to merge.
    Alone,
    /// The wait for readers was interrupted.
    Interrupted,
}

/// The VMA that covers `addr`.
pub(crate) fn covering(state: &State, addr: usize) -> Option<&View> {
    let (_, view) = state.range(..=addr).next_back()?;
    view.range.contains(&addr).then_some(view)
}

/// Does `change` to the state and tells how it ends; whether it was interrupted, and the number of
/// new content, is taken from what was seen.
pub(crate) fn apply(state: &mut State, change: &Change, seen: Outcome) -> Outcome {
    if let Change::Insert { range, flags, name } = change {
        let is_taken = range.clone().any(|addr| covering(state, addr).is_some());
        return match seen {
            _ if is_taken => Outcome::Taken,
            Outcome::Done(id) => {
                let view = View {
                    range: range.clone(),
                    flags: flags.0,
                    name: name.map(Into::into),
                    id,
                    value: 0,
                };
                state.insert(range.start, view);
                seen
            }
            // It should have been done.
            _ => Outcome::Done(Id::MAX),
        };
    }
    let Some(mut view) = covering(state, change.addr()).cloned() else {
        return Outcome::NoVma;
    };
    if seen == Outcome::Interrupted {
        return seen;
    }
    let done = Outcome::Done(view.id);
    match *change {
        Change::Insert { .. } => unreachable!("it has no VMA yet"),
        Change::Remove { .. } => {
            state.remove(&view.range.start);
            return done;
        }
        Change::Remap { .. } => {}
        Change::Split { at } => {
            if at == view.range.start {
                return Outcome::NoVma;
            }
            let Outcome::Done(id) = seen else { return done };
            let range = at..view.range.end;
            state.insert(
                at,
                View {
                    range,
                    id,
                    ..view.clone()
                },
            );
            view.range.end = at;
            state.insert(view.range.start, view);
            return seen;
        }
        Change::MergeNext { .. } => {
            let Some(next) = state.remove(&view.range.end) else {
                return Outcome::Alone;
            };
            view.range.end = next.range.end;
            view.value += next.value;
        }
        Change::Shrink { end, .. } => {
            if end <= view.range.start {
                return Outcome::NoVma;
            }
            view.range.end = end;
        }
        Change::SetFlags { flags, .. } => view.flags = flags.0,
        Change::SetName { name, .. } => view.name = name.map(Into::into),
        Change::SetValue { value, .. } => view.value = value,
    }
    state.insert(view.range.start, view);
    done
}
