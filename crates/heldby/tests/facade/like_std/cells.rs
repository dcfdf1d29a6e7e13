//! `Once`, `OnceLock` and `LazyLock`.

/// The message of a panic.
fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .expect("a panic has a message")
}

/// What a body that panics says.
fn panics<R>(body: impl FnOnce() -> R) -> String {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
    message(&*caught.err().expect("it panics"))
}

on_both! {
    { Arc, LazyLock, Mutex, Once, OnceLock, atomic::AtomicUsize, atomic::Ordering }

    fn once_is_once() {
        static START: Once = Once::new();
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    START.call_once(|| {
                        RUNS.fetch_add(1, Ordering::Relaxed);
                    });
                    // Whoever comes back sees it done.
                    assert!(START.is_completed());
                    assert_eq!(RUNS.load(Ordering::Relaxed), 1);
                });
            }
        });
        assert_eq!(format!("{START:?}"), "Once { .. }");
    }

    fn a_panic_poisons_a_once() {
        let once = Once::new();
        assert_eq!(super::panics(|| once.call_once(|| panic!("first"))), "first");
        assert!(!once.is_completed());
        let said = super::panics(|| once.call_once(|| unreachable!("it is poisoned")));
        assert!(said.contains("poisoned"), "{said}");
        let said = super::panics(|| once.wait());
        assert!(said.contains("poisoned"), "{said}");
        let mut poisoned = None;
        once.call_once_force(|state| poisoned = Some(state.is_poisoned()));
        assert_eq!((poisoned, once.is_completed()), (Some(true), true));
        once.call_once(|| unreachable!("it has run"));
        once.call_once_force(|_| unreachable!("it has run"));
        once.wait();
        once.wait_force();
    }

    fn a_wait_ends_with_the_initialiser() {
        let (once, forced, cell) = (Once::new(), Once::new(), OnceLock::new());
        thread::scope(|scope| {
            let waits = [
                scope.spawn(|| once.wait()),
                scope.spawn(|| forced.wait_force()),
                scope.spawn(|| assert_eq!(*cell.wait(), 7)),
            ];
            once.call_once(|| ());
            assert!(super::panics(|| forced.call_once(|| panic!("first"))) == "first");
            forced.call_once_force(|_| ());
            cell.set(7).unwrap();
            waits.into_iter().for_each(|wait| wait.join().unwrap());
        });
    }

    fn a_cell_is_written_once() {
        let cell = OnceLock::new();
        assert_eq!(cell.get(), None);
        thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(cell.get_or_init(|| 12), &12);
            });
        });
        assert_eq!(cell.get_or_init(|| unreachable!("it is written")), &12);
        assert_eq!((cell.set(62), cell.get()), (Err(62), Some(&12)));
    }

    fn of_many_initialisers_one_runs() {
        let (cell, runs) = (OnceLock::new(), AtomicUsize::new(0));
        let values: Vec<usize> = thread::scope(|scope| {
            let look = |at| {
                let (cell, runs) = (&cell, &runs);
                move || *cell.get_or_init(|| {
                    runs.fetch_add(1, Ordering::Relaxed);
                    at
                })
            };
            let looks: Vec<_> = (0..4).map(|at| scope.spawn(look(at))).collect();
            looks.into_iter().map(|look| look.join().unwrap()).collect()
        });
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        assert!(values.iter().all(|value| Some(value) == cell.get()));
    }

    fn a_cell_whose_initialiser_panics_stays_empty() {
        let cell = OnceLock::new();
        let said = super::panics(|| { cell.get_or_init(|| -> u8 { panic!("first") }); });
        assert_eq!((said.as_str(), cell.get()), ("first", None));
        assert_eq!(cell.get_or_init(|| 1), &1);
    }

    fn a_cell_that_is_owned_needs_no_wait() {
        let mut cell = OnceLock::from(String::from("one"));
        cell.get_mut().unwrap().push_str(" more");
        assert_eq!(cell.take().as_deref(), Some("one more"));
        assert_eq!((cell.take(), cell.get_mut()), (None, None));
        cell.set("again".into()).unwrap();
        let (copy, empty) = (cell.clone(), OnceLock::<String>::default());
        assert!(copy == cell && cell != empty && empty == empty.clone());
        assert_eq!(format!("{cell:?} {empty:?}"), "OnceLock(\"again\") OnceLock(<uninit>)");
        assert_eq!((cell.into_inner().as_deref(), empty.into_inner()), (Some("again"), None));
        let names: Arc<OnceLock<Mutex<Vec<u8>>>> = Arc::default();
        names.get_or_init(Mutex::default).lock().unwrap().push(1);
        assert_eq!(*names.get().unwrap().lock().unwrap(), [1]);
    }

    fn a_lazy_value_is_made_at_its_first_look() {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        static TABLE: LazyLock<Vec<usize>> = LazyLock::new(|| {
            vec![MADE.fetch_add(1, Ordering::Relaxed)]
        });
        assert_eq!(format!("{TABLE:?}"), "LazyLock(<uninit>)");
        thread::spawn(|| assert_eq!(TABLE.len(), 1)).join().unwrap();
        assert_eq!((&*TABLE, LazyLock::force(&TABLE)), (&vec![0], &vec![0]));
        assert_eq!(MADE.load(Ordering::Relaxed), 1);
        assert_eq!(format!("{TABLE:?}"), "LazyLock([0])");

        let word = String::from("captured");
        let lazy = LazyLock::new(move || word + "!");
        assert_eq!(*lazy, "captured!");
        struct Config { names: LazyLock<Mutex<Vec<u8>>> }
        let config = Config { names: LazyLock::default() };
        config.names.lock().unwrap().push(1);
        assert_eq!(*config.names.lock().unwrap(), [1]);
    }

    fn a_panic_poisons_a_lazy_value() {
        let lazy: LazyLock<u8, _> = LazyLock::new(|| panic!("first"));
        assert_eq!(super::panics(|| *lazy), "first");
        for _ in 0..2 {
            let said = super::panics(|| *lazy);
            assert!(said.contains("poisoned"), "{said}");
        }
        assert_eq!(format!("{lazy:?}"), "LazyLock(<uninit>)");
    }

    fn what_was_not_used_is_dropped_once() {
        let counter = Arc::new(());
        let held = || Arc::strong_count(&counter) - 1;
        let clone = Arc::clone(&counter);
        let lazy = LazyLock::new(move || clone);
        assert_eq!(held(), 1);
        drop(lazy);
        assert_eq!(held(), 0);
        let clone = Arc::clone(&counter);
        let lazy = LazyLock::new(move || clone);
        assert_eq!(Arc::strong_count(&lazy), 2);
        let cell = OnceLock::from(Arc::clone(&counter));
        assert_eq!(held(), 2);
        drop((lazy, cell));
        assert_eq!(held(), 0);
    }
}

#[test]
#[expect(deprecated, reason = "std still has it")]
fn once_starts_as_a_constant() {
    static STD: std::sync::Once = std::sync::ONCE_INIT;
    static OURS: heldby::sync::Once = heldby::sync::ONCE_INIT;
    let mut ran = 0;
    STD.call_once(|| ran += 1);
    OURS.call_once(|| ran += 1);
    assert_eq!(ran, 2);
}
