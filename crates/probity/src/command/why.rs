//! `probity why`: every step behind a column's numbers.

use anyhow::Result;
use probity_analysis::data_quality::why;
use probity_domain::document::explanation::{
    DriftExplanation, ExplainedBin, ExplainedGap, Explanation, ShareExplanation,
};

use super::wiring::environment;
use crate::arguments::WhyArguments;
use crate::exit::Exit;
use crate::screen;
use crate::table;
use crate::table::{Align, count, number};

pub(crate) async fn run(arguments: WhyArguments) -> Result<Exit> {
    let explanation = why(&arguments.file, &arguments.feature, &environment()).await?;
    screen::print(arguments.print, &explanation, || text(&explanation))?;
    Ok(Exit::NoViolation)
}

fn text(explanation: &Explanation) -> String {
    let mut text = table::printable(format!(
        "`{}` in {}",
        explanation.feature, explanation.folder
    ));
    text.push_str("\n\n");
    for violation in &explanation.violations {
        text.push_str(&format!(
            "violation ({}): {}\n",
            violation.constraint_check_type.name(),
            violation.description
        ));
    }
    for violation in &explanation.corrected_violations {
        text.push_str(&format!(
            "corrected verdict ({}): {}\n",
            violation.constraint_check_type.name(),
            violation.description
        ));
    }
    for share in &explanation.shares {
        push_share(&mut text, share);
    }
    if let Some(reason) = &explanation.no_drift {
        text.push_str(&format!("no drift to explain: {reason}\n"));
    }
    if let Some(drift) = &explanation.drift {
        push_drift(&mut text, drift);
    }
    text
}

/// `completeness_check: 1 − 12/500 = 0.976; the constraint accepts 1 or more`.
fn push_share(text: &mut String, share: &ShareExplanation) {
    let ratio = share
        .ratio
        .map_or_else(|| "unknown".to_owned(), |ratio| ratio.to_string());
    text.push_str(&format!(
        "{}: 1 − {}/{} = {ratio}",
        share.check.name(),
        share.bad,
        share.n
    ));
    if let Some(threshold) = share.threshold {
        text.push_str(&format!("; the constraint accepts {threshold} or more"));
    }
    if let (Some(bad), Some(n)) = (share.baseline_bad, share.baseline_n) {
        text.push_str(&format!("; baseline {bad}/{n}"));
    }
    if let Some(p_value) = share.p_value {
        text.push_str(&format!(
            "; Fisher's exact test of a rise: p = {}",
            table::p_value(p_value)
        ));
    }
    text.push('\n');
}

fn push_drift(text: &mut String, drift: &DriftExplanation) {
    let workings = &drift.workings;
    let comparison = &workings.comparison;
    text.push_str(&format!(
        "\ndrift by {}: {} baseline rows and {} current rows with a value; threshold {}\n\n",
        drift.method,
        count(comparison.n_baseline),
        count(comparison.n_current),
        drift.threshold
    ));
    text.push_str("bins of PSI and the Jensen-Shannon distance\n");
    text.push_str(&bins(&workings.bins));
    text.push_str(&gap(&workings.largest_gap));
    for step in &workings.steps {
        let result = step
            .result
            .map_or_else(|| "not computed".to_owned(), |result| format!("{result:?}"));
        text.push_str(&format!(
            "\n{}\n    {}\n    = {}\n    = {result}\n",
            step.name, step.formula, step.numbers
        ));
    }
    if let Some(note) = &comparison.note {
        text.push_str(&format!("\nnote: {note}\n"));
    }
    text.push_str(match (&drift.recorded, drift.agrees) {
        (Some(_), true) => "\nthese figures equal those in probity.json\n",
        (Some(_), false) => "\nthese figures differ from those in probity.json: it was changed, or another version wrote it\n",
        (None, _) => "\nprobity.json records no drift for this column\n",
    });
}

fn bins(bins: &[ExplainedBin]) -> String {
    let header = [
        ("bin", Align::Left),
        ("baseline", Align::Right),
        ("current", Align::Right),
        ("baseline share", Align::Right),
        ("current share", Align::Right),
        ("adds to PSI", Align::Right),
        ("adds to JS²", Align::Right),
    ];
    let rows = bins.iter().map(|bin| {
        vec![
            bin.label.clone(),
            count(bin.baseline_rows),
            count(bin.current_rows),
            number(bin.baseline_share),
            number(bin.current_share),
            number(bin.psi_term),
            number(bin.divergence_term),
        ]
    });
    table::table(&header, rows.collect())
}

fn gap(gap: &ExplainedGap) -> String {
    format!(
        "farthest apart at {}: {} baseline rows (share {}), {} current rows (share {})\n",
        gap.place,
        count(gap.baseline_rows),
        number(gap.baseline_share),
        count(gap.current_rows),
        number(gap.current_share)
    )
}
