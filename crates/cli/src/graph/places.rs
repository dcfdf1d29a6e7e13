//! Where each class is drawn.
//!
//! Layers run down the page. Within a layer a class is drawn near the middle of its neighbours, the
//! barycentre, which keeps dependencies short and lets few of them cross (Sugiyama, Tagawa, Toda:
//! "Methods for visual understanding of hierarchical system structures", 1981).

use serde::Serialize;

use super::layers::Layers;

/// The middle of a class in the picture, in pixels at the natural size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Place(pub(super) i32, pub(super) i32);

/// Between the middles of two classes that stand side by side.
const COLUMN_PIXELS: f64 = 200.0;

/// Between the middles of two classes that stand one above the other.
const ROW_PIXELS: i32 = 120;

/// How often the layers are gone through, down and up again. Later passes hardly change a thing.
const PASSES: usize = 8;

/// Places `count` classes; `edges` are pairs of their numbers, oldest first.
pub(super) fn of(count: usize, edges: &[(usize, usize)]) -> Vec<Place> {
    let layers = Layers::of(count, edges);
    let mut rows = rows(&layers);
    let neighbours = Neighbours::of(count, &layers.down);
    let mut x = vec![0.0; count];
    for row in &rows {
        spread(row, &mut x);
    }
    for _ in 0..PASSES {
        for row in &mut rows {
            arrange(row, &neighbours.above, &mut x);
        }
        for row in rows.iter_mut().rev() {
            arrange(row, &neighbours.below, &mut x);
        }
    }
    let widest = widest_row(count);
    if rows.iter().all(|row| row.len() <= widest) {
        straighten(&mut rows, &neighbours, &mut x);
    }
    placed(&rows, &x, widest)
}

/// The classes of each layer, near those that they were found with.
fn rows(layers: &Layers) -> Vec<Vec<usize>> {
    let count = layers.depth.iter().max().map_or(0, |deepest| deepest + 1);
    let mut rows = vec![Vec::new(); count];
    for &class in &layers.order {
        rows[layers.depth[class]].push(class);
    }
    rows
}

/// For each class those that lead to it, and those that it leads to.
struct Neighbours {
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
}

impl Neighbours {
    fn of(count: usize, down: &[(usize, usize)]) -> Self {
        let mut above = vec![Vec::new(); count];
        let mut below = vec![Vec::new(); count];
        for &(from, to) in down {
            above[to].push(from);
            below[from].push(to);
        }
        Self { above, below }
    }

    /// The middle between those above and those below; where there is neither, the class's own.
    fn middle_of_both(&self, class: usize, x: &[f64]) -> f64 {
        let above = middle(&self.above[class], x);
        let below = middle(&self.below[class], x);
        match (above, below) {
            (Some(above), Some(below)) => f64::midpoint(above, below),
            (one, other) => one.or(other).unwrap_or(x[class]),
        }
    }
}

/// Sorts a row by the middles of its classes' neighbours.
fn arrange(row: &mut [usize], neighbours: &[Vec<usize>], x: &mut [f64]) {
    row.sort_by_cached_key(|&class| Ordered(middle(&neighbours[class], x).unwrap_or(x[class])));
    spread(row, x);
}

/// Numbers that sort.
#[derive(PartialEq)]
struct Ordered(f64);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

fn middle(classes: &[usize], x: &[f64]) -> Option<f64> {
    let sum: f64 = classes.iter().map(|&class| x[class]).sum();
    (!classes.is_empty()).then(|| sum / classes.len() as f64)
}

/// Gives the classes of a row equal distances, round the middle of the picture.
fn spread(row: &[usize], x: &mut [f64]) {
    let middle = (row.len() as f64 - 1.0) / 2.0;
    for (at, &class) in row.iter().enumerate() {
        x[class] = (at as f64 - middle) * COLUMN_PIXELS;
    }
}

