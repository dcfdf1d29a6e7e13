//! A plot with logarithmic axes, as SVG.

use std::fmt::{self, Display, Formatter};
use std::ops::Range;

/// Lines over one pair of axes.
pub(crate) struct Plot {
    pub(crate) title: &'static str,
    pub(crate) x: &'static str,
    pub(crate) y: &'static str,
    pub(crate) series: Vec<Series>,
}

/// One line.
pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
/// Room around the axes, for what is written there.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 160.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// Height of a line of text.
const LINE: f64 = 15.0;

/// Told apart by people who confuse red and green, too (Okabe and Ito, 2008).
const COLOURS: [&str; 4] = ["#0072b2", "#d55e00", "#56b4e9", "#e69f00"];

/// Powers of ten that an axis shows.
struct Axis(Range<i32>);

impl Axis {
    fn over(values: impl Iterator<Item = f64> + Clone) -> Self {
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(1.0, f64::max);
        Self(least.log10().floor() as i32..most.log10().ceil() as i32)
    }

    /// Where `value` lies, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let length = f64::from((self.0.end - self.0.start).max(1));
        (value.log10() - f64::from(self.0.start)) / length
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        (self.0.start..=self.0.end).map(|power| 10f64.powi(power))
    }
}

fn across(axis: &Axis, value: f64) -> f64 {
    LEFT + axis.place(value) * (WIDTH - LEFT - RIGHT)
}

fn up(axis: &Axis, value: f64) -> f64 {
    HEIGHT - BOTTOM - axis.place(value) * (HEIGHT - TOP - BOTTOM)
}

impl Display for Plot {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let x = Axis::over(points().map(|point| point.0));
        let y = Axis::over(points().map(|point| point.1));
        writeln!(
            f,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="{LEFT}" y="24" font-size="15">{}</text>"#,
            self.title
        )?;
        self.grid(f, &x, &y)?;
        for (series, colour) in self.series.iter().zip(COLOURS) {
            series.line(f, &x, &y, colour)?;
        }
        self.legend(f, &y)?;
        writeln!(f, "</svg>")
    }
}

impl Plot {
    fn grid(&self, f: &mut Formatter<'_>, x: &Axis, y: &Axis) -> fmt::Result {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for value in x.ticks() {
            let at = across(x, value);
            writeln!(
                f,
                r##"<path d="M{at:.1} {TOP}V{bottom}" stroke="#ddd"/><text x="{at:.1}" y="{:.1}" text-anchor="middle">{value}</text>"##,
                bottom + 18.0
            )?;
        }
        for value in y.ticks() {
            let at = up(y, value);
            writeln!(
                f,
                r##"<path d="M{LEFT} {at:.1}H{right}" stroke="#ddd"/><text x="{:.1}" y="{:.1}" text-anchor="end">{value}</text>"##,
                LEFT - 6.0,
                at + 4.0
            )?;
        }
        writeln!(
            f,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="middle">{}</text>
<text x="16" y="{:.1}" text-anchor="middle" transform="rotate(-90 16 {:.1})">{}</text>"#,
            (LEFT + right) / 2.0,
            HEIGHT - 12.0,
            self.x,
            (TOP + bottom) / 2.0,
            (TOP + bottom) / 2.0,
            self.y
        )
    }

    /// Writes each name beside the end of its line, or below another name that is there.
    fn legend(&self, f: &mut Formatter<'_>, y: &Axis) -> fmt::Result {
        let end = |series: &Series| series.points.last().map_or(HEIGHT, |last| up(y, last.1));
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

impl Series {
    fn line(&self, f: &mut Formatter<'_>, x: &Axis, y: &Axis, colour: &str) -> fmt::Result {
        write!(
            f,
            r#"<polyline fill="none" stroke="{colour}" stroke-width="2" points=""#
        )?;
        for &point in &self.points {
            write!(f, "{:.1},{:.1} ", across(x, point.0), up(y, point.1))?;
        }
        writeln!(f, r#""/>"#)
    }
}
