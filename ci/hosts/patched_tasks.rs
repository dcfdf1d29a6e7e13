//! Knows nothing of Heldby. Jobs wait in a queue, and whoever reports waits until it is empty: by a
//! condition variable of a dependency, which takes the queue's lock again under the lock of the counts.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_condvar::Condvar;

const JOBS: u32 = 8;

#[derive(Default)]
struct Queue {
    jobs: Mutex<VecDeque<u32>>,
    counts: Mutex<Counts>,
    is_empty: Condvar,
}

#[derive(Default)]
struct Counts {
    submitted: u32,
    reports: u32,
}

/// A database that is always there.
struct Database;

impl bb8::ManageConnection for Database {
    type Connection = Arc<Mutex<u32>>;
    type Error = Infallible;

    async fn connect(&self) -> Result<Self::Connection, Infallible> {
        Ok(Arc::default())
    }

    async fn is_valid(&self, _: &mut Self::Connection) -> Result<(), Infallible> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Self::Connection) -> bool {
        false
    }
}

impl Queue {
    async fn submit(&self, job: u32) {
        let mut jobs = self.jobs.lock().await;
        self.counts.lock().await.submitted += 1;
        jobs.push_back(job);
    }

    async fn next(&self) -> Option<u32> {
        let mut jobs = self.jobs.lock().await;
        let job = jobs.pop_front();
        if jobs.is_empty() {
            self.is_empty.notify_all();
        }
        job
    }
}

async fn work(queue: Arc<Queue>, pool: bb8::Pool<Database>) -> u32 {
    let mut done = 0;
    while queue.next().await.is_some() {
        let connection = pool.get().await.expect("a connection");
        *connection.lock().await += 1;
        done += 1;
    }
    done
}

/// Has the jobs done, and waits until the last one is taken.
async fn report(queue: Arc<Queue>, pool: bb8::Pool<Database>, is_fixed: bool) -> u32 {
    let mut workers = JoinSet::new();
    let mut jobs = queue.jobs.lock().await;
    for _ in 0..2 {
        workers.spawn(work(queue.clone(), pool.clone()));
    }
    let mut counts = queue.counts.lock().await;
    counts.reports += 1;
    let kept = (!is_fixed).then_some(counts);
    while !jobs.is_empty() {
        jobs = queue.is_empty.wait(jobs).await;
    }
    drop((jobs, kept));
    workers.join_all().await.into_iter().sum()
}

#[tokio::main]
async fn main() {
    let is_fixed = std::env::args().any(|argument| argument == "fixed");
    let queue = Arc::<Queue>::default();
    let pool = bb8::Pool::builder().max_size(1).build(Database).await;
    let pool = pool.expect("a pool");
    for job in 0..JOBS {
        queue.submit(job).await;
    }
    let report = tokio::spawn(report(queue.clone(), pool, is_fixed));
    let done = report.await.expect("it ends");
    println!("{done} of {} jobs", queue.counts.lock().await.submitted);
}
