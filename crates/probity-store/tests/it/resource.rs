//! One resource: written once, read by key and ARN, changed by versions, deleted with its tags.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_store::resource::{
    self, Deleted, Inserted, NewestHaving, Replaced, Resource, ResourceKey,
};
use probity_store::{StoreError, tag};
use serde_json::json;

use crate::database::{Database, on_both, write};

on_both!(
    what_was_written_is_read,
    a_name_is_taken_once,
    an_arn_is_taken_once,
    a_change_needs_the_version_that_was_read,
    of_two_changes_at_once_one_is_stale,
    a_lock_makes_the_second_wait_for_the_first,
    a_deleted_resource_takes_its_tags_along,
    a_unit_that_is_dropped_leaves_nothing,
    regions_and_kinds_are_apart,
    a_body_keeps_the_order_of_its_members,
    a_damaged_body_is_said,
    what_one_store_writes_another_reads,
    writers_at_once_all_succeed,
    who_writes_can_read_beside,
    resources_are_found_by_any_of_many_attributes,
    the_newest_of_each_value_and_tags_of_many_are_read_at_once,
    many_are_read_by_their_names_and_attributes,
);

pub(crate) fn model(name: &str, at_ms: i64) -> Resource {
    Resource {
        kind: ResourceKind::Model,
        region: "eu-west-1".to_owned(),
        name: name.to_owned(),
        arn: format!("arn:aws:sagemaker:eu-west-1:111122223333:model/{name}"),
        version: 1,
        status: "InService".to_owned(),
        created_ms: at_ms,
        modified_ms: at_ms,
        created_by: "ann".to_owned(),
        modified_by: "ann".to_owned(),
        attributes: BTreeMap::from([("Group".to_owned(), "g1".to_owned())]),
        body: json!({"ModelName": name, "Containers": [1, 2.5, null, "é\u{0}"]}),
    }
}

pub(crate) fn key(name: &str) -> ResourceKey<'_> {
    ResourceKey {
        kind: ResourceKind::Model,
        region: "eu-west-1",
        name,
    }
}

async fn what_was_written_is_read(database: &Database) {
    let store = database.open().await;
    let written = model("m", 1_700_000_000_123);
    let answer = write(&store, async |unit| resource::insert(unit, &written).await).await;
    assert_eq!(answer, Inserted::Yes);
    let read = resource::get(&store, key("m")).await.unwrap();
    assert_eq!(read.as_ref(), Some(&written));
    assert_eq!(
        resource::get_by_arn(&store, &written.arn).await.unwrap(),
        read
    );
    assert_eq!(resource::get(&store, key("M")).await.unwrap(), None);
    assert_eq!(resource::get_by_arn(&store, "arn:x").await.unwrap(), None);
}

async fn a_name_is_taken_once(database: &Database) {
    let store = database.open().await;
    let answers = write(&store, async |unit| {
        let first = resource::insert(unit, &model("m", 1)).await?;
        let second = resource::insert(unit, &model("m", 2)).await?;
        Ok::<_, StoreError>((first, second))
    })
    .await;
    assert_eq!(answers, (Inserted::Yes, Inserted::Exists));
    let kept = resource::get(&store, key("m")).await.unwrap().unwrap();
    assert_eq!(kept.created_ms, 1);
}

async fn an_arn_is_taken_once(database: &Database) {
    let store = database.open().await;
    let mut other = model("other", 1);
    other.arn = model("m", 1).arn;
    let answer = write(&store, async |unit| {
        resource::insert(unit, &model("m", 1)).await?;
        resource::insert(unit, &other).await
    })
    .await;
    assert_eq!(answer, Inserted::Exists);
    assert_eq!(resource::get(&store, key("other")).await.unwrap(), None);
}

