//! The source: the file whose pages are served, and that everything is compared with at the end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::exit::BadInput;
use crate::generate;
use crate::page::{PAGE, Page};

const MIB: u64 = 1 << 20;

/// A regular file, or the first part of it.
#[derive(Debug)]
pub(crate) struct Source {
    file: File,
    /// Bytes of it that are served.
    len: u64,
    title: String,
}

impl Source {
    /// Opens `path`, or generates a file when there is none, and serves at most `mib` MiB of it.
    pub(crate) fn open(path: Option<&Path>, mib: u64) -> Result<Self, BadInput> {
        match path {
            Some(path) => Self::existing(path, mib),
            None => Self::generated(mib),
        }
    }

    fn existing(path: &Path, mib: u64) -> Result<Self, BadInput> {
        let shown = path.display();
        let refused = |error: io::Error| BadInput::new(format!("cannot read `{shown}`: {error}"));
        let meta = fs::metadata(path).map_err(refused)?;
        if !meta.is_file() {
            return Err(BadInput::new(format!(
                "cannot page `{shown}`: it is not a regular file"
            )));
        }
        if meta.len() == 0 {
            return Err(BadInput::new(format!("cannot page `{shown}`: it is empty")));
        }
        let len = meta.len().min(mib * MIB);
        let title = if len < meta.len() {
            format!("the first {mib} MiB of `{shown}` (the rest needs a larger --mib)")
        } else {
            format!("`{shown}`, {len} bytes")
        };
        Ok(Self {
            file: File::open(path).map_err(refused)?,
            len,
            title,
        })
    }

    /// Generates the input in the folder for temporary files; the file is gone from there at once
    /// and from the disk when the run ends, however it ends.
    fn generated(mib: u64) -> Result<Self, BadInput> {
        static GENERATED: AtomicU32 = AtomicU32::new(0);
        // Relaxed: a counter, nothing is ordered by it.
        let number = GENERATED.fetch_add(1, Ordering::Relaxed);
        let name = format!("instrumented-demo-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let len = mib * MIB;
        let file = create(&path, len).map_err(|error| {
            BadInput::new(format!(
                "cannot generate `{}` ({mib} MiB): {error}",
                path.display()
            ))
        })?;
        Ok(Self {
            file,
            len,
            title: format!("{mib} MiB of generated input"),
        })
    }

    /// What it is, for people.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// Pages that are served; the last one may be partial.
    pub(crate) fn pages(&self) -> usize {
        usize::try_from(self.len.div_ceil(PAGE as u64)).expect("the option --mib bounds the length")
    }

    /// Bytes of page `index` that the file has; what is missing reads as zeros.
    pub(crate) fn page_len(&self, index: usize) -> usize {
        let rest = self.len - index as u64 * PAGE as u64;
        rest.min(PAGE as u64) as usize
    }

    /// Reads page `index`, padded with zeros.
    pub(crate) fn read_page(&mut self, index: usize, page: &mut Page) -> io::Result<()> {
        let len = self.page_len(index);
        self.file
            .seek(SeekFrom::Start(index as u64 * PAGE as u64))?;
        self.file.read_exact(&mut page[..len])?;
        page[len..].fill(0);
        Ok(())
    }
}

fn create(path: &Path, len: u64) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)?;
    fs::remove_file(path)?;
    let mut writer = BufWriter::with_capacity(1 << 18, file);
    for index in 0..len / PAGE as u64 {
        writer.write_all(&generate::page(index))?;
    }
    writer.into_inner().map_err(io::IntoInnerError::into_error)
}
