//! Who is held back, and whether the ring closes.
//!
//! Pure bookkeeping: it neither waits nor knows threads, so that every order of arrivals can be tried by
//! hand.

use std::sync::Arc;

use heldby_model::{Confirmation, StepSeen};

use super::plan::Arrival;
use super::turn::Turn;
use crate::limits::{ALWAYS_HELD, MOST_HELD};

/// A thread that is held back.
#[derive(Debug)]
struct Guest {
    ticket: u64,
    arrivals: Vec<Arrival>,
    turn: Arc<Turn>,
}

/// What comes of an arrival.
#[derive(Debug)]
pub(super) enum Met {
    /// It goes on: threads were held back here often enough.
    Pass,
    /// It waits for its turn, and then gives the ticket back.
    Hold(u64),
    /// It was the last one; all these may go on with it.
    All {
        turns: Vec<Arc<Turn>>,
        /// Never before did all come.
        first: bool,
    },
}

/// All that are held back, and what was seen so far.
#[derive(Debug)]
pub(super) struct Rendezvous {
    told: Confirmation,
    guests: Vec<Guest>,
    tickets: u64,
}

impl Rendezvous {
    /// A rendezvous at so many dependencies.
    pub(super) fn of(steps: usize) -> Self {
        Self {
            told: Confirmation::of(steps),
            guests: Vec::new(),
            tickets: 0,
        }
    }

    pub(super) fn confirmation(&self) -> Confirmation {
        self.told.clone()
    }

    /// A thread is about to make the dependencies `arrivals`, one of them at least.
    pub(super) fn arrive(&mut self, arrivals: Vec<Arrival>, turn: &Arc<Turn>) -> Met {
        let is_held = self.count(&arrivals);
        if let Some(mut others) = self.ring(&arrivals) {
            let first = !std::mem::replace(&mut self.told.reached, true);
            others.sort_unstable();
            let go = others.into_iter().rev();
            let turns = go.map(|at| self.guests.swap_remove(at).turn).collect();
            return Met::All { turns, first };
        }
        self.told.apart |= self.are_all_there(&arrivals);
        if !is_held {
            return Met::Pass;
        }
        self.tickets += 1;
        self.guests.push(Guest {
            ticket: self.tickets,
            arrivals,
            turn: Arc::clone(turn),
        });
        Met::Hold(self.tickets)
    }

    /// The thread with that ticket goes on: in vain, unless it went with all.
    pub(super) fn leave(&mut self, ticket: u64) {
        if let Some(at) = self.guests.iter().position(|guest| guest.ticket == ticket) {
            let guest = self.guests.swap_remove(at);
            for step in steps_of(&guest.arrivals) {
                self.told.steps[step].held += 1;
            }
        }
    }

    /// Counts what was seen; whether the thread is to be held back for it.
    ///
    /// At the places of the report it is, the first times and then ever more seldom; at other places
    /// only as long as the report's were not seen, which the program may no longer have.
    fn count(&mut self, arrivals: &[Arrival]) -> bool {
        let mut is_held = false;
        for step in steps_of(arrivals) {
            let as_reported = |arrival: &Arrival| arrival.step == step && arrival.as_reported;
            let told = &mut self.told.steps[step];
            let times = match arrivals.iter().any(as_reported) {
                true => {
                    told.seen += 1;
                    told.seen
                }
                false => {
                    told.elsewhere += 1;
                    match told.seen {
                        0 => told.elsewhere,
                        _ => continue,
                    }
                }
            };
            is_held |= is_worth_it(times, told);
        }
        is_held
    }

    /// The guests that close the ring with a thread that arrives so.
    fn ring(&self, arrivals: &[Arrival]) -> Option<Vec<usize>> {
        arrivals.iter().find_map(|first| {
            let mut way = Vec::new();
            self.closes(first, first, &mut way).then_some(way)
        })
    }

    /// Whether guests who are not on the way yet lead from `last` to the one that is held as `first`.
    fn closes(&self, first: &Arrival, last: &Arrival, way: &mut Vec<usize>) -> bool {
        let next = (last.step + 1) % self.told.steps.len();
        if next == first.step {
            return last.waits_for(first);
        }
        for (at, guest) in self.guests.iter().enumerate() {
            if way.contains(&at) {
                continue;
            }
            way.push(at);
            let mut fits = guest.arrivals.iter().filter(|arrival| {
                let is_next = arrival.step == next;
                is_next && last.waits_for(arrival)
            });
            if fits.any(|arrival| self.closes(first, arrival, way)) {
                return true;
            }
            way.pop();
        }
        false
    }

    /// Whether with these arrivals somebody stands at every dependency.
    fn are_all_there(&self, arrivals: &[Arrival]) -> bool {
        let guests = self.guests.iter().flat_map(|guest| &guest.arrivals);
        let there: Vec<_> = guests.chain(arrivals).map(|arrival| arrival.step).collect();
        let enough = self.guests.len() + 1 >= self.told.steps.len();
        enough && (0..self.told.steps.len()).all(|step| there.contains(&step))
    }
}

/// The dependencies among arrivals, each once.
fn steps_of(arrivals: &[Arrival]) -> Vec<usize> {
    let mut steps: Vec<_> = arrivals.iter().map(|arrival| arrival.step).collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// Whether a thread is held back the so-many-th time that the dependency is seen.
fn is_worth_it(times: u64, seen: &StepSeen) -> bool {
    seen.held < MOST_HELD && (times <= ALWAYS_HELD || times.is_power_of_two())
}
