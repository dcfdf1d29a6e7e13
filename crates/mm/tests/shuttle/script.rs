//! What the threads of one test do, as data that a seed tells.

use std::fmt;
use std::ops::Range;

use crate::random::Random;
use crate::vma_spec::VmFlags;

/// Addresses are small, so that threads meet.
pub(crate) const ADDRESSES: usize = 8;
const NAMES: [Option<&str>; 3] = [None, Some("heap"), Some("stack")];
const FLAGS: [VmFlags; 3] = [VmFlags::VM_NONE, VmFlags::VM_READ, VmFlags::VM_WRITE];
pub(crate) const TOKENS: usize = 2;

/// The changes and steps of one test.
pub(crate) struct Script {
    /// How each shared address space starts.
    pub(crate) spaces: Vec<Vec<Change>>,
    pub(crate) threads: Vec<Vec<Step>>,
}

/// An address space.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Space {
    Shared(usize),
    /// The thread's own last child, if it has one.
    Child,
}

#[derive(Debug)]
pub(crate) enum Step {
    Write {
        space: Space,
        changes: Vec<Change>,
        manner: Manner,
    },
    Read {
        space: Space,
        reading: Reading,
    },
    /// Makes a child, which stays until it is dropped or its thread ends.
    Fork {
        space: Space,
        token: Option<usize>,
    },
    DropChild,
    Cancel {
        token: usize,
    },
}

/// How a write section goes on and ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// The token that may interrupt its waits.
    pub(crate) token: Option<usize>,
    pub(crate) downgrade: bool,
    /// Whether what was removed goes after the lock.
    pub(crate) late: bool,
}

/// What is done without the mmap write lock. A VMA that is read-locked is looked at several times.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reading {
    UnderRcu { addr: usize, looks: usize },
    UnderMmapLock { addr: usize, looks: usize },
    SetGuard { addr: usize },
    Walk { token: Option<usize> },
    Speculate,
}

/// One operation under the mmap write lock. The VMA is the one that covers the address.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Insert {
        range: Range<usize>,
        flags: VmFlags,
        name: Option<&'static str>,
    },
    Remove {
        addr: usize,
    },
    /// Removed and mapped again.
    Remap {
        addr: usize,
    },
    Split {
        at: usize,
    },
    MergeNext {
        addr: usize,
    },
    Shrink {
        addr: usize,
        end: usize,
    },
    SetFlags {
        addr: usize,
        flags: VmFlags,
    },
    SetName {
        addr: usize,
        name: Option<&'static str>,
    },
    SetValue {
        addr: usize,
        value: u64,
    },
}

/// What a script is about: all operations, or VMAs whose memory is used again and again.
struct Theme {
    addresses: usize,
    spaces: usize,
    /// VMAs are made and removed, nothing else.
    recycles: bool,
}

impl Script {
    pub(crate) fn random(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let theme = match random.below(4) {
            0 => Theme {
                addresses: 1,
                spaces: 1,
                recycles: true,
            },
            1 => Theme {
                addresses: 1 + random.below(3),
                spaces: 2,
                recycles: true,
            },
            _ => Theme {
                addresses: ADDRESSES,
                spaces: 1 + random.below(2),
                recycles: false,
            },
        };
        let spaces = (0..theme.spaces).map(|_| theme.full(random)).collect();
        let threads = 3 + random.below(2);
        let threads = (0..threads).map(|_| theme.thread(random)).collect();
        Self { spaces, threads }
    }
}

/// A line for each thing to do.
impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nr, changes) in self.spaces.iter().enumerate() {
            writeln!(f, "address space {nr} starts with {changes:?}")?;
        }
        for (nr, steps) in self.threads.iter().enumerate() {
            writeln!(f, "thread {nr}:")?;
            steps
                .iter()
                .try_for_each(|step| writeln!(f, "    {step:?}"))?;
        }
        Ok(())
    }
}

