//! Places that are known by a return address, looked up once.

use dashmap::DashMap;
use once_cell::race::OnceBox;

use super::{OwnPlace, is_cpp_library};
use crate::cold::Inside;
use crate::stack;

/// The place of the call that returns to `address`; kept for ever.
pub(super) fn place(address: usize) -> &'static OwnPlace {
    static PLACES: OnceBox<DashMap<usize, &'static OwnPlace>> = OnceBox::new();
    let _inside = Inside::enter();
    let places = PLACES.get_or_init(Box::default);
    if let Some(place) = places.get(&address) {
        return *place;
    }
    // Looked up with nothing locked: it reads files.
    let place = look_up(address);
    *places
        .entry(address)
        .or_insert_with(|| Box::leak(Box::new(place)))
}

fn look_up(address: usize) -> OwnPlace {
    let mut sites = stack::sites(address);
    // What was inlined of the C++ library is not where the host is.
    let host = sites.iter().position(|site| !is_cpp_library(&site.file));
    let site = (!sites.is_empty()).then(|| sites.swap_remove(host.unwrap_or(0)));
    let (file, line, column) = match site {
        Some(site) => (site.file.into_owned(), site.line, site.column),
        None => (object::name_of(address), 0, 0),
    };
    OwnPlace {
        file: Box::leak(file.into_boxed_str()),
        line,
        column,
    }
}

pub(crate) mod object {
    //! The program or library that an address lies in.

    /// Name of the object and the address in it, as `server+0x1c40`; the address alone where no object
    /// has it.
    pub(crate) fn name_of(address: usize) -> String {
        let found = find(address).map(|(path, at)| {
            let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
            format!("{name}+{at:#x}")
        });
        found.unwrap_or_else(|| format!("{address:#x}"))
    }

    #[cfg(not(target_os = "linux"))]
    fn find(_address: usize) -> Option<(String, usize)> {
        None
    }

    /// Path of the object, and the address as the file tells it.
    #[cfg(target_os = "linux")]
    fn find(address: usize) -> Option<(String, usize)> {
        use std::ffi::{CStr, c_int, c_void};

        struct Search {
            address: usize,
            found: Option<(String, usize)>,
        }

        unsafe extern "C" fn look(
            info: *mut libc::dl_phdr_info,
            _size: libc::size_t,
            search: *mut c_void,
        ) -> c_int {
            // SAFETY: the caller of this is `dl_iterate_phdr`, which lends an entry and hands on what
            // it was given.
            let (info, search) = unsafe { (&*info, &mut *search.cast::<Search>()) };
            let at = search.address.wrapping_sub(info.dlpi_addr as usize);
            // SAFETY: the entry tells where its headers are, and how many.
            let headers =
                unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
            let has = |header: &libc::Elf64_Phdr| {
                header.p_type == libc::PT_LOAD
                    && at.wrapping_sub(header.p_vaddr as usize) < header.p_memsz as usize
            };
            if !headers.iter().any(has) {
                return 0;
            }
            // SAFETY: a name is a C string, or null.
            let name =
                (!info.dlpi_name.is_null()).then(|| unsafe { CStr::from_ptr(info.dlpi_name) });
            let name = name.map(|name| name.to_string_lossy().into_owned());
            let path = name.filter(|name| !name.is_empty()).unwrap_or_else(|| {
                let program = std::env::current_exe().unwrap_or_default();
                program.to_string_lossy().into_owned()
            });
            search.found = Some((path, at));
            1
        }

        let mut search = Search {
            address,
            found: None,
        };
        // SAFETY: `look` takes what is handed on for what it is, and unwinds nowhere.
        unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut search).cast()) };
        search.found
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::object;
    use crate::site::Site;

    #[test]
    fn a_return_address_is_a_line_of_the_host() {
        let mut files = Vec::new();
        backtrace::trace(|frame| {
            let site = Site::returning_to(frame.ip().addr()).to_model();
            files.push(site.file.into_owned());
            true
        });
        let ours = |file: &String| file.ends_with("site/code.rs");
        assert!(files.iter().any(ours), "{files:?}");
    }

    #[test]
    fn without_lines_a_place_is_an_address_in_its_object() {
        static INSIDE: u8 = 0;
        let inside = std::ptr::from_ref(&INSIDE).addr();
        let static_place = object::name_of(inside);
        assert!(static_place.contains("heldby_validator-"), "{static_place}");
        assert_eq!(object::name_of(1), "0x1");
        let nowhere = Site::returning_to(2).to_model();
        assert_eq!(nowhere.to_string(), "0x2");
        assert_eq!(nowhere.line, 0);
    }
}
