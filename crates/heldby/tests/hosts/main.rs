//! Small host programs, each in a process of its own.
//!
//! This binary is both sides: the runner starts it again with the variable [`HOST`], and it then is
//! that host, on the main thread as any program.
//! There is no test harness, since that would give every host a thread that is not the main one.

mod allocators;
mod allowances;
mod confirm;
mod declared;
#[cfg(unix)]
mod dump_signals;
mod dumps;
mod endings;
#[cfg(unix)]
mod forks;
mod inversions;
mod lock_stats;
#[cfg(unix)]
mod orphans;
mod outputs;
mod process;
mod reentry;
#[cfg(feature = "parking_lot")]
mod relocks;
mod running;
mod settings;
#[cfg(unix)]
mod signals;
#[cfg(feature = "tokio")]
mod tasks;
mod waits;
mod watchdog;

use std::env;
use std::panic::catch_unwind;
use std::process::ExitCode;

use process::{HOST, Host};

/// A test: what it is called, and what it does.
type Test = (&'static str, fn());

fn hosts() -> impl Iterator<Item = &'static Host> {
    let all = [
        allocators::HOSTS,
        inversions::HOSTS,
        endings::HOSTS,
        outputs::HOSTS,
        reentry::HOSTS,
        #[cfg(feature = "parking_lot")]
        relocks::HOSTS,
        settings::HOSTS,
        #[cfg(feature = "tokio")]
        tasks::HOSTS,
        waits::HOSTS,
        watchdog::HOSTS,
        allowances::HOSTS,
        confirm::HOSTS,
        declared::HOSTS,
        dumps::HOSTS,
        lock_stats::HOSTS,
        #[cfg(unix)]
        dump_signals::HOSTS,
        #[cfg(unix)]
        forks::HOSTS,
        #[cfg(unix)]
        orphans::HOSTS,
        #[cfg(unix)]
        signals::HOSTS,
    ];
    all.into_iter().flatten()
}

fn tests() -> impl Iterator<Item = &'static Test> {
    let all = [
        allocators::TESTS,
        inversions::TESTS,
        endings::TESTS,
        outputs::TESTS,
        reentry::TESTS,
        #[cfg(feature = "parking_lot")]
        relocks::TESTS,
        settings::TESTS,
        #[cfg(feature = "tokio")]
        tasks::TESTS,
        waits::TESTS,
        watchdog::TESTS,
        allowances::TESTS,
        confirm::TESTS,
        declared::TESTS,
        dumps::TESTS,
        lock_stats::TESTS,
        #[cfg(unix)]
        dump_signals::TESTS,
        #[cfg(unix)]
        forks::TESTS,
        #[cfg(unix)]
        orphans::TESTS,
        #[cfg(unix)]
        signals::TESTS,
    ];
    all.into_iter().flatten()
}

fn main() -> ExitCode {
    if let Ok(name) = env::var(HOST) {
        let (_, run) = hosts()
            .find(|(known, _)| *known == name)
            .unwrap_or_else(|| panic!("there is no host `{name}`"));
        run();
        return ExitCode::SUCCESS;
    }
    let arguments: Vec<_> = env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if has("--list") {
        let ignored = has("--ignored");
        tests()
            .filter(|_| !ignored)
            .for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    run_tests(&arguments)
}

/// Runs the tests whose name holds an argument, or all, as the standard harness does.
fn run_tests(arguments: &[String]) -> ExitCode {
    let mut filters = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .peekable();
    let any = filters.peek().is_none();
    let filters: Vec<_> = filters.collect();
    let chosen = |name: &str| any || filters.iter().any(|part| name.contains(part.as_str()));
    let (mut passed, mut failed) = (0, 0);
    for (name, test) in tests().filter(|(name, _)| chosen(name)) {
        let verdict = match catch_unwind(test) {
            Ok(()) => {
                passed += 1;
                "ok"
            }
            Err(_) => {
                failed += 1;
                "FAILED"
            }
        };
        println!("test {name} ... {verdict}");
    }
    println!("\ntest result: {passed} passed; {failed} failed");
    if failed > 0 {
        return ExitCode::from(101);
    }
    ExitCode::SUCCESS
}
