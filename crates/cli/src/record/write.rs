//! Writes a merged record: the same bytes for the same facts.

use std::io::{self, Write};

use heldby_model::record::{
    Fact, RECORD_FORMAT, RecordHeader, RecordedClass, RecordedDependency, RecordedProcess,
    RecordedStat,
};

use super::merged::{ClassFacts, ClassKey, Key, Seen, Sorted};

impl Sorted {
    /// Writes everything as one record: what is allowed, classes by name, dependencies by age, then
    /// statistics and reports.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let header = RecordHeader {
            heldby: RECORD_FORMAT,
            profile: self.profile,
            processes: self.processes.iter().cloned().collect(),
        };
        out.write_all(header.to_line().as_bytes())?;
        for allowed in &self.allowed {
            out.write_all(Fact::Allowed(allowed.clone()).to_line().as_bytes())?;
        }
        for (id, (key, facts)) in (1..).zip(&self.classes) {
            for fact in class_facts(key, facts, id) {
                out.write_all(fact.to_line().as_bytes())?;
            }
        }
        for (&key, seen) in &self.dependencies {
            let fact = dependency(key, seen, &header.processes);
            out.write_all(fact.to_line().as_bytes())?;
        }
        for ((class, mode, process), tally) in &self.stats {
            let process = place_of(process, &header.processes);
            let stat = RecordedStat {
                class: id(*class),
                mode: *mode,
                process,
                tally: tally.clone(),
            };
            out.write_all(Fact::Stat(Box::new(stat)).to_line().as_bytes())?;
        }
        for report in self.reports.values() {
            let fact = Fact::Report(Box::new(report.clone()));
            out.write_all(fact.to_line().as_bytes())?;
        }
        out.flush()
    }
}

fn place_of(process: &RecordedProcess, processes: &[RecordedProcess]) -> u32 {
    let place = processes.binary_search(process);
    place.map_or(0, |place| place as u32)
}

/// The number of a class in the record, by its place.
fn id(place: usize) -> u32 {
    place as u32 + 1
}

fn class_facts(key: &ClassKey, facts: &ClassFacts, id: u32) -> impl Iterator<Item = Fact> {
    let class = Fact::Class(RecordedClass {
        id,
        name: key.name.clone(),
        named: key.made.is_none(),
        type_name: key.type_name.clone(),
        role: key.role,
        made_at: facts.made_at.clone(),
        build: key.made.as_ref().map(|(build, _)| build.clone()),
    });
    let writer = facts.has_writer.then_some(Fact::Writer { class: id });
    let second = facts.has_second.then_some(Fact::Second { class: id });
    [Some(class), writer, second].into_iter().flatten()
}

fn dependency(key: Key, seen: &Seen, processes: &[RecordedProcess]) -> Fact {
    let (from, to, kind) = key;
    let sighting = &seen.sighting;
    let [held_stack, acquired_stack] = sighting.stacks();
    Fact::Dependency(Box::new(RecordedDependency {
        from: id(from),
        to: id(to),
        kind,
        from_mode: sighting.from_mode,
        to_mode: sighting.to_mode,
        held_site: sighting.held_site.site(),
        acquired_site: sighting.acquired_site.site(),
        thread: sighting.thread.to_string(),
        at_ms: sighting.at_ms,
        gates: seen.gates.iter().map(|&gate| id(gate)).collect(),
        after_wait: sighting.after_wait,
        span: sighting.span.as_deref().map(str::to_owned),
        process: place_of(&sighting.process, processes),
        held_stack: held_stack.to_vec(),
        acquired_stack: acquired_stack.to_vec(),
    }))
}
