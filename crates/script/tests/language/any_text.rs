//! What must hold of any text; the fuzz target `scenario` asks the same of texts that it makes up.

use heldby_script::{Op, Position, Profile, Scenario, run};

/// Checks that `text` is refused inside itself, or is a scenario that reads back and runs.
pub(crate) fn check(text: &str) {
    match text.parse::<Scenario>() {
        Err(error) => {
            assert!(error.position() <= Position::START.behind(text), "{error}");
            assert!(!error.to_string().contains(['\n', '\r']), "{error}");
        }
        Ok(scenario) => {
            reads_back(&scenario);
            runs(scenario);
        }
    }
}

/// Checks that both ways to write `scenario` are read as its events.
pub(crate) fn reads_back(scenario: &Scenario) {
    for text in [scenario.to_string(), format!("{scenario:#}")] {
        let back: Scenario = text.parse().expect(&text);
        assert_eq!(events(&back), events(scenario), "{text}");
    }
}

/// The steps without their positions, which writing does not keep.
fn events(scenario: &Scenario) -> Vec<(&str, &Op)> {
    let steps = scenario.steps.iter();
    steps.map(|step| (step.thread.as_str(), &step.op)).collect()
}

/// Runs what can be judged of `scenario` by the rules of both profiles, and writes every finding.
///
/// One step that is refused would hide all others, so such steps are taken out.
fn runs(mut scenario: Scenario) {
    for profile in [Profile::Kernel, Profile::Userspace] {
        let findings = loop {
            match run(&scenario, "any.txt", profile) {
                Ok(findings) => break findings,
                Err(refused) => scenario.steps.retain(|step| step.at != refused.position()),
            }
        };
        let listed = [&findings.reports, &findings.pending, &findings.gated];
        for report in listed.into_iter().flatten() {
            assert!(!report.to_string().is_empty());
        }
    }
}
