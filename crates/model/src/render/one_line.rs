//! A report on one line, for logs and for grep.

use std::path::Path;

use crate::cycle::in_order;
use crate::words::place;
use crate::{Certainty, Code, RecordPlace, Report};

/// Makes the one-line form: `heldby HB0001 possible-deadlock cycle=a>b>a new=b->a at=f.rs:3 thread=t`.
///
/// A value that holds a blank, a quote or one of the signs `=>,` stands in quotes, with escapes.
#[must_use]
pub fn one_line(report: &Report) -> String {
    let mut fields = vec![
        "heldby".to_owned(),
        report.code.to_string(),
        what(report).to_owned(),
    ];
    match report.cycle.last() {
        Some(closing) if report.interruption.is_none() => {
            if report.code != Code::Hb0401 {
                fields.push(format!("cycle={}", cycle(report)));
            }
            fields.push(format!(
                "new={}->{}",
                value(&closing.from),
                value(&closing.to)
            ));
        }
        _ => {
            let locks: Vec<_> = report.locks.iter().map(|lock| value(lock)).collect();
            fields.push(format!("locks={}", locks.join(",")));
        }
    }
    fields.extend(
        report
            .context
            .iter()
            .map(|context| format!("context={}", value(context))),
    );
    if !report.gates.is_empty() {
        let gates: Vec<_> = report.gates.iter().map(|gate| value(gate)).collect();
        fields.push(format!("gates={}", gates.join(",")));
    }
    fields.push(format!("at={}", value(&place(&report.site))));
    fields.push(format!("thread={}", value(&report.thread)));
    fields.extend(report.record.iter().map(record));
    fields.join(" ")
}

fn record(place: &RecordPlace) -> String {
    let name = Path::new(&place.file).file_stem().unwrap_or_default();
    format!("record={}#{}", value(&name.to_string_lossy()), place.number)
}

fn what(report: &Report) -> &'static str {
    let hangs = matches!(
        report.code,
        Code::Hb0001
            | Code::Hb0002
            | Code::Hb0003
            | Code::Hb0004
            | Code::Hb0005
            | Code::Hb0302
            | Code::Hb0303
    );
    match report.certainty {
        Certainty::Possible if hangs => "possible-deadlock",
        Certainty::Now if hangs => "deadlock",
        _ => report.kind.as_str(),
    }
}

/// The locks along the cycle, ending where it began.
fn cycle(report: &Report) -> String {
    let order = in_order(&report.cycle);
    let held = order.iter().map(|&index| value(&report.cycle[index].from));
    let first = order.first().map(|&index| value(&report.cycle[index].from));
    held.chain(first).collect::<Vec<_>>().join(">")
}

fn value(text: &str) -> String {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\"'=>,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("{text:?}")
    }
}
