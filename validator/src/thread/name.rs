//! What a thread is called: by the Rust library, or by the system if that did not make it.

/// The name of the calling thread; `None` if nobody gave it one.
pub(super) fn of_this_thread() -> Option<String> {
    let given = std::thread::current().name().map(str::to_owned);
    given.or_else(foreign)
}

/// A thread that was given no name has that of the process, and so has the first one.
#[cfg(target_os = "linux")]
fn foreign() -> Option<String> {
    // SAFETY: both only ask.
    if unsafe { libc::getpid() == libc::gettid() } {
        return Some("main".to_owned());
    }
    let inherited = std::fs::read_to_string("/proc/self/comm").ok()?;
    let mut name = [0_u8; 16];
    // SAFETY: the system writes at most 16 bytes to the name, the last of which is 0.
    let told = unsafe { libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr()) };
    let end = name.iter().position(|&byte| byte == 0)?;
    let name = String::from_utf8_lossy(&name[..end]);
    let given = told == 0 && !name.is_empty() && name != inherited.trim_end_matches('\n');
    given.then(|| name.into_owned())
}

#[cfg(not(target_os = "linux"))]
fn foreign() -> Option<String> {
    None
}