async fn a_change_needs_the_version_that_was_read(database: &Database) {
    let store = database.open().await;
    let mut changed = model("m", 1);
    write(&store, async |unit| resource::insert(unit, &changed).await).await;
    changed.status = "Failed".to_owned();
    changed.modified_ms = 9;
    changed.modified_by = "bob".to_owned();
    changed.attributes = BTreeMap::from([("Other".to_owned(), "x".to_owned())]);
    changed.body = json!({"New": true});
    let answer = write(&store, async |unit| resource::replace(unit, &changed).await).await;
    assert_eq!(answer, Replaced::Yes);
    let again = write(&store, async |unit| resource::replace(unit, &changed).await).await;
    assert_eq!(again, Replaced::Stale);
    changed.version = 2;
    assert_eq!(
        resource::get(&store, key("m")).await.unwrap(),
        Some(changed)
    );
    let missing = write(&store, async |unit| {
        resource::replace(unit, &model("missing", 1)).await
    })
    .await;
    assert_eq!(missing, Replaced::Stale);
}

async fn of_two_changes_at_once_one_is_stale(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        resource::insert(unit, &model("m", 1)).await
    })
    .await;
    let change = |by: &'static str| {
        let store = store.clone();
        async move {
            let mut read = resource::get(&store, key("m")).await.unwrap().unwrap();
            by.clone_into(&mut read.modified_by);
            // Both have read before either writes.
            read.version = 1;
            write(&store, async |unit| resource::replace(unit, &read).await).await
        }
    };
    let (one, two) = tokio::join!(tokio::spawn(change("ann")), tokio::spawn(change("bob")));
    let mut answers = [one.unwrap(), two.unwrap()];
    answers.sort_by_key(|answer| *answer == Replaced::Stale);
    assert_eq!(answers, [Replaced::Yes, Replaced::Stale]);
}

async fn a_lock_makes_the_second_wait_for_the_first(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        resource::insert(unit, &model("m", 1)).await
    })
    .await;
    let add = || {
        let store = store.clone();
        tokio::spawn(async move {
            let mut unit = store.begin().await.unwrap();
            let mut read = resource::lock(&mut unit, key("m")).await.unwrap().unwrap();
            read.modified_ms += 1;
            let answer = resource::replace(&mut unit, &read).await.unwrap();
            unit.commit().await.unwrap();
            answer
        })
    };
    let tasks: Vec<_> = (0..12).map(|_| add()).collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Replaced::Yes);
    }
    let read = resource::get(&store, key("m")).await.unwrap().unwrap();
    assert_eq!((read.modified_ms, read.version), (13, 13));
}

async fn a_deleted_resource_takes_its_tags_along(database: &Database) {
    let store = database.open().await;
    let written = model("m", 1);
    write(&store, async |unit| {
        resource::insert(unit, &written).await?;
        tag::put(
            unit,
            &written.arn,
            &[("team".to_owned(), "risk".to_owned())],
        )
        .await
    })
    .await;
    let deleted = write(&store, async |unit| resource::delete(unit, key("m")).await).await;
    assert_eq!(deleted, Deleted::Yes);
    assert_eq!(resource::get(&store, key("m")).await.unwrap(), None);
    assert_eq!(tag::list(&store, &written.arn).await.unwrap(), []);
    let again = write(&store, async |unit| resource::delete(unit, key("m")).await).await;
    assert_eq!(again, Deleted::Missing);
    // The name and its attributes are free again.
    let answer = write(&store, async |unit| resource::insert(unit, &written).await).await;
    assert_eq!(answer, Inserted::Yes);
}

async fn a_unit_that_is_dropped_leaves_nothing(database: &Database) {
    let store = database.open().await;
    let mut unit = store.begin().await.unwrap();
    resource::insert(&mut unit, &model("m", 1)).await.unwrap();
    drop(unit);
    assert_eq!(resource::get(&store, key("m")).await.unwrap(), None);
    // And the next unit is not held up by it.
    write(&store, async |unit| {
        resource::insert(unit, &model("n", 1)).await
    })
    .await;
}

