//! The states of a monitoring alert (`MonitoringAlertStatus` of the SageMaker API), and what
//! decides between them.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AlertState {
    Ok,
    InAlert,
}

impl AlertState {
    pub const ALL: [AlertState; 2] = [Self::Ok, Self::InAlert];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::InAlert => "InAlert",
        }
    }

    pub fn parse(text: &str) -> Option<AlertState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// `violated` are the last verdicts of the schedule, the newest first; `true` is one with
    /// violations. In alert as soon as `datapoints_to_alert` of the last `evaluation_period` are,
    /// also before there are as many as the period.
    pub fn of_verdicts(
        violated: &[bool],
        datapoints_to_alert: usize,
        evaluation_period: usize,
    ) -> AlertState {
        let last = violated.iter().take(evaluation_period);
        if last.filter(|violated| **violated).count() >= datapoints_to_alert.max(1) {
            Self::InAlert
        } else {
            Self::Ok
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_found_by_its_name() {
        for state in AlertState::ALL {
            assert_eq!(AlertState::parse(state.as_str()), Some(state));
        }
        assert_eq!(AlertState::parse("Ok"), None);
    }

    /// Verdicts as they come in time (`x` violated, `.` not), and the state after each
    /// (`A` in alert, `o` not).
    #[track_caller]
    fn check(datapoints: usize, period: usize, (verdicts, expected): (&str, &str)) {
        let mut newest_first = Vec::new();
        let mut states = String::new();
        for verdict in verdicts.chars() {
            newest_first.insert(0, verdict == 'x');
            states.push(
                match AlertState::of_verdicts(&newest_first, datapoints, period) {
                    AlertState::InAlert => 'A',
                    AlertState::Ok => 'o',
                },
            );
        }
        assert_eq!(states, expected, "{datapoints} of {period}: {verdicts}");
    }

    #[test]
    fn an_alert_follows_the_last_verdicts() {
        check(1, 1, (".x.xx.", "oAoAAo"));
        check(2, 2, ("x.xx.x", "oooAoo"));
        // The window of three slides: `xx.` still has two, `x..` has one.
        check(2, 3, ("xx...x.x", "oAAooooA"));
        check(1, 3, ("x...x", "AAAoA"));
        check(3, 3, ("xxx.xxx", "ooAoooA"));
        check(3, 2, ("xxxx", "oooo"));
    }

    #[test]
    fn no_verdict_is_no_alert() {
        assert_eq!(AlertState::of_verdicts(&[], 1, 1), AlertState::Ok);
    }
}
