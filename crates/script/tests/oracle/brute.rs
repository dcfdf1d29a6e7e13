//! The brute-force scheduler: does some interleaving of a program deadlock?
//!
//! It knows nothing of dependencies, classes or the engine: it runs the threads in every
//! interleaving on model locks, and looks whether all threads that are left wait.
//!
//! # The model locks
//! A reader-writer lock prefers writers: a fair reader waits while another thread holds the lock
//! for writing or waits to, even if it reads the lock already.
//! A recursive reader waits only while another thread holds the lock for writing.
//! A writer waits while another thread holds the lock at all.
//! A thread that cannot have a lock begins to wait, which is a step of its own, since a waiting
//! writer is what stops the next fair reader.
//! A try that fails skips its block: the acquires up to its own release are not done, nor are their
//! downgrades and releases; those of what was taken before are.
//! A lock that is taken in the block and outlives it takes the block along: to do what comes under
//! it without it is another path, which the run that the engine sees has not taken.
//!
//! # Fewer steps, the same answer
//! - A release or a downgrade of a lock that nobody tries is done together with the step before it.
//!   It lets others go on and hinders nobody, so whatever could deadlock before it can after it.
//!   A try would see the difference, since it fails while the lock is held.
//! - Beginning to wait is a step only for writers of a lock that somebody reads fairly. Nobody else
//!   could tell.
//!
//! A test compares with the scheduler that does without both.

use std::collections::{BTreeSet, HashMap};

use heldby_model::Mode;
use rustc_hash::FxHashSet;

use super::program::{Action, Program, Thread};

/// A set of locks, a bit each.
pub(crate) type Locks = u8;

/// Where each thread of a group stands: 16 bits a thread, the number of its place and [`WAITS`].
type State = u128;

/// The most threads a group can have.
pub(crate) const MAX_GROUP: usize = 8;

/// The thread waits for what it asked for.
const WAITS: u16 = 1 << 15;

/// Returns whether some interleaving of `program` ends with threads that wait for ever.
pub(crate) fn can_deadlock(program: &Program) -> bool {
    !deadlocks(program).is_empty()
}

/// Returns each way in which threads of `program` can wait for each other for ever: the locks that
/// those threads hold or wait for.
pub(crate) fn deadlocks(program: &Program) -> BTreeSet<Locks> {
    let all: Vec<usize> = (0..program.threads.len()).collect();
    Scheduler::new(&program.threads).deadlocks(&all)
}

/// What some threads can do, each by itself.
#[derive(Debug)]
pub(crate) struct Scheduler {
    codes: Vec<Code>,
    /// The locks at which a waiting writer makes a difference.
    read_fairly: Locks,
}

/// What one thread can do: every place it can stand at. It starts at the first.
#[derive(Debug, Default)]
struct Code {
    places: Vec<Place>,
}

/// What a thread holds, and what it does next.
#[derive(Clone, Copy, Debug)]
struct Place {
    writes: Locks,
    reads: Locks,
    next: Next,
}

#[derive(Clone, Copy, Debug)]
enum Next {
    End,
    /// It gives something back, which is always possible.
    Go(u16),
    /// It asks for a lock; a try has a place to go to if it fails.
    Ask {
        lock: Locks,
        mode: Mode,
        got: u16,
        failed: Option<u16>,
    },
}

impl Scheduler {
    /// Knows the code of `threads`.
    pub(crate) fn new(threads: &[Thread]) -> Self {
        Self::reduced(threads, locks_of(threads, true), locks_of(threads, false))
    }

    /// Takes every step by itself.
    pub(crate) fn step_by_step(threads: &[Thread]) -> Self {
        Self::reduced(threads, Locks::MAX, Locks::MAX)
    }

    fn reduced(threads: &[Thread], tried: Locks, read_fairly: Locks) -> Self {
        let code = |thread| Code::of(thread, tried);
        Self {
            codes: threads.iter().map(code).collect(),
            read_fairly,
        }
    }

    /// Returns whether threads that run these codes, each as often as it is named, can end up
    /// waiting for ever.
    pub(crate) fn can_deadlock(&self, group: &[usize]) -> bool {
        self.run(group, |_| true)
    }

