//! Names of classes that were given none.

use dashmap::DashSet;

use crate::site::Site;

/// A name for a class that has none: its type and place, told apart from others by more of them.
pub(crate) fn unused_name(taken: &DashSet<String>, type_name: &str, at: Site) -> String {
    let site = at.to_model();
    let file = site.file.rsplit(['/', '\\']).next().unwrap_or(&site.file);
    let short = format!("{}@{file}:{}", without_paths(type_name), site.line);
    let candidates = [short.clone(), format!("{short}:{}", site.column)];
    let numbered = (2..).map(|n| format!("{short}#{n}"));
    candidates
        .into_iter()
        .chain(numbered)
        .find(|name| taken.insert(name.clone()))
        .expect("numbers do not run out")
}

/// `a::b::Mutex<alloc::vec::Vec<u8>>` as `Mutex<Vec<u8>>`, cut where it grows long.
fn without_paths(type_name: &str) -> String {
    const LONGEST: usize = 32;
    let mut short = String::new();
    for piece in type_name.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_' && c != ':') {
        short.push_str(piece.rsplit("::").next().unwrap_or(piece));
    }
    if short.chars().count() > LONGEST {
        short = short.chars().take(LONGEST - 3).collect::<String>() + "...";
    }
    short
}

#[cfg(test)]
mod tests {
    use super::without_paths;

    #[test]
    fn paths_are_dropped_from_type_names() {
        let rows = [
            ("heldby::sync::mutex::Mutex<u32>", "Mutex<u32>"),
            (
                "Mutex<alloc::vec::Vec<(a::B, &c::D)>>",
                "Mutex<Vec<(B, &D)>>",
            ),
            ("a::Lock", "Lock"),
            (
                "RwLock<std::collections::HashMap<alloc::string::String, x::Y>>",
                "RwLock<HashMap<String, Y>>",
            ),
            (
                "Mutex<[a::VeryLongNameOfAType; 1024]>",
                "Mutex<[VeryLongNameOfAType; 1...",
            ),
        ];
        for (name, short) in rows {
            assert_eq!(without_paths(name), short);
        }
    }
}
