//! Where everything lies: the snapshot cut into slices, the arena into regions of the same size.

use crate::backend::Addresses;
use crate::lease::Tenant;
use crate::page::PAGE;

/// Pages of a region in a small run: 256 KiB.
const REGION_PAGES: usize = 64;

/// Regions of a large run; each is a VMA of the kernel, of which a process may have 65,530.
const REGIONS: usize = 1024;

/// Cuts pages into slices and addresses into regions; slice `i` is at home in region `i`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pages: usize,
    region_pages: usize,
}

impl Layout {
    /// Cuts `pages` pages.
    pub(crate) fn new(pages: usize) -> Self {
        Self {
            pages,
            region_pages: REGION_PAGES.max(pages.div_ceil(REGIONS)),
        }
    }

    /// How many regions there are, and how many slices.
    pub(crate) fn regions(&self) -> usize {
        self.pages.div_ceil(self.region_pages)
    }

    /// Bytes of the arena.
    pub(crate) fn arena_bytes(&self) -> usize {
        self.regions() * self.region_bytes()
    }

    /// Pages of a region; a tenant may have fewer.
    pub(crate) fn region_pages(&self) -> usize {
        self.region_pages
    }

    /// Region and page in it that lie `offset` bytes behind the arena's start.
    pub(crate) fn page_at(&self, offset: usize) -> (usize, usize) {
        (
            offset / self.region_bytes(),
            offset % self.region_bytes() / PAGE,
        )
    }

    /// Slice `index` as a tenant; the last one may be shorter.
    pub(crate) fn slice(&self, index: usize) -> Tenant {
        let first_page = index * self.region_pages;
        Tenant {
            first_page,
            pages: self.region_pages.min(self.pages - first_page),
        }
    }

    /// The slice that begins with page `first_page`, if one does.
    pub(crate) fn slice_at(&self, first_page: usize) -> Option<Tenant> {
        let begins = first_page < self.pages && first_page.is_multiple_of(self.region_pages);
        begins.then(|| self.slice(first_page / self.region_pages))
    }

    /// Where `tenant` lies when it is mapped in region `region` of an arena at `base`.
    pub(crate) fn addresses(&self, base: usize, region: usize, tenant: Tenant) -> Addresses {
        let start = base + region * self.region_bytes();
        start..start + tenant.pages * PAGE
    }

    /// Where region `region` of an arena at `base` lies, whoever is mapped there.
    pub(crate) fn region_addresses(&self, base: usize, region: usize) -> Addresses {
        let start = base + region * self.region_bytes();
        start..start + self.region_bytes()
    }

    fn region_bytes(&self) -> usize {
        self.region_pages * PAGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_cover_every_page_once() {
        for pages in [1, 63, 64, 65, 512, 16_384, 100_000, 1 << 24] {
            let layout = Layout::new(pages);
            let mut next = 0;
            for slice in (0..layout.regions()).map(|index| layout.slice(index)) {
                assert_eq!(slice.first_page, next, "{pages} pages");
                next += slice.pages;
            }
            assert_eq!(next, pages);
            assert!(layout.regions() <= REGIONS, "{pages} pages");
        }
    }
}
