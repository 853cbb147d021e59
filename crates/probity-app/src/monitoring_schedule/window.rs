//! Which captured calls a run looks at.
//!
//! A run of a slot looks from the slot before to its own; offsets are counted from the time of the
//! run ("Schedule model quality monitoring jobs" of the developer guide: `-P8D` and `-P1D` at
//! 13:00 of the ninth is from 13:00 of the first to 13:00 of the eighth).

use probity_domain::document::TimeOffset;
use probity_domain::document::api::monitoring_job_definition::MonitoringJobDefinition;
use probity_domain::document::api::monitoring_schedule::ScheduleConfig;
use probity_domain::document::execution::ExecutionWindow;

use super::expression::ScheduleExpression;
use crate::fault::Fault;

const MS_PER_SECOND: i64 = 1000;
const MS_PER_DAY: i64 = 86_400_000;

/// The longest window of a schedule's own offsets, by the API's documents.
const LONGEST_MS: i64 = MS_PER_DAY;

/// What a run at `scheduled_ms` looks at.
pub(crate) fn window(
    expression: &ScheduleExpression,
    config: Option<&ScheduleConfig>,
    definition: &MonitoringJobDefinition,
    scheduled_ms: i64,
) -> Result<ExecutionWindow, Fault> {
    let (start, end) = offsets(config, definition)?;
    let start_ms = match start {
        Some(offset) => scheduled_ms.saturating_add(offset.ms),
        None => match expression {
            // The service asks for offsets then; a day is what a daily schedule would look at.
            ScheduleExpression::Now => scheduled_ms - MS_PER_DAY,
            ScheduleExpression::Cron(slots) => slots
                .before(scheduled_ms)
                .unwrap_or(scheduled_ms - MS_PER_DAY),
        },
    };
    let end_ms = scheduled_ms.saturating_add(end.map_or(0, |offset| offset.ms));
    Ok(whole_seconds(start_ms, end_ms))
}

/// No run looks at more: each hour of a window is a folder to be looked for.
const LONGEST_RUN_MS: i64 = 400 * MS_PER_DAY;
/// Clocks of clients differ.
const AHEAD_MS: i64 = MS_PER_DAY;

/// Refuses what a run that somebody asks for could not look at.
pub(crate) fn check_window((start_ms, end_ms): (i64, i64), now_ms: i64) -> Result<(), Fault> {
    if start_ms >= end_ms {
        return Err(Fault::invalid("The window must begin before it ends"));
    }
    if end_ms.saturating_sub(start_ms) > LONGEST_RUN_MS {
        return Err(Fault::invalid("The window may span 400 days at most"));
    }
    if end_ms > now_ms.saturating_add(AHEAD_MS) {
        return Err(Fault::invalid("The window ends in the future"));
    }
    Ok(())
}

/// Captured records have whole seconds, so a window that ends within a second takes all of it.
pub(crate) fn whole_seconds(start_ms: i64, end_ms: i64) -> ExecutionWindow {
    ExecutionWindow {
        start_ms: start_ms - start_ms.rem_euclid(MS_PER_SECOND),
        end_ms: end_ms + (-end_ms).rem_euclid(MS_PER_SECOND),
    }
}

/// Those of the schedule come before those of its input.
fn offsets(
    config: Option<&ScheduleConfig>,
    definition: &MonitoringJobDefinition,
) -> Result<(Option<TimeOffset>, Option<TimeOffset>), Fault> {
    let input = &definition.job_input;
    let input = input
        .endpoint_input
        .as_ref()
        .or(input.batch_transform_input.as_ref());
    let start = config
        .and_then(|config| config.data_analysis_start_time.as_deref())
        .or(input.and_then(|input| input.start_time_offset.as_deref()));
    let end = config
        .and_then(|config| config.data_analysis_end_time.as_deref())
        .or(input.and_then(|input| input.end_time_offset.as_deref()));
    let read = |text: Option<&str>| {
        text.map(TimeOffset::parse)
            .transpose()
            .map_err(|error| Fault::invalid(error.to_string()))
    };
    Ok((read(start)?, read(end)?))
}

