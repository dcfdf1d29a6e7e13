//! A lock as it is declared: by what stays the same when lines move.

use std::cmp::Ordering;

/// A lock class in a declaration.
///
/// A lock with a name is known by that, one without by its number among those of its type in its
/// file: lines move whenever someone writes above them, the order of locks in a file seldom does.
#[derive(Clone, Debug)]
pub enum DeclaredLock {
    /// The host named it.
    Named {
        /// Its name.
        name: String,
        /// Its type, where two types share the name.
        type_name: Option<String>,
    },
    /// It has no name.
    Made {
        /// The file that makes it, as [`package_path`] has it.
        file: String,
        /// Its type.
        type_name: String,
        /// Its place among those of its type in the file, from 1.
        number: u32,
        /// The line that made it when it was declared.
        line: u32,
    },
}

impl DeclaredLock {
    /// What it is known by: all but the line, which is a hint.
    fn identity(&self) -> (&str, &str, u32) {
        match self {
            Self::Named { name, type_name } => (name, type_name.as_deref().unwrap_or_default(), 0),
            Self::Made {
                file,
                type_name,
                number,
                ..
            } => (file, type_name, *number),
        }
    }
}

impl PartialEq for DeclaredLock {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for DeclaredLock {}

impl PartialOrd for DeclaredLock {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DeclaredLock {
    /// Those with a name come first.
    fn cmp(&self, other: &Self) -> Ordering {
        let made = |lock: &Self| matches!(lock, Self::Made { .. });
        made(self)
            .cmp(&made(other))
            .then_with(|| self.identity().cmp(&other.identity()))
    }
}

/// A file within its package: without the folder of a registry and the version of the package.
#[must_use]
pub fn package_path(file: &str) -> String {
    let file = file.replace('\\', "/");
    let Some((_, within)) = file.split_once("/registry/src/") else {
        return file;
    };
    let mut parts = within.splitn(3, '/').skip(1);
    let package = parts.next().unwrap_or_default();
    let name = package
        .rmatch_indices('-')
        .find(|&(at, _)| package[at + 1..].starts_with(|first: char| first.is_ascii_digit()))
        .map_or(package, |(at, _)| &package[..at]);
    format!("{name}/{}", parts.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::package_path;

    #[test]
    fn a_file_of_a_package_has_no_version() {
        let rows = [
            ("src/lib.rs", "src/lib.rs"),
            (
                "/home/me/.cargo/registry/src/index.io-1a/r2d2-0.8.10/src/lib.rs",
                "r2d2/src/lib.rs",
            ),
            (
                "C:\\c\\registry\\src\\i\\a-b-1.0.0-rc.1\\src\\x.rs",
                "a-b/src/x.rs",
            ),
            ("/c/registry/src/i/odd/src/x.rs", "odd/src/x.rs"),
            ("/c/registry/src/", "/"),
        ];
        for (file, expected) in rows {
            assert_eq!(package_path(file), expected);
        }
    }
}
