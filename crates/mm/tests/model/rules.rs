//! Which test notices that a rule is removed; others may do so as well.

/// A rule, as it is named where it lives, and the test. `ci/loom.sh` reads these lines.
const RULES: &[(&str, &str)] = &[
    // The reader.
    ("relaxed-increment", "readers::a_reader_and_a_writer"),
    ("relaxed-sequence-load", "readers::a_reader_and_a_writer"),
    ("no-recheck", "readers::a_reader_and_a_writer"),
    ("readers-pass-flag", "readers::a_reader_and_a_writer"),
    ("limit-off-by-one", "readers::the_count_stops_at_the_limit"),
    ("relaxed-decrement", "readers::a_reader_and_a_writer"),
    ("release-after-decrement", "detach::a_doomed_reader_of_a_vma_that_goes"),
    ("no-detached-fence", "detach::a_reader_that_looks_again_finds_the_vma_gone"),
    // The writer.
    ("relaxed-begin-of-write", "readers::a_reader_and_two_writers"),
    ("relaxed-end-of-write", "readers::a_reader_and_a_writer"),
    ("late-end-of-write", "readers::a_reader_and_two_writers"),
    ("relaxed-wait-load", "readers::a_reader_and_a_writer"),
    ("relaxed-flag-end", "readers::a_reader_and_a_writer"),
    ("wrap", "readers::a_writer_long_after_the_last_one"),
    // Attach and detach.
    ("relaxed-attach", "readers::a_reader_of_a_new_vma"),
    ("relaxed-detach", "detach::a_reader_of_a_vma_that_goes"),
    ("relaxed-late-detach", "detach::a_doomed_reader_of_a_vma_that_goes"),
    ("no-wait-on-detach", "detach::a_reader_of_a_vma_that_goes"),
    // Recycling.
    ("recycled-count", "detach::a_reader_of_a_vma_that_is_replaced"),
    ("no-owner-check", "detach::a_stale_reader_meets_another_address_space"),
    ("no-grab", "detach::a_stale_reader_outlives_the_other_address_space"),
    ("late-owner", "detach::a_reader_wakes_the_writer_that_waited_for_it"),
    // Waits.
    ("wake-off-by-one", "waits::a_detacher_is_woken_by_the_last_doomed_reader"),
    ("wake-without-slot", "waits::a_writer_is_woken_by_the_last_reader"),
    ("cancel-wakes-nobody", "waits::a_cancelled_writer_lets_readers_in_again"),
    ("cancel-wakes-first", "waits::a_cancelled_writer_lets_readers_in_again"),
    ("relaxed-cancel", "waits::a_cancel_publishes_what_came_before"),
    ("flag-kept", "waits::a_cancelled_writer_lets_readers_in_again"),
    // Speculation.
    ("relaxed-speculation", "looks::a_speculation_sees_no_torn_pair"),
    ("no-begin-fence", "looks::a_speculation_sees_no_torn_pair"),
    ("no-speculation-fence", "looks::a_speculation_sees_no_torn_pair"),
];

const SOURCES: [&str; 7] = [
    include_str!("../../src/branches.rs"),
    include_str!("../../src/exclude_readers.rs"),
    include_str!("../../src/interrupt.rs"),
    include_str!("../../src/mmap_lock.rs"),
    include_str!("../../src/refcnt.rs"),
    include_str!("../../src/vma_lock.rs"),
    include_str!("../../src/wait.rs"),
];

#[test]
fn every_rule_has_a_test() {
    let planted = SOURCES.iter().flat_map(|source| source.split("planted(\"").skip(1));
    let mut planted: Vec<_> = planted
        .map(|rest| rest.split('"').next().expect("a name ends"))
        .collect();
    planted.sort_unstable();
    planted.dedup();
    let mut listed: Vec<_> = RULES.iter().map(|&(rule, _)| rule).collect();
    listed.sort_unstable();
    assert_eq!(planted, listed);
}
