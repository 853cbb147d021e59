//! Lists of resources: every order, every filter, and pages while rows come and go.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_store::resource::{self, ListResources, Resource, SortBy, SortOrder};
use probity_store::{Cursor, Store, StoreError};

use crate::database::{Database, on_both, write};
use crate::resource::{key, model};

on_both!(
    pages_follow_each_other_in_every_order,
    pages_survive_inserts_and_deletes_in_every_order,
    names_are_sorted_by_bytes,
    a_part_of_a_name_is_taken_as_it_stands,
    times_are_filtered_with_their_bounds,
    states_and_attributes_are_filtered,
    a_cursor_of_another_order_is_refused,
);

const SORTS: [SortBy; 4] = [
    SortBy::Name,
    SortBy::Created,
    SortBy::Modified,
    SortBy::Status,
];
const ORDERS: [SortOrder; 2] = [SortOrder::Ascending, SortOrder::Descending];

async fn insert(store: &Store, resources: &[Resource]) {
    write(store, async |unit| {
        for one in resources {
            resource::insert(unit, one).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
}

fn all(limit: u32) -> ListResources {
    ListResources::all(ResourceKind::Model, "eu-west-1", limit)
}

async fn names(store: &Store, wanted: &ListResources) -> Vec<String> {
    let page = resource::list(store, wanted).await.unwrap();
    assert_eq!(page.next, None);
    page.items.into_iter().map(|item| item.name).collect()
}

/// Twenty models whose times and states are shared by several, so that ties are met.
fn models() -> Vec<Resource> {
    (0..20_i64)
        .map(|number| {
            let mut one = model(&format!("m{:02}", number * 7 % 20), number / 3);
            one.modified_ms = number / 4;
            one.status = ["Failed", "InService", "Creating"][usize::try_from(number % 3).unwrap()]
                .to_owned();
            one
        })
        .collect()
}

fn sorted(mut models: Vec<Resource>, sort_by: SortBy, order: SortOrder) -> Vec<String> {
    models.sort_by_key(|one| match sort_by {
        SortBy::Name => (0, String::new(), one.name.clone()),
        SortBy::Created => (one.created_ms, String::new(), one.name.clone()),
        SortBy::Modified => (one.modified_ms, String::new(), one.name.clone()),
        SortBy::Status => (0, one.status.clone(), one.name.clone()),
    });
    if order == SortOrder::Descending {
        models.reverse();
    }
    models.into_iter().map(|one| one.name).collect()
}

async fn pages_follow_each_other_in_every_order(database: &Database) {
    let store = database.open().await;
    insert(&store, &models()).await;
    for sort_by in SORTS {
        for order in ORDERS {
            for limit in [1, 3, 19, 20, 21] {
                let mut wanted = all(limit);
                (wanted.sort_by, wanted.order) = (sort_by, order);
                let mut found = Vec::new();
                loop {
                    let page = resource::list(&store, &wanted).await.unwrap();
                    assert!(page.items.len() <= usize::try_from(limit).unwrap());
                    found.extend(page.items.into_iter().map(|item| item.name));
                    wanted.after = page.next;
                    if wanted.after.is_none() {
                        break;
                    }
                }
                let expected = sorted(models(), sort_by, order);
                assert_eq!(found, expected, "{sort_by:?} {order:?} {limit}");
            }
        }
    }
}

/// After the first page: its last item and one further on are deleted, one is inserted before
/// and one behind. Nothing that stayed is missed or seen twice, and the one behind is seen.
async fn pages_survive_inserts_and_deletes_in_every_order(database: &Database) {
    let store = database.open().await;
    for sort_by in SORTS {
        for order in ORDERS {
            insert(&store, &models()).await;
            let mut wanted = all(7);
            (wanted.sort_by, wanted.order) = (sort_by, order);
            let before = sorted(models(), sort_by, order);
            let first = resource::list(&store, &wanted).await.unwrap();
            let (low, high) = extremes();
            insert(&store, &[low.clone(), high.clone()]).await;
            for name in [&before[6], &before[12]] {
                write(&store, async |unit| resource::delete(unit, key(name)).await).await;
            }
            wanted.after = first.next;
            wanted.limit = 100;
            let rest = names(&store, &wanted).await;
            let mut expected: Vec<String> = before[7..].to_vec();
            expected.retain(|name| *name != before[12]);
            expected.push(match order {
                SortOrder::Ascending => high.name.clone(),
                SortOrder::Descending => low.name.clone(),
            });
            assert_eq!(rest, expected, "{sort_by:?} {order:?}");
            for name in before.iter().chain([&low.name, &high.name]) {
                write(&store, async |unit| resource::delete(unit, key(name)).await).await;
            }
        }
    }
}

/// A model that sorts before, and one that sorts after all others, whatever the order is by.
fn extremes() -> (Resource, Resource) {
    let mut low = model("a", -1);
    low.status = "A".to_owned();
    let mut high = model("z", 1000);
    high.status = "Z".to_owned();
    (low, high)
}

async fn names_are_sorted_by_bytes(database: &Database) {
    let store = database.open().await;
    let unsorted = ["b", "A", "a-b", "aB", "a", "B", "a_b", "0"];
    let models: Vec<Resource> = unsorted.iter().map(|name| model(name, 1)).collect();
    insert(&store, &models).await;
    let mut expected = unsorted.to_vec();
    expected.sort_unstable();
    assert_eq!(names(&store, &all(100)).await, expected);
}

async fn a_part_of_a_name_is_taken_as_it_stands(database: &Database) {
    let store = database.open().await;
    let models: Vec<Resource> = ["a%b", "a_b", "aXb", "axb", "ab"]
        .iter()
        .map(|name| model(name, 1))
        .collect();
    insert(&store, &models).await;
    let containing = |part: &str| ListResources {
        name_contains: Some(part.to_owned()),
        ..all(100)
    };
    assert_eq!(names(&store, &containing("%")).await, ["a%b"]);
    assert_eq!(names(&store, &containing("_")).await, ["a_b"]);
    assert_eq!(names(&store, &containing("X")).await, ["aXb"]);
    assert_eq!(names(&store, &containing("ab")).await, ["ab"]);
    assert_eq!(names(&store, &containing("' or 1=1 --")).await, [""; 0]);
    assert_eq!(names(&store, &containing("")).await.len(), 5);
}

async fn times_are_filtered_with_their_bounds(database: &Database) {
    let store = database.open().await;
    let models: Vec<Resource> = (1..=5)
        .map(|at_ms| {
            let mut one = model(&format!("m{at_ms}"), at_ms);
            one.modified_ms = at_ms * 10;
            one
        })
        .collect();
    insert(&store, &models).await;
    let created = ListResources {
        created_after_ms: Some(2),
        created_before_ms: Some(4),
        ..all(100)
    };
    assert_eq!(names(&store, &created).await, ["m2", "m3", "m4"]);
    let modified = ListResources {
        modified_after_ms: Some(30),
        modified_before_ms: Some(40),
        ..all(100)
    };
    assert_eq!(names(&store, &modified).await, ["m3", "m4"]);
}

async fn states_and_attributes_are_filtered(database: &Database) {
    let store = database.open().await;
    let with = |name: &str, status: &str, attributes: &[(&str, &str)]| {
        let mut one = model(name, 1);
        one.status = status.to_owned();
        one.attributes = attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>();
        one
    };
    insert(
        &store,
        &[
            with("a", "Failed", &[("Group", "g1"), ("Approval", "Approved")]),
            with("b", "InService", &[("Group", "g1")]),
            with(
                "c",
                "InService",
                &[("Group", "g2"), ("Approval", "Approved")],
            ),
        ],
    )
    .await;
    let wanted = |status: Option<&str>, attributes: &[(&str, &str)]| ListResources {
        status: status.map(str::to_owned),
        attributes: attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..all(100)
    };
    let group = ("Group", "g1");
    let approved = ("Approval", "Approved");
    assert_eq!(
        names(&store, &wanted(Some("InService"), &[])).await,
        ["b", "c"]
    );
    assert_eq!(names(&store, &wanted(None, &[group])).await, ["a", "b"]);
    assert_eq!(
        names(&store, &wanted(None, &[group, approved])).await,
        ["a"]
    );
    assert_eq!(
        names(&store, &wanted(Some("InService"), &[approved])).await,
        ["c"]
    );
    assert_eq!(
        names(&store, &wanted(None, &[("group", "g1")])).await,
        [""; 0]
    );
}

async fn a_cursor_of_another_order_is_refused(database: &Database) {
    let store = database.open().await;
    let wanted = ListResources {
        sort_by: SortBy::Created,
        after: Some(Cursor {
            key: "InService".to_owned(),
            name: "m".to_owned(),
        }),
        ..all(10)
    };
    let error = resource::list(&store, &wanted).await.unwrap_err();
    assert!(matches!(error, StoreError::Cursor), "{error}");
}
