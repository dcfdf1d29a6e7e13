//! Places in the host's source.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A place in the host's source, written `file:line:column`.
///
/// Where the source is not known, the file is a place in the program or library, such as
/// `server+0x1c40`; the line is 0, and only the file is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Site {
    /// Path as the compiler was given it; most of them are in the program's own data.
    pub file: Cow<'static, str>,
    /// Line, counted from 1; 0 if the source is not known.
    pub line: u32,
    /// Column, counted from 1.
    pub column: u32,
}

impl Site {
    /// The file without the folders that it is in.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.file.rsplit(['/', '\\']).next().unwrap_or_default()
    }

    /// The function of the frames in `stack` that this place lies in.
    ///
    /// A binary without line tables tells names alone; the innermost one is then taken, since a lock
    /// is acquired from there.
    #[must_use]
    pub fn function_in(&self, stack: &[Frame]) -> Option<String> {
        let is_here = |frame: &&Frame| {
            frame.site.as_ref().is_some_and(|found| {
                found.line == self.line && Path::new(&*found.file).ends_with(&*self.file)
            })
        };
        let nameless = || stack.first().filter(|innermost| innermost.site.is_none());
        let frame = stack.iter().find(is_here).or_else(nameless)?;
        Some(frame.function.clone())
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}:{}", self.file, self.column),
        }
    }
}

/// Says that a text is not a [`Site`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseSiteError {
    text: String,
}

impl fmt::Display for ParseSiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a site; expected `file:line:column`",
            self.text
        )
    }
}

impl std::error::Error for ParseSiteError {}

impl FromStr for Site {
    type Err = ParseSiteError;

    fn from_str(text: &str) -> Result<Self, ParseSiteError> {
        let parse = || {
            let (rest, column) = text.rsplit_once(':')?;
            let (file, line) = rest.rsplit_once(':')?;
            Some(Self {
                file: file.to_owned().into(),
                line: line.parse().ok()?,
                column: column.parse().ok()?,
            })
        };
        parse().ok_or_else(|| ParseSiteError {
            text: text.to_owned(),
        })
    }
}

impl Serialize for Site {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { file, line, column } = self;
        serializer.collect_str(&format_args!("{file}:{line}:{column}"))
    }
}

impl<'de> Deserialize<'de> for Site {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl serde::de::Visitor<'_> for Text {
            type Value = Site;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a site, `file:line:column`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Site, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Site {
    fn schema_name() -> Cow<'static, str> {
        "Site".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A place in the host's source, `file:line:column`; both counted from 1.",
            "type": "string",
            "pattern": "^[\\s\\S]*:[0-9]+:[0-9]+$"
        })
    }
}

/// One frame of a resolved stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Frame {
    /// Demangled name of the function, without its hash.
    pub function: String,
    /// Where in it, when the binary carries line tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
}

#[cfg(test)]
mod tests {
    use super::Site;

    #[test]
    fn a_place_without_a_source_shows_its_file_alone_and_keeps_its_form_in_records() {
        let site = Site {
            file: "server+0x1c40".into(),
            line: 0,
            column: 0,
        };
        assert_eq!(site.to_string(), "server+0x1c40");
        let kept = serde_json::to_string(&site).expect("a site is data");
        assert_eq!(kept, "\"server+0x1c40:0:0\"");
        assert_eq!(serde_json::from_str::<Site>(&kept).ok(), Some(site));
    }
}
