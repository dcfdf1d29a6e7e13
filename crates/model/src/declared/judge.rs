//! How dependencies and reports stand to a declared order.

use std::collections::{BTreeMap, BTreeSet};

use super::{DeclaredLock, DeclaredOrder, Known, Unlisted};
use crate::Code;

/// The number of a lock in a declaration.
pub type LockNumber = usize;

/// How a dependency stands to a declared order. Layers are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It leads down the layers, or it is accepted.
    Declared,
    /// It leads from the first of these layers up to the second.
    Up(usize, usize),
    /// Both locks stand in this layer.
    Beside(usize),
    /// The lock that is held stands in no layer, or the one that is taken, or neither.
    Unlisted {
        /// The layer of the one that is held.
        from: Option<usize>,
        /// The layer of the one that is taken.
        to: Option<usize>,
    },
}

impl Standing {
    /// Says in a fragment how the locks that are called so stand.
    #[must_use]
    pub fn told(self, from: &str, to: &str) -> String {
        match self {
            Self::Declared => format!("`{from}` may be held while `{to}` is taken"),
            Self::Up(held, taken) => {
                format!("`{from}` stands in layer {held}, and `{to}` above it, in layer {taken}")
            }
            Self::Beside(layer) => format!("`{from}` and `{to}` both stand in layer {layer}"),
            Self::Unlisted {
                from: None,
                to: None,
            } => {
                format!("neither `{from}` nor `{to}` stands in a layer")
            }
            Self::Unlisted { from: None, .. } => format!("`{from}` stands in no layer"),
            Self::Unlisted { .. } => format!("`{to}` stands in no layer"),
        }
    }
}

/// A declared order that can be asked.
///
/// A lock of the host may stand for several of the declaration where it has no name; then whatever
/// is declared of one of them is.
#[derive(Clone, Debug)]
pub struct Judge {
    unlisted: Unlisted,
    locks: Vec<DeclaredLock>,
    /// The layer of each lock, if it stands in one.
    layers: Vec<Option<usize>>,
    named: BTreeMap<String, Vec<LockNumber>>,
    made: BTreeMap<(String, String), Vec<LockNumber>>,
    dependencies: BTreeSet<(LockNumber, LockNumber)>,
    reports: Vec<KnownReport>,
}

#[derive(Clone, Debug)]
struct KnownReport {
    code: Code,
    locks: Vec<LockNumber>,
    file: Option<String>,
}

impl Judge {
    /// Makes a declaration ready to be asked.
    #[must_use]
    pub fn new(order: &DeclaredOrder) -> Self {
        let mut judge = Self {
            unlisted: order.unlisted,
            locks: Vec::new(),
            layers: Vec::new(),
            named: BTreeMap::new(),
            made: BTreeMap::new(),
            dependencies: BTreeSet::new(),
            reports: Vec::new(),
        };
        for (layer, locks) in (1..).zip(&order.layers) {
            for lock in locks {
                let number = judge.number(lock);
                judge.layers[number] = Some(layer);
            }
        }
        for accepted in &order.accepted {
            match &accepted.what {
                Known::Dependency { from, to } => {
                    let pair = (judge.number(from), judge.number(to));
                    judge.dependencies.insert(pair);
                }
                Known::Report { code, locks, file } => {
                    let report = KnownReport {
                        code: *code,
                        locks: locks.iter().map(|lock| judge.number(lock)).collect(),
                        file: file.clone(),
                    };
                    judge.reports.push(report);
                }
            }
        }
        judge
    }

    fn number(&mut self, lock: &DeclaredLock) -> LockNumber {
        let numbers = match lock {
            DeclaredLock::Named { name, .. } => self.named.entry(name.clone()).or_default(),
            DeclaredLock::Made {
                file, type_name, ..
            } => {
                let key = (file.clone(), type_name.clone());
                self.made.entry(key).or_default()
            }
        };
        let known = numbers.iter().find(|&&number| self.locks[number] == *lock);
        known.copied().unwrap_or_else(|| {
            let number = self.locks.len();
            numbers.push(number);
            self.locks.push(lock.clone());
            self.layers.push(None);
            number
        })
    }

    /// The locks with that name; one that is declared without a type has any.
    #[must_use]
    pub fn named(&self, name: &str, type_name: &str) -> Vec<LockNumber> {
        let fits = |&number: &LockNumber| match &self.locks[number] {
            DeclaredLock::Named {
                type_name: Some(declared),
                ..
            } => declared == type_name,
            _ => true,
        };
        let numbers = self.named.get(name).into_iter().flatten().copied();
        numbers.filter(fits).collect()
    }

    /// The locks of that type without a name that are made in the file, which is as
    /// [`package_path`](super::package_path) has it; in the order of the declaration.
    #[must_use]
    pub fn made(&self, file: &str, type_name: &str) -> Vec<LockNumber> {
        let key = (file.to_owned(), type_name.to_owned());
        self.made.get(&key).cloned().unwrap_or_default()
    }

    /// The lock of that number.
    #[must_use]
    pub fn lock(&self, number: LockNumber) -> &DeclaredLock {
        &self.locks[number]
    }

    /// The layer of the first of `locks` that stands in one.
    fn layer(&self, locks: &[LockNumber]) -> Option<usize> {
        locks.iter().find_map(|&number| self.layers[number])
    }

