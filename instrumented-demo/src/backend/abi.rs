//! The kernel's userfaultfd interface: `include/uapi/linux/userfaultfd.h`, as far as we use it.

use std::os::raw::c_ulong;

/// Only faults of user mode are reported, so no privilege is needed (Linux 5.11).
pub(super) const UFFD_USER_MODE_ONLY: i32 = 1;
/// The interface that we speak.
pub(super) const UFFD_API: u64 = 0xAA;
/// Report touches of missing pages.
pub(super) const UFFDIO_REGISTER_MODE_MISSING: u64 = 1;
/// A page was touched that is missing.
pub(super) const UFFD_EVENT_PAGEFAULT: u8 = 0x12;

/// Argument of `UFFDIO_API`.
#[repr(C)]
#[derive(Debug, Default)]
pub(super) struct UffdioApi {
    pub(super) api: u64,
    pub(super) features: u64,
    pub(super) ioctls: u64,
}

/// A range of addresses; argument of `UFFDIO_UNREGISTER` and `UFFDIO_WAKE`.
#[repr(C)]
#[derive(Debug, Default)]
pub(super) struct UffdioRange {
    pub(super) start: u64,
    pub(super) len: u64,
}

/// Argument of `UFFDIO_REGISTER`.
#[repr(C)]
#[derive(Debug, Default)]
pub(super) struct UffdioRegister {
    pub(super) range: UffdioRange,
    pub(super) mode: u64,
    pub(super) ioctls: u64,
}

/// Argument of `UFFDIO_COPY`; `copy` is what the kernel answers.
#[repr(C)]
#[derive(Debug, Default)]
pub(super) struct UffdioCopy {
    pub(super) dst: u64,
    pub(super) src: u64,
    pub(super) len: u64,
    pub(super) mode: u64,
    pub(super) copy: i64,
}

/// Argument of `UFFDIO_ZEROPAGE`; `zeropage` is what the kernel answers.
#[repr(C)]
#[derive(Debug, Default)]
pub(super) struct UffdioZeropage {
    pub(super) range: UffdioRange,
    pub(super) mode: u64,
    pub(super) zeropage: i64,
}

/// What is read from the descriptor; the fields behind `event` are those of a page fault.
#[repr(C)]
#[derive(Debug, Default)]
pub(super) struct UffdMsg {
    pub(super) event: u8,
    reserved1: u8,
    reserved2: u16,
    reserved3: u32,
    flags: u64,
    pub(super) address: u64,
    thread: u64,
}

pub(super) const UFFDIO_API: c_ulong = request::<UffdioApi>(READ | WRITE, 0x3F);
pub(super) const UFFDIO_REGISTER: c_ulong = request::<UffdioRegister>(READ | WRITE, 0x00);
pub(super) const UFFDIO_UNREGISTER: c_ulong = request::<UffdioRange>(READ, 0x01);
pub(super) const UFFDIO_WAKE: c_ulong = request::<UffdioRange>(READ, 0x02);
pub(super) const UFFDIO_COPY: c_ulong = request::<UffdioCopy>(READ | WRITE, 0x03);
pub(super) const UFFDIO_ZEROPAGE: c_ulong = request::<UffdioZeropage>(READ | WRITE, 0x04);

const WRITE: c_ulong = 1;
const READ: c_ulong = 2;
/// The type byte of all requests of userfaultfd.
const UFFDIO: c_ulong = 0xAA;

/// Builds a request number as `_IOC()` does on x86-64 and aarch64: direction, size, type, number.
const fn request<Argument>(direction: c_ulong, number: c_ulong) -> c_ulong {
    direction << 30 | (size_of::<Argument>() as c_ulong) << 16 | UFFDIO << 8 | number
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of the kernel's header, as the preprocessor gives them.
    #[test]
    fn requests_are_those_of_the_header() {
        let requests = [
            (UFFDIO_API, 0xc018_aa3f),
            (UFFDIO_REGISTER, 0xc020_aa00),
            (UFFDIO_UNREGISTER, 0x8010_aa01),
            (UFFDIO_WAKE, 0x8010_aa02),
            (UFFDIO_COPY, 0xc028_aa03),
            (UFFDIO_ZEROPAGE, 0xc020_aa04),
        ];
        for (ours, header) in requests {
            assert_eq!(ours, header, "{header:#x}");
        }
        assert_eq!(size_of::<UffdMsg>(), 32);
    }
}
