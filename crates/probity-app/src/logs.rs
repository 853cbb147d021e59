//! CloudWatch Logs, as far as clients read it while they wait for a job: groups and streams, the
//! lines of a stream, and lines of a group that fit a pattern. Timestamps are milliseconds.
//!
//! Rules of tokens, which the SDKs depend on: `nextToken` of a list of streams is there only when
//! more is left; `nextForwardToken` and `nextBackwardToken` always are, and a token at the end of
//! the stream answers with an empty page and itself, until there are new lines.

use probity_domain::{Arn, ArnPlace};
use probity_store::Cursor;
use probity_store::log_event::{
    self, FilterLines, LineCursor, ListGroups, ListStreams, LogStream, NumberedLine, Read,
    ReadLines, StreamKey, StreamOrder,
};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::page_token::Question;

mod pattern;

use pattern::Pattern;

/// The longest page of lines: as many, and as many bytes with the service's 26 for each line.
const MAX_LINES: u32 = 10_000;
const MAX_BYTES: usize = 1 << 20;
const BYTES_PER_LINE: usize = 26;

/// How many lines are read at a time, so that long lines do not fill the memory.
const LINES_AT_ONCE: u32 = 500;

const MAX_STREAMS: u32 = 50;

/// `DescribeLogGroups`: the groups that something was written to.
pub async fn describe_groups(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "logs:DescribeLogGroups")?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let pattern = text(&input, "logGroupNamePattern").filter(|pattern| !pattern.is_empty());
    if pattern.is_some() && text(&input, "logGroupNamePrefix").is_some() {
        return Err(Fault::invalid(
            "logGroupNamePattern and logGroupNamePrefix are mutually exclusive",
        ));
    }
    let mut wanted = ListGroups {
        region: deed.region.to_owned(),
        prefix: text(&input, "logGroupNamePrefix")
            .unwrap_or_default()
            .to_owned(),
        after: None,
        limit: limit(&input, MAX_STREAMS),
    };
    if let Some(token) = token(&input) {
        wanted.after = Some(question.after::<Cursor>(token)?.name);
    }
    let page = log_event::groups(&app.store, &wanted).await?;
    let groups = page
        .items
        .iter()
        // The service ignores case here, and nowhere else.
        .filter(|group| {
            pattern.is_none_or(|part| group.name.to_lowercase().contains(&part.to_lowercase()))
        })
        .map(|group| {
            let arn = arn(&deed, &format!("log-group:{}", group.name));
            json!({
                "logGroupName": group.name,
                "creationTime": group.created_ms,
                "metricFilterCount": 0,
                "arn": format!("{arn}:*"),
                "logGroupArn": arn,
                "logGroupClass": "STANDARD",
            })
        });
    let mut answer = Map::new();
    answer.insert("logGroups".to_owned(), groups.collect());
    if let Some(next) = &page.next {
        answer.insert("nextToken".to_owned(), question.token(next)?.into());
    }
    Ok(Value::Object(answer))
}

/// `DescribeLogStreams`.
pub async fn describe_streams(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "logs:DescribeLogStreams")?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let group = existing_group(&deed, &input).await?;
    let prefix = text(&input, "logStreamNamePrefix").unwrap_or_default();
    let descending = input.get("descending").and_then(Value::as_bool) == Some(true);
    let by_time = text(&input, "orderBy") == Some("LastEventTime");
    if by_time && !prefix.is_empty() {
        return Err(Fault::invalid(
            "Cannot order by LastEventTime with a logStreamNamePrefix.",
        ));
    }
    let mut wanted = ListStreams {
        region: deed.region.to_owned(),
        group: group.to_owned(),
        prefix: prefix.to_owned(),
        order: match (by_time, descending) {
            (false, false) => StreamOrder::Name,
            (false, true) => StreamOrder::NameDescending,
            (true, false) => StreamOrder::LastEvent,
            (true, true) => StreamOrder::LastEventDescending,
        },
        after: None,
        limit: limit(&input, MAX_STREAMS),
    };
    if let Some(token) = token(&input) {
        wanted.after = Some(question.after(token)?);
    }
    let page = log_event::streams(&app.store, &wanted).await?;
    let streams = page
        .items
        .iter()
        .map(|stream| shown_stream(&deed, group, stream));
    let mut answer = Map::new();
    answer.insert("logStreams".to_owned(), streams.collect());
    if let Some(next) = &page.next {
        answer.insert("nextToken".to_owned(), question.token(next)?.into());
    }
    Ok(Value::Object(answer))
}

