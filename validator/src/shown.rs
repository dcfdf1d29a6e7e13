//! Which dependencies are shown, and of which classes they are.
//!
//! Those from and to the lives of threads are not. A class is looked up once, however many
//! dependencies it has.

use heldby_model::Role;

use crate::class::{Class, ClassId};

/// Sorts out the dependencies one after the other.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// By id.
    classes: Vec<Option<Known>>,
}

/// A class that was looked up.
#[derive(Clone, Copy, Debug)]
struct Known {
    class: &'static Class,
    /// Some dependency of it is shown.
    shown: bool,
}

impl Shown {
    /// Whether a dependency between these classes is shown; if it is, they are as well.
    pub(crate) fn admits(&mut self, from: u32, to: u32) -> bool {
        let ends = [from, to];
        let shown = !ends.map(|id| self.known(id).is_life()).contains(&true);
        ends.into_iter()
            .for_each(|id| self.known(id).shown |= shown);
        shown
    }

    /// The classes of all dependencies that were admitted, by id.
    pub(crate) fn classes(&self) -> impl Iterator<Item = (u32, &'static Class)> + '_ {
        let known = (0..).zip(&self.classes);
        known.filter_map(|(id, known)| Some((id, known.filter(|known| known.shown)?.class)))
    }

    fn known(&mut self, id: u32) -> &mut Known {
        let at = id as usize;
        if at >= self.classes.len() {
            self.classes.resize(at + 1, None);
        }
        self.classes[at].get_or_insert_with(|| Known {
            class: ClassId(id).class(),
            shown: false,
        })
    }
}

impl Known {
    fn is_life(&self) -> bool {
        self.class.lock_type.role == Role::Thread
    }
}

#[cfg(test)]
mod tests {
    use heldby_model::Role;

    use super::Shown;
    use crate::class::ClassId;
    use crate::lock_type::LockType;

    const LOCK: &LockType = &LockType::sleeping::<()>("lock");
    const LIFE: &LockType = &LockType::event::<()>("thread", Role::Thread);

    #[test]
    fn lives_are_not_shown_and_classes_only_with_a_dependency() {
        let [a, b, c, lonely] =
            ["a", "b", "c", "lonely"].map(|name| ClassId::named(&format!("shown {name}"), LOCK).0);
        let life = ClassId::named("shown life", LIFE).0;
        let mut shown = Shown::default();
        let rows = [
            (c, a, true),
            (a, life, false),
            (life, lonely, false),
            (a, b, true),
            (c, a, true),
        ];
        for (from, to, expected) in rows {
            assert_eq!(shown.admits(from, to), expected, "{from} -> {to}");
        }
        let mut expected = [a, b, c];
        expected.sort_unstable();
        let classes: Vec<_> = shown.classes().map(|(id, _)| id).collect();
        assert_eq!(classes, expected);
    }
}
