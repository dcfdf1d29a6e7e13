//! What a lock instance carries.

use std::fmt;
use std::panic::Location;

use crate::acquire;
use crate::allocator;
use crate::class::{ClassId, next_instance};
use crate::cold::{Inside, in_validator};
use crate::instance::{self, ORDER};
use crate::lock_key::LockKey;
use crate::lock_type::LockType;
use crate::site::Site;
use crate::word::{DEFAULTED, KEYED, Keyed, Registered, TAGS, Word, odd};

#[cfg(not(target_pointer_width = "64"))]
compile_error!("heldby needs 64-bit pointers: a lock map is one word");

/// The validator's part of a lock: 8 bytes beside the lock itself.
#[repr(transparent)]
pub struct LockMap {
    word: Word,
}

impl LockMap {
    /// Makes a map whose class is the caller's place and the type of the lock.
    #[inline]
    #[track_caller]
    #[must_use]
    pub const fn new() -> Self {
        Self::from_location(Location::caller(), 0)
    }

    /// Makes a map of a lock made by `Default`, whose place many locks share.
    #[inline]
    #[track_caller]
    #[must_use]
    pub const fn by_default() -> Self {
        Self::from_location(Location::caller(), DEFAULTED)
    }

    const fn from_location(location: &'static Location<'static>, tag: usize) -> Self {
        let address = std::ptr::from_ref(location).cast::<()>().cast_mut();
        Self {
            word: Word::new(address.wrapping_byte_add(tag)),
        }
    }

    /// Makes a map of the class `key`.
    #[inline]
    #[must_use]
    pub const fn with_key(key: &'static LockKey) -> Self {
        let address = std::ptr::from_ref(key).cast::<()>().cast_mut();
        Self {
            word: Word::new(address.wrapping_byte_add(KEYED)),
        }
    }

    /// Makes a map of the class called `name`.
    ///
    /// # Cost
    /// One look-up in the table of names.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let _inside = Inside::enter();
        Self::with_key(LockKey::named(name))
    }

    /// Makes a map of the class of all locks of one type that are made at `site`.
    ///
    /// It has its class, so [`introduce`](crate::introduce) it before it is acquired.
    ///
    /// # Cost
    /// One look-up in the table of classes.
    #[must_use]
    pub fn made_at(site: Site, lock_type: &'static LockType) -> Self {
        let inside = Inside::enter();
        let class = ClassId::made(site, false, lock_type, || site);
        drop(inside);
        Self::of_class(class)
    }

    /// Makes a map of a class that is known.
    ///
    /// It has its class, so [`introduce`](crate::introduce) it before it is acquired.
    #[must_use]
    pub fn of_class(class: ClassId) -> Self {
        let _inside = Inside::enter();
        class.count_instance();
        Self {
            word: Word::new(odd(ids_of(next_instance(), class))),
        }
    }

    /// The word that a foreign host left in the map, if it is one: 0, or the address of something of
    /// its own, a multiple of 8, plus 6.
    ///
    /// Such a map is named by [`name_foreign`](Self::name_foreign) before it is used in any other way,
    /// unless the thread [is kept out](crate::is_kept_out): then it passes through, and one that is not 0
    /// is known again as the allocator's when it is named.
    #[inline(always)]
    #[must_use]
    pub fn foreign(&self) -> Option<*mut ()> {
        self.word.foreign()
    }

    /// Makes a map that a foreign host left one of `class`, unless another thread did so first.
    ///
    /// [Introduce](crate::introduce) it before it is acquired.
    ///
    /// # Cost
    /// One number, and one compare-exchange.
    pub fn name_foreign(&self, class: ClassId) {
        let _inside = Inside::enter();
        let ids = ids_of(next_instance(), class);
        let registered = self.word.register(|origin| {
            // Zeros are of no class.
            if !origin.is_null() {
                allocator::registered(origin.addr() as u64, ids);
            }
            Some(ids)
        });
        if let Some(Registered::Now(_)) = registered {
            class.count_instance();
        }
    }

    pub(crate) fn word(&self) -> &Word {
        &self.word
    }

    /// The word as a number.
    #[inline(always)]
    pub(crate) fn ids(&self) -> u64 {
        self.word.ids()
    }

    /// The class of the lock; `None` if it was never acquired.
    #[must_use]
    pub fn class(&self) -> Option<ClassId> {
        let ids = self.ids();
        (ids & 1 == 1).then(|| ClassId::from_word(ids as u32))
    }

    /// The number of the lock in the process; 0 if it was never acquired, or past the numbers.
    pub(crate) fn instance(&self) -> u32 {
        let ids = self.ids();
        if ids & 1 == 1 { (ids >> 32) as u32 } else { 0 }
    }

    /// The ids, registered if they are not; `acquired` is where the lock is acquired now, `number` its
    /// place in the order of its class, if it is given one. Not inside the validator.
    pub(crate) fn register(
        &self,
        lock_type: &'static LockType,
        acquired: impl Fn() -> Site,
        number: Option<u64>,
    ) -> Option<u64> {
        let mut instance = None;
        let registered = self.word.register(|origin| {
            let (class, order) = in_validator(|| {
                let class = Origin::of(origin).class(lock_type, &acquired);
                (class, class.class().order)
            })?;
            // The host's own function, so outside.
            let number = number.or_else(|| order.map(|order| order(self)));
            in_validator(|| {
                let instance = *instance.get_or_insert_with(next_instance);
                // Before the lock has its ids, so that nobody who sees those misses it.
                number
                    .into_iter()
                    .for_each(|number| ORDER.set(instance, number));
                let ids = ids_of(instance, class);
                allocator::registered(origin.addr() as u64, ids);
                ids
            })
        })?;
        in_validator(|| match registered {
            Registered::Now(ids) => {
                ClassId::from_word(ids as u32).count_instance();
                ids
            }
            Registered::Before(ids) => {
                instance.into_iter().for_each(instance::forget);
                ids
            }
        })
    }

    /// What the lock is called, as far as that is known.
    pub(crate) fn name(&self) -> String {
        self.unregistered_name()
            .unwrap_or_else(|| ClassId::from_word(self.ids() as u32).class().name.clone())
    }

    /// What a lock that was never acquired can be called, before its type is known; `None` if it
    /// was acquired.
    pub(crate) fn unregistered_name(&self) -> Option<String> {
        Some(match Origin::of(self.word.origin()?) {
            Origin::Key(key) => key.name.to_owned(),
            Origin::Made { at, .. } if at.is_library() => "a lock never acquired".to_owned(),
            Origin::Made { at, .. } => format!("lock@{at:?}"),
        })
    }

    /// Gives a lock that is not held the class `key`, unless it was acquired before.
    pub(crate) fn set_key(&self, key: &'static LockKey) -> Keyed {
        let address = std::ptr::from_ref(key).cast::<()>().cast_mut();
        self.word.set_key(address.wrapping_byte_add(KEYED))
    }

    /// Moves the lock to another class; it stays the instance that it is.
    pub(crate) fn set_class(&self, class: ClassId) {
        class.count_instance();
        self.word.set_ids(ids_of(self.instance(), class));
    }

    /// Makes the lock a new instance of its class, as if it had just been made.
    pub(crate) fn renew(&self) {
        let _inside = Inside::enter();
        let ids = self.ids();
        if ids & 1 == 1 {
            let class = ClassId::from_word(ids as u32);
            class.count_instance();
            let instance = next_instance();
            // Before the lock has its ids, as in `register`.
            instance::hand_on(self.instance(), instance);
            self.word.set_ids(ids_of(instance, class));
        }
    }
}

