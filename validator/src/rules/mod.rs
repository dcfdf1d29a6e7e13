//! The rules, one a file, in the order in which they run.

pub(crate) mod by_order;
pub(crate) mod declared;
pub(crate) mod event;
pub(crate) mod gate;
pub(crate) mod nest;
pub(crate) mod nestings;
pub(crate) mod order;
pub(crate) mod orphan;
pub(crate) mod pin;
pub(crate) mod recursion;
pub(crate) mod suspension;
pub(crate) mod unmarked;
pub(crate) mod usage;
pub(crate) mod wait_type;
