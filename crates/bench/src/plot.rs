//! Plots, as SVG.

use std::fmt::{self, Display, Formatter};

use crate::sections::Curve;
use crate::verdict::Row;

/// Lines over one pair of axes.
pub(crate) struct Plot {
    title: &'static str,
    x: Axis,
    y: Axis,
    series: Vec<Series>,
}

/// One line.
#[derive(Debug)]
pub(crate) struct Series {
    /// What the line shows, if it is a new dependency by the size of the graph.
    pub(crate) curve: Option<Curve>,
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

impl Series {
    /// The lower points of two series of the same places.
    pub(crate) fn least(self, other: &Self) -> Self {
        let points = self.points.iter().zip(&other.points);
        let points = points.map(|(a, b)| (a.0, a.1.min(b.1))).collect();
        Self { points, ..self }
    }

    /// By what it is told apart in its plot, with every value divided by `unit`.
    fn scaled(&self, unit: f64) -> Self {
        let rest = self.name.split_once(", ");
        Self {
            curve: self.curve,
            name: rest.map_or(String::new(), |(_, rest)| rest.to_owned()),
            points: self.points.iter().map(|&(x, y)| (x, y / unit)).collect(),
        }
    }
}

/// The ratio to the raw lock by depth, of all locks.
pub(crate) fn nests(rows: &[Row]) -> Plot {
    let mut series: Vec<Series> = Vec::new();
    for row in rows {
        let Some((base, depth)) = row.work.split_once(" Mutex, nest of ") else {
            continue;
        };
        let (Some(ratio), Ok(depth)) = (row.ratio, depth.parse()) else {
            continue;
        };
        let name = format!("{}, {base}", row.lock);
        match series.iter_mut().find(|series| series.name == name) {
            Some(series) => series.points.push((depth, ratio)),
            None => series.push(Series {
                curve: None,
                name,
                points: vec![(depth, ratio)],
            }),
        }
    }
    Plot {
        title: "Mutexes in a nest, known chains: time of a pair, to the raw lock's",
        x: Axis::logarithmic("locks in the nest", 1.0, 8.0, vec![1.0, 2.0, 4.0, 8.0]),
        y: Axis::logarithmic(
            "ratio",
            0.9,
            2_000.0,
            vec![1.0, 2.0, 5.0, 10.0, 100.0, 1_000.0],
        ),
        series,
    }
}

/// What a new dependency costs by the size of the graph.
pub(crate) fn growth(of: Curve, series: &[Series]) -> Plot {
    let (title, unit, scale) = match of {
        Curve::Time => (
            "A new dependency, the whole cold path",
            "microseconds, mean",
            1_000.0,
        ),
        Curve::Visited => (
            "A new dependency, what is looked at in the graph",
            "nodes and edges, mean",
            1.0,
        ),
    };
    let series: Vec<_> = series
        .iter()
        .filter(|series| series.curve == Some(of))
        .map(|series| series.scaled(scale))
        .collect();
    let points = || series.iter().flat_map(|series| &series.points);
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let x = most(&mut points().map(|point| point.0));
    let y = most(&mut points().map(|point| point.1)).ceil();
    let quarters = |most: f64| (0..=4).map(|part| most * f64::from(part) / 4.0).collect();
    Plot {
        title,
        x: Axis::linear("dependencies in the graph", x, quarters(x)),
        y: Axis::linear(unit, y, quarters(y)),
        series,
    }
}

struct Axis {
    name: &'static str,
    ticks: Vec<f64>,
    from: f64,
    to: f64,
    is_logarithmic: bool,
}

impl Axis {
    fn linear(name: &'static str, to: f64, ticks: Vec<f64>) -> Self {
        Self {
            name,
            ticks,
            from: 0.0,
            to,
            is_logarithmic: false,
        }
    }

    fn logarithmic(name: &'static str, from: f64, to: f64, ticks: Vec<f64>) -> Self {
        Self {
            name,
            ticks,
            from,
            to,
            is_logarithmic: true,
        }
    }

    /// Where `value` lies, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let scale = |value: f64| match self.is_logarithmic {
            true => value.ln(),
            false => value,
        };
        (scale(value) - scale(self.from)) / (scale(self.to) - scale(self.from))
    }
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
/// Room around the axes, for what is written there.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 230.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// Height of a line of text.
const LINE: f64 = 15.0;

/// Told apart by people who confuse red and green, too (Okabe and Ito, 2008).
const COLOURS: [&str; 7] = [
    "#0072b2", "#d55e00", "#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#555555",
];

impl Plot {
    pub(crate) fn is_drawable(&self) -> bool {
        !self.series.is_empty()
    }

    fn across(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)
    }

    fn up(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.place(value) * (HEIGHT - TOP - BOTTOM)
    }

    fn grid(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for &value in &self.x.ticks {
            let (at, below) = (self.across(value), bottom + 18.0);
            writeln!(
                f,
                r##"<path d="M{at:.1} {TOP}V{bottom}" stroke="#ddd"/><text x="{at:.1}" y="{below:.1}" text-anchor="middle">{value}</text>"##,
            )?;
        }
        for &value in &self.y.ticks {
            let (at, left) = (self.up(value), LEFT - 6.0);
            writeln!(
                f,
                r##"<path d="M{LEFT} {at:.1}H{right}" stroke="#ddd"/><text x="{left:.1}" y="{:.1}" text-anchor="end">{value}</text>"##,
                at + 4.0
            )?;
        }
        let (x, y) = ((LEFT + right) / 2.0, (TOP + bottom) / 2.0);
        writeln!(
            f,
            r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">{}</text>
<text x="16" y="{y:.1}" text-anchor="middle" transform="rotate(-90 16 {y:.1})">{}</text>"#,
            HEIGHT - 12.0,
            self.x.name,
            self.y.name
        )
    }

    fn line(&self, f: &mut Formatter<'_>, series: &Series, colour: &str) -> fmt::Result {
        write!(
            f,
            r#"<polyline fill="none" stroke="{colour}" stroke-width="2" points=""#
        )?;
        for &(x, y) in &series.points {
            write!(f, "{:.1},{:.1} ", self.across(x), self.up(y))?;
        }
        writeln!(f, r#""/>"#)
    }

    /// Writes each name beside the end of its line, or below another name that is there.
    fn legend(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let end = |series: &Series| series.points.last().map_or(HEIGHT, |last| self.up(last.1));
        let mut names: Vec<_> = self.series.iter().zip(COLOURS).collect();
        names.sort_by(|a, b| end(a.0).total_cmp(&end(b.0)));
        let mut free = 0.0;
        for (series, colour) in names {
            let at = f64::max(free, end(series) + 4.0);
            free = at + LINE;
            let left = WIDTH - RIGHT + 8.0;
            writeln!(
                f,
                r#"<text x="{left}" y="{at:.1}" fill="{colour}">{}</text>"#,
                series.name
            )?;
        }
        Ok(())
    }
}

impl Display for Plot {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="{LEFT}" y="24" font-size="15">{}</text>"#,
            self.title
        )?;
        self.grid(f)?;
        for (series, colour) in self.series.iter().zip(COLOURS) {
            self.line(f, series, colour)?;
        }
        self.legend(f)?;
        writeln!(f, "</svg>")
    }
}
