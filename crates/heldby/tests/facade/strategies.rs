//! Every joint state of two locks and two threads: which way to assert "either" is right?

use std::sync::mpsc::channel;

use heldby::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use heldby::test::check;
use heldby::{Stability, stability, thread};

/// What a thread holds of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    Nothing,
    Read,
    Write,
}

use Hold::{Nothing, Read, Write};

/// What the two threads hold of one lock.
#[derive(Clone, Copy, Debug)]
struct Lock {
    mine: Hold,
    theirs: Hold,
}

impl Lock {
    fn is_taken(self) -> bool {
        self.is_mine() || self.theirs != Nothing
    }

    fn is_mine(self) -> bool {
        self.mine != Nothing
    }

    /// The states that a reader-writer lock can be in.
    fn all() -> impl Iterator<Item = Self> + Clone {
        let holds = [Nothing, Read, Write];
        let pairs = holds
            .into_iter()
            .flat_map(move |mine| holds.map(|theirs| (mine, theirs)));
        let legal = |&(mine, theirs): &(Hold, Hold)| {
            mine == Nothing || theirs == Nothing || (mine, theirs) == (Read, Read)
        };
        pairs
            .filter(legal)
            .map(|(mine, theirs)| Self { mine, theirs })
    }
}

/// The container's lock and the item's.
type State = [Lock; 2];

fn states() -> Vec<State> {
    let container = Lock::all();
    container
        .flat_map(|container| Lock::all().map(move |item| [container, item]))
        .collect()
}

fn is_stable([container, item]: State) -> bool {
    container.is_mine() || item.is_mine()
}

/// Whether an assertion passes.
type Strategy = fn(State) -> bool;

/// How often an assertion fails though it should not, and passes though it should not.
fn count(strategy: impl Fn(State) -> bool) -> [usize; 2] {
    let wrong = |stable: bool| {
        let wrong = |&state: &State| is_stable(state) == stable && strategy(state) != stable;
        states().iter().filter(|state| wrong(state)).count()
    };
    [wrong(true), wrong(false)]
}

/// The numbers of `docs/design/stabilised.md`.
#[test]
fn no_strategy_that_looks_at_states_is_right() {
    let states = states();
    let unstable = states.iter().filter(|&&state| !is_stable(state)).count();
    assert_eq!((states.len(), unstable), (36, 9));
    let rows: [(&str, Strategy, [usize; 2]); 4] = [
        (
            "somebody has taken one of them",
            |[container, item]| container.is_taken() || item.is_taken(),
            [0, 8],
        ),
        (
            "the container is taken, so it must be mine; else the item must be mine",
            |[container, item]| match container.is_taken() {
                true => container.is_mine(),
                false => item.is_mine(),
            },
            [6, 0],
        ),
        (
            "the item is taken, so it must be mine; else the container must be mine",
            |[container, item]| match item.is_taken() {
                true => item.is_mine(),
                false => container.is_mine(),
            },
            [6, 0],
        ),
        (
            "one of them is mine",
            |[container, item]| container.is_mine() || item.is_mine(),
            [0, 0],
        ),
    ];
    for (name, strategy, expected) in rows {
        assert_eq!(count(strategy), expected, "{name}");
    }
}

/// A guard of either mode, or none.
#[expect(dead_code, reason = "guards are kept")]
enum Guard<'a> {
    None,
    Read(RwLockReadGuard<'a, ()>),
    Write(RwLockWriteGuard<'a, ()>),
}

fn take(lock: &RwLock<()>, hold: Hold) -> Guard<'_> {
    match hold {
        Nothing => Guard::None,
        Read => Guard::Read(lock.read().unwrap()),
        Write => Guard::Write(lock.write().unwrap()),
    }
}

/// What this thread is told in a state, and whether the assertion passes.
fn in_state([container, item]: State) -> (Stability, bool) {
    let (tree, page) = (RwLock::named("tree", ()), RwLock::named("page", ()));
    let mut told = None;
    let reports = check(|| {
        let ((has_taken, wait_for_theirs), (done, wait_until_done)) = (channel(), channel::<()>());
        thread::scope(|scope| {
            let (tree, page) = (&tree, &page);
            scope.spawn(move || {
                let _theirs = (take(tree, container.theirs), take(page, item.theirs));
                has_taken.send(()).unwrap();
                // Nothing is sent: it hangs up.
                let _ = wait_until_done.recv();
            });
            wait_for_theirs.recv().unwrap();
            let _mine = (take(tree, container.mine), take(page, item.mine));
            told = Some(stability(tree, page));
            heldby::stabilised!(tree, page);
            drop(done);
        });
    });
    (told.unwrap(), reports.is_empty())
}

#[test]
fn stabilised_is_right_in_every_state() {
    for state in states() {
        let expected = match state.map(Lock::is_mine) {
            [true, _] => Stability::ByContainer,
            [false, true] => Stability::ByItem,
            [false, false] => Stability::Neither,
        };
        assert_eq!(in_state(state), (expected, is_stable(state)), "{state:?}");
    }
}
