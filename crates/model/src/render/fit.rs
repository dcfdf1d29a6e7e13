//! Making text fit: what is too long loses a part, and "..." stands where it was.

/// How wide a report may be, in characters.
pub(super) const WIDTH: usize = 100;

const GAP: &str = "...";

/// Which part of a text may go.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cut {
    /// The middle: names tell apart by both ends.
    Middle,
    /// The front: a path or a function is known by its last parts.
    Front,
}

/// Counts the characters of `text`.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// Shortens `text` to at most `room` characters.
pub(super) fn shorten(text: &str, room: usize, cut: Cut) -> String {
    let length = width(text);
    if length <= room {
        return text.to_owned();
    }
    let Some(kept) = room.checked_sub(width(GAP)) else {
        return GAP[..room].to_owned();
    };
    let front = match cut {
        Cut::Middle => kept.div_ceil(2),
        Cut::Front => 0,
    };
    let head: String = text.chars().take(front).collect();
    let tail: String = text.chars().skip(length - (kept - front)).collect();
    match cut {
        Cut::Middle => format!("{head}{GAP}{tail}"),
        Cut::Front => format!("{GAP}{}", from_whole_part(&tail)),
    }
}

/// Drops a broken first part of a path or a function, unless that is most of what there is.
fn from_whole_part(tail: &str) -> &str {
    let whole = ["/", "::"]
        .iter()
        .filter_map(|separator| tail.find(separator))
        .min();
    whole
        .map(|at| &tail[at..])
        .filter(|rest| rest.len() * 2 > tail.len())
        .unwrap_or(tail)
}

/// Divides `room` among texts of these lengths: the longest give way first, and alike.
pub(super) fn share(lengths: &[usize], room: usize) -> Vec<usize> {
    let within = |cap: usize| lengths.iter().map(|&length| length.min(cap)).sum::<usize>() <= room;
    let longest = lengths.iter().copied().max().unwrap_or(0).min(room);
    let cap = (0..=longest).rev().find(|&cap| within(cap)).unwrap_or(0);
    lengths.iter().map(|&length| length.min(cap)).collect()
}

/// Shortens every `name` in backticks to at most `room` characters.
pub(super) fn shorten_quoted(text: &str, room: usize) -> String {
    let parts: Vec<_> = text
        .split('`')
        .enumerate()
        .map(|(index, part)| match index % 2 {
            1 => shorten(part, room, Cut::Middle),
            _ => part.to_owned(),
        })
        .collect();
    parts.join("`")
}

/// Makes a sentence fit on one line, at the cost of its quoted names.
pub(super) fn sentence(text: &str, room: usize) -> String {
    /// A name of fewer characters says nothing.
    const SHORTEST_NAME: usize = 7;
    let longest = text.split('`').map(width).max().unwrap_or(0).min(room);
    (SHORTEST_NAME..=longest)
        .rev()
        .map(|name| shorten_quoted(text, name))
        .find(|shorter| width(shorter) <= room)
        .unwrap_or_else(|| shorten(text, room, Cut::Middle))
}

/// Breaks a text into lines: the first begins with `first`, the others with as many blanks.
///
/// Names and words that would fill half a line are shortened before.
pub(super) fn wrap(first: &str, text: &str) -> Vec<String> {
    const LONGEST_NAME: usize = 32;
    const LONGEST_WORD: usize = 44;
    let indent = " ".repeat(width(first));
    let text = shorten_quoted(text, LONGEST_NAME);
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut is_fresh = true;
    for word in text.split_whitespace() {
        let word = shorten(word, LONGEST_WORD, Cut::Front);
        if !is_fresh && width(&line) + 1 + width(&word) > WIDTH {
            lines.push(std::mem::replace(&mut line, indent.clone()));
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        line.push_str(&word);
        is_fresh = false;
    }
    lines.push(line);
    lines
}

/// Keeps at most `most` lines; where some go, the last one that stays says so.
pub(super) fn clip(mut lines: Vec<String>, most: usize) -> Vec<String> {
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            let kept: String = last.chars().take(WIDTH - width(GAP) - 1).collect();
            *last = format!("{kept} {GAP}");
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_at_the_right_end() {
        let rows = [
            ("src/net.rs:140", 14, Cut::Front, "src/net.rs:140"),
            (
                "crates/net/src/net.rs:140",
                18,
                Cut::Front,
                ".../src/net.rs:140",
            ),
            (
                "crates/net/src/net.rs:140",
                17,
                Cut::Front,
                ".../net.rs:140",
            ),
            ("net::worker::Pool::run", 14, Cut::Front, "...::Pool::run"),
            ("a_single_very_long_function", 10, Cut::Front, "...unction"),
            ("connections_by_peer", 11, Cut::Middle, "conn...peer"),
            (
                "r\u{e4}\u{fc}\u{df}er-und-mehr",
                8,
                Cut::Middle,
                "r\u{e4}\u{fc}...hr",
            ),
            ("abcdef", 2, Cut::Middle, ".."),
        ];
        for (text, room, cut, expected) in rows {
            assert_eq!(shorten(text, room, cut), expected, "{text} in {room}");
        }
    }

    #[test]
    fn the_longest_gives_way_first() {
        let rows: &[(&[usize], usize, &[usize])] = &[
            (&[3, 4], 10, &[3, 4]),
            (&[3, 40], 10, &[3, 7]),
            (&[30, 40], 10, &[5, 5]),
            (&[30, 2, 40], 13, &[5, 2, 5]),
            (&[], 13, &[]),
        ];
        for (lengths, room, expected) in rows {
            assert_eq!(share(lengths, *room), *expected, "{lengths:?} in {room}");
        }
    }

    #[test]
    fn clipped_lines_say_so() {
        let lines = |count: usize| vec!["line".to_owned(); count];
        assert_eq!(clip(lines(2), 2), lines(2));
        assert_eq!(clip(lines(3), 2), ["line", "line ..."]);
        assert_eq!(width(&clip(vec!["x".repeat(WIDTH); 2], 1)[0]), WIDTH);
    }

    #[test]
    fn wrapped_lines_hang_behind_their_mark() {
        let lines = wrap("  note: ", &"word ".repeat(30));
        assert_eq!(lines.len(), 2);
        assert!(lines[1].starts_with("        word"));
        assert!(lines.iter().all(|line| width(line) <= WIDTH));
    }
}
