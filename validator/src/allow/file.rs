//! The file in which a host keeps its allowances, `heldby.toml`.

use heldby_model::config::{ConfigError, Source};
use heldby_model::{Allowance, Code, Pattern};
use serde::Deserialize;
use toml::Spanned;

use super::{Allowances, Entry, NamedPolicy};
use crate::lock_key::ClassPolicy;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    order: Option<String>,
    #[serde(default)]
    allow: Vec<Spanned<Allow>>,
    #[serde(default)]
    class: Vec<Spanned<Class>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allow {
    from: Option<String>,
    to: Option<String>,
    cycle: Option<Vec<String>>,
    code: Option<String>,
    lock: Option<String>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    name: String,
    policy: String,
    reason: String,
}

const POLICIES: [(&str, ClassPolicy); 5] = [
    ("by_instance", ClassPolicy::ByInstance),
    ("forbid", ClassPolicy::Forbid),
    ("nestable", ClassPolicy::Nestable),
    ("novalidate", ClassPolicy::NoValidate),
    ("notrack", ClassPolicy::NoTrack),
];

impl Allowances {
    /// Reads the text of a file that is called `name`.
    pub(crate) fn read(text: &str, name: &str) -> Result<Self, ConfigError> {
        let source = Source { text, name };
        let file: File = source.read()?;
        let entries = file.allow.iter().map(|entry| entry_of(&source, entry));
        let policies = file.class.iter().map(|class| policy_of(&source, class));
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
            policies: policies.collect::<Result<_, _>>()?,
            order: file.order,
        })
    }
}

fn entry_of(source: &Source<'_>, allow: &Spanned<Allow>) -> Result<Entry, ConfigError> {
    let wrong = |message: &str| source.error(Some(allow.span()), message.to_owned());
    let entry = allow.get_ref();
    if entry.reason.trim().is_empty() {
        return Err(wrong("an entry needs a reason that says something"));
    }
    let Allow {
        from,
        to,
        cycle,
        code,
        lock,
        ..
    } = entry;
    let what = match (from, to, cycle, code, lock) {
        (Some(from), Some(to), None, None, None) => Allowance::Dependency {
            from: Pattern::new(from),
            to: Pattern::new(to),
        },
        (None, None, Some(locks), None, None) if locks.len() > 1 => {
            Allowance::Cycle(locks.iter().map(|lock| Pattern::new(lock)).collect())
        }
        (None, None, None, Some(code), Some(lock)) => Allowance::Lock {
            code: code_of(code).ok_or_else(|| wrong(&unknown_code(code)))?,
            lock: Pattern::new(lock),
        },
        _ => {
            return Err(wrong(
                "an entry is either `from` and `to`, or a `cycle` of two locks or more, \
                 or `code` and `lock`",
            ));
        }
    };
    let place = source.place(allow.span().start);
    Ok(Entry { what, place })
}

fn policy_of(source: &Source<'_>, class: &Spanned<Class>) -> Result<NamedPolicy, ConfigError> {
    let wrong = |message: String| source.error(Some(class.span()), message);
    let Class {
        name,
        policy,
        reason,
    } = class.get_ref();
    if reason.trim().is_empty() {
        return Err(wrong(
            "a policy needs a reason that says something".to_owned(),
        ));
    }
    let known = POLICIES.iter().find(|(known, _)| known == policy);
    let &(_, policy) = known.ok_or_else(|| {
        let known = POLICIES.map(|(name, _)| name).join(", ");
        wrong(format!("unknown policy `{policy}`; known: {known}"))
    })?;
    Ok(NamedPolicy {
        name: Pattern::new(name),
        policy,
        place: source.place(class.span().start),
    })
}

fn code_of(text: &str) -> Option<Code> {
    let mut codes = Code::ALL.iter().copied();
    codes.find(|code| code.as_str() == text)
}

fn unknown_code(text: &str) -> String {
    let known: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    format!("unknown code `{text}`; known: {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::Allowances;

    #[test]
    fn every_form_is_read() {
        let text = "
            [[allow]]
            from = 'routes'
            to = 'session*'
            reason = 'not published yet'
            [[allow]]
            cycle = ['a', 'b', 'c']
            reason = 'one thread'
            [[allow]]
            code = 'HB0003'
            lock = 'cache*'
            reason = 'sorted by key'
            [[class]]
            name = 'vm_*'
            policy = 'forbid'
            reason = 'one at a time'
        ";
        let read = Allowances::read(text, "heldby.toml").expect("a good file");
        let told: Vec<_> = read
            .entries
            .iter()
            .map(|entry| format!("{} {}", entry.what, entry.place))
            .collect();
        assert_eq!(
            told,
            [
                "`routes -> session*` heldby.toml:2",
                "the cycle `a -> b -> c` heldby.toml:6",
                "HB0003 of `cache*` heldby.toml:9",
            ]
        );
        assert_eq!(read.policies[0].place, "heldby.toml:13");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, told) in [
            ("[[allow]\n", "f:1:9: "),
            (
                "\n[[allow]]\nfrom = 'a'\nto = 'b'\n",
                "f:2:1: missing field `reason`",
            ),
            (
                "[[allow]]\nfrom = 'a'\nreason = 'x'\n",
                "f:1:1: an entry is either",
            ),
            (
                "[[allow]]\ncycle = ['a']\nreason = 'x'\n",
                "f:1:1: an entry is either",
            ),
            (
                "[[allow]]\nfrom = 'a'\nto = 'b'\nreason = ' '\n",
                "f:1:1: an entry needs a reason",
            ),
            (
                "[[allow]]\ncode = 'HB9'\nlock = 'b'\nreason = 'x'\n",
                "f:1:1: unknown code `HB9`; known: HB0001,",
            ),
            (
                "[[allow]]\nform = 'a'\n",
                "f:2:1: unknown field `form`, expected one of `from`",
            ),
            (
                "[[class]]\nname = 'a'\npolicy = 'none'\nreason = 'x'\n",
                "unknown policy `none`; known: by_instance,",
            ),
            ("[allows]\n", "f:1:2: unknown field `allows`"),
        ] {
            let error = Allowances::read(text, "f").expect_err(text).to_string();
            assert!(error.contains(told), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}
