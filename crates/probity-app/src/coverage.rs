//! How much of an endpoint's traffic its captures show: what was answered, captured and lost, and
//! which servers' last captures may be missing. Every result on captured data states it.
//!
//! It is read by what happens later, and not a verb that a caller may ask for.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_domain::document::UtcTime;
use probity_domain::document::api::endpoint::Endpoint;
use probity_store::capture_loss::{self, LossesOf};
use probity_store::capture_seal;
use probity_store::capture_server::{self, CaptureServer};
use probity_store::endpoint_traffic::{self, Counts, TrafficOf};
use probity_store::resource::{self, ResourceKey};

use crate::app::App;
use crate::clock::Clock;
use crate::fault::Fault;

const MS_PER_HOUR: i64 = 3_600_000;

/// A server that says nothing for so long, by the world's clock, is taken for dead.
const NOT_SEEN_MS: i64 = 10_000;

/// A server says at least so often that it is there.
const SAID_MS: i64 = 3_000;

/// Of which calls: those with `from_ms <= time < to_ms`, by the server's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoverageOf<'a> {
    pub region: &'a str,
    pub endpoint: &'a str,
    pub from_ms: i64,
    pub to_ms: i64,
}

/// What is known of the captures of one endpoint. Calls are counted by the hour, so the counts
/// are of the hours that the asked time touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    pub endpoint: String,
    pub from_ms: i64,
    pub to_ms: i64,
    /// `None` where the calls went through other programs, and nobody counted them here.
    pub calls: Option<Counts>,
    pub capture: Capture,
    /// By reason, in the words of the capture log.
    pub lost: BTreeMap<String, u64>,
    /// Servers that were not seen since, and may have answered calls of the asked time.
    pub dead_servers: Vec<CaptureServer>,
    /// Servers that are there and have not delivered what they answered before `to_ms`, though
    /// they may have been asked to.
    pub slow_servers: Vec<CaptureServer>,
    /// Segments of captured records that could not be brought to their destination yet.
    pub undelivered: u64,
}

/// Whether the endpoint captures now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// So many of a hundred calls.
    On {
        sampling_percentage: u8,
    },
    Off,
    /// It is no endpoint of this server, or not in service.
    Unknown,
}

/// Reads what is known. `world` is the clock that leases are counted by.
pub async fn of(app: &App, world: &dyn Clock, wanted: &CoverageOf<'_>) -> Result<Coverage, Fault> {
    let from_ms = wanted.from_ms - wanted.from_ms.rem_euclid(MS_PER_HOUR);
    let to_ms = wanted.to_ms + (-wanted.to_ms).rem_euclid(MS_PER_HOUR);
    let (region, endpoint) = (wanted.region, wanted.endpoint);
    let traffic = TrafficOf {
        region,
        endpoint,
        from_ms,
        to_ms,
    };
    let counted = endpoint_traffic::total(&app.store, &traffic).await?;
    let (is_here, capture) = capture(app, (region, endpoint)).await?;
    let losses = LossesOf {
        region,
        endpoint,
        from_ms,
        to_ms,
    };
    let mut lost = BTreeMap::new();
    for loss in capture_loss::list(&app.store, &losses).await? {
        *lost.entry(loss.reason).or_default() += loss.lost.unsigned_abs();
    }
    let servers = capture_server::list(&app.store).await?;
    let undelivered = servers
        .iter()
        .flat_map(|server| &server.undelivered)
        .filter(|left| left.region == region && left.endpoint == endpoint && left.from_ms < to_ms)
        .map(|left| left.segments)
        .sum();
    let now_ms = world.now_ms();
    let behind = servers.into_iter().filter(|server| {
        server.sealed_to_ms < wanted.to_ms
            && server.alive_to_ms.saturating_add(SAID_MS) >= wanted.from_ms
    });
    let (dead_servers, mut slow_servers): (Vec<_>, Vec<_>) =
        behind.partition(|server| is_dead(app, server, now_ms));
    // One that is there has only to be where it was asked to be: the window of a run of now ends
    // with a whole second, which may still be to come.
    let asked_ms = capture_seal::wanted_ms(&app.store).await?;
    slow_servers.retain(|server| asked_ms.is_some_and(|asked_ms| server.sealed_to_ms < asked_ms));
    Ok(Coverage {
        endpoint: endpoint.to_owned(),
        from_ms,
        to_ms,
        // An endpoint of this server that nobody counted a call of had none.
        calls: counted.or_else(|| is_here.then(Counts::default)),
        capture,
        lost,
        dead_servers,
        slow_servers,
        undelivered,
    })
}

