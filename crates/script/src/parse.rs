//! From words to steps; whatever is not known is refused with its position.

use std::str::FromStr;

use crate::error::quote;
use crate::steps::{self, Shape};
use crate::word::{Word, words};
use crate::{
    Acquire, Attempt, DEFAULT_THREAD, LockType, MAX_SUBCLASS, Op, Operand, ParseError, Policy,
    Scenario, Step,
};

type Result<T> = std::result::Result<T, ParseError>;

impl FromStr for Scenario {
    type Err = ParseError;

    /// Reads a scenario.
    ///
    /// # Errors
    /// The first word that is not a step, with its position and the known alternatives.
    fn from_str(text: &str) -> Result<Self> {
        let mut thread = DEFAULT_THREAD.to_owned();
        let mut steps = Vec::new();
        for word in words(text) {
            match thread_prefix(word)? {
                Some(name) => thread = name,
                None => steps.push(Step {
                    thread: thread.clone(),
                    op: step(word)?,
                    at: word.at,
                }),
            }
        }
        Ok(Self { steps })
    }
}

/// Reads `T1:`, which names the thread of the steps behind it.
fn thread_prefix(word: Word<'_>) -> Result<Option<String>> {
    let before_operands = word.text.find('(').unwrap_or(word.text.len());
    let Some(colon) = word.text[..before_operands].find(':') else {
        return Ok(None);
    };
    let (name, behind) = word.split_at(colon);
    let rest = behind.split_at(1).1;
    if rest.text.is_empty() {
        return thread_name(name).map(Some);
    }
    let name = quote(name.text);
    Err(ParseError::new(
        rest.at,
        format!(
            "expected a blank after the thread {name} or a step before the operand, found {}",
            quote(rest.text)
        ),
    ))
}

fn thread_name(word: Word<'_>) -> Result<String> {
    name_of("a thread such as `T1`", word)
}

/// A name of what is `expected`.
fn name_of(expected: &str, word: Word<'_>) -> Result<String> {
    let named = word.text.starts_with(|c: char| c.is_ascii_alphabetic())
        && word
            .text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_');
    named.then(|| word.text.to_owned()).ok_or_else(|| {
        let found = quote(word.text);
        ParseError::new(word.at, format!("expected {expected}, found {found}"))
    })
}

fn step(word: Word<'_>) -> Result<Op> {
    let (name, operands) = word.split_at(word.text.find('(').unwrap_or(word.text.len()));
    let Some(shape) = steps::shape(name.text) else {
        return Err(ParseError::unknown("step", name, steps::names()));
    };
    let operands = Operands {
        name,
        shape,
        words: operands_of(operands)?,
    };
    match shape {
        Shape::Acquire(attempt) => operands.acquire(*attempt).map(Op::Acquire),
        Shape::Lock(op) => operands.exactly().and_then(|[lock]| Ok(op(operand(lock)?))),
        Shape::Typed(lock_type, op) => operands
            .exactly()
            .and_then(|[one]| Ok(op(typed_operand(one, *lock_type)?))),
        Shape::Give => operands
            .exactly()
            .and_then(|[lock, thread]| Ok(Op::Give(operand(lock)?, thread_name(thread)?))),
        Shape::CondWait => operands.exactly().and_then(|[cond, lock]| {
            Ok(Op::CondWait {
                cond: typed_operand(cond, LockType::Cond)?,
                lock: operand(lock)?,
            })
        }),
        Shape::Policy => operands
            .exactly()
            .and_then(|[lock, policy]| Ok(Op::SetPolicy(operand(lock)?, policy_of(policy)?))),
        Shape::SetClass => operands
            .exactly()
            .and_then(|[lock, class]| Ok(Op::SetClass(operand(lock)?, class_name(class)?))),
        Shape::Thread(op) => operands
            .exactly()
            .and_then(|[thread]| Ok(op(thread_name(thread)?))),
        Shape::Arm(op) => operands
            .exactly()
            .and_then(|[arm]| Ok(op(name_of("an arm such as `left`", arm)?))),
        Shape::Plain(op) => operands.exactly().map(|[]| op.clone()),
    }
}

/// Splits `(a,b)`; a step without parentheses has no operands.
fn operands_of(word: Word<'_>) -> Result<Vec<Word<'_>>> {
    if word.text.is_empty() {
        return Ok(Vec::new());
    }
    let (_, inner) = word.split_at(1);
    let Some((inner, behind)) = inner.split_once(')') else {
        return Err(ParseError::new(
            word.at,
            "`(` is not closed in this word; a step holds no blanks",
        ));
    };
    if behind.text.is_empty() {
        return Ok(inner.split(','));
    }
    let found = quote(behind.text);
    Err(ParseError::new(
        behind.at,
        format!("expected a blank after `)`, found {found}"),
    ))
}

/// What stands between the parentheses of a step.
struct Operands<'a> {
    name: Word<'a>,
    shape: &'static Shape,
    words: Vec<Word<'a>>,
}

