//! The kernel as the backend: userfaultfd, without any privilege.
//!
//! # What is deliberately absent
//!
//! No `UFFD_FEATURE_EVENT_*`: with them `munmap` would wait until its event is read, and the only
//! readers are pagers that may wait for the very lock that the unmapping churner holds.
//!
//! Unmapped parts of the arena are not given back to the kernel but reserved again without access.
//! A hole could be taken by anybody's `mmap`, and the next fixed mapping would destroy that.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::raw::{c_int, c_ulong};
use std::ptr;

use super::abi::*;
use super::{Access, Addresses, Backend, Contents, Fill, Next, Refused};
use crate::page::{PAGE, Page};

/// Private memory that takes no room until it is filled.
const ANONYMOUS: c_int = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;

/// A userfaultfd and the arena that it watches.
#[derive(Debug)]
pub(super) struct Uffd {
    uffd: OwnedFd,
    /// An eventfd that is readable once the run is over.
    ended: OwnedFd,
    arena: Addresses,
}

impl Uffd {
    /// Opens a userfaultfd and reserves an arena of `bytes`.
    pub(super) fn open(bytes: usize) -> Result<Self, Refused> {
        check_page_size()?;
        let uffd = userfaultfd()?;
        let mut api = UffdioApi {
            api: UFFD_API,
            ..UffdioApi::default()
        };
        ioctl(uffd.as_raw_fd(), UFFDIO_API, &mut api).map_err(|error| Refused {
            cause: format!("the kernel does not speak userfaultfd API {UFFD_API:#x} ({error})"),
            remedy: "use a kernel of 5.11 or later",
        })?;
        let system = |error: io::Error| Refused {
            cause: format!("the kernel refuses an arena of {bytes} bytes ({error})"),
            remedy: "use a smaller --mib",
        };
        let ended = eventfd().map_err(system)?;
        let start = reserve(bytes).map_err(system)?;
        Ok(Self {
            uffd,
            ended,
            arena: start..start + bytes,
        })
    }

    fn ioctl<Argument>(&self, request: c_ulong, argument: &mut Argument) -> io::Result<()> {
        ioctl(self.uffd.as_raw_fd(), request, argument)
    }

    fn check(&self, range: &Addresses) {
        let inside = self.arena.start <= range.start && range.end <= self.arena.end;
        assert!(
            inside && range.start < range.end,
            "{range:x?} is not in {:x?}",
            self.arena
        );
    }

    /// Sleeps until there may be a fault to read, or the run is over.
    fn wait(&self) {
        let mut polled = [self.uffd.as_raw_fd(), self.ended.as_raw_fd()].map(|fd| libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        });
        // SAFETY: the pointer and the length are those of one live array.
        // An error can only be EINTR; the caller looks again anyway.
        unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, -1) };
    }

    fn is_ended(&self) -> bool {
        let mut polled = libc::pollfd {
            fd: self.ended.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: the pointer is to one live element; a timeout of 0 only looks.
        unsafe { libc::poll(&mut polled, 1, 0) == 1 }
    }

    /// Reads one fault; `None` when there is none, or another pager was faster.
    fn read_fault(&self) -> Option<usize> {
        let mut message = UffdMsg::default();
        let size = size_of::<UffdMsg>();
        // SAFETY: `message` is writable for `size` bytes, and any bytes are a valid `UffdMsg`.
        let got = unsafe { libc::read(self.uffd.as_raw_fd(), (&raw mut message).cast(), size) };
        let whole = usize::try_from(got) == Ok(size);
        let fault = whole && message.event == UFFD_EVENT_PAGEFAULT;
        fault.then_some(message.address as usize & !(PAGE - 1))
    }
}

