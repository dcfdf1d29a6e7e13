//! Where a finding is shown by file: in the sources that were built, or outside of them.
//!
//! The compiler names the files of a workspace from its root, and all others, those of packages and of
//! the standard library, by their whole path.

use heldby_model::render::caller;
use heldby_model::{Report, Site};

/// The place of `report` in the sources: its own, else that of the innermost caller there, else of the
/// first dependency there.
pub(super) fn primary(report: &Report) -> &Site {
    if is_in_sources(&report.site) {
        return &report.site;
    }
    let cycle = report.cycle.iter().rev();
    let mut sites = cycle.flat_map(|step| [&step.acquired_site, &step.held_site]);
    caller(report, is_in_sources)
        .or_else(|| sites.find(|site| is_in_sources(site)))
        .unwrap_or(&report.site)
}

/// Whether the file is named from the root of the sources, and lies below it.
pub(super) fn is_in_sources(site: &Site) -> bool {
    let path = path(&site.file);
    !path.is_empty() && !is_absolute(&path) && path.split('/').all(|part| part != "..")
}

/// The path with slashes, and without the dot of the current directory.
pub(super) fn path(file: &str) -> String {
    let path = file.replace('\\', "/");
    match path.strip_prefix("./") {
        Some(path) => path.to_owned(),
        None => path,
    }
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || has_drive(path)
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [drive, b':', b'/', ..] if drive.is_ascii_alphabetic())
}

/// The file as a reference of RFC 3986: relative, or with `file:` in front.
pub(super) fn uri(file: &str) -> String {
    let path = path(file);
    match has_drive(&path) {
        true => format!("file:///{}{}", &path[..2], escaped(&path[2..])),
        false if is_absolute(&path) => format!("file://{}", escaped(&path)),
        false => escaped(&path),
    }
}

/// Escapes all that is not unreserved, byte by byte.
fn escaped(path: &str) -> String {
    let byte = |byte: u8| match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    path.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::{is_in_sources, uri};
    use heldby_model::Site;

    #[test]
    fn files_as_uris() {
        let rows = [
            ("src/lib.rs", true, "src/lib.rs"),
            ("./src/lib.rs", true, "src/lib.rs"),
            ("src\\net\\mod.rs", true, "src/net/mod.rs"),
            ("src/a b%c#?.rs", true, "src/a%20b%25c%23%3F.rs"),
            ("src/\u{fc}\n:1.rs", true, "src/%C3%BC%0A%3A1.rs"),
            ("a:b.rs", true, "a%3Ab.rs"),
            ("<stdin>", true, "%3Cstdin%3E"),
            ("", false, ""),
            ("../x/src/lib.rs", false, "../x/src/lib.rs"),
            ("/rustc/1a/core.rs", false, "file:///rustc/1a/core.rs"),
            ("C:\\c\\x y.rs", false, "file:///C:/c/x%20y.rs"),
        ];
        for (file, in_sources, expected) in rows {
            let site = Site {
                file: file.into(),
                line: 1,
                column: 1,
            };
            assert_eq!(is_in_sources(&site), in_sources, "{file}");
            assert_eq!(uri(file), expected);
        }
    }
}
