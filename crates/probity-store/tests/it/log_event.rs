//! Log lines: numbered in order, stable at one millisecond, read in both directions.

use probity_store::log_event::{
    self, ListGroups, ListStreams, LogLine, NumberedLine, Read, ReadLines, StreamKey, StreamOrder,
};
use probity_store::{Store, StoreError};

use crate::database::{Database, on_both, write};

on_both!(
    lines_keep_their_order_at_one_millisecond,
    times_of_a_stream_never_fall,
    lines_are_read_in_both_directions,
    lines_are_filtered_by_time,
    streams_are_listed_by_name_and_by_time,
    groups_are_listed_by_prefix,
    writers_of_one_stream_make_one_order,
    a_stream_without_lines_is_there,
    what_postgres_cannot_keep_is_replaced,
);

const GROUP: &str = "/aws/sagemaker/ProcessingJobs";

fn stream(name: &str) -> StreamKey<'_> {
    StreamKey {
        region: "eu-west-1",
        group: GROUP,
        stream: name,
    }
}

fn line(at_ms: i64, message: impl Into<String>) -> LogLine {
    LogLine {
        at_ms,
        message: message.into(),
    }
}

async fn append(store: &Store, key: StreamKey<'_>, lines: &[LogLine]) {
    write(store, async |unit| {
        log_event::append(unit, key, 7, lines).await
    })
    .await;
}

fn from_head(name: &str) -> ReadLines<'_> {
    ReadLines {
        stream: stream(name),
        from_ms: i64::MIN,
        to_ms: i64::MAX,
        read: Read::After(0),
        limit: 10_000,
    }
}

async fn messages(store: &Store, wanted: ReadLines<'_>) -> Vec<String> {
    let lines = log_event::lines(store, &wanted).await.unwrap();
    lines.into_iter().map(|line| line.message).collect()
}

async fn lines_keep_their_order_at_one_millisecond(database: &Database) {
    let store = database.open().await;
    let expected: Vec<String> = (0..300).map(|number| format!("line {number}")).collect();
    for part in expected.chunks(70) {
        let lines: Vec<LogLine> = part.iter().map(|text| line(5, text)).collect();
        append(&store, stream("j/algo-1"), &lines).await;
    }
    assert_eq!(messages(&store, from_head("j/algo-1")).await, expected);
    let mut seen = Vec::new();
    let mut after = 0;
    loop {
        let wanted = ReadLines {
            read: Read::After(after),
            limit: 11,
            ..from_head("j/algo-1")
        };
        let lines = log_event::lines(&store, &wanted).await.unwrap();
        let Some(last) = lines.last() else { break };
        after = last.seq;
        seen.extend(lines.into_iter().map(|line| line.message));
    }
    assert_eq!(seen, expected);
}

async fn times_of_a_stream_never_fall(database: &Database) {
    let store = database.open().await;
    append(&store, stream("s"), &[line(10, "a"), line(9, "b")]).await;
    append(&store, stream("s"), &[line(8, "c"), line(11, "d")]).await;
    let lines = log_event::lines(&store, &from_head("s")).await.unwrap();
    let numbered = |seq, at_ms, message: &str| NumberedLine {
        seq,
        at_ms,
        message: message.to_owned(),
    };
    assert_eq!(
        lines,
        [
            numbered(1, 10, "a"),
            numbered(2, 10, "b"),
            numbered(3, 10, "c"),
            numbered(4, 11, "d")
        ]
    );
    let found = log_event::stream(&store, stream("s"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.first_ms, found.last_ms, found.lines),
        (Some(10), Some(11), 4)
    );
    assert_eq!(found.created_ms, 7);
}

async fn lines_are_read_in_both_directions(database: &Database) {
    let store = database.open().await;
    let lines: Vec<LogLine> = (1..=9)
        .map(|number| line(number, number.to_string()))
        .collect();
    append(&store, stream("s"), &lines).await;
    let read = |read, limit| ReadLines {
        read,
        limit,
        ..from_head("s")
    };
    assert_eq!(
        messages(&store, read(Read::After(6), 10)).await,
        ["7", "8", "9"]
    );
    assert_eq!(
        messages(&store, read(Read::Before(i64::MAX), 2)).await,
        ["8", "9"]
    );
    assert_eq!(
        messages(&store, read(Read::Before(8), 3)).await,
        ["5", "6", "7"]
    );
    assert_eq!(messages(&store, read(Read::Before(1), 3)).await, [""; 0]);
}

