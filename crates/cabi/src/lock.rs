//! Lock maps as C sees them.
//!
//! A map is one word, the engine's own but for two forms that only C makes, and that become the
//! engine's when the lock is first acquired:
//!
//! | word | meaning |
//! | --- | --- |
//! | 0 | memory that was zeroed, a map without a name, or one that was destroyed |
//! | `0b..110` | the address of a [`HeldbyClass`], plus 6: a static map, see `HELDBY_LOCK_OF` |
//! | any other | the engine's, see [`LockMap`] |

use std::ffi::{c_char, c_uint, c_void};
use std::mem::{align_of, size_of};

use heldby_validator::{ClassId, LockKey, LockMap, Site, introduce, is_kept_out, set_order};

use crate::class::HeldbyClass;
use crate::lock_type::{self, HELDBY_TYPE_LOCK};
use crate::{boundary, place, text};

/// What Heldby keeps for one lock.
///
/// It is initialised by heldby_lock_init(), by HELDBY_LOCK_OF() where it is static, or by zeros: a lock
/// without a name is called by the place where it is first acquired. It must not be copied.
#[repr(C)]
#[derive(Debug)]
pub struct HeldbyLock {
    /// Heldby's own.
    pub word: *mut c_void,
}

const _: () = assert!(size_of::<HeldbyLock>() == size_of::<LockMap>());
const _: () = assert!(align_of::<HeldbyLock>() == align_of::<LockMap>());

/// What stands above the address of a class.
const CLASS: usize = 0b110;

/// The engine's map of a lock that was never acquired, or never but where the thread was kept out, and
/// that has no class of its own yet.
static NEVER_ACQUIRED: LockMap = LockMap::with_key(&LockKey::new("a lock never acquired"));

/// The engine's map of a lock, which gets its class at `site` if it has none; `None` for null.
///
/// # Safety
/// `lock` is null, or a map that lives for `'a`, as the header says.
#[inline]
pub(crate) unsafe fn named<'a>(lock: *const HeldbyLock, site: Site) -> Option<&'a LockMap> {
    // SAFETY: the caller's promise is ours.
    unsafe { map(lock, |map, word| named_now(map, word, site)) }
}

/// As [`named`], for what may be told of a lock: one of no class that was never acquired stays as it is.
///
/// # Safety
/// As [`named`].
#[inline]
pub(crate) unsafe fn classed<'a>(lock: *const HeldbyLock, site: Site) -> Option<&'a LockMap> {
    let get = |map, word: *mut ()| match word.is_null() {
        true => &NEVER_ACQUIRED,
        // SAFETY: the caller promises a map.
        false => unsafe { named_now(map, word, site) },
    };
    // SAFETY: the caller's promise is ours.
    unsafe { map(lock, get) }
}

/// As [`named`], for a question that names nothing: what was never acquired stays as it is.
///
/// # Safety
/// As [`named`].
#[inline]
pub(crate) unsafe fn as_it_is<'a>(lock: *const HeldbyLock) -> Option<&'a LockMap> {
    // SAFETY: the caller's promise is ours.
    unsafe { map(lock, |_, _| &NEVER_ACQUIRED) }
}

/// The engine's map of a lock; that of a foreign one, of this word, by `get`.
///
/// # Safety
/// As [`named`].
#[inline(always)]
unsafe fn map<'a>(
    lock: *const HeldbyLock,
    get: impl FnOnce(&'a LockMap, *mut ()) -> &'a LockMap,
) -> Option<&'a LockMap> {
    // SAFETY: the caller promises a map; the layouts are one, see above.
    let map = unsafe { lock.cast::<LockMap>().as_ref() }?;
    Some(match map.foreign() {
        None => map,
        Some(word) => get(map, word),
    })
}

/// Gives a map with a foreign word its class.
///
/// The allocator can take a lock while the thread is kept out; that passes through as it is.
///
/// # Safety
/// `word` is 0 or of a class that lives.
#[cold]
unsafe fn named_now(map: &LockMap, word: *mut (), site: Site) -> &LockMap {
    let class = match (word.is_null(), is_kept_out()) {
        (true, true) => return &NEVER_ACQUIRED,
        (false, true) => return map,
        (true, false) => ClassId::at(site, lock_type::of(HELDBY_TYPE_LOCK)),
        // SAFETY: the caller promises a class.
        (false, false) => unsafe { HeldbyClass::id(word.wrapping_byte_sub(CLASS).cast()) },
    };
    map.name_foreign(class);
    boundary::run(|| introduce(map, site));
    map
}

/// Initialises a lock map; locks of one name are of one class. Without a name the class is the place
/// where the lock is first acquired.
///
/// # Safety
/// `lock` is null or valid for writes; `name` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_init(lock: *mut HeldbyLock, name: *const c_char) {
    if lock.is_null() {
        return;
    }
    // SAFETY: the caller promises a C string.
    match unsafe { text::from_c(name) } {
        // SAFETY: the caller promises a place to write to; what it held before is not dropped, since it
        // need not have been initialised.
        Some(name) => unsafe { lock.cast::<LockMap>().write(LockMap::named(&name)) },
        // SAFETY: as above.
        None => unsafe { (*lock).word = std::ptr::null_mut() },
    }
}

/// Initialises a lock map as one of `class`, which must live as long as the process.
///
/// # Safety
/// `lock` is null or valid for writes; `class` is null or made by HELDBY_CLASS().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_init_class(lock: *mut HeldbyLock, class: *mut HeldbyClass) {
    if !lock.is_null() {
        let word = match class.is_null() {
            true => std::ptr::null_mut(),
            false => class.cast::<c_void>().wrapping_byte_add(CLASS),
        };
        // SAFETY: the caller promises a place to write to.
        unsafe { (*lock).word = word };
    }
}

/// Ends the life of a lock map, which must not be held: HB0102 if the calling thread holds it. It may be
/// used again, as one without a name.
///
/// # Safety
/// `lock` is null or was initialised, and no other thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_destroy(lock: *mut HeldbyLock) {
    // SAFETY: the caller promises a map that nobody else uses.
    let map = unsafe { lock.cast::<LockMap>().as_mut() };
    let Some(map) = map else { return };
    if map.foreign().is_none() {
        // SAFETY: it is the engine's, and gets a word of no meaning to the engine before anybody asks.
        unsafe { std::ptr::drop_in_place(map) };
    }
    // SAFETY: as above.
    unsafe { (*lock).word = std::ptr::null_mut() };
}

/// Gives a lock its place in the order of a class with the policy HELDBY_POLICY_BY_ORDER: lower before
/// higher. It may change at any time.
///
/// # Safety
/// `lock` is null or initialised; `file` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_set_order(
    lock: *const HeldbyLock,
    order: u64,
    file: *const c_char,
    line: c_uint,
) {
    // SAFETY: the caller promises a C string.
    let site = unsafe { place::of(file, line) };
    // SAFETY: the caller promises an initialised map.
    if let Some(map) = unsafe { named(lock, site) } {
        set_order(map, lock_type::of(HELDBY_TYPE_LOCK), order, site);
    }
}