impl Backend for Uffd {
    fn name(&self) -> &'static str {
        "uffd"
    }

    fn base(&self) -> usize {
        self.arena.start
    }

    fn map(&self, range: Addresses) -> io::Result<()> {
        self.check(&range);
        let rights = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the range lies in the arena, which is ours, and the region's lease is revoked or
        // not yet granted, so that nobody reads what is replaced.
        unsafe { map_fixed(&range, rights)? };
        self.ioctl(
            UFFDIO_REGISTER,
            &mut UffdioRegister {
                range: kernel_range(&range),
                mode: UFFDIO_REGISTER_MODE_MISSING,
                ioctls: 0,
            },
        )
    }

    fn unmap(&self, range: Addresses) -> io::Result<()> {
        self.check(&range);
        // SAFETY: as in `map`.
        unsafe { map_fixed(&range, libc::PROT_NONE) }
    }

    fn protect(&self, range: Addresses, access: Access) -> io::Result<()> {
        self.check(&range);
        let rights = match access {
            Access::None => libc::PROT_NONE,
            Access::Read => libc::PROT_READ | libc::PROT_WRITE,
        };
        // SAFETY: the range lies in our arena and its lease is revoked, so that nobody reads it.
        answer(unsafe { libc::mprotect(range.start as *mut _, range.len(), rights) })
    }

    fn evict(&self, range: Addresses) -> io::Result<()> {
        self.check(&range);
        // SAFETY: the range lies in our arena and stays mapped; who reads it meanwhile faults and is
        // served the same bytes again.
        answer(unsafe { libc::madvise(range.start as *mut _, range.len(), libc::MADV_DONTNEED) })
    }

    fn next_fault(&self) -> Next {
        loop {
            if let Some(address) = self.read_fault() {
                return Next::Fault(address);
            }
            if self.is_ended() {
                return Next::Ended;
            }
            self.wait();
        }
    }

    fn fill(&self, address: usize, contents: Contents<'_>) -> io::Result<Fill> {
        let range = address..address + PAGE;
        self.check(&range);
        let result = match contents {
            Contents::Page(page) => self.ioctl(
                UFFDIO_COPY,
                &mut UffdioCopy {
                    dst: address as u64,
                    src: page.as_ptr() as u64,
                    len: PAGE as u64,
                    ..UffdioCopy::default()
                },
            ),
            Contents::Zeros => self.ioctl(
                UFFDIO_ZEROPAGE,
                &mut UffdioZeropage {
                    range: kernel_range(&range),
                    ..UffdioZeropage::default()
                },
            ),
        };
        match result.map_err(|error| (error.raw_os_error(), error)) {
            Ok(()) => Ok(Fill::Installed),
            Err((Some(libc::EAGAIN), _)) => Ok(Fill::Again),
            Err((Some(libc::ENOENT), _)) => Ok(Fill::Gone),
            Err((Some(libc::EEXIST), _)) => {
                // This outcome wakes nobody, and who faulted between the two copies still waits.
                self.wake(address);
                Ok(Fill::AlreadyThere)
            }
            Err((_, error)) => Err(error),
        }
    }

    fn wake(&self, address: usize) {
        let mut range = kernel_range(&(address..address + PAGE));
        // The range is registered or nobody waits there; either way there is nothing to do.
        let _ = self.ioctl(UFFDIO_WAKE, &mut range);
    }

    fn touch(&self, address: usize, page: &mut Page) {
        let source: *const Page = ptr::with_exposed_provenance(address);
        // SAFETY: the caller's lease keeps the page mapped and readable; the load waits until the
        // kernel has installed it, and nobody writes it afterwards.
        // It must be a plain load: a system call on a missing page gets EFAULT in user-mode-only.
        *page = unsafe { ptr::read_volatile(source) };
    }

    fn end(&self) {
        let one = 1u64.to_ne_bytes();
        // SAFETY: `one` is readable for its length; writing to an eventfd has no other effect.
        let written =
            unsafe { libc::write(self.ended.as_raw_fd(), one.as_ptr().cast(), one.len()) };
        assert_eq!(
            usize::try_from(written),
            Ok(one.len()),
            "an eventfd takes 8 bytes"
        );
    }

    fn abandon(&self) {
        // Nothing is watched any more: whoever waits is woken, and gets zeros.
        let _ = self.ioctl(UFFDIO_UNREGISTER, &mut kernel_range(&self.arena));
    }
}

