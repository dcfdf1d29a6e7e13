//! Why the library could not get into a program.
//!
//! The dynamic linker preloads it: one that is linked statically has none, and for one that runs with the
//! rights of another user the linker ignores what that user did not ask for.
//!
//! # Source
//! `ld.so(8)`, "Secure-execution mode"; `execve(2)`, "Interpreter scripts"; `elf(5)`.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The system follows scripts whose interpreters are scripts for so many steps.
const MOST_SCRIPTS: usize = 4;

/// The longest first line of a script, in bytes.
const LONGEST_START: u64 = 256;

/// Says why `program` cannot be checked; `None` if nothing is known against it.
pub(crate) fn why(program: &OsStr) -> Option<String> {
    let mut file = on_path(program)?;
    let mut runs = String::new();
    for _ in 0..MOST_SCRIPTS {
        let name = file.display().to_string();
        if let Some(interpreter) = interpreter_of(&file) {
            runs = format!(", which runs `{name}`,");
            file = interpreter;
            continue;
        }
        return obstacle(&file).map(|what| format!("`{name}`{runs} is {what}"));
    }
    None
}

/// The file that is executed: one that is named with a folder, else the first of that name on the path.
fn on_path(program: &OsStr) -> Option<PathBuf> {
    if Path::new(program).components().count() > 1 {
        return Some(program.into());
    }
    let path = std::env::var_os("PATH")?;
    let files = std::env::split_paths(&path).map(|folder| folder.join(program));
    let is_executable = |file: &PathBuf| {
        let metadata = file.metadata();
        metadata.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    files.into_iter().find(is_executable)
}

/// What runs the script, if it is one.
fn interpreter_of(file: &Path) -> Option<PathBuf> {
    let mut start = Vec::new();
    let file = File::open(file).ok()?;
    file.take(LONGEST_START).read_to_end(&mut start).ok()?;
    let line = start
        .strip_prefix(b"#!")?
        .split(|&byte| byte == b'\n')
        .next()?;
    let mut words = line.split(u8::is_ascii_whitespace);
    let first = words.find(|word| !word.is_empty())?;
    Some(OsString::from_vec(first.to_vec()).into())
}

/// What keeps the library out.
fn obstacle(file: &Path) -> Option<&'static str> {
    let metadata = file.metadata().ok()?;
    let mode = metadata.mode();
    // SAFETY: the calls only ask the system for two numbers.
    let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
    if mode & libc::S_ISUID != 0 && metadata.uid() != user {
        return Some("setuid, and nothing can be put before its locks");
    }
    if mode & libc::S_ISGID != 0 && metadata.gid() != group {
        return Some("setgid, and nothing can be put before its locks");
    }
    let is_static = File::open(file).and_then(|mut file| names_no_linker(&mut file));
    is_static
        .unwrap_or(false)
        .then_some("linked statically, and nothing can be put before its locks")
}

/// Whether it is an executable of 64 bits, in this machine's order of bytes, that names no dynamic linker.
fn names_no_linker(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    const INTERPRETER: [u8; 4] = 3_u32.to_ne_bytes();
    let mut header = [0; 64];
    file.read_exact(&mut header)?;
    let order = if cfg!(target_endian = "little") { 1 } else { 2 };
    if !header.starts_with(&[0x7f, b'E', b'L', b'F', 2, order]) {
        return Ok(false);
    }
    let half = |at: usize| u16::from_ne_bytes([header[at], header[at + 1]]);
    let (size, count) = (u64::from(half(54)), u64::from(half(56)));
    let mut place = [0; 8];
    place.copy_from_slice(&header[32..40]);
    let table = u64::from_ne_bytes(place);
    for number in 0..count {
        let mut kind = [0; 4];
        file.seek(SeekFrom::Start(table.saturating_add(number * size)))?;
        file.read_exact(&mut kind)?;
        if kind == INTERPRETER {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::names_no_linker;

    /// An executable with segments of these kinds.
    fn executable(kinds: &[u32]) -> Vec<u8> {
        let mut bytes = vec![
            0x7f,
            b'E',
            b'L',
            b'F',
            2,
            u8::from(cfg!(target_endian = "big")) + 1,
        ];
        bytes.resize(64, 0);
        bytes[32..40].copy_from_slice(&64_u64.to_ne_bytes());
        bytes[54..56].copy_from_slice(&56_u16.to_ne_bytes());
        bytes[56..58].copy_from_slice(&(kinds.len() as u16).to_ne_bytes());
        for kind in kinds {
            bytes.extend(kind.to_ne_bytes());
            bytes.resize(bytes.len() + 52, 0);
        }
        bytes
    }

    #[test]
    fn who_names_no_linker_is_linked_statically() {
        let is_static = |bytes: Vec<u8>| names_no_linker(&mut Cursor::new(bytes)).ok();
        assert_eq!(is_static(executable(&[1, 1, 2])), Some(true));
        assert_eq!(is_static(executable(&[6, 3, 1])), Some(false));
        assert_eq!(is_static(vec![b'x'; 64]), Some(false));
        assert_eq!(is_static(executable(&[1])[..70].to_vec()), Some(true));
        assert_eq!(is_static(executable(&[1, 1])[..70].to_vec()), None);
        assert_eq!(is_static(b"\x7fELF".to_vec()), None);
    }
}
