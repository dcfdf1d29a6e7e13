//! The page: the unit that is stored, faulted in and compared.

/// Bytes of a page, in the snapshot and in memory.
pub(crate) const PAGE: usize = 4096;

/// The contents of one page.
pub(crate) type Page = [u8; PAGE];

/// A page of zeros: what a hole reads as.
pub(crate) const ZEROS: Page = [0; PAGE];

/// Condenses a page into 64 bits, so that touchers can judge one without keeping the source at hand.
///
/// A multiply-rotate over words: every input bit reaches the result, and 4 KiB take well under a
/// microsecond. It guards against mistakes, not against an adversary.
pub(crate) fn checksum(page: &Page) -> u64 {
    let (words, _) = page.as_chunks::<8>();
    words.iter().fold(0x9e37_79b9_7f4a_7c15, |sum: u64, word| {
        (sum ^ u64::from_le_bytes(*word))
            .wrapping_mul(0xff51_afd7_ed55_8ccd)
            .rotate_left(29)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_sees_every_byte() {
        let whole = checksum(&ZEROS);
        for at in 0..PAGE {
            let mut page = ZEROS;
            page[at] = 1;
            assert_ne!(checksum(&page), whole, "byte {at}");
        }
    }
}
