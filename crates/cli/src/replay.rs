//! `heldby replay`: a scenario's verdict.

use clap::{Args, ValueEnum};
use heldby_script::{Config, Events, Profile, Scenario};

use crate::failure::Failure;
use crate::input::Input;
use crate::output::Printing;
use crate::{Verdict, note};

/// Run a scenario: lock events as text go in, a verdict comes out
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Replay {
    /// Which rules judge it
    #[arg(long, value_enum, default_value_t = Rules::Userspace)]
    profile: Rules,

    /// When a wait for a notification or for room in a channel counts as part of a cycle
    #[arg(long, value_enum, default_value_t = Trust::Lenient)]
    events: Trust,

    /// What is allowed: a `heldby.toml`
    #[arg(long, value_name = "FILE")]
    config: Option<Input>,

    /// The declared order, made by `heldby order`: a dependency that it lacks is reported
    #[arg(long, value_name = "FILE")]
    order: Option<Input>,

    #[command(flatten)]
    printing: Printing,

    /// The scenario; `-` is standard input
    #[arg(value_name = "FILE")]
    input: Input,
}

const EXAMPLES: &str = "\
Examples:
  Two threads take two mutexes in opposite orders, which is reported:
    echo 'T1: w(mutex:A) w(mutex:B)  T2: w(mutex:B) w(mutex:A)' | heldby replay -

  The same as one JSON object:
    heldby replay --format json scenario.txt

  Two locks of one class nested, which the kernel's rules forbid and the default ones allow:
    echo 'w(mutex:A1) w(mutex:A2)' | heldby replay --profile kernel -

  An async task that suspends while it holds a lock that threads wait for:
    echo 'w(mutex:A) await u(mutex:A)' | heldby replay -

All steps and types are in docs/scenarios.md.

Exit status:
  0  clean
  1  reported
  2  bad input, or nowhere to write";

/// A profile as it is written on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Rules {
    /// lockdep's rules, without its known misses
    Kernel,
    /// The same without the false alarms that a longer look can rule out
    Userspace,
}

impl From<Rules> for Profile {
    fn from(rules: Rules) -> Self {
        match rules {
            Rules::Kernel => Self::Kernel,
            Rules::Userspace => Self::Userspace,
        }
    }
}

/// What waits for events count for, as it is written on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Trust {
    /// only once it really blocked for long; until then the cycle is pending
    Lenient,
    /// as soon as every signal seen so far was made under a lock that the waiter holds
    Strict,
}

impl From<Trust> for Events {
    fn from(trust: Trust) -> Self {
        match trust {
            Trust::Lenient => Self::Lenient,
            Trust::Strict => Self::Strict,
        }
    }
}

impl Replay {
    /// Reads, runs, prints.
    pub(crate) fn run(&self) -> Result<Verdict, Failure> {
        let name = self.input.name();
        let scenario: Scenario = self.input.read()?.parse().map_err(|error| Failure::Parse {
            input: name.clone(),
            error,
        })?;
        let replayed =
            heldby_script::run_with(&scenario, &name, self.profile.into(), self.config()?)
                .map_err(|error| Failure::Run { input: name, error })?;
        for unused in replayed.unused_allowances {
            note(&format!("allowed, and not needed: {unused}"));
        }
        self.printing.print(&replayed.findings, None)
    }

    fn config(&self) -> Result<Config, Failure> {
        let mut config = Config::new().events(self.events.into());
        if let Some(file) = &self.order {
            let declared = config.order(&file.read()?, &file.name());
            config = declared.map_err(Failure::Order)?;
        }
        let Some(file) = &self.config else {
            return Ok(config);
        };
        let allowed = config.allow(&file.read()?, &file.name());
        allowed.map_err(Failure::Config)
    }
}
