//! Measures Heldby beside the locks that it wraps, all rungs of the ladder in one run.
//!
//! Each figure is the minimum over interleaved rounds, since a machine only ever adds time; ratios
//! are to the raw lock of the same run.
//! `cargo run --release -p heldby-bench` prints the table; with `HELDBY=off` the same table shows
//! what the run-time switch leaves.

mod ladder;
mod rounds;

fn main() {
    println!("nanoseconds a lock + unlock pair, and the ratio to the raw lock");
    println!("{:34} {:>8} {:>8} {:>7}", "work", "raw", "heldby", "ratio");
    for row in ladder::rows() {
        let ratio = row.heldby / row.raw;
        println!(
            "{:34} {:>8.2} {:>8.2} {:>7.2}",
            row.work, row.raw, row.heldby, ratio
        );
    }
}
