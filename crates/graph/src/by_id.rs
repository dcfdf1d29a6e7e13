//! A table by small numbers.
//!
//! Ids of classes are given one after the other, so a place in a list tells nearly all of them apart,
//! and every new dependency asks for four. What is far from the others is found by its hash.

use rustc_hash::FxHashMap;

/// Values by their ids.
///
/// # Invariants
/// - An id has its value in one of the two.
/// - The list is never much longer than there are values.
#[derive(Clone, Debug)]
pub(crate) struct ById<T> {
    list: Vec<Option<T>>,
    /// Those that the list had no place for when they came.
    others: FxHashMap<u32, T>,
    len: usize,
}

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            others: FxHashMap::default(),
            len: 0,
        }
    }
}

impl<T: Clone> ById<T> {
    #[inline]
    pub(crate) fn get(&self, id: &u32) -> Option<&T> {
        match self.list.get(*id as usize) {
            Some(Some(value)) => Some(value),
            Some(None) | None => self.others.get(id),
        }
    }

    pub(crate) fn contains(&self, id: &u32) -> bool {
        self.get(id).is_some()
    }

    /// Puts in a value; false if the id has one, which stays.
    pub(crate) fn insert(&mut self, id: u32, value: T) -> bool {
        if self.contains(&id) {
            return false;
        }
        self.len += 1;
        let at = id as usize;
        if at >= self.list.len() && at < 64 + 2 * self.len {
            self.list.resize(at + 1, None);
        }
        match self.list.get_mut(at) {
            Some(place) => *place = Some(value),
            None => {
                self.others.insert(id, value);
            }
        }
        true
    }

    pub(crate) fn remove(&mut self, id: &u32) -> Option<T> {
        let place = self.list.get_mut(*id as usize);
        let of_list = place.and_then(Option::take);
        let value = of_list.or_else(|| self.others.remove(id));
        self.len -= usize::from(value.is_some());
        value
    }

    /// The ids and their values, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let list = self.list.iter().zip(0..);
        let list = list.filter_map(|(value, id)| value.as_ref().map(|value| (id, value)));
        list.chain(self.others.iter().map(|(&id, value)| (id, value)))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = u32> {
        self.iter().map(|(id, _)| id)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.iter().map(|(_, value)| value)
    }
}

impl<T: Clone> std::ops::Index<&u32> for ById<T> {
    type Output = T;

    fn index(&self, id: &u32) -> &T {
        self.get(id).expect("the id has a value")
    }
}

#[cfg(test)]
mod tests {
    use super::ById;

    #[test]
    fn near_and_far_ids_are_found() {
        let mut table = ById::default();
        let ids = [3, 1_000_000, 64, 0, 200, u32::MAX];
        for id in ids {
            assert!(table.insert(id, id.wrapping_add(1)), "{id}");
            assert!(!table.insert(id, 7), "{id}");
        }
        // The list has grown past an id that stands elsewhere.
        (0..150).for_each(|id| {
            table.insert(id, id.wrapping_add(1));
        });
        assert_eq!((table.list.len(), table.others.len()), (150, 3));
        assert!(ids.iter().all(|id| table[id] == id.wrapping_add(1)));
        let mut keys: Vec<_> = table.keys().collect();
        keys.sort_unstable();
        let expected: Vec<u32> = (0..150).chain([200, 1_000_000, u32::MAX]).collect();
        assert_eq!(keys, expected);
        for id in ids {
            assert_eq!(table.remove(&id), Some(id.wrapping_add(1)), "{id}");
            assert_eq!(table.remove(&id), None, "{id}");
            assert!(!table.contains(&id), "{id}");
        }
    }
}
