//! What is to be confirmed, as a file tells it.

use std::fs;
use std::path::Path;

use heldby_model::{Findings, Report};

/// The one report in a file of findings, if a run can be steered to it.
pub(crate) fn read(file: &Path) -> Result<Box<Report>, String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let findings = Findings::from_json(&text).map_err(|_| "it holds no findings".to_owned())?;
    let [report] = <[Report; 1]>::try_from(findings.reports)
        .map_err(|reports| format!("it holds {} reports and not one", reports.len()))?;
    report.steps().map_err(|why| why.to_string())?;
    Ok(Box::new(report))
}
