//! The facade with validation on: it behaves as std, and says who holds what.
#![cfg(feature = "validate")]

mod asserts;
mod auto_traits;
mod cells;
mod channels;
mod check;
mod classes;
mod condvar;
mod contexts;
mod derived;
mod events;
mod joins;
mod like_std;
#[cfg(feature = "lock_api")]
mod lock_api;
mod nested;
mod page_table;
#[cfg(feature = "parking_lot")]
mod parking_lot;
mod shapes;
mod stabilised;
mod strategies;
mod threads;
#[cfg(feature = "tokio")]
mod tokio;
