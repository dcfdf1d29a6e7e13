//! The order of the locks of one class, as long as they have one.

use petgraph::Direction;
use rustc_hash::FxHashMap;

use crate::places::{Adjacency, Insertion, Places};

/// What a nesting did to an [`InstanceOrder`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nested {
    /// There is one order for all nestings so far.
    InOrder,
    /// There is none any more: it closes a cycle, whatever the modes. It was left out.
    OutOfOrder,
}

/// Says whether locks that are nested in each other have an order, any order at all.
///
/// Nearly all hosts keep one, by age, by address or from parent to child, and then nothing else has
/// to be known: two words a nesting instead of a full graph.
/// Modes are not looked at: locks that have an order have no cycle of any kind.
#[derive(Clone, Debug, Default)]
pub struct InstanceOrder {
    edges: Edges,
    places: Places,
    slots: FxHashMap<u32, u32>,
    free: Vec<u32>,
    /// Slots of removed locks that some list still names.
    dead: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct Edges(Vec<Slot>);

#[derive(Clone, Debug, Default)]
struct Slot {
    lock: u32,
    is_live: bool,
    after: Vec<u32>,
    before: Vec<u32>,
}

impl Slot {
    fn list(&self, direction: Direction) -> &[u32] {
        match direction {
            Direction::Outgoing => &self.after,
            Direction::Incoming => &self.before,
        }
    }
}

impl Adjacency for Edges {
    fn neighbours(&self, node: usize, direction: Direction) -> impl Iterator<Item = usize> {
        let slots = self.0[node].list(direction).iter();
        slots
            .map(|&slot| slot as usize)
            .filter(|&slot| self.0[slot].is_live)
    }
}

impl InstanceOrder {
    /// Adds that `to` was taken while `from` was held. To be asked once for each pair of locks.
    ///
    /// # Cost
    /// Two list entries; the part of the order between the two locks if they are not in order.
    pub fn add(&mut self, from: u32, to: u32) -> Nested {
        let (tail, head) = (self.slot(from), self.slot(to));
        if self.places.fit(&self.edges, tail as usize, head as usize) == Insertion::ClosesCycle {
            return Nested::OutOfOrder;
        }
        self.edges.0[tail as usize].after.push(head);
        self.edges.0[head as usize].before.push(tail);
        Nested::InOrder
    }

    /// The locks, each before those that were taken while it was held.
    #[must_use]
    pub fn in_order(&self) -> Vec<u32> {
        let mut slots: Vec<u32> = self.slots.values().copied().collect();
        slots.sort_unstable_by_key(|&slot| self.places.of(slot as usize));
        slots
            .into_iter()
            .map(|slot| self.edges.0[slot as usize].lock)
            .collect()
    }

    /// Forgets a lock that is gone, and returns the pairs that it was part of.
    ///
    /// # Cost
    /// Linear in its nestings; the lists of the other locks are cleaned once half of them are gone.
    pub fn remove(&mut self, lock: u32) -> Vec<(u32, u32)> {
        let Some(slot) = self.slots.remove(&lock) else {
            return Vec::new();
        };
        let locks = |direction| {
            let neighbours = self.edges.neighbours(slot as usize, direction);
            neighbours.map(|other| self.edges.0[other].lock)
        };
        let after = locks(Direction::Outgoing).map(|to| (lock, to));
        let before = locks(Direction::Incoming).map(|from| (from, lock));
        let pairs = after.chain(before).collect();
        self.edges.0[slot as usize] = Slot::default();
        self.dead.push(slot);
        if self.dead.len() > self.slots.len() {
            self.clean();
        }
        pairs
    }

    fn slot(&mut self, lock: u32) -> u32 {
        if let Some(&slot) = self.slots.get(&lock) {
            return slot;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.edges.0.push(Slot::default());
            self.edges.0.len() as u32 - 1
        });
        self.edges.0[slot as usize] = Slot {
            lock,
            is_live: true,
            ..Slot::default()
        };
        self.places.add(slot as usize);
        self.slots.insert(lock, slot);
        slot
    }

    /// Takes the removed locks out of all lists, so that their slots can serve again.
    fn clean(&mut self) {
        let mut slots = std::mem::take(&mut self.edges.0);
        let live: Vec<bool> = slots.iter().map(|slot| slot.is_live).collect();
        for slot in &mut slots {
            slot.after.retain(|&other| live[other as usize]);
            slot.before.retain(|&other| live[other as usize]);
        }
        self.edges.0 = slots;
        self.free.append(&mut self.dead);
    }
}

#[cfg(test)]
mod tests {
    use super::{InstanceOrder, Nested};

    #[test]
    fn any_order_is_an_order() {
        let mut order = InstanceOrder::default();
        for (from, to) in [(9, 2), (2, 7), (5, 9), (5, 7)] {
            assert_eq!(order.add(from, to), Nested::InOrder, "{from} {to}");
        }
        assert_eq!(order.in_order(), [5, 9, 2, 7]);
        for (from, to) in [(7, 5), (2, 9), (7, 9), (4, 4)] {
            assert_eq!(order.add(from, to), Nested::OutOfOrder, "{from} {to}");
        }
        assert_eq!(order.add(7, 4), Nested::InOrder);
    }

    #[test]
    fn a_lock_that_is_gone_orders_nothing() {
        let mut order = InstanceOrder::default();
        order.add(1, 2);
        order.add(2, 3);
        order.add(4, 5);
        assert_eq!(order.remove(2), [(2, 3), (1, 2)]);
        assert_eq!(order.remove(2), []);
        assert_eq!(order.add(3, 1), Nested::InOrder);
        assert_eq!(order.add(1, 3), Nested::OutOfOrder);
    }

    #[test]
    fn locks_that_come_and_go_leave_nothing_behind() {
        let mut order = InstanceOrder::default();
        for lock in 1..100_000 {
            assert_eq!(order.add(lock, lock + 1), Nested::InOrder);
            order.remove(lock);
        }
        assert!(order.edges.0.len() < 8, "{} slots", order.edges.0.len());
    }
}
