//! Orders that others stood for, until the lock between went.

use crate::order::{Added, DependencyGraph};
use crate::{Hold, Kind, Want};

impl DependencyGraph {
    /// Adds the dependency `from -> to` that those from `from` to `via` and from there stood for, as
    /// `via` was wanted and held exclusively.
    ///
    /// What it closes was closed before. It is told if it was not told then, since a dependency that
    /// closes several cycles tells one of them.
    pub fn uncover(&mut self, [from, via, to]: [u32; 3], kind: Kind, gates: &[u32]) -> Added {
        let kind = self.readers.normalise(kind);
        let key = (from, to, kind);
        if self.known.implies(key, gates) {
            return Added::Known;
        }
        let (into, out) = (
            Kind {
                want: Want::Write,
                ..kind
            },
            Kind {
                hold: Hold::Exclusive,
                ..kind
            },
        );
        if self.known.is_implied_told((from, via, into))
            && self.known.is_implied_told((via, to, out))
        {
            self.known.tell_ahead(key);
        }
        self.add(from, to, kind, gates)
    }
}
