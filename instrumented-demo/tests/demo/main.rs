//! The demo as its users see it: every test runs the program in a process of its own.

mod bad_input;
mod bugs;
mod dump;
mod output;
mod page;
mod process;
