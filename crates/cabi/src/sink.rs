//! Reports for functions of the host.

use std::ffi::{CString, c_char, c_uint, c_void};
use std::fmt;
use std::sync::Arc;

use heldby_model::{Certainty, Findings, Report, render};
use heldby_validator::{Sink, Validator};

use crate::text::to_c;

/// One finding, for as long as the function runs that gets it.
#[repr(C)]
#[derive(Debug)]
pub struct HeldbyReport {
    /// The code, such as `HB0001`; `heldby explain` tells what it means.
    pub code: *const c_char,
    /// What was found, such as `circular-dependency`.
    pub kind: *const c_char,
    /// `possible`, or `now` for what is so at this moment.
    pub certainty: *const c_char,
    /// One sentence: which locks, and what is wrong.
    pub title: *const c_char,
    /// The thread that made it known.
    pub thread: *const c_char,
    /// Where.
    pub file: *const c_char,
    /// Its line.
    pub line: c_uint,
    /// The report as it stands on stderr, without source lines and colours.
    pub text: *const c_char,
    /// All of it, as `heldby report --format json` prints it.
    pub json: *const c_char,
}

/// Gets each report, and what was given with it.
pub type HeldbySink = Option<unsafe extern "C" fn(report: *const HeldbyReport, data: *mut c_void)>;

/// A function of the host, and what it is given.
struct Callback {
    sink: unsafe extern "C" fn(*const HeldbyReport, *mut c_void),
    data: *mut c_void,
}

// SAFETY: the header asks for a function that any thread may call with this data.
unsafe impl Send for Callback {}
// SAFETY: as above.
unsafe impl Sync for Callback {}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

impl Sink for Callback {
    fn report(&self, report: &Report) {
        let texts = Texts::of(report);
        // SAFETY: the host promised a function that may be called with this data; all texts live until
        // it returns.
        unsafe { (self.sink)(&texts.lend(report.site.line), self.data) };
    }
}

/// What a report says, in C strings.
struct Texts {
    code: CString,
    kind: CString,
    certainty: CString,
    title: CString,
    thread: CString,
    file: CString,
    text: CString,
    json: CString,
}

impl Texts {
    fn of(report: &Report) -> Self {
        let findings = Findings::new(vec![report.clone()], Vec::new(), Vec::new());
        Self {
            code: to_c(report.code.as_str()),
            kind: to_c(report.kind.as_str()),
            certainty: to_c(certainty(report.certainty)),
            title: to_c(&report.title),
            thread: to_c(&report.thread),
            file: to_c(&report.site.file),
            text: to_c(&render::text(report, render::TextOptions::default())),
            json: to_c(&findings.to_json()),
        }
    }

    fn lend(&self, line: c_uint) -> HeldbyReport {
        HeldbyReport {
            code: self.code.as_ptr(),
            kind: self.kind.as_ptr(),
            certainty: self.certainty.as_ptr(),
            title: self.title.as_ptr(),
            thread: self.thread.as_ptr(),
            file: self.file.as_ptr(),
            line,
            text: self.text.as_ptr(),
            json: self.json.as_ptr(),
        }
    }
}

fn certainty(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Possible => "possible",
        Certainty::Now => "now",
    }
}

/// Has `sink` called with every report from now on, and with `data`; null does nothing.
///
/// It runs on the thread that made the report known, which still holds what it held; its own locks are
/// not checked meanwhile. heldby_install() can have nothing else tell of a report.
///
/// # Safety
/// Any thread may call `sink` with `data` until the process ends, several at once; it must return, not
/// throw or jump.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_add_sink(sink: HeldbySink, data: *mut c_void) {
    if let Some(sink) = sink {
        Validator::global().add_sink(Arc::new(Callback { sink, data }));
    }
}
