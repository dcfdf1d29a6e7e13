//! What tells one build of an executable from another.

use std::fmt::Write as _;
use std::fs::File;
use std::hash::Hasher as _;
use std::io::Read as _;
use std::path::Path;

use rustc_hash::FxHasher;

/// The build id that the linker gave the running executable, else a hash of its file.
///
/// # Cost
/// The id is read from memory. Without one the file is read once in a process.
pub(super) fn of(executable: &Path) -> String {
    linked_id().unwrap_or_else(|| hash(executable))
}

fn hash(executable: &Path) -> String {
    let mut hasher = FxHasher::default();
    let Ok(mut file) = File::open(executable) else {
        return "unknown".to_owned();
    };
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return format!("hash-{:016x}", hasher.finish()),
            Ok(read) => hasher.write(&buffer[..read]),
            Err(_) => return "unknown".to_owned(),
        }
    }
}

#[cfg(target_os = "linux")]
fn linked_id() -> Option<String> {
    use std::ffi::{c_int, c_void};

    unsafe extern "C" fn look(
        object: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        found: *mut c_void,
    ) -> c_int {
        // SAFETY: `dl_iterate_phdr` hands out a whole description, whose headers are mapped as long as
        // the object is, and `found` is the option that is lent below.
        let (object, found) = unsafe { (&*object, &mut *found.cast::<Option<String>>()) };
        for at in 0..usize::from(object.dlpi_phnum) {
            // SAFETY: there are that many headers.
            let header = unsafe { &*object.dlpi_phdr.add(at) };
            if header.p_type == libc::PT_NOTE {
                let start = object.dlpi_addr.wrapping_add(header.p_vaddr) as usize;
                // SAFETY: a note segment is mapped, readable, at that address and of that length.
                let notes = unsafe {
                    std::slice::from_raw_parts(
                        std::ptr::with_exposed_provenance::<u8>(start),
                        header.p_memsz as usize,
                    )
                };
                *found = found.take().or_else(|| id_in(notes));
            }
        }
        // The first object is the executable.
        1
    }

    let mut found: Option<String> = None;
    // SAFETY: `look` is such a function, and the option outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut found).cast()) };
    found
}

#[cfg(not(target_os = "linux"))]
fn linked_id() -> Option<String> {
    None
}

/// The build id among ELF notes: three words (lengths of name and content, type), then both, each
/// padded to words.
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only ELF has notes")
)]
fn id_in(mut notes: &[u8]) -> Option<String> {
    const BUILD_ID: u32 = 3;
    loop {
        let (head, rest) = notes.split_at_checked(12)?;
        let word =
            |at: usize| u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let padded = |len: u32| (len as usize).next_multiple_of(4);
        let (name, rest) = rest.split_at_checked(padded(word(0)))?;
        let content = rest.get(..word(4) as usize)?;
        if word(8) == BUILD_ID && name == b"GNU\0" {
            let mut id = String::new();
            for byte in content {
                let _ = write!(id, "{byte:02x}");
            }
            return Some(id);
        }
        notes = rest.get(padded(word(4))..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(kind: u32, name: &[u8], content: &[u8]) -> Vec<u8> {
        let mut note = Vec::new();
        for word in [name.len() as u32, content.len() as u32, kind] {
            note.extend(word.to_ne_bytes());
        }
        for part in [name, content] {
            note.extend(part);
            note.resize(note.len().next_multiple_of(4), 0);
        }
        note
    }

    #[test]
    fn the_id_is_found_behind_other_notes() {
        let notes = [
            note(1, b"GNU\0", &[9; 5]),
            note(3, b"GNU\0", &[0xab, 0x01, 0xff]),
        ]
        .concat();
        assert_eq!(id_in(&notes).as_deref(), Some("ab01ff"));
        for cut in 0..notes.len() - 1 {
            assert_eq!(id_in(&notes[..cut]), None, "cut at {cut}");
        }
        assert_eq!(id_in(&note(3, b"Go\0\0", &[1])), None);
    }

    #[test]
    fn this_executable_has_an_id_or_a_hash_and_always_the_same() {
        let executable = std::env::current_exe().expect("a test knows its file");
        let id = of(&executable);
        assert_ne!(id, "unknown");
        assert_eq!(of(&executable), id);
        assert!(hash(&executable).starts_with("hash-"));
        assert_eq!(hash(Path::new("/no/such/file")), "unknown");
    }
}
