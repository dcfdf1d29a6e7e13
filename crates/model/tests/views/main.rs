//! Every view of every code: what it says, that it fits, that it can be read back.

mod any_json;
mod deadlocks;
mod declared;
mod dot;
mod dumps;
mod interruptions;
mod json;
mod limits;
mod lock_stats;
mod marks;
mod near_json;
mod one_line;
mod reports;
mod schema;
mod sources;
mod tasks;
mod text_of_codes;
mod text_of_cycles;
mod text_of_holds;
mod text_of_nesting;