/// Refuses offsets that no run could use.
pub(crate) fn check(
    expression: &ScheduleExpression,
    config: Option<&ScheduleConfig>,
    definition: &MonitoringJobDefinition,
) -> Result<(), Fault> {
    let own = config.map(|config| {
        (
            config.data_analysis_start_time.is_some(),
            config.data_analysis_end_time.is_some(),
        )
    });
    if let (ScheduleExpression::Now, Some((false, _) | (_, false))) = (expression, own) {
        return Err(Fault::invalid(
            "DataAnalysisStartTime and DataAnalysisEndTime are required when ScheduleExpression \
             is NOW",
        ));
    }
    let (start, end) = offsets(config, definition)?;
    let (start, end) = (start.map(|offset| offset.ms), end.unwrap_or_default().ms);
    if start.is_some_and(|start| start >= end) {
        return Err(Fault::invalid(
            "The start of the data to analyse must be before their end",
        ));
    }
    if start.is_some_and(|start| end.saturating_sub(start) > LONGEST_RUN_MS) {
        return Err(Fault::invalid(
            "The data to analyse may span 400 days at most",
        ));
    }
    if let (Some((true, _)), Some(start)) = (own, start)
        && end - start > LONGEST_MS
    {
        return Err(Fault::invalid(
            "DataAnalysisStartTime and DataAnalysisEndTime may span 24 hours at most",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// 2020-01-09T13:00:00Z.
    const AT_MS: i64 = 1_578_574_800_000;

    fn hourly() -> ScheduleExpression {
        ScheduleExpression::parse("cron(0 * ? * * *)", AT_MS).unwrap()
    }

    fn with_offsets(start: &str, end: &str) -> MonitoringJobDefinition {
        serde_json::from_value(json!({ "ModelQualityJobInput": { "EndpointInput": {
            "EndpointName": "e", "LocalPath": "/in",
            "StartTimeOffset": start, "EndTimeOffset": end,
        } } }))
        .unwrap()
    }

    #[test]
    fn a_slot_looks_from_the_slot_before_to_its_own() {
        let definition = MonitoringJobDefinition::default();
        let found = window(&hourly(), None, &definition, AT_MS).unwrap();
        assert_eq!(found, whole_seconds(AT_MS - 3_600_000, AT_MS));
    }

    #[test]
    fn the_example_of_the_guide_looks_a_week_back() {
        let found = window(&hourly(), None, &with_offsets("-P8D", "-P1D"), AT_MS).unwrap();
        assert_eq!(
            found,
            whole_seconds(AT_MS - 8 * MS_PER_DAY, AT_MS - MS_PER_DAY)
        );
    }

    #[test]
    fn a_window_that_ends_within_a_second_takes_all_of_it() {
        let found = whole_seconds(1_500, 2_001);
        assert_eq!((found.start_ms, found.end_ms), (1_000, 3_000));
        assert_eq!(whole_seconds(1_000, 2_000).end_ms, 2_000);
    }

    #[test]
    fn offsets_that_no_run_could_use_are_refused() {
        let definition = MonitoringJobDefinition::default();
        let own = |start: Option<&str>, end: Option<&str>| ScheduleConfig {
            schedule_expression: "NOW".to_owned(),
            data_analysis_start_time: start.map(str::to_owned),
            data_analysis_end_time: end.map(str::to_owned),
        };
        let now = ScheduleExpression::Now;
        for config in [
            own(None, None),
            own(Some("-PT1H"), None),
            own(Some("-PT1H"), Some("-PT2H")),
            own(Some("-PT25H"), Some("PT0H")),
            own(Some("an hour"), Some("PT0H")),
        ] {
            assert!(
                check(&now, Some(&config), &definition).is_err(),
                "{config:?}"
            );
        }
        let good = own(Some("-PT1H"), Some("-PT0H"));
        assert!(check(&now, Some(&good), &definition).is_ok());
        assert!(check(&hourly(), None, &with_offsets("-P1D", "-P8D")).is_err());
        assert!(check(&hourly(), None, &with_offsets("-P8D", "-P1D")).is_ok());
    }
}