async fn regions_and_kinds_are_apart(database: &Database) {
    let store = database.open().await;
    let here = model("m", 1);
    let there = Resource {
        region: "us-east-1".to_owned(),
        arn: "arn:there".to_owned(),
        ..here.clone()
    };
    let endpoint = Resource {
        kind: ResourceKind::Endpoint,
        arn: "arn:endpoint".to_owned(),
        ..here.clone()
    };
    write(&store, async |unit| {
        for one in [&here, &there, &endpoint] {
            assert_eq!(resource::insert(unit, one).await?, Inserted::Yes);
        }
        Ok::<_, StoreError>(())
    })
    .await;
    for one in [&here, &there, &endpoint] {
        let read = resource::get(&store, one.key()).await.unwrap();
        assert_eq!(read.as_ref(), Some(one));
        let count = resource::count(&store, one.kind, &one.region).await;
        assert_eq!(count.unwrap(), 1);
    }
}

async fn a_body_keeps_the_order_of_its_members(database: &Database) {
    let store = database.open().await;
    let mut written = model("m", 1);
    written.body = json!({"z": 1, "a": {"y": 1e-7, "b": 0.1}});
    write(&store, async |unit| resource::insert(unit, &written).await).await;
    let read = resource::get(&store, key("m")).await.unwrap().unwrap();
    assert_eq!(read.body.to_string(), written.body.to_string());
}

async fn a_damaged_body_is_said(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        resource::insert(unit, &model("m", 1)).await
    })
    .await;
    database.tamper("update resource set body = '{'").await;
    let error = resource::get(&store, key("m")).await.unwrap_err();
    assert!(error.to_string().contains("model/m"), "{error}");
}

async fn what_one_store_writes_another_reads(database: &Database) {
    let (one, other) = (database.open().await, database.open().await);
    write(&one, async |unit| {
        resource::insert(unit, &model("m", 1)).await
    })
    .await;
    assert!(resource::get(&other, key("m")).await.unwrap().is_some());
    let answer = write(&other, async |unit| {
        resource::insert(unit, &model("m", 2)).await
    })
    .await;
    assert_eq!(answer, Inserted::Exists);
}