impl Theme {
    /// Changes that fill an address space but for a few gaps.
    fn full(&self, random: &mut Random) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut start = 0;
        while start < self.addresses {
            let range = self.range(random, start);
            start = range.end;
            if !random.one_in(4) {
                changes.push(insert(random, range));
            }
        }
        changes
    }

    fn thread(&self, random: &mut Random) -> Vec<Step> {
        let mut steps = Vec::new();
        for _ in 0..2 + random.below(4) {
            if self.addresses == 1 && random.one_in(2) {
                let reading = Reading::UnderRcu { addr: 0, looks: 1 };
                let space = Space::Shared(random.below(self.spaces));
                steps.push(Step::Read { space, reading });
            } else if self.recycles && random.one_in(3) {
                steps.extend(self.moving(random));
            } else {
                steps.push(self.step(random));
            }
        }
        steps
    }

    /// A VMA goes, and its memory is another one at once, of another address space if there is one.
    fn moving(&self, random: &mut Random) -> [Step; 2] {
        let addr = random.below(self.addresses);
        let from = random.below(self.spaces);
        let range = self.range(random, addr);
        let write = |nr, change| Step::Write {
            space: Space::Shared(nr),
            changes: vec![change],
            manner: Manner {
                token: None,
                downgrade: false,
                late: false,
            },
        };
        [
            write(from, Change::Remove { addr }),
            write((from + 1) % self.spaces, insert(random, range)),
        ]
    }

    fn step(&self, random: &mut Random) -> Step {
        let space = if random.one_in(8) {
            Space::Child
        } else {
            Space::Shared(random.below(self.spaces))
        };
        match random.below(20) {
            0..8 => Step::Write {
                space,
                changes: (0..1 + random.below(2))
                    .map(|_| self.change(random))
                    .collect(),
                manner: Manner {
                    token: token(random),
                    downgrade: random.one_in(4),
                    late: random.one_in(2),
                },
            },
            8 => Step::Fork {
                space,
                token: token(random),
            },
            9 => Step::DropChild,
            10 => Step::Cancel {
                token: random.below(TOKENS),
            },
            _ => Step::Read {
                space,
                reading: self.reading(random),
            },
        }
    }

    fn reading(&self, random: &mut Random) -> Reading {
        let addr = random.below(self.addresses);
        let looks = 1 + random.below(3);
        match random.below(9) {
            0..4 => Reading::UnderRcu { addr, looks },
            4 => Reading::UnderMmapLock { addr, looks },
            5 => Reading::SetGuard { addr },
            6..8 => Reading::Walk {
                token: token(random),
            },
            _ => Reading::Speculate,
        }
    }

    fn change(&self, random: &mut Random) -> Change {
        let addr = random.below(self.addresses);
        match random.below(if self.recycles { 8 } else { 15 }) {
            0 => Change::SetValue {
                addr,
                value: random.below(100) as u64,
            },
            1..4 => {
                let range = self.range(random, addr);
                insert(random, range)
            }
            4..7 => Change::Remove { addr },
            7 => Change::Remap { addr },
            8 => Change::Split { at: addr },
            9..11 => Change::MergeNext { addr },
            11..13 => Change::Shrink {
                addr,
                end: addr + random.below(2),
            },
            13 => Change::SetFlags {
                addr,
                flags: random.pick(&FLAGS),
            },
            _ => Change::SetName {
                addr,
                name: random.pick(&NAMES),
            },
        }
    }

    /// A short range from `start` on.
    fn range(&self, random: &mut Random, start: usize) -> Range<usize> {
        start..(start + 1 + random.below(3)).min(self.addresses)
    }
}

fn insert(random: &mut Random, range: Range<usize>) -> Change {
    Change::Insert {
        range,
        flags: random.pick(&FLAGS),
        name: random.pick(&NAMES),
    }
}

fn token(random: &mut Random) -> Option<usize> {
    random.one_in(3).then(|| random.below(TOKENS))
}

impl Change {
    /// The address that tells its VMA.
    pub(crate) fn addr(&self) -> usize {
        match *self {
            Self::Insert { ref range, .. } => range.start,
            Self::Split { at } => at,
            Self::Remove { addr }
            | Self::Remap { addr }
            | Self::MergeNext { addr }
            | Self::Shrink { addr, .. }
            | Self::SetFlags { addr, .. }
            | Self::SetName { addr, .. }
            | Self::SetValue { addr, .. } => addr,
        }
    }
}
