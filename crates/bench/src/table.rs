//! Runs the sections, and prints what they measured.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::options::Options;
use crate::plot::{self, Series};
use crate::sections::{self, Curve, Line, NAMES, Run};
use crate::verdict::{Goal, Row, Verdict};

/// A row, and what became of its goal.
#[derive(Serialize)]
struct Judged<'a> {
    #[serde(flatten)]
    row: &'a Row,
    verdict: &'static str,
    missed_by: Option<f64>,
}

/// Everything that was measured.
#[derive(Default)]
struct Measured {
    rows: Vec<Row>,
    growth: Vec<Series>,
}

/// Measures all that the options ask for.
pub(crate) fn print(options: &Options, out: &mut impl Write) -> io::Result<()> {
    let program = program(options)?;
    let mut measured = Measured::default();
    write_head(out)?;
    for &section in &NAMES {
        let is_asked = options.sections.is_empty() || options.sections.iter().any(|s| s == section);
        if !is_asked {
            continue;
        }
        for run in sections::runs(section, options) {
            let (rows, growth) = repeated(&program, options, &run)?;
            for row in &rows {
                write_row(out, row)?;
            }
            out.flush()?;
            measured.rows.extend(rows);
            measured.growth.extend(growth);
        }
    }
    write_summary(out, &measured.rows)?;
    write_json(options, &measured.rows)?;
    write_plots(options, measured)
}

/// The program that runs the sections: the one that knows the rivals, or this one.
fn program(options: &Options) -> io::Result<PathBuf> {
    let this = std::env::current_exe()?;
    if !options.has_rivals() {
        return Ok(this);
    }
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("rivals");
    // Beside this one's, which can be anywhere.
    let target = this.ancestors().nth(2).unwrap_or(&this).join("rivals");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--release", "--quiet", "--manifest-path"])
        .arg(package.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target);
    if cargo.status()?.success() {
        return Ok(target.join("release/heldby-bench-rivals"));
    }
    Err(io::Error::other(
        "the rivals were not built; `--no-rivals` measures without them",
    ))
}

/// One run in as many processes as it asks for; the least of each figure.
fn repeated(program: &Path, options: &Options, run: &Run) -> io::Result<(Vec<Row>, Vec<Series>)> {
    let (mut rows, mut growth) = once(program, options, run)?;
    for _ in 1..run.times {
        let (again, points) = once(program, options, run)?;
        rows = rows
            .into_iter()
            .zip(again)
            .map(|(row, other)| row.least(other))
            .collect();
        growth = growth
            .into_iter()
            .zip(&points)
            .map(|(series, other)| series.least(other))
            .collect();
    }
    Ok((rows, growth))
}

fn once(program: &Path, options: &Options, run: &Run) -> io::Result<(Vec<Row>, Vec<Series>)> {
    let mut command = Command::new(program);
    // Only what the run asks for, whatever the environment says.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HELDBY") || name == "RUST_BACKTRACE" {
            command.env_remove(name);
        }
    }
    command
        .args(["--child", &run.child])
        .args(options.quick.then_some("--quick"))
        .envs(run.environment.iter().copied())
        .stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let lines = child.stdout.take().map(BufReader::new);
    let mut rows = Vec::new();
    let mut growth = Vec::new();
    for line in lines.into_iter().flat_map(BufRead::lines) {
        let line = line?;
        // A rival greets on stdout.
        if !line.starts_with('{') {
            continue;
        }
        match serde_json::from_str(&line)? {
            Line::Row(row) => rows.push(row),
            Line::Points {
                curve,
                name,
                points,
            } => growth.push(Series {
                curve: Some(curve),
                name,
                points,
            }),
        }
    }
    match child.wait()? {
        status if status.success() => Ok((rows, growth)),
        status => Err(io::Error::other(format!(
            "`{}` failed: {status}",
            run.child
        ))),
    }
}

fn write_head(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "least figure of interleaved rounds; ns of a nest, pair or sequence are a lock + unlock pair's"
    )?;
    writeln!(
        out,
        "{:64} {:18} {:>10} {:5} {:>8} {:>6}  verdict",
        "work", "lock", "figure", "unit", "ratio", "goal"
    )
}

fn write_row(out: &mut impl Write, row: &Row) -> io::Result<()> {
    let ratio = row
        .ratio
        .map_or(String::new(), |ratio| format!("{ratio:.3}"));
    let goal = match row.goal {
        None => String::new(),
        Some(Goal::Ratio(goal)) => format!("{goal:.2}"),
        Some(Goal::Value(goal)) => format!("{goal}"),
    };
    let verdict = match row.verdict() {
        Verdict::NoGoal => String::new(),
        Verdict::Met => "met".to_owned(),
        Verdict::MissedBy(by) => match row.goal {
            Some(Goal::Ratio(_)) => format!("missed by {by:.3}"),
            _ => format!("missed by {by:.1} {}", row.unit),
        },
    };
    let note = row.note.as_deref().unwrap_or_default();
    let line = format!(
        "{:64} {:18} {:>10.2} {:5} {ratio:>8} {goal:>6}  {verdict} {note}",
        row.work, row.lock, row.value, row.unit
    );
    writeln!(out, "{}", line.trim_end())
}

fn write_summary(out: &mut impl Write, rows: &[Row]) -> io::Result<()> {
    let goals = rows.iter().filter(|row| row.goal.is_some());
    let met = goals.clone().filter(|row| row.verdict() == Verdict::Met);
    writeln!(out, "goals met: {} of {}", met.count(), goals.count())
}

fn write_json(options: &Options, rows: &[Row]) -> io::Result<()> {
    let Some(file) = &options.json else {
        return Ok(());
    };
    let judged: Vec<_> = rows
        .iter()
        .map(|row| {
            let (verdict, missed_by) = match row.verdict() {
                Verdict::NoGoal => ("no goal", None),
                Verdict::Met => ("met", None),
                Verdict::MissedBy(by) => ("missed", Some(by)),
            };
            Judged {
                row,
                verdict,
                missed_by,
            }
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&judged)?;
    text.push('\n');
    fs::write(file, text)
}

fn write_plots(options: &Options, measured: Measured) -> io::Result<()> {
    let Some(directory) = &options.svg else {
        return Ok(());
    };
    fs::create_dir_all(directory)?;
    let plots = [
        ("nests.svg", plot::nests(&measured.rows)),
        (
            "new-dependency.svg",
            plot::growth(Curve::Time, &measured.growth),
        ),
        (
            "visited.svg",
            plot::growth(Curve::Visited, &measured.growth),
        ),
    ];
    for (file, plot) in plots {
        // A section that was not asked for leaves nothing to draw.
        if plot.is_drawable() {
            fs::write(directory.join(file), plot.to_string())?;
        }
    }
    Ok(())
}
