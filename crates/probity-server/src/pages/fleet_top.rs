//! What stands above the table of models: how many need somebody, how much is watched, whether the
//! watching goes on, what was found day by day, and what people did last.

use maud::{Markup, html};
use probity_app::dashboard::activity::Entry;
use probity_app::dashboard::fleet::{Anomalies, AnomalyDay, Coverage};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;

use super::count_axis::CountAxis;
use super::fleet::{FleetPage, with};
use super::{badge, words};

pub(super) fn summary(page: FleetPage<'_>) -> Markup {
    html! {
        div.summary {
            div.tiles {
                (attention(page))
                (coverage(page.fleet.coverage))
                (freshness(page))
            }
            (anomalies(&page.fleet.anomalies))
            (feed(page))
        }
    }
}

fn attention(page: FleetPage<'_>) -> Markup {
    let attention = page.fleet.attention;
    html! {
        section.tile {
            h2 { "Need attention" }
            p.number.bad[attention.alert + attention.failed > 0] {
                a href=(with(page, "monitor", "attention")) { (attention.any) }
                span { " of " (words::number_of(page.fleet.n_models, "model")) }
            }
            p.fine {
                (attention.alert) " in alert · " (attention.failed) " failed · " (attention.missing) " not fully watched"
            }
        }
    }
}

fn coverage(coverage: Coverage) -> Markup {
    let percent = coverage.percent();
    html! {
        section.tile {
            h2 { "Monitoring coverage" }
            p.number { @match percent {
                Some(percent) => (words::percent(percent)),
                None => "–",
            } }
            @if let Some(percent) = percent {
                svg.meter viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" {
                    rect.track width="100" height="4" {}
                    rect.fill width=(format!("{percent:.1}")) height="4" {}
                }
                p.fine { (coverage.watching) " of " (coverage.wanted) " monitors for "
                    (words::number_of(coverage.models, "running model")) }
            } @else {
                p.fine { "No model runs yet: deploy one, or start a batch job." }
            }
        }
    }
}

fn freshness(page: FleetPage<'_>) -> Markup {
    let (freshness, now_ms) = (page.fleet.freshness, page.visit.now_ms);
    html! {
        section.tile {
            h2 { "Freshness" }
            @match freshness.last_run_ms {
                Some(at_ms) => p.number { (words::ago(at_ms, now_ms)) },
                None => p.number { "–" },
            }
            p.fine {
                @if freshness.active == 0 { "No monitor is active." }
                @else {
                    (freshness.ran_within_a_day) " of " (words::number_of(freshness.active, "monitor")) " ran within a day"
                    @if freshness.late > 0 { ", " strong { (freshness.late) " late" } }
                }
                @if freshness.cards_to_renew > 0 {
                    " · " a href=(with(page, "sort", "card")) { (words::number_of(freshness.cards_to_renew, "card")) " to renew" }
                }
            }
        }
    }
}

const WIDTH: usize = 420;
const HEIGHT: f64 = 158.0;
const BASE: f64 = 170.0;

fn anomalies(anomalies: &Anomalies) -> Markup {
    let most = anomalies.days.iter().map(total).max().unwrap_or(0);
    let axis = CountAxis::of(most, (BASE, HEIGHT));
    let step = WIDTH / anomalies.days.len().max(1);
    html! {
        section.tile.anomalies aria-labelledby="anomalies" {
            h2 #anomalies { "Violations by day" span.soft { " last " (anomalies.days.len()) " days" } }
            @if most == 0 {
                p.quiet-news { (super::shell::symbol("ok")) "No monitor found a violation." }
            } @else {
                ul.legend { @for (place, kind) in MonitoringType::ALL.into_iter().enumerate() {
                    li { span class=(format!("key k{place}")) {} (badge::kind(kind)) " "
                        b { (words::count(anomalies.days.iter().map(|day| day.violations[place]).sum())) } }
                } }
                svg.columns-chart viewBox="0 0 460 192" role="img" aria-label=(format!("{} violations in {} days; the table below has the numbers", anomalies.total(), anomalies.days.len())) {
                    (axis.grid((36.0, 460.0)))
                    @for (place, day) in anomalies.days.iter().enumerate() {
                        (column(day, &axis, 38 + place * step))
                        @if (anomalies.days.len() - 1 - place).is_multiple_of(3) {
                            text.scale x=(38 + place * step + 11) y="188" text-anchor="middle" { (words::day_text(day.day_ms)) }
                        }
                    }
                }
                (numbers(anomalies))
            }
        }
    }
}

fn total(day: &AnomalyDay) -> i64 {
    day.violations.iter().sum()
}

