//! Records: read, put together, searched and written.
//!
//! Putting records together is the union of what they say, so it does not matter in which order that
//! is done or how often a record takes part.

mod allowed;
#[cfg(any(test, fuzzing))]
pub(crate) mod any_record;
mod files;
mod matching;
mod merged;
mod progress;
mod read;
mod search;
mod stats;
#[cfg(test)]
pub(crate) mod tests;
mod write;

pub(crate) use files::Gathered;
pub(crate) use matching::{Matched, Matching};
pub(crate) use merged::Sorted;
pub(crate) use read::{LONGEST_LINE, is_record};