impl<'a> Operands<'a> {
    fn exactly<const N: usize>(&self) -> Result<[Word<'a>; N]> {
        self.words
            .clone()
            .try_into()
            .map_err(|_| self.wrong_count())
    }

    fn wrong_count(&self) -> ParseError {
        let at = self.words.first().map_or(self.name.at, |first| first.at);
        let found = match self.words.len() {
            1 => "1 operand".to_owned(),
            count => format!("{count} operands"),
        };
        let example = self.shape.example(self.name.text);
        ParseError::new(at, format!("expected {example}, found {found}"))
    }

    fn acquire(&self, attempt: Attempt) -> Result<Acquire> {
        let (lock, options) = self.words.split_first().ok_or_else(|| self.wrong_count())?;
        let lock = operand(*lock)?;
        let (mut subclass, mut nest) = (None, None);
        for &word in options {
            match word.split_once('=') {
                Some((key, value)) if key.text == "sub" => {
                    set_once(&mut subclass, key, subclass_of(value)?)?;
                }
                Some((key, value)) if key.text == "nest" => {
                    set_once(&mut nest, key, operand(value)?)?;
                }
                _ => {
                    return Err(ParseError::unknown(
                        "option",
                        word,
                        ["sub=N", "nest=TYPE:NAME"],
                    ));
                }
            }
        }
        Ok(Acquire {
            attempt,
            lock,
            subclass: subclass.unwrap_or(0),
            nest,
        })
    }
}

fn set_once<T>(option: &mut Option<T>, key: Word<'_>, value: T) -> Result<()> {
    match option.replace(value) {
        None => Ok(()),
        Some(_) => Err(ParseError::new(
            key.at,
            format!("option `{}` is given twice", key.text),
        )),
    }
}

fn subclass_of(word: Word<'_>) -> Result<u8> {
    number(word.text)
        .filter(|subclass| *subclass <= MAX_SUBCLASS)
        .ok_or_else(|| {
            let found = quote(word.text);
            ParseError::new(
                word.at,
                format!("expected a subclass from 0 to {MAX_SUBCLASS}, found {found}"),
            )
        })
}

/// Reads digits alone: the library's parser would also take a sign.
fn number<N: FromStr>(text: &str) -> Option<N> {
    text.chars()
        .all(|c| c.is_ascii_digit())
        .then(|| text.parse().ok())?
}

fn policy_of(word: Word<'_>) -> Result<Policy> {
    Policy::ALL
        .iter()
        .copied()
        .find(|policy| policy.as_str() == word.text)
        .ok_or_else(|| {
            ParseError::unknown(
                "policy",
                word,
                Policy::ALL.iter().map(|policy| policy.as_str()),
            )
        })
}

fn operand(word: Word<'_>) -> Result<Operand> {
    let Some((lock_type, name)) = word.split_once(':') else {
        let found = quote(word.text);
        return Err(ParseError::new(
            word.at,
            format!(
                "expected an operand `type:name`, found {found}; types: {}",
                type_names()
            ),
        ));
    };
    let lock_type = lock_type_of(lock_type)?;
    let digits = name
        .text
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(name.text.len());
    let (class, instance) = name.split_at(digits);
    let class = class_name(class)?;
    Ok(Operand {
        lock_type,
        class,
        instance: instance_of(instance)?,
    })
}

fn typed_operand(word: Word<'_>, lock_type: LockType) -> Result<Operand> {
    let found = operand(word)?;
    if found.lock_type == lock_type {
        return Ok(found);
    }
    let type_found = found.lock_type;
    Err(ParseError::new(
        word.at,
        format!("expected an operand of type `{lock_type}`, found one of type `{type_found}`"),
    ))
}

fn lock_type_of(word: Word<'_>) -> Result<LockType> {
    LockType::ALL
        .iter()
        .copied()
        .find(|lock_type| lock_type.as_str() == word.text)
        .ok_or_else(|| {
            ParseError::unknown(
                "type",
                word,
                LockType::ALL.iter().map(|known| known.as_str()),
            )
        })
}

fn type_names() -> String {
    LockType::ALL
        .iter()
        .map(|known| known.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

fn class_name(word: Word<'_>) -> Result<String> {
    let wrong = word
        .text
        .find(|c: char| !c.is_ascii_alphabetic() && c != '_');
    if wrong.is_none() && !word.text.is_empty() {
        return Ok(word.text.to_owned());
    }
    let rest = word.split_at(wrong.unwrap_or(0)).1;
    let found = quote(rest.text);
    Err(ParseError::new(
        rest.at,
        format!("expected a class name of letters and `_`, found {found}"),
    ))
}

fn instance_of(word: Word<'_>) -> Result<Option<u32>> {
    if word.text.is_empty() {
        return Ok(None);
    }
    number(word.text).map(Some).ok_or_else(|| {
        let found = quote(word.text);
        ParseError::new(
            word.at,
            format!(
                "expected an instance number up to {}, found {found}",
                u32::MAX
            ),
        )
    })
}
