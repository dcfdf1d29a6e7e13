//! The lease: the right to touch a region's pages.
//!
//! A plain load of an unmapped page is a SIGSEGV, and a load of a missing one waits for a pager.
//! So a toucher holds no lock across a touch, only a lease; and a churner revokes the lease and lets
//! it drain *before* it takes the mmap lock.
//! With a lock in place of the lease, toucher, pager and churner would wait for each other in a ring
//! through the fault queue.

use heldby::sync::{Condvar, LockResult, Mutex, MutexGuard, PoisonError};

/// What a region shows at the moment: the slice of the snapshot that is mapped there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tenant {
    /// First page of the slice, in the snapshot.
    pub(crate) first_page: usize,
    /// Pages of the slice.
    pub(crate) pages: usize,
}

/// Hands out and revokes the right to touch one region.
#[derive(Debug)]
pub(crate) struct Lease {
    state: Mutex<State>,
    drained: Condvar,
}

#[derive(Debug)]
struct State {
    /// Who is mapped, and how many touch it; `None` for the tenant while it is revoked.
    tenant: Option<Tenant>,
    holders: u32,
}

/// A shared right to touch; nothing is unmapped while it lives.
#[derive(Debug)]
pub(crate) struct Shared<'a> {
    lease: &'a Lease,
    /// What is mapped.
    pub(crate) tenant: Tenant,
}

/// The sole right to change the mapping; nobody touches it while it lives.
///
/// Dropped without [`grant`](Self::grant), as in an unwinding churner, it leaves the region revoked
/// for ever: nobody may touch a region that is half changed.
#[derive(Debug)]
#[must_use = "a revoked region is lost unless it is granted again"]
pub(crate) struct Revoked<'a> {
    lease: &'a Lease,
    /// What was mapped.
    pub(crate) tenant: Tenant,
}

impl Lease {
    /// Makes a lease on a region where `tenant` is mapped.
    pub(crate) fn new(tenant: Tenant) -> Self {
        let state = State {
            tenant: Some(tenant),
            holders: 0,
        };
        Self {
            state: Mutex::named("lease", state),
            drained: Condvar::new(),
        }
    }

    /// Takes a share, or nothing if a churner has or wants the region.
    pub(crate) fn share(&self) -> Option<Shared<'_>> {
        let mut state = self.lock();
        let tenant = state.tenant?;
        state.holders += 1;
        Some(Shared {
            lease: self,
            tenant,
        })
    }

    /// Revokes it and waits until the last share is gone; nothing if another churner was first.
    pub(crate) fn revoke(&self) -> Option<Revoked<'_>> {
        let mut state = self.lock();
        let tenant = state.tenant.take()?;
        drop(recover(
            self.drained.wait_while(state, |state| state.holders > 0),
        ));
        Some(Revoked {
            lease: self,
            tenant,
        })
    }

    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, State> {
        recover(self.state.lock())
    }
}

impl Revoked<'_> {
    /// Lets touchers in again, to `tenant`.
    pub(crate) fn grant(self, tenant: Tenant) {
        self.lease.lock().tenant = Some(tenant);
    }
}

impl Drop for Shared<'_> {
    fn drop(&mut self) {
        let mut state = self.lease.lock();
        state.holders -= 1;
        if state.holders == 0 && state.tenant.is_none() {
            self.lease.drained.notify_all();
        }
    }
}

/// Takes the guard, poisoned or not.
///
/// A planted bug makes peers panic; what our locks protect is valid between any two statements, so
/// that the others can go on until they are stopped.
pub(crate) fn recover<G>(result: LockResult<G>) -> G {
    result.unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const TENANT: Tenant = Tenant {
        first_page: 0,
        pages: 1,
    };
    const NEXT: Tenant = Tenant {
        first_page: 64,
        pages: 2,
    };

    #[test]
    fn revoked_means_no_new_share_and_no_second_revoke() {
        let lease = Lease::new(TENANT);
        let revoked = lease.revoke().expect("nobody was faster");
        assert!(lease.share().is_none());
        assert!(lease.revoke().is_none());
        revoked.grant(NEXT);
        assert_eq!(lease.share().map(|share| share.tenant), Some(NEXT));
    }

    #[test]
    fn revoke_waits_for_the_last_share() {
        let lease = Lease::new(TENANT);
        let (tell, told) = mpsc::channel();
        heldby::thread::scope(|scope| {
            let first = lease.share().expect("it is granted");
            let second = lease.share().expect("shares do not exclude each other");
            let lease = &lease;
            let churner = scope.spawn(move || {
                let revoked = lease.revoke().expect("nobody was faster");
                tell.send("drained").expect("the test listens");
                revoked.grant(NEXT);
            });
            while lease.share().is_some() {
                heldby::thread::yield_now();
            }
            drop(first);
            assert_eq!(told.try_recv(), Err(mpsc::TryRecvError::Empty));
            drop(second);
            assert_eq!(told.recv(), Ok("drained"));
            churner.join().expect("it does not panic");
        });
    }

    #[test]
    fn an_unwinding_churner_leaves_it_revoked() {
        let lease = Lease::new(TENANT);
        let _ = lease.revoke();
        assert!(lease.share().is_none());
    }
}