    /// Returns the locks of every ring of such threads that wait for each other.
    pub(crate) fn deadlocks(&self, group: &[usize]) -> BTreeSet<Locks> {
        let mut rings = BTreeSet::new();
        self.run(group, |state| {
            rings.insert(self.ring(state, group));
            false
        });
        rings
    }

    /// Goes through all interleavings, and tells every state in which threads wait for ever until
    /// one is `enough`; returns whether one was.
    fn run(&self, group: &[usize], mut enough: impl FnMut(State) -> bool) -> bool {
        assert!(group.len() <= MAX_GROUP, "a state has room for fewer");
        let mut seen = FxHashSet::from_iter([0]);
        let mut left: Vec<State> = vec![0];
        while let Some(state) = left.pop() {
            let mut stuck = true;
            for me in 0..group.len() {
                if let Some(next) = self.step(state, group, me) {
                    stuck = false;
                    if seen.insert(next) {
                        left.push(next);
                    }
                }
            }
            let ended = |me| matches!(self.place(state, group, me).next, Next::End);
            if stuck && !(0..group.len()).all(ended) && enough(state) {
                return true;
            }
        }
        false
    }

    /// The locks that some threads hold or wait for, each of which waits for the next; in a state in
    /// which nobody can go on.
    fn ring(&self, state: State, group: &[usize]) -> Locks {
        let wanted = |me: usize| match self.place(state, group, me).next {
            Next::Ask { lock, mode, .. } => Some((lock, mode)),
            Next::End | Next::Go(_) => None,
        };
        let blocker = |me: usize| {
            let (lock, mode) = wanted(me).expect("it waits");
            let blocks =
                |&other: &usize| other != me && self.shuts(state, group, other, lock, mode);
            (0..group.len()).find(blocks).expect("someone blocks it")
        };
        let waiting = (0..group.len()).find(|&me| wanted(me).is_some());
        let first = waiting.expect("someone waits");
        // After as many steps as there are threads the walk is on the ring.
        let on_ring = (0..group.len()).fold(first, |me, _| blocker(me));
        let (mut locks, mut me) = (0, on_ring);
        loop {
            let place = self.place(state, group, me);
            locks |= place.writes | place.reads | wanted(me).map_or(0, |(lock, _)| lock);
            me = blocker(me);
            if me == on_ring {
                return locks;
            }
        }
    }

    /// Lets thread `me` do one step, or begin to wait; `None` when it can do neither.
    fn step(&self, state: State, group: &[usize], me: usize) -> Option<State> {
        match self.place(state, group, me).next {
            Next::End => None,
            Next::Go(to) => Some(with(state, me, to)),
            Next::Ask {
                lock,
                mode,
                got,
                failed,
            } => {
                let waits = at(state, me) | WAITS;
                let counts = mode == Mode::Write && self.read_fairly & lock != 0;
                if self.is_free(state, group, me, lock, mode) {
                    Some(with(state, me, got))
                } else if let Some(failed) = failed {
                    Some(with(state, me, failed))
                } else if counts && at(state, me) != waits {
                    Some(with(state, me, waits))
                } else {
                    None
                }
            }
        }
    }

    /// Returns whether thread `me` can have `lock` at once.
    fn is_free(&self, state: State, group: &[usize], me: usize, lock: Locks, mode: Mode) -> bool {
        let mut others = (0..group.len()).filter(|&other| other != me);
        others.all(|other| !self.shuts(state, group, other, lock, mode))
    }

    /// Returns whether thread `other` keeps everybody else from having `lock`.
    fn shuts(&self, state: State, group: &[usize], other: usize, lock: Locks, mode: Mode) -> bool {
        let place = self.place(state, group, other);
        let wanted = match place.next {
            Next::Ask { lock, .. } if at(state, other) & WAITS != 0 => lock,
            _ => 0,
        };
        let shut = match mode {
            Mode::Write => place.writes | place.reads,
            Mode::Read => place.writes | wanted,
            Mode::Recursive => place.writes,
        };
        shut & lock != 0
    }

    fn place(&self, state: State, group: &[usize], me: usize) -> &Place {
        &self.codes[group[me]].places[usize::from(at(state, me) & !WAITS)]
    }
}

fn at(state: State, me: usize) -> u16 {
    (state >> (16 * me)) as u16
}

