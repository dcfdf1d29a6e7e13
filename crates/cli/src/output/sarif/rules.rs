//! The rules of a log: the report codes in it, each with its page.

use heldby_model::Code;

use super::log::{Configuration, Message, Properties, Rule};
use crate::explain;

/// The rule of a code, told by its page.
pub(super) fn rule(code: Code) -> Rule {
    let page = explain::page(code);
    let heading = explain::heading(code);
    let what = heading.split_once(": ").map_or(&*heading, |(_, what)| what);
    let paragraph = page.split("\n\n").nth(1).unwrap_or(what);
    let text = |text: &str| Message {
        text: without_links(text),
        markdown: None,
    };
    Rule {
        id: code.as_str(),
        name: camel_case(code.kind().as_str()),
        short_description: text(what),
        full_description: text(paragraph),
        help: Message {
            text: without_links(paragraph) + "\nThe page of the code says how to fix it.",
            markdown: Some(without_links(page)),
        },
        default_configuration: Configuration { level: "error" },
        properties: Properties {
            tags: &["concurrency", "deadlock"],
            precision: "high",
        },
    }
}

/// `circular-dependency` as `CircularDependency`.
fn camel_case(kind: &str) -> String {
    let mut start = true;
    let letter = |letter: char| {
        let at_start = std::mem::replace(&mut start, letter == '-');
        match letter {
            '-' => None,
            _ if at_start => Some(letter.to_ascii_uppercase()),
            _ => Some(letter),
        }
    };
    kind.chars().filter_map(letter).collect()
}

/// The page without the links to its neighbours, which lead nowhere from another site.
fn without_links(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    let mut rest = page;
    while let Some((before, label, behind)) = next_link(rest) {
        text.push_str(before);
        text.push_str(label);
        rest = behind;
    }
    text + rest
}

/// What stands before the next relative link, its label, and what stands behind it.
fn next_link(text: &str) -> Option<(&str, &str, &str)> {
    let mut links = text.match_indices("](").filter_map(|(middle, _)| {
        let start = text[..middle].rfind('[')?;
        let (target, behind) = text[middle + 2..].split_once(')')?;
        let leads_to_page = target.ends_with(".md") || target.contains(".md#");
        leads_to_page.then_some((&text[..start], &text[start + 1..middle], behind))
    });
    links.next()
}

#[cfg(test)]
mod tests {
    use super::{camel_case, without_links};

    #[test]
    fn links_to_pages_become_their_labels() {
        let rows = [
            ("no link", "no link"),
            (
                "see [a page](a.md) and [b](../b.md#c).",
                "see a page and b.",
            ),
            (
                "`x[0](1)` stays, [this](x.md) not",
                "`x[0](1)` stays, this not",
            ),
            ("[web](https://e.org) stays", "[web](https://e.org) stays"),
            ("[open](", "[open]("),
        ];
        for (page, expected) in rows {
            assert_eq!(without_links(page), expected);
        }
    }

    #[test]
    fn kinds_become_names() {
        assert_eq!(camel_case("circular-dependency"), "CircularDependency");
        assert_eq!(camel_case("deadlock"), "Deadlock");
    }
}
