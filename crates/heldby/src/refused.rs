//! Programs that the compiler refuses, each beside one that differs in the wrong step alone.
//!
//! They are there as tests of the documentation, and nowhere else. The code of the error is compared
//! by the nightly toolchain.

/// A guard stays with the thread that has it.
///
/// ```
/// use heldby::{sync::Mutex, thread};
///
/// let mutex = Mutex::new(1);
/// let guard = mutex.lock().unwrap();
/// thread::scope(|scope| scope.spawn(|| assert_eq!(*guard, 1)).join().unwrap());
/// ```
/// ```compile_fail,E0277
/// use heldby::{sync::Mutex, thread};
///
/// let mutex = Mutex::new(1);
/// let guard = mutex.lock().unwrap();
/// thread::scope(|scope| scope.spawn(move || assert_eq!(*guard, 1)).join().unwrap());
/// ```
/// ```compile_fail,E0277
/// use heldby::{sync::RwLock, thread};
///
/// let lock = RwLock::new(1);
/// let guard = lock.read().unwrap();
/// thread::scope(|scope| scope.spawn(move || assert_eq!(*guard, 1)).join().unwrap());
/// ```
/// ```compile_fail,E0277
/// use heldby::{sync::RwLock, thread};
///
/// let lock = RwLock::new(1);
/// let guard = lock.write().unwrap();
/// thread::scope(|scope| scope.spawn(move || assert_eq!(*guard, 1)).join().unwrap());
/// ```
struct Guards;

/// What threads share is `Sync`, and what they are given is `Send`.
///
/// ```
/// use heldby::{sync::{Arc, Mutex}, thread};
///
/// let shared = Arc::new(Mutex::new(Arc::new(1)));
/// thread::spawn(move || drop(shared.lock())).join().unwrap();
/// ```
/// ```compile_fail,E0277
/// use heldby::{sync::{Arc, Mutex}, thread};
///
/// let shared = Arc::new(Mutex::new(std::rc::Rc::new(1)));
/// thread::spawn(move || drop(shared.lock())).join().unwrap();
/// ```
/// ```compile_fail,E0277
/// use heldby::{sync::{Arc, RwLock}, thread};
///
/// // Two readers at once would share the cell.
/// let shared = Arc::new(RwLock::new(std::cell::Cell::new(1)));
/// thread::spawn(move || drop(shared.read())).join().unwrap();
/// ```
/// ```compile_fail,E0277
/// use heldby::sync::OnceLock;
///
/// static CELL: OnceLock<std::cell::Cell<u8>> = OnceLock::new();
/// ```
/// ```compile_fail,E0277
/// use heldby::sync::LazyLock;
///
/// static LAZY: LazyLock<std::cell::Cell<u8>> = LazyLock::new(|| std::cell::Cell::new(1));
/// ```
/// ```compile_fail,E0277
/// use heldby::{sync::mpsc::channel, thread};
///
/// // A receiver is one thread's at a time.
/// let (_sender, receiver) = channel::<u8>();
/// thread::scope(|scope| scope.spawn(|| receiver.try_recv().is_err()).join().unwrap());
/// ```
struct Shared;

/// What is borrowed lives as long as whoever borrows it.
///
/// ```
/// use heldby::thread;
///
/// let numbers = vec![1, 2];
/// thread::scope(|scope| scope.spawn(|| numbers.len()).join().unwrap());
/// ```
/// ```compile_fail,E0373
/// use heldby::thread;
///
/// let numbers = vec![1, 2];
/// thread::spawn(|| numbers.len()).join().unwrap();
/// ```
/// ```compile_fail,E0597
/// use heldby::sync::Mutex;
///
/// let guard = {
///     let mutex = Mutex::new(1);
///     mutex.lock().unwrap()
/// };
/// drop(guard);
/// ```
/// ```compile_fail,E0505
/// use heldby::sync::Mutex;
///
/// let mutex = Mutex::new(1);
/// let guard = mutex.lock().unwrap();
/// drop(mutex.into_inner());
/// drop(guard);
/// ```
/// ```compile_fail,E0382
/// use heldby::sync::{Condvar, Mutex};
///
/// let (mutex, changed) = (Mutex::new(1), Condvar::new());
/// let guard = mutex.lock().unwrap();
/// let again = changed.wait(guard).unwrap();
/// drop(guard);
/// ```
struct Borrowed;

/// A read guard writes nothing.
///
/// ```
/// let lock = heldby::sync::RwLock::new(1);
/// *lock.write().unwrap() = 2;
/// ```
/// ```compile_fail,E0594
/// let lock = heldby::sync::RwLock::new(1);
/// *lock.read().unwrap() = 2;
/// ```
struct Reads;
