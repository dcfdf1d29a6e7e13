//! Rows that compare locks doing the same work.

use std::io;

use crate::locks::{Lock, Read};
use crate::options::Options;
use crate::rounds::interleaved;
use crate::sections::Lines;
use crate::shapes::{Base, Shape, Side};
use crate::verdict::{Goal, Row};

/// Rounds of each row.
const ROUNDS: u32 = 300;

/// The sides of a base: the raw lock, Heldby's, and then the rivals'.
pub(crate) fn sides(base: Base, rivals: &[Side]) -> Vec<Side> {
    let (raw, heldby) = match base {
        Base::StdMutex => both::<std::sync::Mutex<usize>, heldby::sync::Mutex<usize>>(base),
        Base::StdRead => {
            both::<Read<std::sync::RwLock<usize>>, Read<heldby::sync::RwLock<usize>>>(base)
        }
        Base::ParkingMutex => {
            both::<parking_lot::Mutex<usize>, heldby::parking_lot::Mutex<usize>>(base)
        }
        Base::ParkingRead => {
            both::<Read<parking_lot::RwLock<usize>>, Read<heldby::parking_lot::RwLock<usize>>>(base)
        }
    };
    let rivals = rivals.iter().filter(|side| side.base == base);
    [raw, heldby].into_iter().chain(rivals.copied()).collect()
}

fn both<R: Lock, H: Lock>(base: Base) -> (Side, Side) {
    (Side::of::<R>(base, "raw"), Side::of::<H>(base, HELDBY))
}

const HELDBY: &str = "heldby";

/// One work on all sides of a base.
pub(crate) struct Rung {
    pub(crate) base: Base,
    /// What the table calls the work, after the lock.
    pub(crate) work: String,
    pub(crate) shape: Shape,
    pub(crate) locks: usize,
    /// The highest ratio of Heldby that will do.
    pub(crate) goal: Option<f64>,
}

impl Rung {
    /// Measures it and prints the rows.
    pub(crate) fn print(
        &self,
        options: &Options,
        rivals: &[Side],
        out: &mut Lines<'_>,
    ) -> io::Result<()> {
        let sides = sides(self.base, rivals);
        let mut works: Vec<_> = sides
            .iter()
            .map(|side| (side.shape)(self.shape, self.locks))
            .collect();
        let times = interleaved(options.rounds(ROUNDS), &mut works);
        for (side, &time) in sides.iter().zip(&times) {
            let work = format!("{}, {}", self.base.name(), self.work);
            let mut row = Row::new(work, side.name, time, "ns");
            row.ratio = (side.name != "raw").then_some(time / times[0]);
            row.goal = self.goal.filter(|_| side.name == HELDBY).map(Goal::Ratio);
            out.row(row)?;
        }
        Ok(())
    }
}

/// Nests of each depth on each base.
pub(crate) fn print(options: &Options, rivals: &[Side], out: &mut Lines<'_>) -> io::Result<()> {
    nests(1.10, "", options, rivals, out)?;
    for base in [Base::StdMutex, Base::StdRead] {
        for locks in [2, 4, 8] {
            let rung = Rung {
                base,
                work: format!("innermost of {locks} alone"),
                shape: Shape::Innermost,
                locks,
                goal: Some(1.10),
            };
            rung.print(options, &[], out)?;
        }
    }
    Ok(())
}

/// Nests, with `goal` as the highest ratio and `how` behind each work's name.
pub(crate) fn nests(
    goal: f64,
    how: &str,
    options: &Options,
    rivals: &[Side],
    out: &mut Lines<'_>,
) -> io::Result<()> {
    for base in Base::ALL {
        for locks in [1, 2, 4, 8] {
            let rung = Rung {
                base,
                work: format!("nest of {locks}{how}"),
                shape: Shape::Nest,
                locks,
                goal: Some(goal),
            };
            rung.print(options, rivals, out)?;
        }
    }
    Ok(())
}

/// Rows of mutexes of both kinds.
pub(crate) fn mutexes(
    rows: &[(&str, Shape, usize, Option<f64>)],
    options: &Options,
    rivals: &[Side],
    out: &mut Lines<'_>,
) -> io::Result<()> {
    for &(work, shape, locks, goal) in rows {
        for base in [Base::StdMutex, Base::ParkingMutex] {
            let work = work.to_owned();
            let rung = Rung {
                base,
                work,
                shape,
                locks,
                goal,
            };
            rung.print(options, rivals, out)?;
        }
    }
    Ok(())
}