/// Two stores as two processes would have them, many tasks each: nobody meets "database is
/// locked".
async fn writers_at_once_all_succeed(database: &Database) {
    let stores = [database.open().await, database.open().await];
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let store = stores[number % 2].clone();
            tokio::spawn(async move {
                for step in 0..5 {
                    let name = format!("m-{number}-{step}");
                    let answer = write(&store, async |unit| {
                        resource::insert(unit, &model(&name, 1)).await
                    })
                    .await;
                    assert_eq!(answer, Inserted::Yes);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let count = resource::count(&stores[0], ResourceKind::Model, "eu-west-1").await;
    assert_eq!(count.unwrap(), 200);
}

/// As many writers as there are connections, each of which also reads outside its unit.
async fn who_writes_can_read_beside(database: &Database) {
    let store = database.open().await;
    let tasks: Vec<_> = (0..32)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let name = format!("m-{number}");
                let mut unit = store.begin().await.unwrap();
                resource::insert(&mut unit, &model(&name, 1)).await.unwrap();
                let unseen = resource::get(&store, key(&name)).await.unwrap();
                assert_eq!(unseen, None, "not committed yet");
                unit.commit().await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn resources_are_found_by_any_of_many_attributes(database: &Database) {
    let store = database.open().await;
    let with = |name: &str, pairs: &[(&str, &str)]| Resource {
        attributes: pairs
            .iter()
            .map(|(attribute, value)| ((*attribute).to_owned(), (*value).to_owned()))
            .collect(),
        ..model(name, 1)
    };
    let rows = [
        with("a", &[("endpoint", "1"), ("type", "x")]),
        with("b", &[("endpoint", "2")]),
        with("c", &[("type", "1")]),
    ];
    write(&store, async |unit| {
        for row in &rows {
            resource::insert(unit, row).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    let found = async |kind, pairs: &[(&str, &str)]| {
        let found = resource::with_any(&store, (kind, "eu-west-1"), pairs).await;
        let names = found.unwrap().into_iter().map(|row| row.name);
        names.collect::<Vec<_>>()
    };
    let kind = ResourceKind::Model;
    let values: Vec<String> = (1..500).map(|n| n.to_string()).collect();
    let pairs: Vec<(&str, &str)> = values.iter().map(|v| ("endpoint", v.as_str())).collect();
    assert_eq!(found(kind, &pairs).await, ["a", "b"]);
    assert_eq!(
        found(kind, &[("type", "1"), ("type", "x"), ("endpoint", "1")]).await,
        ["a", "c"]
    );
    assert!(found(kind, &[]).await.is_empty());
    assert!(found(ResourceKind::Endpoint, &pairs).await.is_empty());
}

async fn the_newest_of_each_value_and_tags_of_many_are_read_at_once(database: &Database) {
    let store = database.open().await;
    let of = |name: &str, value: &str, at_ms: i64| Resource {
        attributes: BTreeMap::from([("model".to_owned(), value.to_owned())]),
        ..model(name, at_ms)
    };
    let rows = [
        of("a", "x", 1),
        of("b", "x", 3),
        of("c", "x", 2),
        of("d", "y", 9),
    ];
    write(&store, async |unit| {
        for row in &rows {
            resource::insert(unit, row).await?;
            tag::put(unit, &row.arn, &[("of".to_owned(), row.name.clone())]).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    let kind = (ResourceKind::Model, "eu-west-1");
    let found = resource::newest_with(&store, kind, ("model", &["x", "y", "z"])).await;
    let names: Vec<String> = found.unwrap().into_iter().map(|row| row.name).collect();
    assert_eq!(names, ["b", "d"]);
    let tags = tag::list_of(&store, &[&rows[0].arn, "arn:none", &rows[3].arn])
        .await
        .unwrap();
    let values: Vec<&str> = tags.iter().map(|(_, _, value)| value.as_str()).collect();
    assert_eq!(values, ["a", "d"]);
}

async fn many_are_read_by_their_names_and_attributes(database: &Database) {
    let store = database.open().await;
    let of = |name: &str, attributes: &[&str], at_ms: i64| Resource {
        attributes: attributes
            .iter()
            .map(|attribute| ((*attribute).to_owned(), String::new()))
            .collect(),
        status: if name == "f" { "Failed" } else { "Completed" }.to_owned(),
        ..model(name, at_ms)
    };
    let rows = [
        of("a", &["in:x"], 1),
        of("b", &["in:x", "in:y"], 3),
        of("c", &["in:x"], 2),
        of("d", &[], 4),
        of("f", &["in:x"], 9),
    ];
    write(&store, async |unit| {
        for row in &rows {
            resource::insert(unit, row).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    let kind = (ResourceKind::Model, "eu-west-1");
    let names = |rows: Vec<Resource>| rows.into_iter().map(|row| row.name).collect::<Vec<_>>();
    let filler: Vec<String> = (0..900).map(|number| format!("none{number}")).collect();
    let mut wanted: Vec<&str> = filler.iter().map(String::as_str).collect();
    wanted.push("d");
    wanted.insert(0, "b");
    let found = resource::get_each(&store, kind, &wanted).await.unwrap();
    assert_eq!(names(found), ["b", "d"]);
    let found = resource::lacking(&store, kind, "in:x").await.unwrap();
    assert_eq!(names(found), ["d"]);
    let mut wanted: Vec<&str> = filler.iter().map(String::as_str).collect();
    wanted.extend(["in:y", "in:x"]);
    let found = resource::newest_having(
        &store,
        NewestHaving {
            kind: kind.0,
            region: kind.1,
            status: "Completed",
            attributes: &wanted,
            each: 2,
        },
    );
    let found = found.await.unwrap();
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(attribute, row)| (attribute.as_str(), row.name.as_str()))
        .collect();
    assert_eq!(found, [("in:x", "b"), ("in:x", "c"), ("in:y", "b")]);
}