fn with(state: State, me: usize, at: u16) -> State {
    let shift = 16 * me;
    state & !(State::from(u16::MAX) << shift) | State::from(at) << shift
}

/// The locks that some thread tries, or else those that some thread reads fairly.
fn locks_of(threads: &[Thread], tried: bool) -> Locks {
    let actions = threads.iter().flatten();
    actions.fold(0, |locks, action| match *action {
        Action::Acquire {
            lock,
            mode,
            try_only,
        } if tried && try_only || !tried && mode == Mode::Read => locks | 1 << lock,
        _ => locks,
    })
}

/// A place before it has a number: the next action, and the acquires that are not done, a bit each.
type Unnumbered = (usize, u64);

/// Numbers the places of one thread.
struct Compiler<'a> {
    thread: &'a Thread,
    tried: Locks,
    numbers: HashMap<Unnumbered, u16>,
    code: Code,
}

impl Code {
    fn of(thread: &Thread, tried: Locks) -> Self {
        let mut compiler = Compiler {
            thread,
            tried,
            numbers: HashMap::new(),
            code: Self::default(),
        };
        compiler.number((0, 0));
        compiler.code
    }
}

impl Compiler<'_> {
    /// The number of the place at which the thread next does something that others can see.
    fn number(&mut self, (mut next, skipped): Unnumbered) -> u16 {
        while self.passes(next, skipped) {
            next += 1;
        }
        if let Some(&number) = self.numbers.get(&(next, skipped)) {
            return number;
        }
        let number = self.code.places.len();
        self.numbers.insert((next, skipped), number as u16);
        let (writes, reads) = self.holds(next, skipped);
        self.code.places.push(Place {
            writes,
            reads,
            next: Next::End,
        });
        self.code.places[number].next = self.next(next, skipped);
        number as u16
    }

    fn passes(&self, next: usize, skipped: u64) -> bool {
        match self.thread.get(next) {
            Some(&Action::Acquire { .. }) => skipped & 1 << next != 0,
            Some(&(Action::Release { lock, of } | Action::Downgrade { lock, of })) => {
                skipped & 1 << of != 0 || self.tried & 1 << lock == 0
            }
            None => false,
        }
    }

    fn next(&mut self, next: usize, skipped: u64) -> Next {
        match self.thread.get(next) {
            None => Next::End,
            Some(Action::Release { .. } | Action::Downgrade { .. }) => {
                Next::Go(self.number((next + 1, skipped)))
            }
            Some(&Action::Acquire {
                lock,
                mode,
                try_only,
            }) => Next::Ask {
                lock: 1 << lock,
                mode,
                got: self.number((next + 1, skipped)),
                failed: try_only
                    .then(|| self.number((next + 1, skipped | block(self.thread, next)))),
            },
        }
    }

    /// What the thread holds before action `next`: for writing, for reading.
    fn holds(&self, next: usize, skipped: u64) -> (Locks, Locks) {
        let mut held: Vec<(usize, Locks, Mode)> = Vec::new();
        for (number, action) in self.thread[..next].iter().enumerate() {
            match *action {
                Action::Acquire { lock, mode, .. } if skipped & 1 << number == 0 => {
                    held.push((number, 1 << lock, mode));
                }
                Action::Acquire { .. } => {}
                Action::Downgrade { of, .. } => held
                    .iter_mut()
                    .filter(|hold| hold.0 == of)
                    .for_each(|hold| hold.2 = Mode::Read),
                Action::Release { of, .. } => held.retain(|hold| hold.0 != of),
            }
        }
        held.iter()
            .fold((0, 0), |(writes, reads), &(_, lock, mode)| match mode {
                Mode::Write => (writes | lock, reads),
                Mode::Read | Mode::Recursive => (writes, reads | lock),
            })
    }
}

/// The acquires of the block that begins with `acquire`, a bit each.
fn block(thread: &Thread, acquire: usize) -> u64 {
    let mut skipped = 1 << acquire;
    let mut open = 1_u64 << acquire;
    for (number, action) in thread.iter().enumerate().skip(acquire + 1) {
        match *action {
            _ if open == 0 => break,
            Action::Release { of, .. } => open &= !(1 << of),
            Action::Downgrade { .. } => {}
            Action::Acquire { .. } => {
                open |= 1 << number;
                skipped |= 1 << number;
            }
        }
    }
    skipped
}
