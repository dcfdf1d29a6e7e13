//! Names of classes by pattern.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A name in which `*` stands for any text and `?` for one character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pattern(String);

impl Pattern {
    /// The pattern that is written so.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether a name fits.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        fits(&self.0, name)
    }
}

/// Follows both texts; after a mismatch the last `*` swallows one character more.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut in_name) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while in_name < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, in_name));
                at += 1;
            }
            Some(&c) if c == '?' || c == name[in_name] => {
                at += 1;
                in_name += 1;
            }
            _ => {
                let Some((star_at, swallowed)) = star else {
                    return false;
                };
                star = Some((star_at, swallowed + 1));
                (at, in_name) = (star_at + 1, swallowed + 1);
            }
        }
    }
    pattern[at..].iter().all(|&c| c == '*')
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, name) in [
            ("", ""),
            ("*", ""),
            ("*", "routes"),
            ("routes", "routes"),
            ("r*s", "routes"),
            ("*u*e*", "routes"),
            ("rout?s", "routes"),
            ("Mutex@src/*.rs:*", "Mutex@src/a.rs:12"),
            ("*ab", "aab"),
            ("é?", "éü"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("", "a"),
            ("?", ""),
            ("route", "routes"),
            ("*x", "routes"),
            ("r*t", "routes"),
            ("routes?", "routes"),
        ] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
