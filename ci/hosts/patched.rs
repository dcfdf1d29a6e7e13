//! Knows nothing of Heldby. Its locks lie in its dependencies: a registry of metrics is asked under its
//! lock for what a channel of tokio holds, and a change of that registers another metric.

use std::collections::HashMap;
use std::fmt;
use std::thread;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntGauge, Registry};
use tokio::sync::watch;

/// Tells the limit, which it looks up when it is asked.
struct Limit {
    config: watch::Receiver<i64>,
    gauge: IntGauge,
}

impl Collector for Limit {
    fn desc(&self) -> Vec<&Desc> {
        self.gauge.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.gauge.set(*self.config.borrow());
        self.gauge.collect()
    }
}

fn gauge(name: &str) -> IntGauge {
    IntGauge::new(name, "of the limit").expect("a name")
}

/// A database that is always there.
struct Database;

#[derive(Debug)]
struct Never;

impl fmt::Display for Never {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is always there")
    }
}

impl std::error::Error for Never {}

impl r2d2::ManageConnection for Database {
    type Connection = u32;
    type Error = Never;

    fn connect(&self) -> Result<u32, Never> {
        Ok(7)
    }

    fn is_valid(&self, _: &mut u32) -> Result<(), Never> {
        Ok(())
    }

    fn has_broken(&self, _: &mut u32) -> bool {
        false
    }
}

fn main() {
    let is_fixed = std::env::args().any(|argument| argument == "fixed");
    let pool = r2d2::Pool::builder()
        .max_size(2)
        .build(Database)
        .expect("a pool");
    let registry = Registry::new_custom(None, Some(HashMap::new())).expect("a registry");
    let (sender, config) = watch::channel(i64::from(*pool.get().expect("a connection")));
    let gauge_of_limit = gauge("limit");
    registry
        .register(Box::new(Limit {
            config,
            gauge: gauge_of_limit,
        }))
        .expect("it is the first");
    thread::scope(|scope| {
        let scrape = || registry.gather().len();
        assert_eq!(scope.spawn(scrape).join().expect("it ends"), 1);
        let change = || {
            let register = || {
                registry
                    .register(Box::new(gauge("changes")))
                    .expect("a new one")
            };
            sender.send_modify(|limit| {
                *limit += 1;
                if !is_fixed {
                    register();
                }
            });
            if is_fixed {
                register();
            }
        };
        scope.spawn(change).join().expect("it ends");
    });
    println!(
        "{} metrics, {} connections",
        registry.gather().len(),
        pool.state().connections
    );
}
