//! Names of classes that were given none.

use dashmap::DashSet;

use crate::site::Site;

/// A name for a class that has none: its type and place, told apart from others by more of them.
pub(crate) fn unused_name(taken: &DashSet<String>, type_name: &str, at: Site) -> String {
    let site = at.to_model();
    let file = site.file_name();
    let short = match site.line {
        // The file is an address.
        0 => format!("{}@{file}", head(type_name)),
        line => format!("{}@{file}:{line}", head(type_name)),
    };
    let candidates = [short.clone(), format!("{short}:{}", site.column)];
    let numbered = (2..).map(|n| format!("{short}#{n}"));
    candidates
        .into_iter()
        .chain(numbered)
        .find(|name| taken.insert(name.clone()))
        .expect("numbers do not run out")
}

/// `a::b::Mutex<alloc::vec::Vec<u8>>` as `Mutex`: a name is read in a line beside others, and what
/// the lock protects can be any length.
fn head(type_name: &str) -> &str {
    let path = type_name.split(['<', '[', '(']).next().unwrap_or(type_name);
    path.rsplit("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use dashmap::DashSet;

    use super::{head, unused_name};
    use crate::site::Site;

    #[test]
    fn only_the_head_of_a_type_is_kept() {
        let rows = [
            ("heldby::sync::mutex::Mutex<u32>", "Mutex"),
            ("Mutex<alloc::vec::Vec<(a::B, &c::D)>>", "Mutex"),
            ("a::Lock", "Lock"),
            ("rwsem", "rwsem"),
        ];
        for (name, short) in rows {
            assert_eq!(head(name), short);
        }
    }

    #[test]
    fn classes_of_one_line_are_told_apart() {
        let taken = DashSet::new();
        let at = Site::intern("src/class_name.rs", 7, 3);
        let names = ["a::Mutex<u8>"; 3].map(|name| unused_name(&taken, name, at));
        assert_eq!(
            names,
            [
                "Mutex@class_name.rs:7",
                "Mutex@class_name.rs:7:3",
                "Mutex@class_name.rs:7#2"
            ]
        );
    }
}
