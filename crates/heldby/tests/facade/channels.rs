//! Traffic that cannot hang, or of which nothing says that it can: all of it is silent. What is
//! reported stands in `hosts/waits.rs`.

use heldby::sync::mpsc::{channel, sync_channel};
use heldby::sync::{Arc, Mutex};
use heldby::test::check;
use heldby::{Held, held, thread};

#[test]
fn sends_that_find_room_are_silent() {
    let reports = check(|| {
        let (table, (sender, receiver)) = (Mutex::new(()), sync_channel(2));
        for _ in 0..3 {
            let _table = table.lock();
            sender.send(1).unwrap();
            sender.try_send(2).unwrap();
            assert!(sender.try_send(3).is_err());
            assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1, 2]);
        }
    });
    assert_eq!(reports, []);
}

#[test]
fn a_channel_without_bounds_is_silent() {
    let reports = check(|| {
        let (table, (sender, receiver)) = (Mutex::new(()), channel());
        for turn in 0..3 {
            let _table = table.lock();
            sender.send(turn).unwrap();
            assert_eq!(receiver.recv(), Ok(turn));
        }
    });
    assert_eq!(reports, []);
}

#[test]
fn usual_traffic_is_silent() {
    for bound in [0, 1, 4] {
        let reports = check(|| {
            let (jobs, (sender, receiver)) = (Mutex::new(0), sync_channel(bound));
            thread::scope(|scope| {
                scope.spawn(|| {
                    // The sender waits under a lock that the receiver takes between its receives.
                    for turn in 1..=50 {
                        let _jobs = jobs.lock().unwrap();
                        sender.send(turn).unwrap();
                    }
                    drop(sender);
                });
                let mut sum = 0;
                for turn in &receiver {
                    sum += turn;
                }
                *jobs.lock().unwrap() = sum;
            });
            assert_eq!(jobs.into_inner().unwrap(), 50 * 51 / 2);
        });
        assert_eq!(reports, [], "bound {bound}");
    }
}

#[test]
fn a_shared_receiver_is_silent() {
    let reports = check(|| {
        let (sender, receiver) = sync_channel(1);
        let receiver = Arc::new(Mutex::new(receiver));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| while receiver.lock().unwrap().recv().is_ok() {});
            }
            // Every receive needs that lock, and no sender holds it.
            (0..100).for_each(|turn| sender.send(turn).unwrap());
            drop(sender);
        });
        assert_eq!(held(&*receiver), Held::No);
    });
    assert_eq!(reports, []);
}