/// `GetLogEvents`: lines of one stream, from its head, from its end, or from a token on.
pub async fn get_events(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "logs:GetLogEvents")?;
    let group = group_name(&input)?;
    let stream = StreamKey {
        region: deed.region,
        group,
        stream: text(&input, "logStreamName")
            .ok_or_else(|| Fault::invalid("logStreamName is missing"))?,
    };
    if log_event::stream(&app.store, stream).await?.is_none() {
        existing_group(&deed, &input).await?;
        return Err(Fault::missing("The specified log stream does not exist."));
    }
    let from_head = input.get("startFromHead").and_then(Value::as_bool) == Some(true);
    let read = match token(&input) {
        Some(token) => read_of(token)?,
        None if from_head => Read::After(0),
        None => Read::Before(i64::MAX),
    };
    let wanted = ReadLines {
        stream,
        from_ms: time(&input, "startTime").unwrap_or(i64::MIN),
        to_ms: time(&input, "endTime").unwrap_or(i64::MAX),
        read,
        limit: limit(&input, MAX_LINES),
    };
    let lines = page_of_lines(&deed, wanted).await?;
    let (backward, forward) = match (lines.first(), lines.last(), read) {
        (Some(first), Some(last), _) => (first.seq, last.seq),
        (None, _, Read::After(seq)) | (_, None, Read::After(seq)) => (seq.saturating_add(1), seq),
        (None, _, Read::Before(i64::MAX)) | (_, None, Read::Before(i64::MAX)) => (1, 0),
        (None, _, Read::Before(seq)) | (_, None, Read::Before(seq)) => (seq, seq.saturating_sub(1)),
    };
    let events = lines.into_iter().map(|line| {
        json!({
            "timestamp": line.at_ms,
            "message": line.message,
            "ingestionTime": line.at_ms,
        })
    });
    Ok(json!({
        "events": events.collect::<Vec<_>>(),
        "nextForwardToken": format!("f/{forward}"),
        "nextBackwardToken": format!("b/{backward}"),
    }))
}

/// `FilterLogEvents`: lines of several streams in the order of their time. A page may be empty
/// and have a token: then as many lines as are read at once did not fit the pattern.
pub async fn filter_events(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "logs:FilterLogEvents")?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let group = existing_group(&deed, &input).await?;
    let pattern = Pattern::parse(text(&input, "filterPattern").unwrap_or_default())?;
    let mut wanted = FilterLines {
        region: deed.region.to_owned(),
        group: group.to_owned(),
        streams: stream_names(&input),
        prefix: text(&input, "logStreamNamePrefix")
            .unwrap_or_default()
            .to_owned(),
        from_ms: time(&input, "startTime").unwrap_or(i64::MIN),
        // Unlike GetLogEvents, the end is part of the range.
        to_ms: time(&input, "endTime").unwrap_or(i64::MAX),
        after: None,
        limit: limit(&input, MAX_LINES).min(LINES_AT_ONCE * 4),
    };
    if !wanted.streams.is_empty() && !wanted.prefix.is_empty() {
        return Err(Fault::invalid(
            "logStreamNamePrefix and logStreamNames are mutually exclusive",
        ));
    }
    if let Some(token) = token(&input) {
        wanted.after = Some(question.after::<LineCursor>(token)?);
    }
    let page = log_event::filter(&app.store, &wanted).await?;
    let events = page
        .lines
        .iter()
        .filter(|line| pattern.fits(&line.message))
        .map(|line| {
            json!({
                "logStreamName": line.stream,
                "timestamp": line.cursor.at_ms,
                "message": line.message,
                "ingestionTime": line.cursor.at_ms,
                "eventId": format!("{:020}{:036}", line.cursor.stream_id, line.cursor.seq),
            })
        });
    let mut answer = Map::new();
    answer.insert("events".to_owned(), events.collect());
    answer.insert("searchedLogStreams".to_owned(), json!([]));
    if let Some(next) = &page.next {
        answer.insert("nextToken".to_owned(), question.token(next)?.into());
    }
    Ok(Value::Object(answer))
}

