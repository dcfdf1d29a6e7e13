//! Threads: what they take over, and who waits for their end.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use heldby_validator::{Birth, LockType, Role, Site, Validator};

/// A place in the host's code.
#[derive(Clone, Copy)]
pub(crate) struct Here(pub(super) Site);

impl Here {
    #[track_caller]
    pub(crate) fn caller() -> Self {
        Self(Site::caller())
    }
}

/// What a thread takes over from the one that made it: the validator, if it is a test's, and its
/// life.
pub(crate) struct Inherit {
    validator: Option<Arc<Validator>>,
    birth: Option<Birth>,
}

/// The type of a thread that runs `F`.
struct ThreadOf<F>(PhantomData<F>);

impl<F> ThreadOf<F> {
    const LOCK_TYPE: &'static LockType = &LockType::event::<F>("thread", Role::Thread);
}

impl Inherit {
    /// For a thread that will run `_body`.
    #[track_caller]
    pub(crate) fn capture<F>(_body: &F) -> (Self, Life) {
        let born = heldby_validator::born(ThreadOf::<F>::LOCK_TYPE, Site::caller());
        let (life, birth) = born.unzip();
        let validator = heldby_validator::inherit();
        (Self { validator, birth }, Life::of(life))
    }

    pub(crate) fn run<R>(self, body: impl FnOnce() -> R) -> R {
        heldby_validator::live(self.validator.as_ref(), self.birth, body)
    }
}

/// The life of a thread, for whoever joins it.
#[derive(Clone)]
pub(crate) struct Life(Option<Arc<Shared>>);

struct Shared {
    life: heldby_validator::Life,
    joined: AtomicBool,
}

impl Life {
    pub(super) fn of(life: Option<heldby_validator::Life>) -> Self {
        let shared = |life| {
            let joined = AtomicBool::new(false);
            Arc::new(Shared { life, joined })
        };
        Self(life.map(shared))
    }

    /// Checks a join before it is waited for.
    #[track_caller]
    pub(crate) fn join(&self, here: Here) {
        if let Some(shared) = &self.0 {
            // Relaxed: the handle and the scope's own thread are one thread, or ordered by the host.
            shared.joined.store(true, Ordering::Relaxed);
            shared.life.join(here.0);
        }
    }

    /// Says that the thread has ended.
    pub(crate) fn joined(&self) {
        if let Some(shared) = &self.0 {
            shared.life.joined();
        }
    }

    fn is_joined(&self) -> bool {
        // Relaxed: see `join`.
        let joined = |shared: &Arc<Shared>| shared.joined.load(Ordering::Relaxed);
        self.0.as_ref().is_none_or(joined)
    }
}

/// The threads of each scope, by the scope's address; a scope stays where it is until it ends.
static SCOPES: LazyLock<Mutex<HashMap<usize, Vec<Life>>>> = LazyLock::new(Mutex::default);

fn scopes() -> MutexGuard<'static, HashMap<usize, Vec<Life>>> {
    SCOPES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds a thread to a scope, whose end joins it.
pub(crate) fn spawned_in<S>(scope: &S, life: &Life) {
    let mut scopes = scopes();
    let Some(lives) = scopes.get_mut(&std::ptr::from_ref(scope).addr()) else {
        return;
    };
    if lives.len() == lives.capacity() {
        lives.retain(|life| !life.is_joined());
    }
    lives.push(life.clone());
}

/// A scope that is open, until it is dropped.
pub(crate) struct OpenScope(usize);

impl OpenScope {
    pub(crate) fn new<S>(scope: &S) -> Self {
        let address = std::ptr::from_ref(scope).addr();
        scopes().insert(address, Vec::new());
        Self(address)
    }

    /// Checks the joins at the end of the scope: of every thread that was not joined before.
    pub(crate) fn join(self, here: Here) -> Joined {
        let mut lives = scopes().remove(&self.0).unwrap_or_default();
        lives.retain(|life| !life.is_joined());
        lives.iter().for_each(|life| life.join(here));
        Joined(lives)
    }
}

impl Drop for OpenScope {
    fn drop(&mut self) {
        scopes().remove(&self.0);
    }
}

/// The threads that the end of a scope waits for.
pub(crate) struct Joined(Vec<Life>);

impl Joined {
    /// Says that all of them have ended.
    pub(crate) fn ended(self) {
        self.0.iter().for_each(Life::joined);
    }
}
