//! The host: an in-memory store with sharded locks, a bounded work queue and an evictor.
//!
//! It knows no validator: `sync` and `thread` are std's, or Heldby's.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::sync::{Condvar, Mutex, RwLock};
use super::thread::{self, JoinHandle};
use crate::random::Random;

const SHARDS: usize = 16;
const KEYS: usize = 20_000;
/// Room in the queue.
const QUEUED: usize = 256;

/// A client of the store, and the thread that evicts.
pub(crate) struct Host {
    store: Arc<Store>,
    evictor: Option<JoinHandle<()>>,
    random: Random,
}

struct Store {
    shards: Vec<RwLock<HashMap<u64, String>>>,
    /// What the evictor is to look at.
    queue: Mutex<Queue>,
    filled: Condvar,
    emptied: Condvar,
    counters: Mutex<Counters>,
}

#[derive(Default)]
struct Queue {
    keys: VecDeque<u64>,
    is_busy: bool,
    is_closed: bool,
}

#[derive(Default)]
struct Counters {
    entries: usize,
    bytes: usize,
}

impl Host {
    pub(crate) fn new() -> Self {
        let store = Arc::new(Store {
            shards: (0..SHARDS).map(|_| RwLock::new(HashMap::new())).collect(),
            queue: Mutex::new(Queue::default()),
            filled: Condvar::new(),
            emptied: Condvar::new(),
            counters: Mutex::new(Counters::default()),
        });
        for key in 0..KEYS as u64 {
            store.put(key, format!("value of {key}"));
        }
        let evicts = Arc::clone(&store);
        Self {
            store,
            evictor: Some(thread::spawn(move || evicts.evict())),
            random: Random::new(1),
        }
    }

    /// Of a hundred operations 80 read, 17 write and 3 move; one write in eight has the evictor look
    /// at its key. Returns when the evictor has done so.
    pub(crate) fn serve(&mut self, operations: u32) {
        for _ in 0..operations {
            let (key, other) = (self.random.below(KEYS), self.random.below(KEYS));
            let (key, other) = (key as u64, other as u64);
            match self.random.below(100) {
                0..80 => drop(std::hint::black_box(self.store.get(key))),
                80..97 => {
                    self.store.put(key, format!("value of {key}, again"));
                    if key % 8 == 0 {
                        self.store.enqueue(key);
                    }
                }
                _ => self.store.transfer(key, other),
            }
        }
        self.store.wait_until_idle();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.store.close();
        let evictor = self.evictor.take();
        evictor.map(JoinHandle::join);
    }
}

impl Store {
    fn shard(&self, key: u64) -> usize {
        (key as usize).wrapping_mul(0x9E37_79B9) % SHARDS
    }

    fn get(&self, key: u64) -> Option<String> {
        let shard = self.shards[self.shard(key)].read().unwrap();
        shard.get(&key).cloned()
    }

    fn put(&self, key: u64, value: String) {
        let mut shard = self.shards[self.shard(key)].write().unwrap();
        let added = value.len();
        let old = shard.insert(key, value);
        let mut counters = self.counters.lock().unwrap();
        counters.bytes += added;
        match old {
            Some(old) => counters.bytes -= old.len(),
            None => counters.entries += 1,
        }
    }

    /// Moves a value from one key to another: two locks of one class, the lower shard first.
    fn transfer(&self, from: u64, to: u64) {
        let (source, target) = (self.shard(from), self.shard(to));
        if source == target {
            return;
        }
        let lower = self.shards[source.min(target)].write().unwrap();
        let higher = self.shards[source.max(target)].write().unwrap();
        let (mut source, mut target) = match source < target {
            true => (lower, higher),
            false => (higher, lower),
        };
        if let Some(value) = source.remove(&from) {
            let replaced = target.insert(to, value);
            let mut counters = self.counters.lock().unwrap();
            if let Some(replaced) = replaced {
                counters.entries -= 1;
                counters.bytes -= replaced.len();
            }
        }
    }

    fn enqueue(&self, key: u64) {
        let queue = self.queue.lock().unwrap();
        let mut queue = self
            .emptied
            .wait_while(queue, |queue| queue.keys.len() >= QUEUED)
            .unwrap();
        queue.keys.push_back(key);
        drop(queue);
        self.filled.notify_one();
    }

    fn wait_until_idle(&self) {
        let queue = self.queue.lock().unwrap();
        let idle = self
            .emptied
            .wait_while(queue, |queue| queue.is_busy || !queue.keys.is_empty());
        drop(idle.unwrap());
    }

    fn close(&self) {
        self.queue.lock().unwrap().is_closed = true;
        self.filled.notify_all();
    }

    /// Shortens long values, a batch of the queue at a time.
    fn evict(&self) {
        loop {
            let queue = self.queue.lock().unwrap();
            let mut queue = self
                .filled
                .wait_while(queue, |queue| queue.keys.is_empty() && !queue.is_closed)
                .unwrap();
            if queue.is_closed {
                return;
            }
            let batch = std::mem::take(&mut queue.keys);
            queue.is_busy = true;
            drop(queue);
            batch.into_iter().for_each(|key| self.shorten(key));
            self.queue.lock().unwrap().is_busy = false;
            self.emptied.notify_all();
        }
    }

    fn shorten(&self, key: u64) {
        let mut shard = self.shards[self.shard(key)].write().unwrap();
        if let Some(value) = shard.get_mut(&key) {
            let long = value.len();
            value.truncate(16);
            self.counters.lock().unwrap().bytes -= long - value.len();
        }
    }
}