/// Lines up to the limits of a page, read in small steps.
async fn page_of_lines(deed: &Deed<'_>, wanted: ReadLines<'_>) -> Result<Vec<NumberedLine>, Fault> {
    let mut found: Vec<NumberedLine> = Vec::new();
    let mut bytes = 0;
    let mut step = wanted;
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    while found.len() < limit {
        step.limit = LINES_AT_ONCE;
        let mut lines = log_event::lines(&deed.app.store, &step).await?;
        let is_last = lines.len() < usize::try_from(LINES_AT_ONCE).unwrap_or(usize::MAX);
        let mut is_full = false;
        // From where the reader stands outwards, so that what is cut off is what is far.
        if let Read::Before(_) = wanted.read {
            lines.reverse();
        }
        for line in lines {
            bytes += line.message.len() + BYTES_PER_LINE;
            is_full = found.len() == limit || (bytes > MAX_BYTES && !found.is_empty());
            if is_full {
                break;
            }
            step.read = match wanted.read {
                Read::After(_) => Read::After(line.seq),
                Read::Before(_) => Read::Before(line.seq),
            };
            found.push(line);
        }
        if is_last || is_full {
            break;
        }
    }
    if let Read::Before(_) = wanted.read {
        found.reverse();
    }
    Ok(found)
}

fn read_of(token: &str) -> Result<Read, Fault> {
    let number = |text: &str| text.parse::<i64>().ok();
    token
        .strip_prefix("f/")
        .and_then(number)
        .map(Read::After)
        .or_else(|| token.strip_prefix("b/").and_then(number).map(Read::Before))
        .ok_or_else(|| Fault::invalid("The specified nextToken is invalid."))
}

fn shown_stream(deed: &Deed<'_>, group: &str, stream: &LogStream) -> Value {
    let mut shown = Map::new();
    shown.insert("logStreamName".to_owned(), json!(stream.name));
    shown.insert("creationTime".to_owned(), json!(stream.created_ms));
    if let (Some(first_ms), Some(last_ms)) = (stream.first_ms, stream.last_ms) {
        shown.insert("firstEventTimestamp".to_owned(), json!(first_ms));
        shown.insert("lastEventTimestamp".to_owned(), json!(last_ms));
        shown.insert("lastIngestionTime".to_owned(), json!(last_ms));
    }
    let arn = arn(
        deed,
        &format!("log-group:{group}:log-stream:{}", stream.name),
    );
    shown.insert("arn".to_owned(), json!(arn));
    shown.insert("storedBytes".to_owned(), json!(0));
    Value::Object(shown)
}

fn arn(deed: &Deed<'_>, resource: &str) -> String {
    let place = ArnPlace {
        service: "logs",
        region: deed.region,
        account: deed.account,
    };
    Arn::new(place, resource).to_string()
}

/// Groups that jobs write to. They are there before the first job: a client that looks for its
/// job's stream finds none yet, which it waits for, and no missing group.
const OF_JOBS: [&str; 2] = [
    "/aws/sagemaker/ProcessingJobs",
    "/aws/sagemaker/TransformJobs",
];

async fn existing_group<'a>(deed: &Deed<'_>, input: &'a Value) -> Result<&'a str, Fault> {
    let group = group_name(input)?;
    let kept = OF_JOBS.contains(&group)
        || log_event::has_group(&deed.app.store, deed.region, group).await?;
    if kept {
        Ok(group)
    } else {
        Err(Fault::missing("The specified log group does not exist."))
    }
}

/// A name, or an ARN that ends in it.
fn group_name(input: &Value) -> Result<&str, Fault> {
    let given = text(input, "logGroupName").or_else(|| text(input, "logGroupIdentifier"));
    let given = given.ok_or_else(|| Fault::invalid("logGroupName is missing"))?;
    Ok(match given.split_once(":log-group:") {
        Some((_, name)) if given.starts_with("arn:") => name.trim_end_matches(":*"),
        Some(_) | None => given,
    })
}

fn stream_names(input: &Value) -> Vec<String> {
    let names = input.get("logStreamNames").and_then(Value::as_array);
    names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn text<'a>(input: &'a Value, member: &str) -> Option<&'a str> {
    input.get(member).and_then(Value::as_str)
}

fn time(input: &Value, member: &str) -> Option<i64> {
    input.get(member).and_then(Value::as_i64)
}

/// An empty token asks for the first page, as a missing one does.
fn token(input: &Value) -> Option<&str> {
    text(input, "nextToken").filter(|token| !token.is_empty())
}

fn limit(input: &Value, most: u32) -> u32 {
    input
        .get("limit")
        .and_then(Value::as_u64)
        .and_then(|limit| u32::try_from(limit).ok())
        .map_or(most, |limit| limit.clamp(1, most))
}
