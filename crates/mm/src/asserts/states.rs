//! Every assert in every joint state of a VMA: what this thread holds, beside what others hold.
//!
//! There are 28 of them, and in 8 this thread keeps the VMA from changing by nothing.
//! Each is built by threads: one holds the mmap lock and perhaps the VMA write lock, one reads the
//! VMA, and one is a doomed reader, stopped between its increment and its second look.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Sender};

use super::*;
use crate::lookup::lock_vma_under_rcu;
use crate::mmap_guard::{MmapLocked, mmap_read_lock, mmap_write_lock};
use crate::mmap_write::vma_start_write;
use crate::vma_guard::vma_start_read_locked;
use crate::vma_spec::VmaSpec;

type Mm = AddressSpace<()>;

const START: usize = 0x1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    None,
    Read,
    Write,
}

/// What one side holds. A VMA write lock comes with the mmap write lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Side {
    mmap: Mode,
    vma: Mode,
}

#[derive(Clone, Copy, Debug)]
struct State {
    mine: Side,
    others: Side,
    /// A reader is on its way out of the VMA, which is write-locked.
    doomed: bool,
}

impl Side {
    fn all() -> impl Iterator<Item = Self> {
        let modes = [Mode::None, Mode::Read, Mode::Write];
        let sides = modes
            .into_iter()
            .flat_map(move |mmap| modes.map(|vma| Self { mmap, vma }));
        sides.filter(|side| side.vma != Mode::Write || side.mmap == Mode::Write)
    }
}

fn exclude(one: Mode, other: Mode) -> bool {
    (one == Mode::Write && other != Mode::None) || (other == Mode::Write && one != Mode::None)
}

impl State {
    /// Those that the locks allow, and that this build can make.
    fn all() -> Vec<Self> {
        let mut states = Vec::new();
        for mine in Side::all() {
            for others in Side::all() {
                let apart = exclude(mine.mmap, others.mmap) || exclude(mine.vma, others.vma);
                let reads = mine.vma == Mode::Read || others.vma == Mode::Read;
                if apart || (reads && !PER_VMA_LOCK) {
                    continue;
                }
                let is_written = mine.vma == Mode::Write || others.vma == Mode::Write;
                for doomed in [false, true] {
                    if !doomed || (is_written && PER_VMA_LOCK) {
                        states.push(Self {
                            mine,
                            others,
                            doomed,
                        });
                    }
                }
            }
        }
        states
    }
}

