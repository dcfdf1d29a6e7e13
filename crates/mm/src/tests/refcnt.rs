//! The table of [`RefCnt`], row by row.

use crate::refcnt::RefCntState::*;
use crate::refcnt::*;

#[test]
fn every_row_of_the_table_decodes() {
    const FLAG: u32 = VM_REFCNT_EXCLUDE_READERS_FLAG;
    const LIMIT: u32 = VM_REFCNT_LIMIT;
    let rows = [
        (0, Detached, false, "0: detached"),
        (1, Attached, false, "1: attached, no reader"),
        (2, Read { readers: 1 }, false, "2: attached, 1 reader"),
        (3, Read { readers: 2 }, false, "3: attached, 2 readers"),
        (LIMIT, Read { readers: LIMIT - 1 }, false, ""),
        (
            FLAG,
            Detaching,
            true,
            "1073741824: detaching, no reader left",
        ),
        (
            FLAG + 1,
            ReadersExcluded,
            true,
            "1073741825: readers excluded",
        ),
        (
            FLAG + 2,
            Draining { readers: 1 },
            false,
            "1073741826: readers excluded but for 1",
        ),
        (FLAG + LIMIT, Draining { readers: LIMIT - 1 }, false, ""),
        (FLAG + LIMIT + 1, Corrupt, false, "2147483648: corrupt"),
        (u32::MAX, Corrupt, false, "4294967295: corrupt"),
    ];
    for (value, state, excluded, text) in rows {
        let count = RefCnt(value);
        assert_eq!(count.decode(), state, "{value}");
        assert_eq!(count.readers_excluded(), excluded, "{value}");
        assert!(text.is_empty() || count.to_string() == text, "{count}");
    }
}

#[test]
fn the_flag_on_a_full_count_stays_positive() {
    assert_eq!(
        VM_REFCNT_EXCLUDE_READERS_FLAG + VM_REFCNT_LIMIT,
        i32::MAX as u32
    );
}