/// Whether the endpoint is there, and whether it captures.
async fn capture(app: &App, (region, name): (&str, &str)) -> Result<(bool, Capture), Fault> {
    let key = ResourceKey {
        kind: ResourceKind::Endpoint,
        region,
        name,
    };
    let Some(row) = resource::get(&app.store, key).await? else {
        return Ok((false, Capture::Unknown));
    };
    let document: Endpoint = serde_json::from_value(row.body)
        .map_err(|error| Fault::internal(format!("read the endpoint `{name}`"), error))?;
    let Some(deployment) = document.in_service else {
        return Ok((true, Capture::Unknown));
    };
    let config = deployment.config.data_capture_config;
    let config = config.filter(|config| config.is_enabled());
    Ok((
        true,
        config.map_or(Capture::Off, |config| Capture::On {
            sampling_percentage: config.initial_sampling_percentage,
        }),
    ))
}

/// Whether nobody has seen the server for ten seconds by the world's clock.
pub fn is_dead(app: &App, server: &CaptureServer, world_now_ms: i64) -> bool {
    !app.seals.is_own(&server.id) && is_silent(server, world_now_ms)
}

fn is_silent(server: &CaptureServer, world_now_ms: i64) -> bool {
    world_now_ms.saturating_sub(server.seen_ms) > NOT_SEEN_MS
}

/// What is to be said of a dead server.
pub fn not_seen(server: &CaptureServer) -> String {
    format!(
        "server `{}` was not seen since {}: its last captures may be missing",
        server.id,
        UtcTime::from_epoch_ms(server.seen_ms)
    )
}

/// What is to be said of one that is there.
pub fn not_in_time(server: &CaptureServer) -> String {
    format!(
        "server `{}` did not deliver its captures in time: its last captures may be missing",
        server.id
    )
}

impl Coverage {
    /// Captured records that were dropped.
    pub fn n_lost(&self) -> u64 {
        self.lost.values().sum()
    }

    /// What readers of a result must know: nothing where every answered call was captured and
    /// lies at its destination.
    pub fn notes(&self) -> Vec<String> {
        let is_whole = self
            .calls
            .is_none_or(|calls| calls.captured >= calls.answered);
        let calls = (!is_whole).then(|| self.calls_sentence()).flatten();
        calls.into_iter().chain(self.shortfalls()).collect()
    }

    /// All that is known, for logs.
    pub fn sentence(&self) -> String {
        let calls = self.calls_sentence();
        let parts: Vec<String> = calls.into_iter().chain(self.shortfalls()).collect();
        match parts.is_empty() {
            true => format!(
                "nobody counted the calls of endpoint `{}` here",
                self.endpoint
            ),
            false => parts.join("; "),
        }
    }

    /// Why a run from `from_ms` to `to_ms` found no record.
    pub fn no_data(&self, from_ms: i64, to_ms: i64) -> String {
        let mut parts = vec![format!(
            "0 captured records between {} and {}",
            UtcTime::from_epoch_ms(from_ms),
            UtcTime::from_epoch_ms(to_ms)
        )];
        if let Some(calls) = self.calls {
            let mut answered = format!("the endpoint answered {}", invocations(calls.answered));
            if (self.from_ms, self.to_ms) != (from_ms, to_ms) {
                answered.push_str(" in the hours that this touches");
            }
            if calls.failed > 0 {
                answered = format!("{answered}, and {} failed", calls.failed);
            }
            parts.push(answered);
        }
        match self.capture {
            Capture::Off => parts.push("its data capture is off".to_owned()),
            Capture::On {
                sampling_percentage,
            } if sampling_percentage < 100 => {
                parts.push(format!("it captures {sampling_percentage} % of them"));
            }
            Capture::On { .. } | Capture::Unknown => {}
        }
        parts.extend(self.shortfalls());
        format!("NoData: {}", parts.join("; "))
    }

    fn calls_sentence(&self) -> Option<String> {
        let calls = self.calls?;
        let mut said = format!(
            "endpoint `{}` answered {} {} and captured {}",
            self.endpoint,
            invocations(calls.answered),
            self.time(),
            match calls.captured {
                captured if captured == calls.answered && captured > 0 => "all of them".to_owned(),
                captured => format!("{captured} of them"),
            }
        );
        if let Capture::On {
            sampling_percentage,
        } = self.capture
            && sampling_percentage < 100
        {
            said = format!("{said}, which is to be {sampling_percentage} %");
        }
        Some(said)
    }

    /// As sentences have it.
    fn time(&self) -> String {
        let to = UtcTime::from_epoch_ms(self.to_ms);
        match self.from_ms {
            0 => format!("until {to}"),
            from_ms => format!("from {} to {to}", UtcTime::from_epoch_ms(from_ms)),
        }
    }

