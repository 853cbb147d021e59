//! How the monitors of one kind stand, in the words of the model dashboard and two more: a monitor
//! that failed, and one that is missing.
//!
//! Source: "View Model Dashboard" in the developer guide, whose `None` is `Missing` here where the
//! model runs somewhere.

/// Of several monitors of one kind, the worst counts; so the order is that of badness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MonitorState {
    /// Nothing to watch: the model runs nowhere.
    Idle,
    /// Runs, and found nothing that alerts.
    Ok,
    /// Has not run yet.
    Waiting,
    /// Somebody stopped it.
    Inactive,
    /// The model runs, and nobody watches this.
    Missing,
    /// The schedule, or its last run, failed.
    Failed { at_ms: i64 },
    InAlert {
        since_ms: i64,
        acknowledged: Acknowledged,
    },
}

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
            Self::Ok => "ok",
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
            Self::Idle | Self::Ok | Self::Waiting => false,
            Self::Inactive | Self::Missing | Self::Failed { .. } | Self::InAlert { .. } => true,
        }
    }

    /// Whether it watches now.
    pub fn watches(self) -> bool {
        match self {
            Self::Idle | Self::Inactive | Self::Missing => false,
            Self::Ok | Self::Waiting | Self::Failed { .. } | Self::InAlert { .. } => true,
        }
    }
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
            MonitorState::Ok,
            alert,
            MonitorState::Inactive,
            MonitorState::Failed { at_ms: 9 },
        ];
        assert_eq!(states.into_iter().max(), Some(alert));
        assert!(MonitorState::Missing > MonitorState::Inactive);
    }
}