impl Drop for Uffd {
    fn drop(&mut self) {
        // SAFETY: the arena is ours, and with the backend goes everybody who could touch it.
        unsafe { libc::munmap(self.arena.start as *mut _, self.arena.len()) };
    }
}

fn check_page_size() -> Result<(), Refused> {
    // SAFETY: sysconf only reads.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    if usize::try_from(bytes) == Ok(PAGE) {
        return Ok(());
    }
    Err(Refused {
        cause: format!("this kernel's pages have {bytes} bytes, the snapshot's {PAGE}"),
        remedy: "use a kernel with pages of 4096 bytes",
    })
}

fn userfaultfd() -> Result<OwnedFd, Refused> {
    let flags = UFFD_USER_MODE_ONLY | libc::O_CLOEXEC | libc::O_NONBLOCK;
    // SAFETY: the system call takes one integer.
    let fd = unsafe { libc::syscall(libc::SYS_userfaultfd, flags) };
    if let Ok(fd) = RawFd::try_from(fd)
        && fd >= 0
    {
        // SAFETY: the kernel just gave us this descriptor; nobody else owns it.
        return Ok(unsafe { OwnedFd::from_raw_fd(fd) });
    }
    let error = io::Error::last_os_error();
    Err(Refused {
        cause: format!("userfaultfd: {error}"),
        remedy: remedy(&error),
    })
}

/// What helps against an error of userfaultfd(2).
fn remedy(error: &io::Error) -> &'static str {
    match error.raw_os_error() {
        Some(libc::EPERM) => "let the sandbox or its seccomp profile allow userfaultfd(2)",
        Some(libc::ENOSYS) => "use a kernel built with CONFIG_USERFAULTFD",
        Some(libc::EINVAL) => "use a kernel of 5.11 or later, which has UFFD_USER_MODE_ONLY",
        Some(libc::EMFILE | libc::ENFILE) => "raise the limit of open files",
        _ => "use a kernel of 5.11 or later and a sandbox that allows userfaultfd(2)",
    }
}

fn eventfd() -> io::Result<OwnedFd> {
    // SAFETY: the system call takes two integers.
    let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
    answer(fd.min(0))?;
    // SAFETY: the kernel just gave us this descriptor; nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn kernel_range(range: &Addresses) -> UffdioRange {
    UffdioRange {
        start: range.start as u64,
        len: range.len() as u64,
    }
}

fn ioctl<Argument>(fd: RawFd, request: c_ulong, argument: &mut Argument) -> io::Result<()> {
    // SAFETY: `request` carries the size of its argument, and each is used with the type that it
    // was made from; the kernel keeps no pointer.
    // What `UFFDIO_COPY` writes and reads is named by the caller: a page of the arena and a page.
    answer(unsafe { libc::ioctl(fd, request as _, ptr::from_mut(argument)) })
}

/// Reserves addresses without access.
fn reserve(bytes: usize) -> io::Result<usize> {
    // SAFETY: without MAP_FIXED a new mapping touches no other.
    let start = unsafe { libc::mmap(ptr::null_mut(), bytes, libc::PROT_NONE, ANONYMOUS, -1, 0) };
    if start == libc::MAP_FAILED {
        Err(io::Error::last_os_error())
    } else {
        Ok(start as usize)
    }
}

/// Replaces what is mapped at `range` by fresh private memory with `rights`.
///
/// # Safety
/// The range is the caller's to replace, and nobody reads it.
unsafe fn map_fixed(range: &Addresses, rights: c_int) -> io::Result<()> {
    let flags = ANONYMOUS | libc::MAP_FIXED;
    // SAFETY: the caller's promise.
    let start = unsafe { libc::mmap(range.start as *mut _, range.len(), rights, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

fn answer(result: c_int) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
