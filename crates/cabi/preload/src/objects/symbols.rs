//! Names of variables, and which functions are of the C++ library's templates or make locks for others.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;

use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSymbol as _, SymbolKind};

use super::{Search, each};
use crate::maker;
use crate::spin::Spin;

/// A variable of so many bytes is taken for an array, of which each lock would be a class of its own otherwise.
const ARRAY_BYTES: u64 = 64 << 10;

/// What a lock in static memory lies in.
pub(crate) enum Variable {
    /// Its place by name: the variable, `pool+0x28`, or the object, `server+0x1c40`.
    Place(String),
    /// An array, `pool[]`, whose locks are of one kind.
    Array(String),
}

/// Functions by their address in the file, with the size.
type Functions = BTreeMap<u64, u64>;

/// The names of one object, each kind of which is read when it is first asked for.
pub(crate) struct Named {
    path: PathBuf,
    /// Those of its variables, as the linker has them: by the address in the file, with the size.
    variables: OnceCell<BTreeMap<u64, (u64, Box<str>)>>,
    /// Its functions that are the C++ library's.
    templates: OnceCell<Functions>,
    /// Those that make locks for others.
    makers: OnceCell<Functions>,
}

/// The names of each object that was asked for, by its path.
pub(crate) static NAMES: Spin<BTreeMap<String, Named>> = Spin::new(BTreeMap::new());

/// What a lock at `address` lies in; `None` if it lies in neither the program nor a library.
pub(crate) fn variable_at(address: usize) -> Option<Variable> {
    in_object(address, Named::variable_at)
}

/// Whether the code at `address` is of a function that the C++ library's headers made in the program, such as
/// `std::mutex::lock`. Where symbols are stripped nothing is known.
pub(crate) fn is_template(address: usize) -> bool {
    in_object(address, Named::is_template).unwrap_or(false)
}

/// Whether the code at `address` is of a function that makes locks for others, see [`maker`].
pub(crate) fn is_maker(address: usize) -> bool {
    in_object(address, Named::is_maker).unwrap_or(false)
}

/// Asks the names of the object at `address`, which are read once.
fn in_object<R>(address: usize, ask: impl FnOnce(&Named, u64) -> R) -> Option<R> {
    let mut found = None;
    each(|object| {
        if !(object.from..object.to).contains(&address) {
            return Search::GoesOn;
        }
        found = Some((object.path.to_owned(), (address - object.base) as u64));
        Search::Ends
    });
    let (path, at) = found?;
    Some(NAMES.with(|names| {
        let named = names.entry(path).or_insert_with_key(|path| Named::of(path));
        ask(named, at)
    }))
}

impl Named {
    /// The names of the object at `path`, which is empty for the program.
    fn of(path: &str) -> Self {
        Self {
            path: match path.is_empty() {
                true => std::env::current_exe().unwrap_or_default(),
                false => PathBuf::from(path),
            },
            variables: OnceCell::new(),
            templates: OnceCell::new(),
            makers: OnceCell::new(),
        }
    }

    /// What `look` finds in the file; nothing if that cannot be read.
    fn read<T: Default>(&self, look: impl FnOnce(&Elf<'_>) -> T) -> T {
        let mapped = Mapped::open(&self.path);
        let bytes = mapped.as_ref().map_or(&[][..], Mapped::bytes);
        let elf = ElfFile64::parse(bytes).ok();
        elf.as_ref().map(look).unwrap_or_default()
    }

    fn is_template(&self, at: u64) -> bool {
        has(self.templates.get_or_init(|| self.read(templates)), at)
    }

    fn is_maker(&self, at: u64) -> bool {
        has(self.makers.get_or_init(|| self.read(makers)), at)
    }

    /// What lies at an address of the file.
    fn variable_at(&self, at: u64) -> Variable {
        let variables = self.variables.get_or_init(|| self.read(variables));
        let variable = variables.range(..=at).next_back();
        let variable = variable.map(|(from, (bytes, name))| (at - from, *bytes, name));
        let inside = variable.filter(|(offset, bytes, _)| offset < bytes);
        match inside.map(|(offset, bytes, name)| (offset, bytes, demangled(name))) {
            Some((_, ARRAY_BYTES.., name)) => Variable::Array(format!("{name}[]")),
            Some((0, _, name)) => Variable::Place(name),
            Some((offset, _, name)) => Variable::Place(format!("{name}+{offset:#x}")),
            None => {
                let file = self.path.file_name().unwrap_or_default();
                Variable::Place(format!("{}+{at:#x}", file.display()))
            }
        }
    }
}

/// Whether one of the functions is at an address of the file.
fn has(functions: &Functions, at: u64) -> bool {
    let function = functions.range(..=at).next_back();
    function.is_some_and(|(from, bytes)| at - from < *bytes)
}

type Elf<'a> = ElfFile64<'a, object::Endianness>;

/// The variables that a file tells; none if it is stripped.
fn variables(file: &Elf<'_>) -> BTreeMap<u64, (u64, Box<str>)> {
    let symbols = file.symbols().chain(file.dynamic_symbols());
    let data = symbols.filter(|symbol| symbol.kind() == SymbolKind::Data && symbol.size() > 0);
    let named = data.filter_map(|symbol| {
        Some((
            symbol.address(),
            (symbol.size(), symbol.name().ok()?.into()),
        ))
    });
    named.collect()
}

/// The functions of the C++ library that a file tells.
fn templates(file: &Elf<'_>) -> Functions {
    const PREFIXES: [&[u8]; 4] = [b"_ZNSt", b"_ZNKSt", b"_ZSt", b"_ZN9__gnu_cxx"];
    functions(file, |name| {
        let is_static = name.starts_with(b"_ZL");
        PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            || is_static && name.windows(9).any(|part| part == b"__gthread")
    })
}

/// The functions that make locks for others which a file tells.
fn makers(file: &Elf<'_>) -> Functions {
    functions(file, maker::is_one)
}

/// The functions of a file by their names; of one that is stripped, those that others may call.
fn functions(file: &Elf<'_>, is_one: impl Fn(&[u8]) -> bool) -> Functions {
    let symbols = file.symbols().chain(file.dynamic_symbols());
    let functions = symbols.filter(|symbol| symbol.kind() == SymbolKind::Text);
    let named = functions.filter(|symbol| symbol.name_bytes().is_ok_and(&is_one));
    named
        .map(|symbol| (symbol.address(), symbol.size()))
        .collect()
}

/// The name as C++ has it. That of a variable of C could be taken for a type.
fn demangled(name: &str) -> String {
    let mangled = name.starts_with("_Z").then_some(name);
    let symbol = mangled.and_then(|name| cpp_demangle::Symbol::new(name).ok());
    let plain = symbol.and_then(|symbol| symbol.demangle().ok());
    plain.unwrap_or_else(|| name.to_owned())
}

/// A file in memory, until it is dropped.
struct Mapped {
    at: *mut libc::c_void,
    bytes: usize,
}

impl Mapped {
    fn open(path: &Path) -> Option<Self> {
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
