//! Nothing is remembered for reports, since nothing is reported.

use std::panic::Location;

use crate::lockdep::LockMap;
use crate::vma::Vma;

pub(crate) fn write_locked<B>(_: &LockMap, _: &Vma<B>, _: &'static Location<'static>) {}

pub(crate) fn forget(_: &LockMap) {}

pub(crate) fn of(_: ()) {}
