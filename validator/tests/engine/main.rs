//! The engine, driven by hand: many tasks on one thread, with no lock behind them.

mod annotations;
mod certain;
mod classes;
mod contexts;
mod declared;
mod depth;
mod derived;
mod events;
mod forever;
mod gates;
mod handover;
mod large;
mod lock_stat;
mod ownership;
mod policies;
mod races;
mod readers;
mod record;
mod release;
mod rig;
mod rows;
mod same_class;
mod sinks;
mod two_level;
mod warm;
mod watchdog;
