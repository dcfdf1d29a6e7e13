//! Built twice by `ci/off.sh`, as `off.rs`, for what threads wait for besides locks.

#[cfg(feature = "std")]
use std::{sync, thread};

#[cfg(not(feature = "std"))]
use heldby::{sync, thread};

use sync::mpsc::{Receiver, SyncSender, sync_channel};
use sync::{Barrier, LazyLock, Once, OnceLock};

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_once(once: &Once, value: &mut u64) {
    once.call_once(|| *value += 1);
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_once_force(once: &Once, value: &mut u64) {
    once.call_once_force(|state| *value += u64::from(state.is_poisoned()));
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_cell(cell: &OnceLock<u64>, value: u64) -> u64 {
    *cell.get_or_init(|| value)
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_cell_set(cell: &OnceLock<u64>) -> bool {
    cell.set(7).is_ok()
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_lazy(lazy: &LazyLock<u64>) -> u64 {
    **lazy
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_send(sender: &SyncSender<u64>) -> bool {
    sender.send(7).is_ok()
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_receive(receiver: &Receiver<u64>) -> Option<u64> {
    receiver.recv().ok()
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_receive_all(receiver: &Receiver<u64>) -> u64 {
    receiver.try_iter().sum()
}

fn print_sizes() {
    macro_rules! sizes {
        ($($type:ty),* $(,)?) => {$(
            println!("{} {}", stringify!($type), size_of::<$type>());
        )*};
    }
    sizes![
        Barrier,
        Once,
        OnceLock<u8>,
        OnceLock<[u64; 5]>,
        LazyLock<u8>,
        LazyLock<u64, [fn() -> u64; 3]>,
        SyncSender<u64>,
        Receiver<u64>,
        Option<Receiver<u64>>,
        sync::mpsc::Iter<'static, u64>,
        sync::mpsc::IntoIter<u64>,
        thread::Builder,
        thread::ScopedJoinHandle<'static, u64>,
    ];
}

fn main() {
    print_sizes();
    let (once, cell) = (Once::new(), OnceLock::new());
    let (mut runs, (sender, receiver)) = (0, sync_channel(1));
    probe_once(&once, &mut runs);
    probe_once_force(&once, &mut runs);
    let cells = [probe_cell(&cell, 1), probe_lazy(&LazyLock::new(|| 1)), runs];
    let sent = (probe_cell_set(&cell), probe_send(&sender));
    let received = (probe_receive(&receiver), probe_receive_all(&receiver));
    println!("{cells:?} {sent:?} {received:?}");
}
