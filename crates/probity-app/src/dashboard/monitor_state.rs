//! How the monitors of one kind stand, in the words of the model dashboard and two more: a monitor
//! that failed, and one that is missing.
//!
//! Source: "View Model Dashboard" in the developer guide, whose `None` is `Missing` here where the
//! model runs somewhere.

use probity_domain::resource::{AlertState, ExecutionState, ScheduleState};
use probity_store::fleet::{Head, LastRun};
use probity_store::monitoring_alert::Alert;

/// Of several monitors of one kind, the worst counts; so the order is that of badness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MonitorState {
    /// Nothing to watch: the model runs nowhere.
    Idle,
    /// Runs, and found nothing that alerts; yet its last run may have found this many violations,
    /// where one such run does not raise the alert.
    Ok { found: i64 },
    /// Has not run yet.
    Waiting,
    /// Somebody stopped it.
    Inactive,
    /// The model runs, and nobody watches this.
    Missing,
    /// The schedule, or its last run, failed.
    Failed { at_ms: i64 },
    InAlert {
        acknowledged: Acknowledged,
        since_ms: i64,
    },
}

/// One that nobody has seen yet is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Acknowledged {
    Yes,
    No,
}

impl MonitorState {
    /// What addresses and files call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Ok { .. } => "ok",
            Self::Waiting => "waiting",
            Self::Inactive => "inactive",
            Self::Missing => "missing",
            Self::Failed { .. } => "failed",
            Self::InAlert { .. } => "alert",
        }
    }

    /// Whether somebody ought to look.
    pub fn needs_attention(self) -> bool {
        match self {
            Self::Idle | Self::Ok { .. } | Self::Waiting => false,
            Self::Inactive | Self::Missing | Self::Failed { .. } | Self::InAlert { .. } => true,
        }
    }

    /// Whether it watches now.
    pub fn watches(self) -> bool {
        match self {
            Self::Idle | Self::Inactive | Self::Missing => false,
            Self::Ok { .. } | Self::Waiting | Self::Failed { .. } | Self::InAlert { .. } => true,
        }
    }
}

/// How a schedule stands by its last run that completed or failed, and its alerts.
pub(super) fn of_schedule<'a>(
    schedule: &Head,
    run: Option<&LastRun>,
    alerts: impl IntoIterator<Item = &'a Alert>,
) -> MonitorState {
    let failed = |at_ms| MonitorState::Failed { at_ms };
    match ScheduleState::parse(&schedule.status) {
        Some(ScheduleState::Stopped) => return MonitorState::Inactive,
        Some(ScheduleState::Failed) => return failed(schedule.modified_ms),
        Some(ScheduleState::Pending) => return MonitorState::Waiting,
        Some(ScheduleState::Scheduled) | None => {}
    }
    of_alerts(alerts).unwrap_or_else(|| of_run(run))
}

fn of_run(run: Option<&LastRun>) -> MonitorState {
    let Some(run) = run else {
        return MonitorState::Waiting;
    };
    match ExecutionState::parse(&run.status) {
        Some(ExecutionState::Completed) => MonitorState::Ok { found: 0 },
        // A run without a count found one at least.
        Some(ExecutionState::CompletedWithViolations) => MonitorState::Ok {
            found: run.violations.max(1),
        },
        Some(ExecutionState::Failed) => MonitorState::Failed {
            at_ms: run.modified_ms,
        },
        Some(
            ExecutionState::Pending
            | ExecutionState::InProgress
            | ExecutionState::Stopping
            | ExecutionState::Stopped,
        )
        | None => MonitorState::Waiting,
    }
}

/// What those of the alerts that are raised come to: since the first of the worst of them. `None`
/// where none is raised.
pub(super) fn of_alerts<'a>(alerts: impl IntoIterator<Item = &'a Alert>) -> Option<MonitorState> {
    let raised = alerts
        .into_iter()
        .filter(|alert| AlertState::parse(&alert.status) == Some(AlertState::InAlert));
    let states = raised.map(|alert| {
        let acknowledged = match &alert.acknowledged {
            Some(_) => Acknowledged::Yes,
            None => Acknowledged::No,
        };
        (acknowledged, alert.since_ms)
    });
    let (acknowledged, since_ms) = states
        .max_by_key(|(acknowledged, since_ms)| (*acknowledged, std::cmp::Reverse(*since_ms)))?;
    Some(MonitorState::InAlert {
        acknowledged,
        since_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_is_the_greatest() {
        let alert = MonitorState::InAlert {
            since_ms: 1,
            acknowledged: Acknowledged::No,
        };
        let states = [
            MonitorState::Ok { found: 7 },
            alert,
            MonitorState::Inactive,
            MonitorState::Failed { at_ms: 9 },
        ];
        assert_eq!(states.into_iter().max(), Some(alert));
        assert!(MonitorState::Missing > MonitorState::Inactive);
        assert!(MonitorState::Waiting > MonitorState::Ok { found: 7 });
        assert!(MonitorState::Ok { found: 7 } > MonitorState::Ok { found: 0 });
    }
}
