//! The claim that either of two locks is held: that of a container, or that of an item in it.

use std::ffi::{c_char, c_int, c_uint};

use heldby_validator::{Held, LockMap, TwoLevel, Unstabilised, held, item_not_stabilised};

use crate::lock::{HeldbyLock, as_it_is};
use crate::{boundary, place, text};

/// Reports if the calling thread holds neither the lock of a container nor that of an item in it, in any
/// mode: HB0201. It passes where that cannot be told.
///
/// Reports call the item `item_name`, or as its lock if that is null. `item_write_implies_container_write`
/// is not 0 where whoever locks the item for writing holds the container for writing.
///
/// # Safety
/// `container` and `item` are null or initialised; `item_name` and `file` are null or C strings.
///
/// # Source
/// Linux 7.0 `vma_assert_stabilised()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_stabilised_assert(
    container: *const HeldbyLock,
    item: *const HeldbyLock,
    item_name: *const c_char,
    item_write_implies_container_write: c_int,
    file: *const c_char,
    line: c_uint,
) {
    // SAFETY: the caller promises initialised maps.
    let levels = unsafe { as_it_is(container).zip(as_it_is(item)) };
    let Some((container, item)) = levels.filter(|&(container, item)| neither(container, item))
    else {
        return;
    };
    // SAFETY: the caller promises C strings.
    let (site, name) = unsafe { (place::of(file, line), text::from_c(item_name)) };
    let what = TwoLevel {
        container,
        item,
        which: name.map(std::borrow::Cow::into_owned),
        item_write_implies_container_write: item_write_implies_container_write != 0,
    };
    boundary::run(|| item_not_stabilised(what, Unstabilised::NeitherHeld, site));
}

/// Whether the calling thread certainly holds none of the two.
fn neither(container: &LockMap, item: &LockMap) -> bool {
    [container, item]
        .into_iter()
        .all(|map| held(map) == Held::No)
}