    /// How a dependency from one of `from` to one of `to` stands.
    #[must_use]
    pub fn standing(&self, from: &[LockNumber], to: &[LockNumber]) -> Standing {
        let pairs = from
            .iter()
            .flat_map(|&held| to.iter().map(move |&taken| (held, taken)));
        let leads_down = |(held, taken): (LockNumber, LockNumber)| {
            let layers = self.layers[held].zip(self.layers[taken]);
            layers.is_some_and(|(held, taken)| held < taken)
        };
        let mut is_declared =
            pairs.map(|pair| leads_down(pair) || self.dependencies.contains(&pair));
        if is_declared.any(|declared| declared) {
            return Standing::Declared;
        }
        match (self.layer(from), self.layer(to), self.unlisted) {
            (Some(from), Some(to), _) if from == to => Standing::Beside(from),
            (Some(from), Some(to), _) => Standing::Up(from, to),
            (_, _, Unlisted::Ignore) => Standing::Declared,
            (from, to, Unlisted::Report) => Standing::Unlisted { from, to },
        }
    }

    /// Whether a report is known: `locks` is what each of its locks may be, `file` that of its place.
    #[must_use]
    pub fn knows(&self, code: Code, locks: &[Vec<LockNumber>], file: &str) -> bool {
        let is_it = |known: &KnownReport| {
            let any_of_known = |of: &Vec<LockNumber>| of.iter().any(|it| known.locks.contains(it));
            let any_of_asked = |it: &LockNumber| locks.iter().any(|of| of.contains(it));
            known.code == code
                && known.file.as_deref().is_none_or(|known| known == file)
                && locks.iter().all(any_of_known)
                && known.locks.iter().all(any_of_asked)
        };
        self.reports.iter().any(is_it)
    }
}

#[cfg(test)]
mod tests {
    use super::{Judge, Standing};
    use crate::Code;
    use crate::declared::DeclaredOrder;

    fn judge(text: &str) -> Judge {
        Judge::new(&DeclaredOrder::read(text, "order").expect("a good file"))
    }

    const LAYERS: &str = r#"
        format = 1
        [[layer]]
        locks = ["a", "b"]
        [[layer]]
        locks = ["c", { name = "d", type = "Mutex" }, { name = "d", type = "RwLock" }]
        [[layer]]
        locks = [{ file = "src/x.rs", type = "Mutex", number = 1, line = 3 },
                 { file = "src/x.rs", type = "Mutex", number = 2, line = 9 }]
        [[accepted]]
        from = "c"
        to = "b"
    "#;

    #[test]
    fn dependencies_lead_down_or_are_accepted() {
        let judge = judge(LAYERS);
        let lock = |name| judge.named(name, "Mutex");
        let unlisted = |from, to| Standing::Unlisted { from, to };
        for (from, to, expected) in [
            ("a", "c", Standing::Declared),
            ("a", "d", Standing::Declared),
            ("a", "b", Standing::Beside(1)),
            ("c", "a", Standing::Up(2, 1)),
            ("c", "b", Standing::Declared),
            ("a", "x", unlisted(Some(1), None)),
            ("x", "c", unlisted(None, Some(2))),
        ] {
            let standing = judge.standing(&lock(from), &lock(to));
            assert_eq!(standing, expected, "{from} -> {to}");
        }
        assert_eq!(judge.named("d", "Mutex").len(), 1);
        assert!(judge.named("d", "Spin").is_empty());
        assert_eq!(judge.named("a", "Spin").len(), 1);
    }

    #[test]
    fn what_may_be_several_locks_is_declared_as_any_of_them() {
        let judge = judge(LAYERS);
        let unnamed = judge.made("src/x.rs", "Mutex");
        assert_eq!(unnamed.len(), 2);
        let above = [judge.named("a", ""), unnamed.clone()].concat();
        assert_eq!(judge.standing(&above, &unnamed), Standing::Declared);
        assert_eq!(judge.standing(&unnamed, &unnamed), Standing::Beside(3));
        assert!(judge.made("src/y.rs", "Mutex").is_empty());
    }

    #[test]
    fn who_wants_to_ignores_what_is_not_listed() {
        let judge = judge("format = 1\nunlisted = 'ignore'\n[[layer]]\nlocks = ['a']");
        let a = judge.named("a", "");
        assert_eq!(judge.standing(&a, &[]), Standing::Declared);
        assert_eq!(judge.standing(&a, &a), Standing::Beside(1));
    }

    #[test]
    fn a_report_is_known_by_code_and_locks() {
        let judge = judge(
            r#"
            format = 1
            [[accepted]]
            code = "HB0001"
            locks = ["a", "b"]
            [[accepted]]
            code = "HB0101"
            locks = ["a"]
            file = "src/a.rs"
            "#,
        );
        for (code, locks, file, known) in [
            (Code::Hb0001, vec!["b", "a"], "src/z.rs", true),
            (Code::Hb0001, vec!["a"], "src/z.rs", false),
            (Code::Hb0001, vec!["a", "b", "c"], "src/z.rs", false),
            (Code::Hb0002, vec!["a", "b"], "src/z.rs", false),
            (Code::Hb0101, vec!["a"], "src/a.rs", true),
            (Code::Hb0101, vec!["a"], "src/b.rs", false),
        ] {
            let numbers: Vec<_> = locks.iter().map(|lock| judge.named(lock, "")).collect();
            let knows = judge.knows(code, &numbers, file);
            assert_eq!(knows, known, "{code} {locks:?} {file}");
        }
    }
}