    fn shortfalls(&self) -> Vec<String> {
        let mut said = Vec::new();
        if self.n_lost() > 0 {
            let reasons = self.lost.iter().map(|(reason, lost)| {
                let why = why(reason);
                format!("{lost} because {why}")
            });
            said.push(format!(
                "captures of endpoint `{}` were lost {}: {}",
                self.endpoint,
                self.time(),
                reasons.collect::<Vec<_>>().join(", ")
            ));
        }
        if self.undelivered > 0 {
            said.push(format!(
                "{} of captured records of endpoint `{}` could not be brought to their destination \
                 yet",
                match self.undelivered {
                    1 => "1 file".to_owned(),
                    files => format!("{files} files"),
                },
                self.endpoint
            ));
        }
        said.extend(self.dead_servers.iter().map(not_seen));
        said.extend(self.slow_servers.iter().map(not_in_time));
        said
    }
}

fn invocations(count: i64) -> String {
    match count {
        1 => "1 invocation".to_owned(),
        count => format!("{count} invocations"),
    }
}

/// The capture log's reasons, for people.
fn why(reason: &str) -> &str {
    match reason {
        "disk-full" => "the disk was full",
        "limit" => "more than --capture-max-bytes waited to be delivered",
        "write-failed" => "the disk failed",
        "damaged" => "they were damaged by a crash of the machine",
        "unredactable" => "they could not be redacted",
        "too-long" => "the streamed answer was too long",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM_MS: i64 = 1_650_240_000_000;

    fn coverage(calls: Option<(i64, i64, i64)>, lost: &[(&str, u64)]) -> Coverage {
        Coverage {
            endpoint: "loans".to_owned(),
            from_ms: FROM_MS,
            to_ms: FROM_MS + MS_PER_HOUR,
            calls: calls.map(|(answered, failed, captured)| Counts {
                answered,
                failed,
                captured,
            }),
            capture: Capture::On {
                sampling_percentage: 100,
            },
            lost: lost
                .iter()
                .map(|(reason, lost)| ((*reason).to_owned(), *lost))
                .collect(),
            dead_servers: Vec::new(),
            slow_servers: Vec::new(),
            undelivered: 0,
        }
    }

    #[test]
    fn what_is_whole_needs_no_note() {
        assert!(coverage(Some((7, 1, 7)), &[]).notes().is_empty());
        assert!(coverage(None, &[]).notes().is_empty());
    }

    #[test]
    fn what_is_missing_is_counted_and_explained() {
        let found = coverage(Some((7, 0, 4)), &[("limit", 2), ("disk-full", 1)]);
        assert_eq!(
            found.notes(),
            [
                "endpoint `loans` answered 7 invocations from 2022-04-18T00:00:00Z to \
                 2022-04-18T01:00:00Z and captured 4 of them",
                "captures of endpoint `loans` were lost from 2022-04-18T00:00:00Z to \
                 2022-04-18T01:00:00Z: 1 because the disk was full, 2 because more than \
                 --capture-max-bytes waited to be delivered",
            ]
        );
    }

    #[test]
    fn a_run_without_data_says_what_the_endpoint_did() {
        let quiet = coverage(Some((0, 0, 0)), &[]);
        assert_eq!(
            quiet.no_data(FROM_MS, FROM_MS + MS_PER_HOUR),
            "NoData: 0 captured records between 2022-04-18T00:00:00Z and 2022-04-18T01:00:00Z; \
             the endpoint answered 0 invocations"
        );
        let off = Coverage {
            capture: Capture::Off,
            ..coverage(Some((1, 2, 0)), &[])
        };
        assert_eq!(
            off.no_data(FROM_MS, FROM_MS + 60_000),
            "NoData: 0 captured records between 2022-04-18T00:00:00Z and 2022-04-18T00:01:00Z; \
             the endpoint answered 1 invocation in the hours that this touches, and 2 failed; its \
             data capture is off"
        );
    }

    #[test]
    fn a_dead_server_is_named() {
        let server = CaptureServer {
            id: "s1".to_owned(),
            seen_ms: FROM_MS,
            alive_to_ms: FROM_MS,
            sealed_to_ms: FROM_MS,
            undelivered: Vec::new(),
        };
        assert!(!is_silent(&server, FROM_MS + NOT_SEEN_MS));
        assert!(is_silent(&server, FROM_MS + NOT_SEEN_MS + 1));
        let found = Coverage {
            dead_servers: vec![server],
            ..coverage(Some((1, 0, 1)), &[])
        };
        assert_eq!(
            found.notes(),
            [
                "server `s1` was not seen since 2022-04-18T00:00:00Z: its last captures may be missing"
            ]
        );
    }
}
