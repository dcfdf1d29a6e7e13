//! A task, as far as the models need one.

use crate::chain_cache::ChainCache;
use crate::held::HeldStack;
use crate::mailbox::Mailbox;
use crate::parked::Parked;

pub(crate) struct Task {
    pub(crate) held: HeldStack,
    pub(crate) chains: ChainCache,
    pub(crate) mailbox: Mailbox,
    pub(crate) parked: Parked,
    pub(crate) awaits: Parked,
}

impl Task {
    /// A task that lives for ever, as all do, of the number 1.
    pub(crate) fn leaked() -> &'static Self {
        let task = Box::leak(Box::new(Self {
            held: HeldStack::new(),
            chains: ChainCache::new(),
            mailbox: Mailbox::new(),
            parked: Parked::new(),
            awaits: Parked::new(),
        }));
        task.mailbox.open(1);
        task
    }
}
