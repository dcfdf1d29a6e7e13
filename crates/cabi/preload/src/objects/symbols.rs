//! Names of variables.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::ptr::null_mut;

use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSymbol as _, SymbolKind};

use super::{Search, each};
use crate::spin::Spin;

/// The variables of one object: by the address in the file, its size and its name.
pub(crate) type Variables = BTreeMap<u64, (u64, String)>;

/// The variables of each object that was asked for.
pub(crate) static NAMES: Spin<BTreeMap<String, Variables>> = Spin::new(BTreeMap::new());

/// What a lock at `address` is called: the variable that it lies in, `pool+0x28`, or the object,
/// `server+0x1c40`; `None` if it lies in neither the program nor a library.
pub(crate) fn name_of(address: usize) -> Option<String> {
    let mut found = None;
    each(|object| {
        if !(object.from..object.to).contains(&address) {
            return Search::GoesOn;
        }
        found = Some((object.path.to_owned(), (address - object.base) as u64));
        Search::Ends
    });
    let (path, at) = found?;
    let path = match path.is_empty() {
        true => std::env::current_exe().ok()?.to_string_lossy().into_owned(),
        false => path,
    };
    let file = path.rsplit('/').next().unwrap_or(&path).to_owned();
    let variable = NAMES.with(|names| {
        let variables = names.entry(path).or_insert_with_key(|path| read(path));
        let (from, (bytes, name)) = variables.range(..=at).next_back()?;
        (at - from < *bytes).then(|| match at - from {
            0 => name.clone(),
            offset => format!("{name}+{offset:#x}"),
        })
    });
    Some(variable.unwrap_or_else(|| format!("{file}+{at:#x}")))
}

/// The variables that a file tells; none if it is stripped or not to be read.
fn read(path: &str) -> Variables {
    let Some(mapped) = Mapped::open(path) else {
        return Variables::new();
    };
    let Ok(file) = ElfFile64::<object::Endianness>::parse(mapped.bytes()) else {
        return Variables::new();
    };
    let symbols = file.symbols().chain(file.dynamic_symbols());
    let data = symbols.filter(|symbol| symbol.kind() == SymbolKind::Data && symbol.size() > 0);
    data.filter_map(|symbol| {
        let name = symbol.name().ok()?.to_owned();
        Some((symbol.address(), (symbol.size(), name)))
    })
    .collect()
}

/// A file in memory, until it is dropped.
struct Mapped {
    at: *mut libc::c_void,
    bytes: usize,
}

impl Mapped {
    fn open(path: &str) -> Option<Self> {
        let file = File::open(path).ok()?;
        let bytes = usize::try_from(file.metadata().ok()?.len()).ok()?;
        let (access, kind) = (libc::PROT_READ, libc::MAP_PRIVATE);
        // SAFETY: a new mapping, wherever there is room.
        let at = unsafe { libc::mmap(null_mut(), bytes, access, kind, file.as_raw_fd(), 0) };
        (at != libc::MAP_FAILED).then_some(Self { at, bytes })
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: it is mapped as long as `self` lives, and a program that runs is not written to.
        unsafe { std::slice::from_raw_parts(self.at.cast(), self.bytes) }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: it was mapped with this size.
        unsafe { libc::munmap(self.at, self.bytes) };
    }
}
