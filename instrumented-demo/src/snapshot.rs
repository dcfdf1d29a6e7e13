//! The snapshot: the source as independently compressed pages, the backing of every VMA.

use std::fmt;
use std::io;
use std::ops::Range;

use crate::page::{PAGE, Page, ZEROS, checksum};
use crate::source::Source;

/// All pages, each a frame that is unpacked without looking at any other.
pub(crate) struct Snapshot {
    frames: Vec<Frame>,
    /// The packed bytes of all frames, one behind the other.
    packed: Vec<u8>,
}

struct Frame {
    form: Form,
    /// Of the unpacked page.
    checksum: u64,
}

enum Form {
    /// Nothing but zeros; no bytes are stored.
    Hole,
    /// Stored as it is, since it does not compress.
    Plain(Range<usize>),
    /// One LZ4 block.
    Lz4(Range<usize>),
}

/// What a fault is served with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unpacked {
    /// A page of zeros; the buffer was not written.
    Hole,
    /// The buffer holds the page.
    Page,
}

impl Snapshot {
    /// Packs every page of `source`.
    pub(crate) fn pack(source: &mut Source) -> io::Result<Self> {
        let mut snapshot = Self {
            frames: Vec::with_capacity(source.pages()),
            packed: Vec::new(),
        };
        let mut page = ZEROS;
        for index in 0..source.pages() {
            source.read_page(index, &mut page)?;
            snapshot.push(&page);
        }
        Ok(snapshot)
    }

    fn push(&mut self, page: &Page) {
        let form = if *page == ZEROS {
            Form::Hole
        } else {
            self.store(page)
        };
        self.frames.push(Frame {
            form,
            checksum: checksum(page),
        });
    }

    fn store(&mut self, page: &Page) -> Form {
        let start = self.packed.len();
        let block = lz4_flex::block::compress(page);
        if block.len() < PAGE {
            self.packed.extend_from_slice(&block);
            Form::Lz4(start..self.packed.len())
        } else {
            self.packed.extend_from_slice(page);
            Form::Plain(start..self.packed.len())
        }
    }

    /// Unpacks page `index` into `page`.
    pub(crate) fn unpack(&self, index: usize, page: &mut Page) -> Unpacked {
        match &self.frames[index].form {
            Form::Hole => return Unpacked::Hole,
            Form::Plain(range) => page.copy_from_slice(&self.packed[range.clone()]),
            Form::Lz4(range) => {
                let len = lz4_flex::block::decompress_into(&self.packed[range.clone()], page);
                assert_eq!(
                    len.ok(),
                    Some(PAGE),
                    "frame {index} was packed by this very process"
                );
            }
        }
        Unpacked::Page
    }

    /// The checksum that page `index` had when it was packed.
    pub(crate) fn checksum(&self, index: usize) -> u64 {
        self.frames[index].checksum
    }

    /// Pages in it.
    pub(crate) fn pages(&self) -> usize {
        self.frames.len()
    }

    /// Bytes that the packed frames take.
    pub(crate) fn packed_bytes(&self) -> usize {
        self.packed.len()
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("pages", &self.pages())
            .field("packed_bytes", &self.packed_bytes())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacks_what_was_packed() {
        let mut source = Source::open(None, 1).expect("the folder for temporary files is writable");
        let snapshot = Snapshot::pack(&mut source).expect("it was just written");
        assert_eq!(snapshot.pages(), 256);
        assert!(snapshot.packed_bytes() < (1 << 20) * 6 / 10);

        let (mut packed, mut expected) = (ZEROS, ZEROS);
        for index in 0..snapshot.pages() {
            source
                .read_page(index, &mut expected)
                .expect("it is that long");
            match snapshot.unpack(index, &mut packed) {
                Unpacked::Hole => assert_eq!(expected, ZEROS, "page {index}"),
                Unpacked::Page => assert_eq!(packed, expected, "page {index}"),
            }
            assert_eq!(
                snapshot.checksum(index),
                checksum(&expected),
                "page {index}"
            );
        }
    }
}