fn ids_of(instance: u32, class: ClassId) -> u64 {
    u64::from(instance) << 32 | u64::from(class.word())
}

/// What an even word says.
enum Origin {
    /// The class that the lock was made with.
    Key(&'static LockKey),
    /// Where it was made; whether by `Default`.
    Made { at: Site, shared: bool },
}

impl Origin {
    fn of(word: *mut ()) -> Self {
        let address = word.map_addr(|address| address & !TAGS);
        if word.addr() & KEYED != 0 {
            // SAFETY: a word with this tag is the address of a `'static` key, see the table.
            return Self::Key(unsafe { &*address.cast::<LockKey>() });
        }
        // SAFETY: an even word without that tag is the address of a `'static` location.
        let location = unsafe { &*address.cast::<Location<'static>>() };
        Self::Made {
            at: Site::of(location),
            shared: word.addr() & DEFAULTED != 0,
        }
    }

    /// The class that a lock of it comes to be of, which `acquired` can be part of.
    fn class(self, lock_type: &'static LockType, acquired: impl Fn() -> Site) -> ClassId {
        match self {
            Self::Key(key) => ClassId::of_key(key, lock_type),
            Self::Made { at, shared } => ClassId::made(at, shared, lock_type, acquired),
        }
    }
}

impl Default for LockMap {
    #[track_caller]
    fn default() -> Self {
        Self::by_default()
    }
}

impl Drop for LockMap {
    /// Tells that the lock's memory goes; a lock that was never acquired costs one load.
    #[inline]
    fn drop(&mut self) {
        if self.ids() & 1 == 1 {
            acquire::dropped(self);
        }
    }
}

impl fmt::Debug for LockMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.ids();
        if ids & 1 == 0 {
            return f.write_str("LockMap(not acquired yet)");
        }
        let class = ClassId::from_word(ids as u32).class();
        write!(f, "LockMap({}, instance {})", class.name, ids >> 32)
    }
}
