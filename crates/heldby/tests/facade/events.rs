//! A tracing subscriber sees one event for each violation.

use std::fmt::Debug;
use std::sync::Arc;

use heldby::sync::Mutex;
use heldby::test::check;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry;

/// Keeps what it sees, under an instrumented lock of its own, as a host's subscriber may.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Seen>>>);

#[derive(Debug, Default, PartialEq)]
struct Seen {
    level: String,
    code: String,
    kind: String,
    site: String,
    thread: String,
    message: String,
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}").trim_matches('"').to_owned();
        match field.name() {
            "code" => self.code = text,
            "kind" => self.kind = text,
            "site" => self.site = text,
            "thread" => self.thread = text,
            "message" => self.message = text,
            other => panic!("`{other}` is no field of an event"),
        }
    }
}

impl<S: Subscriber> Layer<S> for Kept {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        if event.metadata().target() != "heldby" {
            return;
        }
        let mut seen = Seen {
            level: event.metadata().level().to_string(),
            ..Seen::default()
        };
        event.record(&mut seen);
        self.0.lock().unwrap().push(seen);
    }
}

/// What a subscriber sees of `body`, and what was reported.
fn seen_of(body: impl FnOnce()) -> (Vec<Seen>, Vec<heldby::model::Report>) {
    // While only one subscriber lives, tracing asks the one of whatever thread comes to an event
    // first, and remembers its "no" for all; so there are two.
    let _second = tracing::Dispatch::new(registry());
    let kept = Kept::default();
    let subscriber = registry().with(kept.clone());
    let reports = tracing::subscriber::with_default(subscriber, || check(body));
    let seen = std::mem::take(&mut *kept.0.lock().unwrap());
    (seen, reports)
}

#[test]
fn each_violation_is_one_event() {
    let (seen, reports) = seen_of(|| {
        let [a, b, c] = ["events::a", "events::b", "events::c"].map(|name| Mutex::named(name, 0));
        for _ in 0..3 {
            drop((a.lock(), b.lock()));
            drop((b.lock(), a.lock()));
            drop((b.lock(), c.lock()));
            drop((c.lock(), b.lock()));
            heldby::assert_held!(a);
        }
    });
    assert_eq!(seen.len(), 3);
    assert_eq!(seen.len(), reports.len());
    for (seen, report) in seen.iter().zip(&reports) {
        let expected = Seen {
            level: match report.certainty {
                heldby::model::Certainty::Possible => Level::WARN,
                heldby::model::Certainty::Now => Level::ERROR,
            }
            .to_string(),
            code: report.code.to_string(),
            kind: report.kind.to_string(),
            site: report.site.to_string(),
            thread: report.thread.clone(),
            message: report.title.clone(),
        };
        assert_eq!(*seen, expected);
    }
    let codes: Vec<_> = seen.iter().map(|seen| &*seen.code).collect();
    assert_eq!(codes, ["HB0001", "HB0001", "HB0202"]);
}

#[test]
fn no_violation_is_no_event() {
    let (seen, reports) = seen_of(|| {
        let (a, b) = (Mutex::new(0), Mutex::new(0));
        drop((a.lock(), b.lock()));
    });
    assert_eq!((seen, reports), (vec![], vec![]));
}

#[test]
fn an_order_tells_the_span_in_which_it_was_taken() {
    let (_, reports) = seen_of(|| {
        let [a, b] = ["events::d", "events::e"].map(|name| Mutex::named(name, 0));
        tracing::info_span!("request", id = 1).in_scope(|| {
            let _a = a.lock();
            // The span of the acquire counts, not that of the lock before it.
            tracing::info_span!("reply").in_scope(|| drop(b.lock()));
        });
        let _b = b.lock();
        drop(a.lock());
    });
    let spans: Vec<_> = reports[0].cycle.iter().map(|step| &step.span).collect();
    assert_eq!(spans, [&Some("reply".to_owned()), &None]);
}
