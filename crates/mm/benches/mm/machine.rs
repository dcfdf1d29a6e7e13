//! How busy other programs keep the machine while we measure.

/// Clock ticks of processors, as `/proc` counts them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticks {
    /// Of all processors, whatever they did.
    all: u64,
    /// Of these, idle.
    idle: u64,
    /// Of these, ours.
    ours: u64,
}

impl Ticks {
    /// Reads them; `None` where `/proc` does not say.
    pub(crate) fn now() -> Option<Self> {
        let machine = std::fs::read_to_string("/proc/stat").ok()?;
        let total = machine.lines().next()?.strip_prefix("cpu ")?;
        // user nice system idle iowait irq softirq steal; what follows is part of these.
        let total = numbers(total.split_whitespace().take(8))?;
        let process = std::fs::read_to_string("/proc/self/stat").ok()?;
        // Behind the name, which may hold anything: fields 14 and 15 are utime and stime.
        let (_, fields) = process.rsplit_once(')')?;
        let ours = numbers(fields.split_whitespace().skip(11).take(2))?;
        Some(Self {
            all: total.iter().sum(),
            idle: total.get(3)? + total.get(4)?,
            ours: ours.iter().sum(),
        })
    }

    /// The share of the machine that other programs took since `earlier`, from 0 to 1.
    pub(crate) fn taken_by_others_since(&self, earlier: &Self) -> f64 {
        let all = self.all - earlier.all;
        let not_theirs = (self.idle - earlier.idle) + (self.ours - earlier.ours);
        all.saturating_sub(not_theirs) as f64 / all.max(1) as f64
    }
}

fn numbers<'a>(fields: impl Iterator<Item = &'a str>) -> Option<Vec<u64>> {
    fields.map(|field| field.parse().ok()).collect()
}
