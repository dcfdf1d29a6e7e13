//! The page, put together from its parts.

use super::drawing::Drawing;

/// The parts of the page that are the same for every graph.
const PARTS: &[(&str, &str)] = &[
    ("style", include_str!("../../assets/graph/page.css")),
    (
        "cytoscape",
        include_str!("../../assets/cytoscape/cytoscape.min.js"),
    ),
    (
        "script",
        concat!(
            include_str!("../../assets/graph/graph.js"),
            include_str!("../../assets/graph/elements.js"),
            include_str!("../../assets/graph/picture.js"),
            include_str!("../../assets/graph/details.js"),
            include_str!("../../assets/graph/cycles.js"),
            include_str!("../../assets/graph/table.js"),
            include_str!("../../assets/graph/filter.js"),
            include_str!("../../assets/graph/main.js"),
        ),
    ),
];

/// One page of HTML that shows `drawing` and needs nothing else.
pub(super) fn html(drawing: &Drawing<'_>) -> String {
    let data = json(drawing);
    let mut rest = include_str!("../../assets/graph/page.html");
    let mut page = String::with_capacity(data.len() + 600_000);
    while let Some((before, name, after)) = next_mark(rest) {
        let part = PARTS.iter().find(|(known, _)| *known == name);
        page.push_str(before);
        page.push_str(part.map_or(&data, |(_, text)| text));
        rest = after;
    }
    page + rest
}

/// The text before the first `{{name}}`, its name, and the text after it.
fn next_mark(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once("{{")?;
    let (name, after) = rest.split_once("}}")?;
    Some((before, name, after))
}

/// `drawing` as JSON that no parser of HTML or JavaScript takes for an end of its element or line.
///
/// Outside of strings JSON has none of these characters, and in them an escape means the same.
fn json(drawing: &Drawing<'_>) -> String {
    let text = serde_json::to_string(drawing).expect("plain data without maps always becomes JSON");
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::PARTS;

    #[test]
    fn no_part_ends_its_element() {
        for (name, text) in PARTS {
            for end in ["</script", "</style", "<!--"] {
                assert!(!text.contains(end), "{name} has `{end}`");
            }
        }
    }
}
