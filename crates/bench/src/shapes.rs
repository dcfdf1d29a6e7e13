//! Work on any lock: how locks are nested and let go.

use std::array;
use std::hint::black_box;

use crate::learn::{Learning, Plan};
use crate::locks::Lock;
use crate::rounds::Work;
use crate::{pairs, threads};

/// A raw lock, and how it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Base {
    /// `std::sync::Mutex`.
    StdMutex,
    /// `std::sync::RwLock`, for reading.
    StdRead,
    /// `parking_lot::Mutex`.
    ParkingMutex,
    /// `parking_lot::RwLock`, for reading.
    ParkingRead,
}

impl Base {
    pub(crate) const ALL: [Self; 4] = [
        Self::StdMutex,
        Self::ParkingMutex,
        Self::StdRead,
        Self::ParkingRead,
    ];

    /// What the table calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::StdMutex => "std Mutex",
            Self::StdRead => "std RwLock read",
            Self::ParkingMutex => "parking_lot Mutex",
            Self::ParkingRead => "parking_lot RwLock read",
        }
    }
}

/// One column of the ladder: a lock, compared to the raw lock of its base.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    pub(crate) base: Base,
    pub(crate) name: &'static str,
    pub(crate) shape: fn(Shape, usize) -> Work,
    pub(crate) learn: fn(&Plan) -> Learning,
}

impl Side {
    /// The lock `L`, called `name` in the table.
    #[must_use]
    pub fn of<L: Lock>(base: Base, name: &'static str) -> Self {
        Self {
            base,
            name,
            shape: shape::<L>,
            learn: Learning::new::<L>,
        }
    }
}

/// What is done with the locks; the number beside it is how many there are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Locks of different classes, the newest released first.
    Nest,
    /// Locks of one class, the newest released first.
    NestOfOneClass,
    /// Only the innermost of a nest is taken and released.
    Innermost,
    /// Each is taken before the one before it is released.
    HandOverHand,
    /// All are taken, and the oldest is released first.
    OldestFirst,
    /// Random pairs of so many locks.
    Pairs,
    /// Two threads with nests of their own.
    TwoThreads,
}

fn shape<L: Lock>(shape: Shape, locks: usize) -> Work {
    match (shape, locks) {
        (Shape::Nest, 1) => nest_1(|_| L::make(0)),
        (Shape::Nest, 2) => nest_2(L::make),
        (Shape::Nest, 4) => nest_4(L::make),
        (Shape::Nest, 8) => nest_8(L::make),
        (Shape::NestOfOneClass, 2) => nest_2(|_| L::make(0)),
        (Shape::NestOfOneClass, 8) => nest_8(|_| L::make(0)),
        (Shape::Innermost, _) => innermost::<L>(locks),
        (Shape::HandOverHand, 8) => hand_over_hand::<L>(),
        (Shape::OldestFirst, 8) => oldest_first::<L>(),
        (Shape::Pairs, _) => pairs::work::<L>(locks),
        (Shape::TwoThreads, 2) => threads::work::<L>(),
        _ => unreachable!("no row has {shape:?} of {locks}"),
    }
}

macro_rules! nests {
    ($($name:ident = $($lock:ident)*;)*) => {$(
        fn $name<L: Lock>(make: impl FnMut(usize) -> L) -> Work {
            let locks = array::from_fn(make);
            Work::new([$(stringify!($lock)),*].len() as u32, move |repeat| {
                for _ in 0..repeat {
                    let [$($lock),*] = black_box(&locks);
                    // The newest guard goes first, as in any scope.
                    $(let $lock = $lock.acquire();)*
                    let _ = ($(&$lock,)*);
                }
            })
        }
    )*};
}

nests! {
    nest_1 = a;
    nest_2 = a b;
    nest_4 = a b c d;
    nest_8 = a b c d e f g h;
}

fn innermost<L: Lock>(depth: usize) -> Work {
    let outer: Vec<L> = (1..depth).map(L::make).collect();
    let inner = L::make(depth);
    Work::new(1, move |repeat| {
        let mut held: Vec<_> = outer.iter().map(L::acquire).collect();
        for _ in 0..repeat {
            drop(black_box(&inner).acquire());
        }
        while held.pop().is_some() {}
    })
}

fn hand_over_hand<L: Lock>() -> Work {
    let locks: [L; 8] = array::from_fn(L::make);
    Work::new(8, move |repeat| {
        for _ in 0..repeat {
            let [a, b, c, d, e, f, g, h] = black_box(&locks);
            let a = a.acquire();
            let b = b.acquire();
            drop(a);
            let c = c.acquire();
            drop(b);
            let d = d.acquire();
            drop(c);
            let e = e.acquire();
            drop(d);
            let f = f.acquire();
            drop(e);
            let g = g.acquire();
            drop(f);
            let h = h.acquire();
            drop(g);
            drop(h);
        }
    })
}

fn oldest_first<L: Lock>() -> Work {
    let locks: [L; 8] = array::from_fn(L::make);
    Work::new(8, move |repeat| {
        for _ in 0..repeat {
            let [a, b, c, d, e, f, g, h] = black_box(&locks);
            let (a, b, c, d) = (a.acquire(), b.acquire(), c.acquire(), d.acquire());
            let (e, f, g, h) = (e.acquire(), f.acquire(), g.acquire(), h.acquire());
            drop(a);
            drop(b);
            drop(c);
            drop(d);
            drop(e);
            drop(f);
            drop(g);
            drop(h);
        }
    })
}
