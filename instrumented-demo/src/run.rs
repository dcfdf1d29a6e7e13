//! One run of the pager: input, threads, load, comparison, verdict.

use std::time::{Duration, Instant};

use heldby::thread::{Builder, Scope, ScopedJoinHandle};

use crate::branches::Taken;
use crate::bugs::Bug;
use crate::cli::PageArgs;
use crate::exit::{BadInput, Failure, Outcome};
use crate::job::Job;
use crate::layout::Layout;
use crate::policy::Policy;
use crate::progress::Progress;
use crate::snapshot::Snapshot;
use crate::source::Source;
use crate::summary::{Load, Summary};
use crate::validation::{self, Learned};
use crate::verify::{self, Comparison};
use crate::{backend, bugs, churn, forker, maps, neighbour, pager, plant, summary, toucher};

/// How often the main thread looks whether the load is over.
const TICK: Duration = Duration::from_millis(50);

/// Pages a file in on demand and says how it went.
pub(crate) fn page(args: &PageArgs) -> Result<Outcome, Failure> {
    let bug = args.plant.as_deref().map(bugs::find);
    validation::install(match bug {
        Some(_) => Policy::Panic,
        None if args.no_validate => Policy::Off,
        None => Policy::FromEnvironment,
    })?;
    let mut source = Source::open(args.file.as_deref(), args.mib)?;
    let job = prepare(args, &mut source)?;
    summary::announce(args, &source, &job)?;

    let (load, comparison) = work(args, &job, &mut source, bug);
    let learned = validation::learned();
    let branches = Taken::of(job.mm.branches());
    let missing = branches.never().filter(|_| args.branches);
    let verdict = match judge(&job, comparison, &learned, bug) {
        Outcome::Clean if missing.is_some() => Outcome::Found,
        verdict => verdict,
    };
    Summary {
        load,
        comparison,
        learned,
        branches,
        missing,
        bug,
        verdict,
    }
    .print()?;
    Ok(verdict)
}

fn prepare(args: &PageArgs, source: &mut Source) -> Result<Job, BadInput> {
    let snapshot = Snapshot::pack(source)
        .map_err(|error| BadInput::new(format!("cannot read {}: {error}", source.title())))?;
    let layout = Layout::new(snapshot.pages());
    let backend = backend::open(args.backend, layout.arena_bytes())?;
    Job::new(snapshot, layout, backend, args.lock).map_err(|error| {
        BadInput::new(format!(
            "cannot map {} MiB: {error}; use a smaller --mib",
            args.mib
        ))
    })
}

/// Runs all threads; the comparison is missing if the run failed before it.
fn work(
    args: &PageArgs,
    job: &Job,
    source: &mut Source,
    bug: Option<&'static Bug>,
) -> (Load, Option<Comparison>) {
    heldby::thread::scope(|scope| {
        let spawner = Spawner { scope, job };
        for i in 0..args.pagers {
            spawner.spawn(format!("pager-{i}"), move || pager::run(job));
        }
        let load = put_load(args, &spawner, bug);
        let comparison = finish(job, source);
        job.backend.end();
        (load, comparison)
    })
}

/// Keeps touchers and churners at work for as long as was asked, or until one of them fails.
fn put_load<'scope>(
    args: &PageArgs,
    spawner: &Spawner<'scope, '_>,
    bug: Option<&'static Bug>,
) -> Load {
    let job = spawner.job;
    let started = Instant::now();
    let mut workers = Vec::new();
    for i in 0..u64::from(args.touchers) {
        workers.push(spawner.spawn(format!("toucher-{i}"), move || toucher::run(job, i)));
    }
    for i in 0..u64::from(args.churn) {
        let seed = u64::MAX - i;
        workers.push(spawner.spawn(format!("churner-{i}"), move || churn::run(job, seed)));
    }
    if args.churn > 0 {
        let seed = u64::MAX / 2;
        workers.push(spawner.spawn("forker".to_owned(), move || forker::run(job, seed)));
        workers.push(spawner.spawn("neighbour".to_owned(), move || {
            neighbour::run(job, seed - 1)
        }));
        for i in 0..maps::READERS {
            let name = format!("maps-reader-{i}");
            workers.push(spawner.spawn(name, move || maps::run(job, seed + i)));
        }
    }
    if let Some(bug) = bug {
        workers.push(spawner.spawn("planter".to_owned(), move || plant::among_load(job, bug)));
    }
    // A planted run ends when its bug has been committed.
    let end = bug
        .is_none()
        .then(|| started + Duration::from_secs(args.seconds));
    watch(job, started, end);
    job.stop();
    for worker in workers.into_iter().flatten() {
        // Its panics were caught and noted.
        let _ = worker.join();
    }
    Load::of(job, started.elapsed())
}

/// Shows how far the load is, until it is over.
fn watch(job: &Job, started: Instant, end: Option<Instant>) {
    let progress = Progress::start(end.map(|end| end - started));
    while !job.stopped() && end.is_none_or(|end| Instant::now() < end) {
        progress.show(started.elapsed(), job);
        // The load lasts for seconds that were asked for; nothing is hoped to happen meanwhile.
        heldby::thread::sleep(TICK);
    }
}

/// Compares everything and unmaps it, unless the run has failed.
fn finish(job: &Job, source: &mut Source) -> Option<Comparison> {
    let mut comparison = None;
    if !job.failed() {
        job.attempt("final comparison", || {
            comparison = Some(verify::compare(job, source)?);
            verify::tear_down(job)
        });
    }
    comparison
}

fn judge(
    job: &Job,
    comparison: Option<Comparison>,
    learned: &Learned,
    bug: Option<&Bug>,
) -> Outcome {
    if let Some(bug) = bug {
        return plant::verdict(bug);
    }
    let data_clean = comparison.is_some_and(|comparison| comparison.differing == 0);
    let locks_clean = learned.is_clean();
    if data_clean && locks_clean && !job.failed() {
        Outcome::Clean
    } else {
        Outcome::Found
    }
}

/// Makes named threads; one that the system refuses fails the run.
struct Spawner<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    job: &'env Job,
}

impl<'scope> Spawner<'scope, '_> {
    fn spawn(
        &self,
        name: String,
        body: impl FnOnce() + Send + 'scope,
    ) -> Option<ScopedJoinHandle<'scope, ()>> {
        let thread = Builder::new()
            .name(name.clone())
            .spawn_scoped(self.scope, body);
        thread
            .map_err(|error| {
                self.job
                    .fail(format!("cannot start thread {name}: {error}"))
            })
            .ok()
    }
}
