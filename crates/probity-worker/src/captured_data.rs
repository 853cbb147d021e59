//! Which endpoints' captures a job reads, by where its inputs lie, and what is known of their
//! coverage: whatever is computed on captured data says how much of the traffic it saw.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{Datelike, Months, NaiveDate, TimeDelta, TimeZone, Utc};
use probity_app::Fault;
use probity_app::coverage::{self, Coverage, CoverageOf};
use probity_domain::ResourceKind;
use probity_domain::document::api::endpoint::Endpoint;
use probity_store::resource::{self, ListResources};

use crate::analyses::JobSpec;
use crate::sealing::sealed;
use crate::worker::Parts;

/// Nobody waits longer for a server that is slow.
const PATIENCE: Duration = Duration::from_secs(5);

const ENDPOINTS_PAGE: u32 = 100;

/// From the first to the last moment, by the server's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
}

impl Span {
    const ALWAYS: Span = Span {
        from_ms: 0,
        to_ms: i64::MAX,
    };

    fn and(self, other: Span) -> Span {
        Span {
            from_ms: self.from_ms.min(other.from_ms),
            to_ms: self.to_ms.max(other.to_ms),
        }
    }
}

/// The coverage of the endpoints of this server whose captures are among the job's inputs. What
/// they answered until now is at its destination then.
pub(crate) async fn coverage(
    parts: &Parts,
    region: &str,
    spec: &JobSpec,
) -> Result<Vec<Coverage>, Fault> {
    let uris: Vec<&str> = spec.inputs.iter().map(|input| input.uri.as_str()).collect();
    let found = captured(parts, region, &uris).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let (app, world) = (&parts.app, &*parts.lease.clock);
    let now_ms = app.clock.now_ms();
    let to_ms = found.values().map(|span| span.to_ms).fold(0, i64::max);
    // What is missing is told by the coverage.
    sealed(app, world, to_ms.min(now_ms), PATIENCE).await?;
    let mut all = Vec::new();
    for (endpoint, span) in &found {
        let wanted = CoverageOf {
            region,
            endpoint,
            from_ms: span.from_ms,
            to_ms: span.to_ms.min(now_ms),
        };
        all.push(coverage::of(app, world, &wanted).await?);
    }
    Ok(all)
}

/// Endpoints of the region whose captures lie at or below one of `uris`, or above it.
async fn captured(
    parts: &Parts,
    region: &str,
    uris: &[&str],
) -> Result<BTreeMap<String, Span>, Fault> {
    let mut found = BTreeMap::new();
    let mut wanted = ListResources::all(ResourceKind::Endpoint, region, ENDPOINTS_PAGE);
    loop {
        let page = resource::list(&parts.app.store, &wanted).await?;
        for row in page.items {
            // One that cannot be read is no reason not to run.
            let document = serde_json::from_value::<Endpoint>(row.body);
            let deployment = document.ok().and_then(|endpoint| endpoint.in_service);
            let config = deployment.and_then(|deployment| deployment.config.data_capture_config);
            let Some(config) = config else { continue };
            let root = format!(
                "{}/{}",
                config.destination_s3_uri.trim_end_matches('/'),
                row.name
            );
            let spans = uris.iter().filter_map(|uri| span_of(uri, &root));
            if let Some(span) = spans.reduce(Span::and) {
                found.insert(row.name, span);
            }
        }
        wanted.after = page.next;
        if wanted.after.is_none() {
            return Ok(found);
        }
    }
}

/// Of which time the captures are that `uri` names, where those of the endpoint lie below
/// `root`; `None` where it names none of them.
fn span_of(uri: &str, root: &str) -> Option<Span> {
    let uri = uri.trim_end_matches('/');
    if is_at_or_below(root, uri) {
        return Some(Span::ALWAYS);
    }
    if !is_at_or_below(uri, root) {
        return None;
    }
    let below = uri[root.len()..].trim_start_matches('/');
    // Behind the variant.
    let parts: Vec<&str> = below.split('/').skip(1).take(4).collect();
    Some(calendar(&parts).unwrap_or(Span::ALWAYS))
}

fn is_at_or_below(location: &str, folder: &str) -> bool {
    let rest = location.strip_prefix(folder);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Of `yyyy/mm/dd/hh`, or the beginning of that.
pub(crate) fn calendar(parts: &[&str]) -> Option<Span> {
    let number = |index: usize| parts.get(index).map(|text| text.parse::<u32>());
    let year = number(0)?.ok()?;
    let month = number(1).transpose().ok()?;
    let day = number(2).transpose().ok()?;
    let hour = number(3).transpose().ok().flatten();
    let first = NaiveDate::from_ymd_opt(
        i32::try_from(year).ok()?,
        month.unwrap_or(1),
        day.unwrap_or(1),
    )?;
    let from = first.and_hms_opt(hour.unwrap_or(0), 0, 0)?;
    let to = match (month, day, hour) {
        (None, _, _) => from.with_year(from.year() + 1)?,
        (Some(_), None, _) => from.checked_add_months(Months::new(1))?,
        (Some(_), Some(_), None) => from + TimeDelta::days(1),
        (Some(_), Some(_), Some(_)) => from + TimeDelta::hours(1),
    };
    let ms = |time| Utc.from_utc_datetime(&time).timestamp_millis();
    Some(Span {
        from_ms: ms(from),
        to_ms: ms(to),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "s3://b/capture/loans";
    /// 2022-04-18T00:00:00Z
    const DAY_MS: i64 = 1_650_240_000_000;
    const HOUR_MS: i64 = 3_600_000;

    #[track_caller]
    fn check(uri: &str, expected: Option<(i64, i64)>) {
        let expected = expected.map(|(from_ms, to_ms)| Span { from_ms, to_ms });
        assert_eq!(span_of(uri, ROOT), expected, "{uri}");
    }

    #[test]
    fn the_folder_says_of_which_time_captures_are() {
        let hour = (DAY_MS + HOUR_MS, DAY_MS + 2 * HOUR_MS);
        check("s3://b/capture/loans/v/2022/04/18/01", Some(hour));
        check("s3://b/capture/loans/v/2022/04/18/01/x.jsonl", Some(hour));
        let day = (DAY_MS, DAY_MS + 24 * HOUR_MS);
        check("s3://b/capture/loans/v/2022/04/18/", Some(day));
        let month = (DAY_MS - 17 * 24 * HOUR_MS, DAY_MS + 13 * 24 * HOUR_MS);
        check("s3://b/capture/loans/v/2022/04", Some(month));
    }

    #[test]
    fn a_folder_above_holds_all_of_it() {
        for uri in [
            "s3://b/capture",
            "s3://b/capture/loans/",
            "s3://b/capture/loans/v",
            "s3://b/capture/loans/v/other",
        ] {
            check(uri, Some((0, i64::MAX)));
        }
    }

    #[test]
    fn other_places_hold_none_of_it() {
        for uri in [
            "s3://b/capture/loans2/v",
            "s3://b/other",
            "s3://c/capture/loans",
        ] {
            check(uri, None);
        }
    }

    #[test]
    fn several_hours_are_one_span() {
        let hours = ["00", "02"].map(|hour| {
            let uri = format!("{ROOT}/v/2022/04/18/{hour}");
            span_of(&uri, ROOT).unwrap()
        });
        let expected = Span {
            from_ms: DAY_MS,
            to_ms: DAY_MS + 3 * HOUR_MS,
        };
        assert_eq!(hours.into_iter().reduce(Span::and), Some(expected));
    }
}
