//! Address spaces for the tests.

use std::sync::mpsc;
use std::time::Instant;

use heldby::thread;
use heldby_mm::*;

pub(crate) const START: usize = 0x1000;
pub(crate) const PAGE: usize = 0x1000;
pub(crate) type Mm = AddressSpace<u32>;

/// Makes an address space with one VMA a page from [`START`] on for each backing.
pub(crate) fn space<B>(backings: impl IntoIterator<Item = B>) -> AddressSpace<B> {
    let mm = AddressSpace::new();
    let mut mmap = mmap_write_lock(&mm);
    for (nth, backing) in backings.into_iter().enumerate() {
        let start = START + nth * PAGE;
        mmap.insert(VmaSpec::new(start..start + PAGE, backing))
            .expect("they do not overlap");
    }
    drop(mmap);
    mm
}

/// Whether the VMA at `addr` can be read-locked now.
#[cfg(feature = "per-vma-lock")]
pub(crate) fn is_lockable<B>(mm: &AddressSpace<B>, addr: usize) -> bool {
    lock_vma_under_rcu(mm, addr).is_some()
}

/// Makes an address space with one VMA, named `heap`, at [`START`].
pub(crate) fn one_vma() -> Mm {
    let mm = Mm::new();
    let spec = VmaSpec::new(START..START + PAGE, 7).name("heap");
    mmap_write_lock(&mm)
        .insert(spec)
        .expect("the address space is empty");
    mm
}

/// Calls `body` while another thread holds what `hold` takes.
pub(crate) fn beside<B: Send + Sync>(
    mm: &AddressSpace<B>,
    hold: impl FnOnce(&AddressSpace<B>, &mut dyn FnMut()) + Send,
    body: impl FnOnce(),
) {
    let (ready, is_ready) = mpsc::channel();
    let (stay, is_over) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let stay = stay;
        scope.spawn(move || {
            hold(mm, &mut || {
                ready.send(()).expect("somebody waits for it");
                is_over.recv().expect_err("nothing is ever sent");
            });
        });
        is_ready.recv().expect("the other thread has its hold");
        body();
        drop(stay);
    });
}

/// Interrupts that are due already: what is free is acquired all the same.
pub(crate) fn due(token: &CancelToken) -> [Interrupt<'_>; 2] {
    token.cancel();
    let now = Instant::now();
    [Interrupt::by(token), Interrupt::at(now)]
}
