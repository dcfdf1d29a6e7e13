//! `heldby explain`: what a report code means.

use std::io::{self, Write as _};

use clap::Args;
use heldby_model::Code;

use crate::Verdict;
use crate::failure::Failure;

/// Tell what a report code means: how it hangs, a program, how to fix it, how to say it is legal
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Explain {
    /// The code, for example HB0001; all of them are listed without one
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  heldby explain HB0001
  heldby explain

Exit status:
  0  told
  2  unknown code, or nowhere to write";

/// The page of a code; a code without one does not compile.
pub(crate) fn page(code: Code) -> &'static str {
    macro_rules! page {
        ($name:literal) => {
            include_str!(concat!("../../../docs/codes/", $name, ".md"))
        };
    }
    match code {
        Code::Hb0001 => page!("HB0001"),
        Code::Hb0002 => page!("HB0002"),
        Code::Hb0003 => page!("HB0003"),
        Code::Hb0004 => page!("HB0004"),
        Code::Hb0005 => page!("HB0005"),
        Code::Hb0101 => page!("HB0101"),
        Code::Hb0102 => page!("HB0102"),
        Code::Hb0103 => page!("HB0103"),
        Code::Hb0104 => page!("HB0104"),
        Code::Hb0105 => page!("HB0105"),
        Code::Hb0201 => page!("HB0201"),
        Code::Hb0202 => page!("HB0202"),
        Code::Hb0301 => page!("HB0301"),
        Code::Hb0302 => page!("HB0302"),
        Code::Hb0303 => page!("HB0303"),
        Code::Hb0304 => page!("HB0304"),
        Code::Hb0401 => page!("HB0401"),
        Code::Hb0501 => page!("HB0501"),
        Code::Hb0502 => page!("HB0502"),
    }
}

impl Explain {
    /// Prints the page, or the list.
    pub(crate) fn run(&self) -> Result<Verdict, Failure> {
        let text = match &self.code {
            None => Code::ALL.iter().map(|&code| heading(code) + "\n").collect(),
            Some(asked) => page(code_of(asked)?).to_owned(),
        };
        match io::stdout().lock().write_all(text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::Write { error })
            }
            _ => Ok(Verdict::Clean),
        }
    }
}

/// The first line of a page: the code, and what was found.
pub(crate) fn heading(code: Code) -> String {
    let line = page(code).lines().next().unwrap_or_default();
    line.trim_start_matches("# ").to_owned()
}

fn code_of(asked: &str) -> Result<Code, Failure> {
    let mut codes = Code::ALL.iter().copied();
    let code = codes.find(|code| code.as_str().eq_ignore_ascii_case(asked));
    code.ok_or_else(|| Failure::Code(asked.to_owned()))
}