type Assert = fn(&Mm, VmaRef<'_, ()>);

/// An assert and what it claims.
struct Row {
    name: &'static str,
    assert: Assert,
    claim: fn(Side) -> bool,
}

fn some(mode: Mode) -> bool {
    mode != Mode::None
}

/// Without a lock in each VMA the claims about a VMA are those about the mmap lock.
fn rows() -> Vec<Row> {
    let mut rows = vec![
        Row {
            name: "mmap_assert_locked",
            assert: |mm, _| mmap_assert_locked(mm),
            claim: |mine| some(mine.mmap),
        },
        Row {
            name: "mmap_assert_write_locked",
            assert: |mm, _| mmap_assert_write_locked(mm),
            claim: |mine| mine.mmap == Mode::Write,
        },
        Row {
            name: "vma_assert_write_locked",
            assert: |_, vma| vma_assert_write_locked(&vma),
            claim: |mine| match PER_VMA_LOCK {
                true => mine.vma == Mode::Write,
                false => mine.mmap == Mode::Write,
            },
        },
        Row {
            name: "vma_assert_locked",
            assert: |_, vma| vma_assert_locked(&vma),
            claim: |mine| match PER_VMA_LOCK {
                true => some(mine.vma),
                false => some(mine.mmap),
            },
        },
        Row {
            name: "vma_assert_attached",
            assert: |_, vma| vma_assert_attached(&vma),
            claim: |_| true,
        },
    ];
    let stabilised: [(&'static str, Assert); 3] = [
        ("vma_assert_stabilised", |_, vma| {
            vma_assert_stabilised(&vma)
        }),
        ("anon_vma_name", |_, vma| drop(anon_vma_name(&vma))),
        ("vma_flag_set_atomic", |_, vma| {
            vma_flag_set_atomic(&vma, VmFlags::VM_MAYBE_GUARD);
        }),
    ];
    rows.extend(stabilised.map(|(name, assert)| Row {
        name,
        assert,
        claim: |mine| some(mine.mmap) || some(mine.vma),
    }));
    rows
}

/// Holds `side` while `body` runs.
fn holding(mm: &Mm, side: Side, body: &mut dyn FnMut()) {
    let lookup = || mm.vma_lookup_unlocked(START).expect("it is mapped");
    match side.mmap {
        Mode::None => {
            let _vma = some(side.vma).then(|| lock_vma_under_rcu(mm, START).expect("it is free"));
            body();
        }
        Mode::Read => {
            let mmap = mmap_read_lock(mm);
            let read = || vma_start_read_locked(&mmap, lookup()).expect("it is free");
            let _vma = some(side.vma).then(read);
            body();
        }
        Mode::Write => {
            let mut mmap = mmap_write_lock(mm);
            if side.vma == Mode::Write {
                vma_start_write(&mut mmap, lookup());
            }
            let read = || vma_start_read_locked(&mmap, lookup()).expect("it is free");
            let _vma = (side.vma == Mode::Read).then(read);
            body();
            assert_eq!(mmap.vmas().len(), 1);
        }
    }
}

/// Lets another thread do `hold`, and returns when it has called what it was given. It stays there
/// until the answer is dropped.
fn beside<'scope>(
    scope: &'scope heldby::thread::Scope<'scope, '_>,
    hold: impl FnOnce(&mut dyn FnMut()) + Send + 'scope,
) -> Sender<()> {
    let (ready, is_ready) = mpsc::channel();
    let (stay, is_over) = mpsc::channel::<()>();
    scope.spawn(move || {
        hold(&mut || {
            ready.send(()).expect("somebody waits for it");
            is_over.recv().expect_err("nothing is ever sent");
        });
    });
    is_ready.recv().expect("the other thread has its hold");
    stay
}

/// Is a reader of the VMA that has not looked at the sequences again.
#[cfg(feature = "per-vma-lock")]
fn doomed(mm: &Mm, body: &mut dyn FnMut()) {
    use crate::sync::lockdep;
    use crate::vma_lock::{StartRead, VmaLock};

    let vma = mm.vma_lookup_unlocked(START).expect("it is mapped");
    assert_eq!(vma.lock.enter(), StartRead::Locked);
    lockdep::lock_acquire_shared(vma.lock.map(), 0, true);
    body();
    // SAFETY: the count was taken above, and the address space is there.
    unsafe { VmaLock::vma_end_read(&raw const vma.vma().lock, mm.mmap_lock()) };
}

#[cfg(not(feature = "per-vma-lock"))]
fn doomed(_mm: &Mm, _body: &mut dyn FnMut()) {
    unreachable!("no state asks for it");
}

/// Whether `assert` raises an alarm in this state.
fn alarms(state: State, assert: Assert) -> bool {
    let mut panicked = false;
    let reported = run(|| {
        let mm = Mm::new();
        let spec = VmaSpec::new(START..START + 1, ()).name("heap");
        let inserted = mmap_write_lock(&mm).insert(spec).map(|_| ());
        inserted.expect("the address space is empty");
        panicked = panics(&mm, state, assert);
    });
    panicked || reported
}

fn panics(mm: &Mm, state: State, assert: Assert) -> bool {
    let vma = mm.vma_lookup_unlocked(START).expect("it is mapped");
    let mut panicked = false;
    heldby::thread::scope(|scope| {
        let others = state.others;
        // The reader is another thread than the holder of the mmap lock, where both are there.
        let reads = others.vma == Mode::Read;
        let reader = Side {
            mmap: Mode::None,
            vma: Mode::Read,
        };
        let _reader = reads.then(|| beside(scope, move |body| holding(mm, reader, body)));
        let holder = Side {
            mmap: others.mmap,
            vma: if reads { Mode::None } else { others.vma },
        };
        let holds = holder.mmap != Mode::None;
        let _holder = holds.then(|| beside(scope, move |body| holding(mm, holder, body)));
        holding(mm, state.mine, &mut || {
            let is_doomed = state.doomed;
            let _doomed = is_doomed.then(|| beside(scope, move |body| doomed(mm, body)));
            panicked = catch_unwind(AssertUnwindSafe(|| assert(mm, vma))).is_err();
        });
    });
    panicked
}

/// Runs `body`; whether anything was reported.
#[cfg(feature = "validate")]
fn run(body: impl FnOnce()) -> bool {
    !heldby::test::check(body).is_empty()
}

#[cfg(not(feature = "validate"))]
fn run(body: impl FnOnce()) -> bool {
    body();
    false
}

#[test]
fn no_assert_is_wrong_in_any_joint_state() {
    let states = State::all();
    let stabilised = |side: Side| some(side.mmap) || some(side.vma);
    let unstable = states
        .iter()
        .filter(|state| !stabilised(state.mine))
        .count();
    assert_eq!(
        (states.len(), unstable),
        if PER_VMA_LOCK { (28, 8) } else { (8, 4) }
    );
    let mut missed = Vec::new();
    for row in rows() {
        let mut misses = 0;
        for &state in &states {
            let holds = (row.claim)(state.mine);
            let alarm = alarms(state, row.assert);
            assert!(!holds || !alarm, "false alarm: {} in {state:?}", row.name);
            misses += usize::from(!holds && !alarm);
        }
        missed.push((row.name, misses));
    }
    assert_eq!(missed, expected_misses());
}

/// In how many states each assert passes though it should not.
fn expected_misses() -> Vec<(&'static str, usize)> {
    // Anybody's hold passes by the lock words, which are read in builds with debug assertions only.
    let by_the_words = if PER_VMA_LOCK {
        [10, 6, 2, 8, 0, 7, 7, 7]
    } else {
        [3, 2, 2, 3, 0, 3, 3, 3]
    };
    let misses = |(row, misses): (Row, usize)| {
        let exact = cfg!(feature = "validate");
        (row.name, if exact { 0 } else { misses })
    };
    rows().into_iter().zip(by_the_words).map(misses).collect()
}

const NOTHING: Side = Side {
    mmap: Mode::None,
    vma: Mode::None,
};
const MMAP_READ: Side = Side {
    mmap: Mode::Read,
    ..NOTHING
};
const MMAP_WRITE: Side = Side {
    mmap: Mode::Write,
    ..NOTHING
};
const VMA_READ: Side = Side {
    vma: Mode::Read,
    ..NOTHING
};
const VMA_WRITE: Side = Side {
    mmap: Mode::Write,
    vma: Mode::Write,
};

#[track_caller]
fn is_silent(mine: Side, others: Side, doomed: bool) {
    let state = State {
        mine,
        others,
        doomed,
    };
    assert!(
        !alarms(state, |_, vma| vma_assert_stabilised(&vma)),
        "{state:?}"
    );
}

/// Looked at first, a count of 2 would say "read-locked, and not by me".
#[cfg(feature = "per-vma-lock")]
#[test]
fn hazard_1_the_vma_lock_is_anothers_and_the_mmap_lock_mine() {
    is_silent(VMA_WRITE, NOTHING, true);
    is_silent(MMAP_READ, VMA_READ, false);
    is_silent(MMAP_WRITE, VMA_READ, false);
}

/// Looked at first, a locked mmap lock would say "locked, and not by me".
#[cfg(feature = "per-vma-lock")]
#[test]
fn hazard_2_the_mmap_lock_is_anothers_and_the_vma_lock_mine() {
    is_silent(VMA_READ, MMAP_READ, false);
    is_silent(VMA_READ, MMAP_WRITE, false);
}

/// How an assert could decide that a VMA is stable, and in how many states it then alarms without
/// cause, and misses.
///
/// Whatever goes by the lock words alone is wrong one way or the other.
#[cfg(feature = "per-vma-lock")]
#[test]
fn only_ownership_is_never_wrong() {
    type Strategy = (&'static str, fn(&State) -> bool, (usize, usize));
    let strategies: [Strategy; 6] = [
        (
            "before the series, and 7.0 without lockdep: either word is enough",
            |s| s.mmap_word() || s.count() > 1 || s.is_written(),
            (0, 7),
        ),
        (
            "the VMA first: any reader is enough, else the mmap lock is mine",
            |s| s.count() > 1 || some(s.mine.mmap),
            (0, 4),
        ),
        (
            "the VMA first: a reader must be me, else the mmap lock is mine",
            |s| match s.count() {
                1 => some(s.mine.mmap),
                _ => s.mine.vma == Mode::Read,
            },
            (4, 0),
        ),
        (
            "the mmap lock first: any owner is enough, else I read the VMA",
            |s| s.mmap_word() || s.mine.vma == Mode::Read,
            (0, 6),
        ),
        (
            "the mmap lock first: a locked one must be mine, else I read the VMA",
            |s| match s.mmap_word() {
                true => some(s.mine.mmap),
                false => s.mine.vma == Mode::Read,
            },
            (4, 0),
        ),
        (
            "7.0 with lockdep, and Heldby: what this thread holds",
            |s| some(s.mine.mmap) || some(s.mine.vma),
            (0, 0),
        ),
    ];
    for (name, passes, expected) in strategies {
        let count = |wrong: fn(bool, bool) -> bool| {
            let is_wrong = |s: &&State| wrong(some(s.mine.mmap) || some(s.mine.vma), passes(s));
            State::all().iter().filter(is_wrong).count()
        };
        let false_alarms = count(|stable, passes| stable && !passes);
        let misses = count(|stable, passes| !stable && passes);
        assert_eq!((false_alarms, misses), expected, "{name}");
    }
}

#[cfg(feature = "per-vma-lock")]
impl State {
    /// Whether the word of the mmap lock says "locked".
    fn mmap_word(&self) -> bool {
        some(self.mine.mmap) || some(self.others.mmap)
    }

    /// `vm_refcnt`.
    fn count(&self) -> u32 {
        let readers = [self.mine.vma, self.others.vma].map(|vma| u32::from(vma == Mode::Read));
        1 + readers[0] + readers[1] + u32::from(self.doomed)
    }

    /// Whether the sequences are equal.
    fn is_written(&self) -> bool {
        self.mine.vma == Mode::Write || self.others.vma == Mode::Write
    }
}
