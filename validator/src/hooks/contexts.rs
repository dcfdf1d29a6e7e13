//! Hooks of interrupt-like contexts.
//!
//! They tell where the thread is: what it takes in a context, and what it holds where one can
//! interrupt it, are then checked against each other.

use crate::cold;
use crate::context;
use crate::context_kind::ContextKind;
use crate::ops::{self, Where};
use crate::site::Site;
use crate::stack;

macro_rules! context_hooks {
    ($($(#[$doc:meta])* $name:ident = |$task:ident, $site:ident| $do:expr;)*) => {$(
        $(#[$doc])*
        #[track_caller]
        pub fn $name() {
            stack::mark_entry();
            let $site = Site::caller();
            if let Some($task) = cold::task() {
                $do;
            }
        }
    )*};
}

context_hooks! {
    /// The thread enters a hard interrupt, which is never run as a thread unless
    /// [`lockdep_hardirq_threaded`] says so.
    lockdep_hardirq_enter = |task, site| context::enter(task, ContextKind::HARD, false, site);
    /// The hard interrupt that was just entered is run as a thread on some systems, so that its
    /// locks may sleep there.
    lockdep_hardirq_threaded = |task, site| context::set_threaded(task, ContextKind::HARD, site);
    /// The thread leaves a hard interrupt.
    lockdep_hardirq_exit = |task, site| context::leave(task, ContextKind::HARD, site);
    /// The thread enters a soft interrupt.
    lockdep_softirq_enter = |task, site| context::enter(task, ContextKind::SOFT, true, site);
    /// The thread leaves a soft interrupt.
    lockdep_softirq_exit = |task, site| context::leave(task, ContextKind::SOFT, site);
    /// Hard interrupts can interrupt the thread again. Soft ones can as well, unless they are masked.
    lockdep_hardirqs_on = |task, site| context::unmask(task, ContextKind::HARD, site);
    /// No interrupt can interrupt the thread.
    lockdep_hardirqs_off = |task, site| context::mask(task, ContextKind::HARD, site);
    /// Soft interrupts can interrupt the thread again.
    lockdep_softirqs_on = |task, site| context::unmask(task, ContextKind::SOFT, site);
    /// No soft interrupt can interrupt the thread.
    lockdep_softirqs_off = |task, site| context::mask(task, ContextKind::SOFT, site);
}

macro_rules! context_asserts {
    ($($(#[$doc:meta])* $name:ident = $kind:ident $expect:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// # Panics
        /// When it is not so, and the policy is `panic`.
        #[track_caller]
        pub fn $name() {
            stack::mark_entry();
            if let Some(task) = cold::task() {
                ops::assert_where(task, ContextKind::$kind, Where::$expect, Site::caller());
            }
        }
    )*};
}

context_asserts! {
    /// Reports if no hard interrupt can interrupt the thread here.
    lockdep_assert_irqs_enabled = HARD Enabled;
    /// Reports if a hard interrupt can interrupt the thread here.
    lockdep_assert_irqs_disabled = HARD Masked;
    /// Reports if the thread is not in a hard interrupt.
    lockdep_assert_in_irq = HARD Inside;
    /// Reports if the thread is in a hard interrupt.
    lockdep_assert_no_hardirq = HARD Outside;
    /// Reports if the thread is not in a soft interrupt, or is in a hard one above it.
    lockdep_assert_in_softirq = SOFT Innermost;
}
