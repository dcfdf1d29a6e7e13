//! Reads a declaration.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use toml::Spanned;

use super::{Accepted, DeclaredLock, DeclaredOrder, Known, Unlisted};
use crate::Code;
use crate::config::{ConfigError, Source};

/// The version of the declarations that this crate writes and reads.
pub(super) const ORDER_FORMAT: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: Spanned<u32>,
    unlisted: Option<Spanned<String>>,
    #[serde(default)]
    layer: Vec<Layer>,
    #[serde(default)]
    accepted: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Layer {
    locks: Vec<Spanned<Lock>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    from: Option<Lock>,
    to: Option<Lock>,
    code: Option<String>,
    locks: Option<Vec<Lock>>,
    file: Option<String>,
    reason: Option<String>,
}

/// A lock as it is written: a name, or a table.
struct Lock(DeclaredLock);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: Option<String>,
    #[serde(rename = "type")]
    type_name: Option<String>,
    file: Option<String>,
    number: Option<u32>,
    line: Option<u32>,
}

impl DeclaredOrder {
    /// Reads the text of a file that is called `name`.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(text: &str, name: &str) -> Result<Self, ConfigError> {
        let source = Source { text, name };
        let file: File = source.read()?;
        let format = *file.format.get_ref();
        if format != ORDER_FORMAT {
            let message = format!("format `{format}` is unknown; known: `{ORDER_FORMAT}`");
            return Err(source.error(Some(file.format.span()), message));
        }
        let entries = file.accepted.into_iter();
        Ok(Self {
            unlisted: unlisted(&source, file.unlisted)?,
            layers: layers(&source, file.layer)?,
            accepted: entries
                .map(|entry| accepted(&source, entry))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn unlisted(source: &Source<'_>, value: Option<Spanned<String>>) -> Result<Unlisted, ConfigError> {
    let Some(value) = value else {
        return Ok(Unlisted::default());
    };
    match value.get_ref().as_str() {
        "report" => Ok(Unlisted::Report),
        "ignore" => Ok(Unlisted::Ignore),
        other => {
            let message = format!("unknown value `{other}`; known: report, ignore");
            Err(source.error(Some(value.span()), message))
        }
    }
}

/// No lock stands in two layers: then there would be no order.
fn layers(source: &Source<'_>, layers: Vec<Layer>) -> Result<Vec<Vec<DeclaredLock>>, ConfigError> {
    let mut seen = BTreeSet::new();
    let mut lock = |lock: Spanned<Lock>| {
        let span = lock.span();
        let Lock(lock) = lock.into_inner();
        if seen.insert(lock.clone()) {
            return Ok(lock);
        }
        Err(source.error(Some(span), "the lock stands in a layer already".to_owned()))
    };
    layers
        .into_iter()
        .map(|layer| layer.locks.into_iter().map(&mut lock).collect())
        .collect()
}

fn accepted(source: &Source<'_>, entry: Spanned<Entry>) -> Result<Accepted, ConfigError> {
    let span = entry.span();
    let wrong = |message: String| source.error(Some(span.clone()), message);
    let Entry {
        from,
        to,
        code,
        locks,
        file,
        reason,
    } = entry.into_inner();
    let what = match (from, to, code, locks, file) {
        (Some(Lock(from)), Some(Lock(to)), None, None, None) => Known::Dependency { from, to },
        (None, None, Some(code), Some(locks), file) => Known::Report {
            code: code_of(&code).map_err(wrong)?,
            locks: locks.into_iter().map(|Lock(lock)| lock).collect(),
            file,
        },
        _ => {
            let message = "an entry is either `from` and `to`, or `code` and `locks`";
            return Err(wrong(message.to_owned()));
        }
    };
    Ok(Accepted { what, reason })
}

fn code_of(text: &str) -> Result<Code, String> {
    let mut codes = Code::ALL.iter().copied();
    codes.find(|code| code.as_str() == text).ok_or_else(|| {
        let known: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        format!("unknown code `{text}`; known: {}", known.join(", "))
    })
}

impl<'de> Deserialize<'de> for Lock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Lock;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a lock, or a table")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Lock, E> {
                Ok(Lock(DeclaredLock::Named {
                    name: name.to_owned(),
                    type_name: None,
                }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Lock, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                lock_of(table).map(Lock).map_err(de::Error::custom)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

fn lock_of(table: Table) -> Result<DeclaredLock, &'static str> {
    let Table {
        name,
        type_name,
        file,
        number,
        line,
    } = table;
    match (name, type_name, file, number, line) {
        (Some(name), type_name, None, None, None) => Ok(DeclaredLock::Named { name, type_name }),
        (None, Some(type_name), Some(file), Some(number), line) => Ok(DeclaredLock::Made {
            file,
            type_name,
            number,
            line: line.unwrap_or_default(),
        }),
        _ => Err("a lock is a name, or a table of `name` and `type`, \
                  or one of `file`, `type`, `number` and `line`"),
    }
}
