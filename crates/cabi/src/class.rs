//! Classes that a C host declares: for static locks, and to say more of a class than its name.

use std::ffi::{c_char, c_int, c_uint};
use std::sync::atomic::{AtomicU32, Ordering};

use heldby_validator::{ClassId, ClassPolicy, Validator};

use crate::{lock_type, text};

/// Leaves it to the profile, or to a `heldby.toml`, what nested locks of a class mean.
pub const HELDBY_POLICY_DEFAULT: c_int = 0;
/// Judge by instance: any order that stays the same is fine.
pub const HELDBY_POLICY_BY_INSTANCE: c_int = 1;
/// Report any nesting, as lockdep does.
pub const HELDBY_POLICY_FORBID: c_int = 2;
/// Judge by the number that heldby_lock_set_order() gives: lower before higher.
pub const HELDBY_POLICY_BY_ORDER: c_int = 3;
/// Any order is fine.
pub const HELDBY_POLICY_NESTABLE: c_int = 4;
/// Keep the locks on the held stack and check nothing.
pub const HELDBY_POLICY_NOVALIDATE: c_int = 5;
/// Do not even keep them on the held stack.
pub const HELDBY_POLICY_NOTRACK: c_int = 6;

/// A lock class, which lives as long as the process: make it with HELDBY_CLASS() in a static.
#[repr(C)]
#[derive(Debug)]
pub struct HeldbyClass {
    /// What reports call its locks; not null.
    pub name: *const c_char,
    /// HELDBY_TYPE_LOCK and its kin.
    pub r#type: c_int,
    /// HELDBY_POLICY_DEFAULT and its kin.
    pub policy: c_int,
    /// Heldby's own; 0 at first.
    pub known: c_uint,
}

impl HeldbyClass {
    /// The class in the engine, which gets its policy with the first of its locks.
    ///
    /// # Safety
    /// `class` is a class as the header says.
    pub(crate) unsafe fn id(class: *const Self) -> ClassId {
        // SAFETY: the caller promises a class that lives; only here is the field changed, and so by
        // atomics alone.
        let known = unsafe { AtomicU32::from_ptr((&raw const (*class).known).cast_mut()) };
        // Relaxed, both: the word is its own message, and every thread computes the same one.
        match known.load(Ordering::Relaxed) {
            0 => {
                // SAFETY: as above.
                let id = unsafe { Self::declare(class) };
                known.store(id.word(), Ordering::Relaxed);
                id
            }
            word => ClassId::from_word(word),
        }
    }

    /// # Safety
    /// As [`id`](Self::id).
    unsafe fn declare(class: *const Self) -> ClassId {
        // SAFETY: the caller promises a class, of which nobody changes these fields.
        let (name, type_number, policy) = unsafe {
            (
                text::from_c((*class).name),
                (*class).r#type,
                (*class).policy,
            )
        };
        let name = name.as_deref().unwrap_or("unnamed");
        let id = ClassId::named(name, lock_type::of(type_number));
        if let Some(policy) = self::policy(policy) {
            Validator::global().set_policy(id, policy);
        }
        id
    }
}

/// The policy of that number; `None` for the default, and for what is not known.
fn policy(number: c_int) -> Option<ClassPolicy> {
    Some(match number {
        HELDBY_POLICY_BY_INSTANCE => ClassPolicy::ByInstance,
        HELDBY_POLICY_FORBID => ClassPolicy::Forbid,
        HELDBY_POLICY_BY_ORDER => ClassPolicy::ByOrder,
        HELDBY_POLICY_NESTABLE => ClassPolicy::Nestable,
        HELDBY_POLICY_NOVALIDATE => ClassPolicy::NoValidate,
        HELDBY_POLICY_NOTRACK => ClassPolicy::NoTrack,
        _ => return None,
    })
}

/// Sets what nested locks of the class called `name`, of that type, mean from now on. Returns 0, or -1
/// if there is no such policy or no name.
///
/// # Safety
/// `name` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_set_policy(
    name: *const c_char,
    r#type: c_int,
    policy: c_int,
) -> c_int {
    // SAFETY: the caller promises a C string.
    let name = unsafe { text::from_c(name) };
    let (Some(name), Some(policy)) = (name, self::policy(policy)) else {
        return -1;
    };
    let class = ClassId::named(&name, lock_type::of(r#type));
    Validator::global().set_policy(class, policy);
    0
}

/// Forgets every order that the class called `name`, of that type, takes part in; it is learned anew.
///
/// # Safety
/// `name` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_forget_order(name: *const c_char, r#type: c_int) {
    // SAFETY: the caller promises a C string.
    if let Some(name) = unsafe { text::from_c(name) } {
        let class = ClassId::named(&name, lock_type::of(r#type));
        Validator::global().forget_order(class);
    }
}
