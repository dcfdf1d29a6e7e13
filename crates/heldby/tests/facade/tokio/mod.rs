//! `heldby::tokio` on real runtimes, of one thread and of several.

mod arms;
mod moved;
mod places;
mod rows;
mod told;
mod unwrapped;
