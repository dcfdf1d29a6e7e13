//! What must hold of any bytes read as a record; the fuzz target `record` asks the same of bytes that
//! it makes up.

use std::path::Path;

use super::merged::{Merged, Sorted};
use super::read::{self, Troubles};
use crate::{diff, order, output};

/// Checks that `bytes` are read as far as they can be, and that what was read is written as a record
/// that reads back, and has every view.
pub(crate) fn check(bytes: &[u8]) {
    let (record, troubles) = read(bytes);
    assert!(troubles.first().len() <= 10);
    let text = written(&record);
    let (back, none) = read(&text);
    assert!(none.first().is_empty(), "{:?}", none.first());
    let again = written(&back);
    assert_eq!(
        String::from_utf8_lossy(&again),
        String::from_utf8_lossy(&text)
    );
    output::check(&record);
    diff::news::check(&record);
    order::check(&record);
}

fn read(bytes: &[u8]) -> (Sorted, Troubles) {
    let mut merged = Merged::default();
    let troubles = read::input(bytes, Path::new("any.jsonl"), &mut merged);
    (merged.sorted(), troubles)
}

fn written(record: &Sorted) -> Vec<u8> {
    let mut text = Vec::new();
    record.write(&mut text).expect("memory takes everything");
    text
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::check;

    /// A record with every form of a line.
    const RECORD: &str = include_str!("../../../script/fuzz/seeds/record.jsonl");

    /// What takes the place of a part of the record.
    fn part() -> impl Strategy<Value = String> {
        let parts = [
            "",
            "0",
            "1",
            "2",
            "3",
            "-1",
            "4294967295",
            "18446744073709551615",
            "null",
            "[]",
            "{}",
            "\"\"",
            "\"kernel\"",
            "\"userspace\"",
            "\"SR\"",
            "\"Er\"",
            "\"EN\"",
            "\"read\"",
            "\n",
            "\"HB0502\"",
            "true",
            "\"role\":\"condvar\"",
            ",",
            "}",
            "\u{fc}",
            "\\n\\u001b[31m",
        ];
        select(parts.map(str::to_owned).to_vec())
    }

    /// A failure is a row to write, not a file to keep.
    fn config() -> ProptestConfig {
        ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        }
    }

    /// Where the values of a JSON text begin and end, roughly: between its signs.
    fn pieces(text: &str) -> Vec<std::ops::Range<usize>> {
        let is_sign = |c: char| ":,[]{}\n".contains(c);
        let mut start = 0;
        let mut pieces = Vec::new();
        for (at, sign) in text.match_indices(is_sign) {
            if at > start {
                pieces.push(start..at);
            }
            start = at + sign.len();
        }
        pieces
    }

    #[test]
    fn a_whole_record_has_every_view() {
        check(RECORD.as_bytes());
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn any_bytes_are_refused_or_shown(bytes in any::<Vec<u8>>()) {
            check(&bytes);
        }

        #[test]
        fn any_near_record_is_shown(edits in vec((any::<Index>(), part()), 1..5)) {
            let mut text = RECORD.to_owned();
            for (place, part) in edits {
                let pieces = pieces(&text);
                text.replace_range(place.get(&pieces).clone(), &part);
            }
            check(text.as_bytes());
        }

        #[test]
        fn any_lines_of_a_record_are_shown(lines in vec(any::<Index>(), 0..40)) {
            let all: Vec<_> = RECORD.lines().collect();
            let lines: Vec<_> = lines.iter().map(|line| *line.get(&all)).collect();
            check(format!("{}\n{}", all[0], lines.join("\n")).as_bytes());
        }
    }
}
