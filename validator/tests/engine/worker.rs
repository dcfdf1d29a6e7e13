//! A thread that tests tell what to do.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use heldby_validator::{Validator, enter};

type Job = Box<dyn FnOnce() + Send>;

/// A thread that does what it is told, one job after the other, as a task of its own.
pub(crate) struct Worker {
    jobs: Option<Sender<Job>>,
    done: Receiver<()>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Worker {
    pub(crate) fn new(validator: &Arc<Validator>) -> Self {
        let (jobs, todo) = channel::<Job>();
        let (did, done) = channel();
        let validator = Arc::clone(validator);
        let work = move || {
            for job in todo {
                job();
                did.send(()).expect("the test waits");
            }
        };
        let thread = std::thread::spawn(move || enter(&validator, work));
        Self {
            jobs: Some(jobs),
            done,
            thread: Some(thread),
        }
    }

    pub(crate) fn run(&self, job: impl FnOnce() + Send + 'static) {
        let jobs = self.jobs.as_ref().expect("it runs");
        jobs.send(Box::new(job)).expect("it runs");
        self.done.recv().expect("the job did not panic");
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        assert!(ended.is_none_or(|ended| ended.is_ok()));
    }
}