async fn lines_are_filtered_by_time(database: &Database) {
    let store = database.open().await;
    let lines: Vec<LogLine> = (1..=9)
        .map(|number| line(number, number.to_string()))
        .collect();
    append(&store, stream("s"), &lines).await;
    let wanted = ReadLines {
        from_ms: 3,
        to_ms: 6,
        ..from_head("s")
    };
    assert_eq!(messages(&store, wanted).await, ["3", "4", "5"]);
}

async fn streams_are_listed_by_name_and_by_time(database: &Database) {
    let store = database.open().await;
    for (name, at_ms) in [("j1/b", 1), ("j1/a", 3), ("j2/a", 2), ("j_/a", 4)] {
        append(&store, stream(name), &[line(at_ms, "x")]).await;
    }
    let list = |prefix: &str, order| ListStreams {
        region: "eu-west-1".to_owned(),
        group: GROUP.to_owned(),
        prefix: prefix.to_owned(),
        order,
        after: None,
        limit: 3,
    };
    let names = async |mut wanted: ListStreams| -> Vec<String> {
        let mut names = Vec::new();
        loop {
            let page = log_event::streams(&store, &wanted).await.unwrap();
            names.extend(page.items.into_iter().map(|stream| stream.name));
            wanted.after = page.next;
            if wanted.after.is_none() {
                return names;
            }
        }
    };
    let by_name = ["j1/a", "j1/b", "j2/a", "j_/a"];
    assert_eq!(names(list("", StreamOrder::Name)).await, by_name);
    assert_eq!(
        names(list("j1/", StreamOrder::Name)).await,
        ["j1/a", "j1/b"]
    );
    assert_eq!(names(list("j_", StreamOrder::Name)).await, ["j_/a"]);
    let mut reversed = by_name;
    reversed.reverse();
    assert_eq!(names(list("", StreamOrder::NameDescending)).await, reversed);
    let mut by_time = ["j1/b", "j2/a", "j1/a", "j_/a"];
    assert_eq!(names(list("", StreamOrder::LastEvent)).await, by_time);
    by_time.reverse();
    assert_eq!(
        names(list("", StreamOrder::LastEventDescending)).await,
        by_time
    );
}

async fn groups_are_listed_by_prefix(database: &Database) {
    let store = database.open().await;
    let group = |group| StreamKey {
        group,
        ..stream("s")
    };
    for name in ["/aws/b", "/aws/a", "/other"] {
        append(&store, group(name), &[]).await;
    }
    let elsewhere = StreamKey {
        region: "us-east-1",
        ..group("/aws/c")
    };
    append(&store, elsewhere, &[]).await;
    let mut wanted = ListGroups {
        region: "eu-west-1".to_owned(),
        prefix: "/aws/".to_owned(),
        after: None,
        limit: 1,
    };
    let first = log_event::groups(&store, &wanted).await.unwrap();
    assert_eq!(first.items[0].name, "/aws/a");
    wanted.after = first.next.map(|cursor| cursor.name);
    let second = log_event::groups(&store, &wanted).await.unwrap();
    assert_eq!(
        (second.items[0].name.as_str(), second.next),
        ("/aws/b", None)
    );
}

async fn writers_of_one_stream_make_one_order(database: &Database) {
    let stores = [database.open().await, database.open().await];
    let tasks: Vec<_> = (0..10)
        .map(|number| {
            let store = stores[number % 2].clone();
            tokio::spawn(async move {
                for step in 0..5 {
                    let lines = [line(1, format!("{number}/{step}"))];
                    append(&store, stream("s"), &lines).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let lines = log_event::lines(&stores[0], &from_head("s")).await.unwrap();
    let numbers: Vec<i64> = lines.iter().map(|line| line.seq).collect();
    assert_eq!(numbers, (1..=50).collect::<Vec<_>>());
}

async fn a_stream_without_lines_is_there(database: &Database) {
    let store = database.open().await;
    assert_eq!(log_event::stream(&store, stream("s")).await.unwrap(), None);
    append(&store, stream("s"), &[]).await;
    let found = log_event::stream(&store, stream("s"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.first_ms, found.last_ms, found.lines),
        (None, None, 0)
    );
    append(&store, stream("s"), &[line(-5, "before 1970")]).await;
    let found = log_event::stream(&store, stream("s"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.first_ms, found.last_ms), (Some(-5), Some(-5)));
    let other = write(&store, async |unit| {
        log_event::append(unit, stream("t"), 7, &[]).await?;
        Ok::<_, StoreError>(log_event::lines(&store, &from_head("t")).await?.len())
    })
    .await;
    assert_eq!(other, 0);
}

async fn what_postgres_cannot_keep_is_replaced(database: &Database) {
    let store = database.open().await;
    append(&store, stream("s"), &[line(1, "a\0b")]).await;
    assert_eq!(messages(&store, from_head("s")).await, ["a\u{fffd}b"]);
}