fn column(day: &AnomalyDay, axis: &CountAxis, x: usize) -> Markup {
    let mut below = 0;
    let parts: Vec<(usize, f64, f64)> = day
        .violations
        .into_iter()
        .enumerate()
        .filter(|(_, count)| *count > 0)
        .map(|(place, count)| {
            let (height, bottom) = (axis.height(count), axis.height(below));
            below += count;
            (place, BASE - bottom - height, height)
        })
        .collect();
    html! {
        g {
            title { (words::day_text(day.day_ms)) ": " (total(day)) }
            @for (place, y, height) in parts {
                rect class=(format!("k{place}")) x=(x) y=(format!("{y:.1}")) width="22" height=(format!("{height:.1}")) {}
            }
        }
    }
}

/// The chart in numbers: for who cannot see it, and for who wants to know.
fn numbers(anomalies: &Anomalies) -> Markup {
    html! {
        details.numbers { summary { "Numbers" }
            div.scroll tabindex="0" { table {
                thead { tr { th scope="col" { "Day (UTC)" }
                    @for kind in MonitoringType::ALL { th.num scope="col" { (badge::kind(kind)) } } } }
                tbody { @for day in anomalies.days.iter().rev() {
                    tr { th scope="row" { (words::day_text(day.day_ms)) }
                        @for count in day.violations { td.num { (words::count(count)) } } }
                } }
            } }
        }
    }
}

fn feed(page: FleetPage<'_>) -> Markup {
    let entries = &page.fleet.activity;
    html! {
        section.tile.feed aria-labelledby="feed" {
            h2 #feed { "Activity " a href=(page.visit.href("/activity")) { "all" } }
            @if entries.is_empty() { p.soft { "Nothing was done yet." } }
            ol { @for entry in entries { (line(entry, page.visit.now_ms)) } }
        }
    }
}

fn line(entry: &Entry, now_ms: i64) -> Markup {
    let about = short_arn(&entry.resource_arn);
    html! {
        li {
            span.line title=(about) {
                span.who { (entry.actor) } " " (did(&entry.action)) " " span.what { (name_of(about)) }
            }
            span.when { (words::ago(entry.at_ms, now_ms)) }
        }
    }
}

/// `fraud` of `monitoring-schedule/fraud/execution/1`: what it is was said by the action.
fn name_of(about: &str) -> &str {
    about.split('/').nth(1).unwrap_or(about)
}

/// `sagemaker:CreateModelPackage`: `created model package`.
pub(super) fn did(action: &str) -> String {
    let verb = action.split_once(':').map_or(action, |(_, verb)| verb);
    let mut words = Vec::new();
    for letter in verb.chars() {
        match (letter.is_uppercase(), words.last_mut()) {
            (true, _) | (false, None) => words.push(letter.to_lowercase().to_string()),
            (false, Some(word)) => word.push(letter),
        }
    }
    if let Some(first) = words.first_mut() {
        *first = past(first);
    }
    words.join(" ")
}

fn past(verb: &str) -> String {
    match verb {
        "sign" => "signed".to_owned(),
        "put" => "put".to_owned(),
        "begin" => "began".to_owned(),
        "stop" => "stopped".to_owned(),
        "run" => "ran".to_owned(),
        "bind" => "bound".to_owned(),
        "unbind" => "unbound".to_owned(),
        "tag" => "tagged".to_owned(),
        "send" => "sent".to_owned(),
        "get" => "got".to_owned(),
        other if other.ends_with('e') => format!("{other}d"),
        other => match other.strip_suffix('y') {
            Some(start) if !start.ends_with(['a', 'e', 'o', 'u']) => format!("{start}ied"),
            Some(_) | None => format!("{other}ed"),
        },
    }
}

/// `model/fraud` of an ARN; what is none stays.
pub(super) fn short_arn(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_told_in_words() {
        for (action, words) in [
            ("sagemaker:CreateModelPackage", "created model package"),
            ("probity:AcknowledgeAlert", "acknowledged alert"),
            (
                "sagemaker:StopMonitoringSchedule",
                "stopped monitoring schedule",
            ),
            ("probity:SignIn", "signed in"),
            (
                "probity:UnbindModelCardEvaluation",
                "unbound model card evaluation",
            ),
            ("probity:ApplyGovernancePolicy", "applied governance policy"),
            ("probity:RetryNotification", "retried notification"),
            ("sagemaker:DeployModel", "deployed model"),
        ] {
            assert_eq!(did(action), words);
        }
        assert_eq!(name_of("monitoring-schedule/fraud/execution/1"), "fraud");
        assert_eq!(name_of("governance.toml"), "governance.toml");
        assert_eq!(
            short_arn("arn:aws:sagemaker:eu-west-1:1:model/a:b"),
            "model/a:b"
        );
    }
}
