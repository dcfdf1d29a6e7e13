//! The dependency graph: which lock was asked for while which was held, and whether some
//! interleaving of what was seen can deadlock.
//!
//! A dependency `A -> B` says that `B` was asked for while `A` was held, and its [`Kind`] says how.
//! A cycle of dependencies can deadlock if and only if it is *strong*: no lock of it is entered by
//! a recursive read and left by a shared hold, since a recursive reader never waits for a reader.
//! A fair reader does wait for one, but only behind a writer that is queued between the two.
//!
//! # A strong cycle is a plain cycle
//! Each class is three nodes, one for each way to arrive at it:
//!
//! | node | arrived by | edges inside the class |
//! | --- | --- | --- |
//! | `N` | an exclusive acquire | `N -> R` |
//! | `r` | a fair read | `r -> R`; and `r -> N` once a blocking writer of the class was seen |
//! | `R` | a recursive read | |
//!
//! A dependency leaves from `R` if the lock was held exclusively, since that blocks every arrival,
//! and from `N` if it was held shared, since that blocks writers alone.
//! A cycle of this graph exists exactly where a strong cycle of dependencies does, so an incremental
//! topological order decides, and no path has to be searched for a dependency that fits the order.
//!
//! # Gates
//! A cycle cannot close while one exclusive lock is held at all its dependencies: two threads of it
//! would have to hold that lock at once. Such a lock is a *gate*, and the cycle is *gated*.
//! A dependency carries the gates under which every occurrence of it was seen; when it loses one,
//! it is looked at again. Which locks may serve as gates is for the caller to say.
//!
//! # What is deliberately absent
//! There is no removal of what closed a cycle: such a dependency stands beside the order and serves
//! every later search, so that a reported cycle never hides another.
//! Names, places, threads and reports are not known here.

mod beside;
mod by_id;
mod cycle;
mod instances;
mod kind;
mod known;
mod missing;
mod nodes;
mod on_demand;
mod order;
mod places;
mod planted;
mod reach;
mod search;
mod sharded;
mod simple;
mod topological;
mod uncover;

pub use cycle::{Cycle, Step};
pub use instances::{InstanceOrder, Nested};
pub use kind::{Hold, Kind, KindSet, Want};
pub use on_demand::{GatedCycle, OpenCycles};
pub use order::{Added, DependencyGraph, Readers};
pub use places::Visited;
#[doc(hidden)]
pub use planted::planted;
pub use reach::{Place, Reach, Way};
pub use sharded::ShardedMap;
