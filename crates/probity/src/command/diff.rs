//! `probity diff`: two baselines side by side.

use anyhow::Result;
use probity_analysis::data_quality::{BaselineDiff, FeatureDiff, Presence, SettingDiff, diff};
use serde_json::Value;

use super::wiring::environment;
use crate::arguments::DiffArguments;
use crate::exit::Exit;
use crate::screen;
use crate::table::{Align, count, number, short, table};

/// Category counts beyond these are told as a number.
const SHOWN_PER_FEATURE: usize = 12;

pub(crate) async fn run(arguments: DiffArguments) -> Result<Exit> {
    let found = diff(&arguments.before, &arguments.after, &environment()).await?;
    screen::print(arguments.print, &found, || text(&found))?;
    Ok(Exit::NoViolation)
}

pub(super) fn text(diff: &BaselineDiff) -> String {
    let mut text = format!(
        "before: {} ({} rows)\nafter:  {} ({} rows)\n",
        diff.before,
        count(diff.rows_before),
        diff.after,
        count(diff.rows_after)
    );
    let changed: Vec<&FeatureDiff> = diff
        .features
        .iter()
        .filter(|feature| is_changed(feature))
        .collect();
    if changed.is_empty() && diff.settings.is_empty() {
        text.push_str("the baselines say the same\n");
        return text;
    }
    let mut rows = Vec::new();
    for setting in &diff.settings {
        rows.push(cells("(whole file)", setting));
    }
    for feature in changed {
        push_feature(feature, &mut rows);
    }
    let header = [
        ("feature", Align::Left),
        ("figure", Align::Left),
        ("before", Align::Right),
        ("after", Align::Right),
        ("change", Align::Right),
    ];
    text.push_str(&table(&header, rows));
    text
}

fn is_changed(feature: &FeatureDiff) -> bool {
    feature.presence != Presence::Both
        || !feature.statistics.is_empty()
        || !feature.constraints.is_empty()
}

fn push_feature(feature: &FeatureDiff, rows: &mut Vec<Vec<String>>) {
    let name = short(&feature.name, 32);
    match feature.presence {
        Presence::Added => {
            rows.push(vec![
                name,
                "column".into(),
                "absent".into(),
                "present".into(),
                String::new(),
            ]);
            return;
        }
        Presence::Removed => {
            rows.push(vec![
                name,
                "column".into(),
                "present".into(),
                "absent".into(),
                String::new(),
            ]);
            return;
        }
        Presence::Both => {}
    }
    let all: Vec<&SettingDiff> = feature
        .statistics
        .iter()
        .chain(&feature.constraints)
        .collect();
    for setting in all.iter().take(SHOWN_PER_FEATURE) {
        rows.push(cells(&name, setting));
    }
    if all.len() > SHOWN_PER_FEATURE {
        let more = all.len() - SHOWN_PER_FEATURE;
        rows.push(vec![
            name,
            format!("and {more} more"),
            String::new(),
            String::new(),
            String::new(),
        ]);
    }
}

fn cells(name: &str, setting: &SettingDiff) -> Vec<String> {
    let change = match (setting.before.as_f64(), setting.after.as_f64()) {
        (Some(before), Some(after)) => {
            let difference = after - before;
            let sign = if difference > 0.0 { "+" } else { "" };
            format!("{sign}{}", number(difference))
        }
        _ => String::new(),
    };
    vec![
        name.to_owned(),
        figure(&setting.path),
        shown(&setting.before),
        shown(&setting.after),
        change,
    ]
}

/// The last parts of a path say enough: `mean`, `num_missing`, `buckets[north]`.
fn figure(path: &str) -> String {
    let short_path = path
        .trim_start_matches("numerical_statistics.")
        .trim_start_matches("string_statistics.")
        .trim_start_matches("distribution.categorical.")
        .trim_start_matches("common.");
    short(short_path, 48)
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Number(_) => value.as_f64().map(number).unwrap_or_default(),
        Value::String(text) => short(text, 32),
        other => short(&other.to_string(), 32),
    }
}
