//! Which frames of a stack are the host's.

use heldby_model::Frame;

use crate::site::{is_cpp_library, is_rust_library};

/// Whether a frame is the host's, and none of a library's or a runtime's.
pub(super) fn is_host(frame: &Frame) -> bool {
    const FOLDED: [&str; 23] = [
        "std::",
        "core::",
        "alloc::",
        "backtrace::",
        "heldby::",
        "heldby_cabi::",
        "heldby_preload::",
        "heldby_validator::",
        "lock_api::",
        "once_cell::",
        "parking_lot::",
        "parking_lot_core::",
        "test::",
        "tokio::future::",
        "tokio::runtime::",
        "tokio::task::",
        "futures_core::",
        "futures_util::",
        "tracing::",
        "tracing_core::",
        "__",
        "_start",
        "clone",
    ];
    let folded = |site: &heldby_model::Site| {
        is_rust_library(&site.file)
            || is_cpp_library(&site.file)
            || is_ours(&site.file)
            || is_executor(&site.file)
    };
    let site = frame.site.as_ref();
    let in_library = site.is_some_and(folded);
    let name = frame
        .function
        .trim_start_matches('<')
        .trim_start_matches('&');
    const RUNTIME: [&str; 3] = ["start_thread", "rust_begin_unwind", "_Unwind_Backtrace"];
    let runtime = match name {
        // That of a program in C is the host's; that of one in Rust has no place.
        "main" => site.is_none(),
        _ => RUNTIME.contains(&name) || is_c_abi(name),
    };
    !in_library && !FOLDED.iter().any(|prefix| name.starts_with(prefix)) && !runtime
}

/// Whether a function is one of the C ABI.
fn is_c_abi(name: &str) -> bool {
    name.starts_with("heldby_") && !name.contains("::")
}

/// Whether a file polls the host's futures, which an inlined function's name alone need not tell either.
fn is_executor(file: &str) -> bool {
    const PARTS: [&str; 5] = [
        "/src/future/",
        "/src/loom/std/unsafe_cell",
        "/src/macros/",
        "/src/runtime/",
        "/src/task/",
    ];
    let of_tokio = file.contains("/tokio-1.") && PARTS.iter().any(|part| file.contains(part));
    of_tokio || file.contains("/futures-util-0.")
}

/// Whether a file is the engine's or the facade's, which an inlined function's name alone need not
/// tell.
fn is_ours(file: &str) -> bool {
    const ENGINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/");
    let in_facade = |(package, _): (&str, &str)| {
        let name = package.rsplit('/').next().unwrap_or(package);
        let version = name.strip_prefix("heldby").unwrap_or("?");
        version.is_empty() || version.starts_with("-0") || version.starts_with("-1")
    };
    file.starts_with(ENGINE) || file.rsplit_once("/src/").is_some_and(in_facade)
}

#[cfg(test)]
mod tests {
    use super::{Frame, is_host, is_ours};

    #[test]
    fn only_host_frames_are_shown() {
        let rows = [
            ("app::Router::reload", true),
            ("app::main", true),
            ("<app::Guard as core::ops::drop::Drop>::drop", true),
            ("heldby_mm::vma::lock", true),
            ("heldby::sync::mutex::Mutex<T>::lock", false),
            (
                "<heldby_validator::map::LockMap as core::ops::drop::Drop>::drop",
                false,
            ),
            ("std::thread::Builder::spawn", false),
            (
                "core::ops::function::FnOnce::call_once{{vtable.shim}}",
                false,
            ),
            ("__libc_start_main", false),
            ("main", false),
            ("heldby_lock_acquire", false),
            ("<heldby_cabi::lock::HeldbyLock>::map", false),
            ("<tracing::instrument::Instrumented<T>>::poll", false),
            ("lock_api::mutex::Mutex<R,T>::lock", false),
            ("tracing_tree::print", true),
            (
                "tokio::runtime::task::core::Core<T,S>::poll::{{closure}}",
                false,
            ),
            ("tokio::sync::watch::Sender<T>::send_modify", true),
        ];
        for (function, host) in rows {
            let frame = Frame {
                function: function.to_owned(),
                site: None,
            };
            assert_eq!(is_host(&frame), host, "{function}");
        }
        let at = |function: &str, site: &str| Frame {
            function: function.to_owned(),
            site: site.parse().ok(),
        };
        let registry = "/registry/src/index/tokio-1.54.1/src";
        let cell = format!("{registry}/loom/std/unsafe_cell.rs:16:9");
        let with_mut = "tokio::loom::std::unsafe_cell::UnsafeCell<T>::with_mut";
        assert!(!is_host(&at(with_mut, &cell)));
        assert!(!is_host(&at(
            "poll",
            &format!("{registry}/runtime/task/core.rs:380:1")
        )));
        assert!(is_host(&at(
            "send",
            &format!("{registry}/sync/watch.rs:1:1")
        )));
        let inlined = Frame {
            function: "<&dyn core::ops::Fn<()> as core::ops::FnOnce<()>>::call_once".to_owned(),
            site: "/rustc/0123/library/core/src/ops/function.rs:287:21"
                .parse()
                .ok(),
        };
        assert!(!is_host(&inlined));
        let in_c = Frame {
            function: "main".to_owned(),
            site: "src/server.c:40:5".parse().ok(),
        };
        assert!(is_host(&in_c));
        let in_guard = at(
            "std::mutex::lock()",
            "/usr/include/c++/12/bits/std_mutex.h:100:37",
        );
        assert!(!is_host(&in_guard));
    }

    #[test]
    fn our_files_are_told_from_the_hosts() {
        let engine = concat!(env!("CARGO_MANIFEST_DIR"), "/src/hooks.rs");
        let rows = [
            (engine, true),
            ("/home/me/heldby/crates/heldby/src/sync/mutex.rs", true),
            ("/home/me/registry/heldby-0.1.0/src/lib.rs", true),
            ("/home/me/registry/heldby-mm-0.1.0/src/lib.rs", false),
            ("/home/me/heldby/crates/mm/src/lib.rs", false),
            ("/home/me/app/src/main.rs", false),
            ("src/main.rs", false),
        ];
        for (file, ours) in rows {
            assert_eq!(is_ours(file), ours, "{file}");
        }
    }
}
