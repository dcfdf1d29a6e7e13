//! One program: what its head expects, and whether that comes.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{End, Ran, library, run};

/// What is expected of a program.
#[derive(Debug, Default)]
pub(crate) struct Program {
    source: PathBuf,
    reports: Vec<String>,
    killed: bool,
    records: Option<usize>,
    prints: String,
    says: Option<String>,
    environment: Vec<(String, String)>,
    links: Option<String>,
    debug_apart: bool,
    leaves: Option<String>,
    statistics: Option<usize>,
}

impl Program {
    /// Reads the head of `source`.
    pub(crate) fn read(source: &Path) -> Self {
        let text = fs::read_to_string(source).expect("a source can be read");
        let mut program = Self {
            source: source.to_owned(),
            ..Self::default()
        };
        let mut expects = false;
        for line in text.lines().map_while(|line| line.strip_prefix("// ")) {
            let Some((key, value)) = line.split_once(": ") else {
                continue;
            };
            match key {
                "expect" => {
                    expects = true;
                    program
                        .reports
                        .extend((value != "clean").then(|| value.to_owned()));
                }
                "ends" => program.killed = value == "killed",
                "records" => program.records = value.parse().ok(),
                "statistics" => program.statistics = value.parse().ok(),
                "links" => program.links = Some(value.to_owned()),
                "debug" => program.debug_apart = value == "apart",
                "leaves" => program.leaves = Some(value.to_owned()),
                "says" => program.says = Some(value.to_owned()),
                "prints" => value.clone_into(&mut program.prints),
                "env" => {
                    let (name, value) = value.split_once('=').expect("NAME=value");
                    program
                        .environment
                        .push((name.to_owned(), value.to_owned()));
                }
                _ => {}
            }
        }
        assert!(expects, "{} expects nothing", source.display());
        program
    }

    /// Builds and runs it; what is not as expected, if something is.
    pub(crate) fn check(&self) -> Result<(), String> {
        let name = self.source.file_stem().unwrap_or_default();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let program = folder.join(name);
        self.build(&program)?;
        let place = folder.display().to_string();
        let environment: Vec<_> = self
            .environment
            .iter()
            .map(|(name, value)| (name.clone(), value.replace("{folder}", &place)))
            .collect();
        let ran = run(&program, &folder.join("records"), &environment)?;
        self.judge(&ran, &folder).map_err(|why| {
            let Ran { end, printed, .. } = &ran;
            format!("{why}\n  it ended by {end:?} and wrote {printed:?}")
        })
    }

    fn build(&self, program: &Path) -> Result<(), String> {
        let plus = self.source.extension().is_some_and(|kind| kind == "cpp");
        let (variable, default, standard) = match plus {
            true => ("CXX", "c++", "-std=c++17"),
            false => ("CC", "cc", "-std=gnu11"),
        };
        let compiler = std::env::var(variable).unwrap_or_else(|_| default.to_owned());
        let mut command = Command::new(&compiler);
        command
            .args([
                standard, "-Wall", "-Wextra", "-Werror", "-g", "-O1", "-pthread", "-o",
            ])
            .arg(program)
            .arg(&self.source);
        if let Some(name) = &self.links {
            let library = library(name);
            let folder = library.parent().unwrap_or(Path::new("")).display();
            command
                .arg(concat!("-I", env!("CARGO_MANIFEST_DIR"), "/../include"))
                .arg(&library)
                .arg(format!("-Wl,-rpath,{folder}"))
                .args(["-ldl", "-lm", "-lgcc_s"]);
        }
        succeed(&mut command, &compiler)?;
        match self.debug_apart {
            true => take_apart(program),
            false => Ok(()),
        }
    }

    fn judge(&self, ran: &Ran, folder: &Path) -> Result<(), String> {
        let end = if self.killed { End::Killed } else { End::Well };
        if ran.end != end {
            return Err(format!("it did not end by {end:?}"));
        }
        if ran.reports != self.reports {
            return Err(format!(
                "expected {:?}, got {:?}",
                self.reports, ran.reports
            ));
        }
        match &self.says {
            Some(text) if ran.printed.contains(text) => {}
            Some(text) => return Err(format!("expected that {text:?} is said")),
            None if ran.printed == self.prints => {}
            None => return Err(format!("expected that it prints {:?}", self.prints)),
        }
        if let Some(file) = &self.leaves
            && fs::metadata(folder.join(file)).map_or(0, |file| file.len()) == 0
        {
            return Err(format!("expected that it leaves {file}"));
        }
        if self.statistics.is_some_and(|lines| lines != ran.statistics) {
            return Err(format!("{} lines of statistics", ran.statistics));
        }
        match self.records {
            Some(records) if records != ran.records => {
                Err(format!("{} records instead of {records}", ran.records))
            }
            _ => Ok(()),
        }
    }
}

/// Puts the debug information of a program into a file beside it, as distributions do.
fn take_apart(program: &Path) -> Result<(), String> {
    let objcopy = std::env::var("OBJCOPY").unwrap_or_else(|_| "objcopy".to_owned());
    let debug = program.with_extension("debug");
    let mut keep = Command::new(&objcopy);
    succeed(
        keep.arg("--only-keep-debug").args([program, &debug]),
        &objcopy,
    )?;
    let mut link = OsString::from("--add-gnu-debuglink=");
    link.push(&debug);
    let mut strip = Command::new(&objcopy);
    succeed(strip.arg("--strip-debug").arg(link).arg(program), &objcopy)
}

/// Runs a command of the compiler's, `tool`.
fn succeed(command: &mut Command, tool: &str) -> Result<(), String> {
    let output = command.output();
    let output = output.map_err(|error| format!("needs `{tool}`: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