/// Moves classes towards their neighbours on both sides, as far as their row allows.
fn straighten(rows: &mut [Vec<usize>], neighbours: &Neighbours, x: &mut [f64]) {
    for _ in 0..PASSES {
        for row in &mut *rows {
            let wanted = |&class: &usize| (Ordered(neighbours.middle_of_both(class, x)), class);
            let mut wanted: Vec<_> = row.iter().map(wanted).collect();
            wanted.sort();
            *row = wanted.iter().map(|&(_, class)| class).collect();
            settle(&wanted, x);
        }
    }
}

/// Gives each class of a row the place that it wants or one right of it, then moves the whole row
/// back by what it was moved to the right on average.
fn settle(row: &[(Ordered, usize)], x: &mut [f64]) {
    let mut free = f64::NEG_INFINITY;
    let mut moved = 0.0;
    for &(Ordered(wanted), class) in row {
        x[class] = wanted.max(free);
        free = x[class] + COLUMN_PIXELS;
        moved += x[class] - wanted;
    }
    for &(_, class) in row {
        x[class] -= moved / row.len() as f64;
    }
}

/// How many classes stand side by side before a layer takes several rows, so that the picture has
/// about the shape of a screen.
fn widest_row(count: usize) -> usize {
    let square = (count as f64).sqrt() * 1.2;
    (square as usize).max(10)
}

fn placed(rows: &[Vec<usize>], x: &[f64], widest: usize) -> Vec<Place> {
    let mut places = vec![Place(0, 0); x.len()];
    let mut y = 0;
    for row in rows {
        let is_wrapped = row.len() > widest;
        for (line, part) in row.chunks(widest).enumerate() {
            // Every second line of a layer stands between the columns of its neighbours.
            let shift = if line % 2 == 1 { 0.5 } else { 0.0 };
            let middle = (part.len() as f64 - 1.0) / 2.0;
            for (at, &class) in part.iter().enumerate() {
                let x = if is_wrapped {
                    (at as f64 - middle + shift) * COLUMN_PIXELS
                } else {
                    x[class]
                };
                places[class] = Place(x.round() as i32, y);
            }
            y += ROW_PIXELS;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Place, of};

    /// A graph of `count` classes that looks the same on every machine, with cycles and loops.
    fn scattered(count: usize, edges: usize) -> Vec<(usize, usize)> {
        let mut seed = 1_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize % count
        };
        (0..edges).map(|_| (next(), next())).collect()
    }

    #[test]
    fn every_class_has_a_place_of_its_own() {
        for (count, edges) in [(1, 0), (2, 0), (40, 90), (700, 2_000), (700, 30)] {
            let edges = if edges == 0 {
                Vec::new()
            } else {
                scattered(count, edges)
            };
            let places = of(count, &edges);
            assert_eq!(places.len(), count);
            let distinct: HashSet<Place> = places.iter().copied().collect();
            assert_eq!(distinct.len(), count, "{count} classes");
        }
        assert_eq!(of(0, &[]), []);
    }

    #[test]
    fn what_is_taken_later_stands_lower() {
        let edges: Vec<_> = scattered(300, 900)
            .into_iter()
            .filter(|(from, to)| from < to)
            .collect();
        let places = of(300, &edges);
        for (from, to) in edges {
            assert!(places[from].1 < places[to].1, "{from} -> {to}");
        }
    }

    #[test]
    fn the_same_graph_is_placed_the_same() {
        let edges = scattered(500, 1_500);
        assert_eq!(of(500, &edges), of(500, &edges));
    }

    #[test]
    fn parallel_dependencies_do_not_cross() {
        // In the order of their numbers all three would cross.
        let edges = [(0, 5), (1, 4), (2, 3)];
        let places = of(6, &edges);
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let from = places[edges[a].0].0 < places[edges[b].0].0;
            let to = places[edges[a].1].0 < places[edges[b].1].0;
            assert_eq!(from, to, "{:?} and {:?}", edges[a], edges[b]);
        }
    }

    #[test]
    fn classes_of_a_row_keep_their_distance() {
        let places = of(120, &scattered(120, 200));
        for (at, a) in places.iter().enumerate() {
            for b in &places[..at] {
                assert!(a.1 != b.1 || (a.0 - b.0).abs() >= 199, "{a:?} {b:?}");
            }
        }
    }
}
