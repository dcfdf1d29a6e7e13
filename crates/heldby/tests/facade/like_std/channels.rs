//! `mpsc`, with bounds and without.

on_both! {
    {
        Arc, Mutex,
        mpsc::{self, Receiver, RecvError, RecvTimeoutError, SendError, Sender, SyncSender},
        mpsc::{TryRecvError, TrySendError, channel, sync_channel}
    }

    fn a_message_goes_to_another_thread() {
        let (sender, receiver) = channel();
        thread::spawn(move || sender.send(10).unwrap());
        assert_eq!(receiver.recv(), Ok(10));
    }

    fn many_send_and_one_receives() {
        let (sender, receiver): (Sender<u32>, Receiver<u32>) = mpsc::channel();
        for number in 0..10 {
            let sender = sender.clone();
            thread::spawn(move || sender.send(number).unwrap());
        }
        drop(sender);
        let mut received: Vec<_> = receiver.iter().collect();
        received.sort_unstable();
        assert_eq!(received, (0..10).collect::<Vec<_>>());
        assert_eq!(receiver.recv(), Err(RecvError));
    }

    fn what_cannot_be_received_comes_back() {
        let (sender, receiver) = channel::<u8>();
        drop(receiver);
        assert_eq!(sender.send(1), Err(SendError(1)));
        let (sender, receiver) = sync_channel::<u8>(1);
        drop(receiver);
        assert_eq!(sender.send(1), Err(SendError(1)));
        assert_eq!(sender.try_send(1), Err(TrySendError::Disconnected(1)));
    }

    fn a_full_channel_makes_its_sender_wait() {
        let (sender, receiver) = sync_channel(2);
        let theirs: SyncSender<u32> = sender.clone();
        sender.send(0).unwrap();
        sender.try_send(1).unwrap();
        assert_eq!(sender.try_send(9), Err(TrySendError::Full(9)));
        let sends = thread::spawn(move || (2..100).for_each(|number| theirs.send(number).unwrap()));
        drop(sender);
        assert_eq!(receiver.iter().collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
        sends.join().unwrap();
    }

    fn without_room_each_send_meets_its_receive() {
        let (sender, receiver) = sync_channel(0);
        assert_eq!(sender.try_send(0), Err(TrySendError::Full(0)));
        let sends = thread::spawn(move || {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
            sender.send(3)
        });
        // Each way to receive lets a waiting sender go on.
        assert_eq!(receiver.recv(), Ok(1));
        let second = std::iter::from_fn(|| Some(receiver.try_recv())).find(Result::is_ok);
        assert_eq!(second, Some(Ok(2)));
        drop(receiver);
        assert_eq!(sends.join().unwrap(), Err(SendError(3)));
    }

    fn a_receive_can_give_up() {
        use std::time::Duration;
        let (sender, receiver) = sync_channel(1);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
        sender.send('a').unwrap();
        assert_eq!(receiver.recv_timeout(Duration::from_secs(60)), Ok('a'));
        drop(sender);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        let ended = receiver.recv_timeout(Duration::from_secs(60));
        assert_eq!(ended, Err(RecvTimeoutError::Disconnected));
    }

    fn a_receiver_is_walked_in_three_ways() {
        let (sender, receiver) = channel();
        (1..=6).for_each(|number| sender.send(number).unwrap());
        let mut numbers = 1..;
        for number in &receiver {
            assert_eq!(Some(number), numbers.next());
            if number == 2 {
                break;
            }
        }
        assert_eq!(receiver.try_iter().take(2).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(receiver.iter().next(), Some(5));
        drop(sender);
        assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [6]);
    }

    fn the_ends_of_a_channel_are_shown() {
        let (sender, receiver) = sync_channel::<u8>(1);
        let shown = format!("{sender:?} {receiver:?} {:?} {:?}", receiver.iter(), receiver.try_iter());
        assert_eq!(
            shown,
            "SyncSender { .. } Receiver { .. } Iter { rx: Receiver { .. } } \
             TryIter { rx: Receiver { .. } }"
        );
        assert_eq!(format!("{:?}", receiver.into_iter()), "IntoIter { rx: Receiver { .. } }");
        assert_eq!(format!("{:?}", channel::<u8>()), "(Sender { .. }, Receiver { .. })");
    }

    fn workers_share_a_receiver() {
        let (sender, receiver) = sync_channel::<Box<dyn FnOnce() -> u32 + Send>>(1);
        let receiver = Arc::new(Mutex::new(receiver));
        let workers: Vec<_> = (0..2).map(|_| {
            let receiver = Arc::clone(&receiver);
            thread::spawn(move || {
                let next = || receiver.lock().unwrap().recv().ok();
                std::iter::from_fn(next).map(|job| job()).sum::<u32>()
            })
        }).collect();
        (1..=10).for_each(|number| sender.send(Box::new(move || number)).unwrap());
        drop(sender);
        let sum: u32 = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
        assert_eq!(sum, 55);
    }
}
