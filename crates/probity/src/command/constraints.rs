//! `probity constraints set`: edits a baseline and keeps who and why.

use anyhow::{Result, bail};
use probity_analysis::data_quality::{EditRequest, edit_constraints};
use probity_domain::document::constraints::{ComparisonMethod, Switch};
use probity_metrics::constraints::{Editor, Setting};

use super::baseline::categorical_drift_method;
use super::wiring::environment;
use crate::arguments::{ComparisonMethodArgument, ConstraintsSetArguments, SwitchArgument};
use crate::exit::{Exit, Usage};
use crate::screen;
use crate::table::{Align, table};

pub(crate) async fn set(arguments: ConstraintsSetArguments) -> Result<Exit> {
    let settings = settings(&arguments);
    if settings.is_empty() {
        bail!(Usage(
            "nothing to change: give a setting, e.g. --threshold 0.2 or --ignore".to_owned()
        ));
    }
    let environment = environment();
    let who = arguments
        .who
        .clone()
        .or_else(|| environment.get("USER").map(str::to_owned))
        .or_else(|| environment.get("LOGNAME").map(str::to_owned))
        .unwrap_or_else(|| "unknown".to_owned());
    let request = EditRequest {
        folder: arguments.folder.clone(),
        feature: arguments.feature.clone(),
        settings,
        editor: Editor {
            at: now(),
            who,
            why: arguments.why.clone(),
        },
    };
    let edits = edit_constraints(&request, &environment).await?;
    screen::print(arguments.print, &edits, || {
        if edits.is_empty() {
            return "the constraints say so already; nothing was written\n".to_owned();
        }
        let header = [
            ("feature", Align::Left),
            ("setting", Align::Left),
            ("before", Align::Right),
            ("after", Align::Right),
        ];
        let rows = edits.iter().map(|edit| {
            vec![
                edit.feature
                    .clone()
                    .unwrap_or_else(|| "(whole file)".to_owned()),
                edit.setting.clone(),
                edit.old.to_string(),
                edit.new.to_string(),
            ]
        });
        table(&header, rows.collect())
    })?;
    Ok(Exit::NoViolation)
}

fn settings(arguments: &ConstraintsSetArguments) -> Vec<Setting> {
    let mut changes = Vec::new();
    changes.extend(arguments.threshold.map(Setting::DriftThreshold));
    if arguments.ignore {
        changes.push(Setting::EvaluateConstraints(Switch::Disabled));
    }
    if arguments.watch {
        changes.push(Setting::EvaluateConstraints(Switch::Enabled));
    }
    changes.extend(arguments.method.map(|method| {
        Setting::ComparisonMethod(match method {
            ComparisonMethodArgument::Simple => ComparisonMethod::Simple,
            ComparisonMethodArgument::Robust => ComparisonMethod::Robust,
        })
    }));
    changes.extend(
        arguments
            .categorical_drift_method
            .map(|method| Setting::CategoricalDriftMethod(categorical_drift_method(method))),
    );
    changes.extend(arguments.completeness.map(Setting::Completeness));
    changes.extend(
        arguments
            .data_type_threshold
            .map(Setting::DatatypeCheckThreshold),
    );
    changes.extend(
        arguments
            .domain_threshold
            .map(Setting::DomainContentThreshold),
    );
    if !arguments.allow.is_empty() {
        changes.push(Setting::AddToDomain(arguments.allow.clone()));
    }
    if arguments.allow_any {
        changes.push(Setting::DropDomain);
    }
    let switched = [
        arguments.non_negative.map(switch).map(Setting::NonNegative),
        arguments
            .comparison
            .map(switch)
            .map(Setting::PerformComparison),
        arguments.emit_metrics.map(switch).map(Setting::EmitMetrics),
    ];
    changes.extend(switched.into_iter().flatten());
    changes
}

fn switch(argument: SwitchArgument) -> Switch {
    match argument {
        SwitchArgument::On => Switch::Enabled,
        SwitchArgument::Off => Switch::Disabled,
    }
}

/// RFC 3339 in UTC, to the second.
#[expect(
    clippy::disallowed_methods,
    reason = "the command is the one place that reads the clock"
)]
fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
