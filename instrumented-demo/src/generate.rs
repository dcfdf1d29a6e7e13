//! The generated input: the same bytes on every run, half of them compressible.

use crate::page::{PAGE, Page, ZEROS};

/// Every so many pages there is a hole, so that the way of zero pages is taken too.
const HOLE_EVERY: u64 = 16;

/// What fills the compressible pages.
const TEXT: &[u8] = b"mmap_lock guards the tree, vm_lock guards one VMA; ";

/// Makes page `index`: a hole, noise or text.
///
/// Every page but a hole starts with its number, so that no two are equal and a page of the wrong
/// owner is noticed.
pub(crate) fn page(index: u64) -> Page {
    let mut page = ZEROS;
    if index % HOLE_EVERY == HOLE_EVERY - 1 {
        return page;
    }
    if index.is_multiple_of(2) {
        fill_with_noise(&mut page, index);
    } else {
        fill_with_text(&mut page);
    }
    page[..8].copy_from_slice(&(index + 1).to_le_bytes());
    page
}

fn fill_with_text(page: &mut Page) {
    for chunk in page.chunks_mut(TEXT.len()) {
        chunk.copy_from_slice(&TEXT[..chunk.len()]);
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014), seeded by the page's number.
fn fill_with_noise(page: &mut Page, index: u64) {
    let mut state = index.wrapping_mul(PAGE as u64);
    for word in page.as_chunks_mut::<8>().0 {
        *word = next_random(&mut state).to_le_bytes();
    }
}

/// Steps SplitMix64; also what touchers and churners roll their dice with.
pub(crate) fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn pages_differ_unless_they_are_holes() {
        let pages = 16 * HOLE_EVERY;
        let distinct: HashSet<Page> = (0..pages).map(page).collect();
        let holes = pages / HOLE_EVERY;
        assert_eq!(distinct.len() as u64, pages - holes + 1);
    }

    #[test]
    fn half_of_it_compresses() {
        let shrinks = |index: &u64| lz4_flex::block::compress(&page(*index)).len() < PAGE / 4;
        assert_eq!((0..64).filter(shrinks).count(), 32);
    }
}
