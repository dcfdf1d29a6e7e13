//! Async tasks: what a task holds is its own, on whatever thread it is polled.
//!
//! An executor polls many tasks on one thread, and one task on many threads. So what is held must
//! belong to the task: [`instrument`] gives a future a held stack of its own, which
//! `heldby::tokio::spawn` does by itself.
//! A task that is not instrumented holds its locks on the thread that polls it.
//!
//! One task polls the arms of a `join!` or a `select!` in turn. [`branch`] marks an arm, so that what it
//! holds is not taken to be held by the others; the macros of `heldby::tokio` do that by themselves.

use std::fmt;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::engine;

/// Defines a future that is polled, and dropped, by something of the engine's.
macro_rules! polled_by {
    ($(#[$doc:meta])* $name:ident: $by:ty) => {
        pin_project! {
            $(#[$doc])*
            #[must_use = "a future does nothing unless it is polled"]
            pub struct $name<F> {
                // Dropped by hand, in `drop`.
                #[pin]
                inner: ManuallyDrop<F>,
                by: $by,
            }

            impl<F> PinnedDrop for $name<F> {
                fn drop(this: Pin<&mut Self>) {
                    let this = this.project();
                    // SAFETY: it is not moved out of its place.
                    let inner = unsafe { this.inner.get_unchecked_mut() };
                    // SAFETY: it is dropped nowhere else, and not used after it.
                    this.by.poll(|| unsafe { ManuallyDrop::drop(inner) }, |()| false);
                }
            }
        }

        impl<F: Future> Future for $name<F> {
            type Output = F::Output;

            #[inline]
            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
                let this = self.project();
                // SAFETY: the future inside is pinned as what it is in, since nothing moves it.
                let inner = unsafe { this.inner.map_unchecked_mut(|inner| &mut **inner) };
                this.by.poll(|| inner.poll(cx), Poll::is_pending)
            }
        }

        impl<F> fmt::Debug for $name<F> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

polled_by! {
    /// A future with a held stack of its own; see [`instrument`].
    Instrumented: engine::AsyncTask
}

polled_by! {
    /// An arm whose holds are its own; see [`branch`].
    Branch: engine::Branch
}

polled_by! {
    /// A future that gives up by itself; see [`bounded`].
    Bounded: engine::Bounded
}

/// Gives a future a held stack of its own: what it takes in one poll it holds in the next, on whatever
/// thread that is, and no other future on that thread has to do with it.
///
/// Reports call it by the place of this call and a number. Inside of another one it is a [`branch`] of
/// that.
///
/// # Cost
/// Without the feature `validate`: none. With it: 200 bytes, and some ten stores a poll; 6.6 KiB
/// from its first lock to its end.
///
/// # Panics
/// A poll panics when the future suspends while it holds a lock that threads wait for, such as a
/// [`sync::Mutex`](crate::sync::Mutex), and the policy is `panic`.
///
/// # Example
/// ```
/// use heldby::task;
///
/// async fn serve() {}
///
/// let task = task::instrument(serve());
/// # drop(task);
/// ```
#[cfg_attr(feature = "validate", track_caller)]
pub fn instrument<F: Future>(future: F) -> Instrumented<F> {
    with(future, engine::AsyncTask::new(None))
}

/// As [`instrument`]; reports call the task `name`.
#[cfg_attr(feature = "validate", track_caller)]
pub fn instrument_named<F: Future>(name: &str, future: F) -> Instrumented<F> {
    with(future, engine::AsyncTask::new(Some(name)))
}

pub(crate) fn with<F: Future>(future: F, task: engine::AsyncTask) -> Instrumented<F> {
    Instrumented {
        inner: ManuallyDrop::new(future),
        by: task,
    }
}

/// Marks an arm of a `join!`, a `select!` or whatever else polls several futures in turn.
///
/// What the task holds, the arm holds as well; what the arm takes, only the arm holds, until it ends:
/// then the task has it.
/// While the arm waits for a lock, what another arm holds does not order that; it does order what the arm
/// blocks the thread for, and what the task waits for itself while it polls none of them.
/// Where arms are not marked, an order that they seem to keep is listed as pending, and never reported.
///
/// # Cost
/// Without the feature `validate`: none. With it: some stores a poll, and for each lock that it
/// holds when it suspends an entry of a list, under a lock of the task's.
///
/// # Example
/// ```
/// use heldby::task::branch;
///
/// async fn read() {}
/// async fn write() {}
///
/// let both = async {
///     let (_read, _written) = (branch(read()), branch(write()));
///     // tokio::join!(_read, _written)
/// };
/// # drop(both);
/// ```
pub fn branch<F: Future>(future: F) -> Branch<F> {
    Branch {
        inner: ManuallyDrop::new(future),
        by: engine::Branch::new(None),
    }
}

/// Says that a future gives up by itself, such as under a timeout: its waits for locks that tasks wait for
/// count as attempts, before which nothing comes.
///
/// `heldby::tokio::time::timeout` does that by itself.
///
/// # Cost
/// Without the feature `validate`: none. With it: two stores a poll.
pub fn bounded<F: Future>(future: F) -> Bounded<F> {
    Bounded {
        inner: ManuallyDrop::new(future),
        by: engine::Bounded,
    }
}

/// As [`branch`], of a future that stays at an address and is polled by one arm after another.
#[doc(hidden)]
pub fn branch_at<F: Future>(address: Option<usize>, future: F) -> Branch<F> {
    Branch {
        inner: ManuallyDrop::new(future),
        by: engine::Branch::new(address),
    }
}

pub mod arm {
    //! Where the future of an arm stays, for the macros; not a public interface.
    #![doc(hidden)]

    use std::pin::Pin;

    /// An arm whose future is looked for.
    #[derive(Debug)]
    pub struct Arm<'a, F>(pub &'a F);

    /// A future that stays where it is while it is polled by one arm after another.
    pub trait Stays {
        /// Its address.
        fn address(&self) -> Option<usize>;
    }

    impl<F> Stays for Arm<'_, &mut F> {
        fn address(&self) -> Option<usize> {
            Some(std::ptr::from_ref::<F>(self.0).addr())
        }
    }

    impl<F> Stays for Arm<'_, Pin<&mut F>> {
        fn address(&self) -> Option<usize> {
            Some(std::ptr::from_ref::<F>(self.0).addr())
        }
    }

    /// Any other, which the method call comes to last.
    pub trait Moves {
        /// None.
        fn address(&self) -> Option<usize>;
    }

    impl<F> Moves for &Arm<'_, F> {
        fn address(&self) -> Option<usize> {
            None
        }
    }
}
