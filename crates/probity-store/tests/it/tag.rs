//! Tags: put, overwritten, removed, sorted.

use probity_store::{StoreError, tag};

use crate::database::{Database, on_both, write};

on_both!(
    tags_are_put_overwritten_removed_and_sorted,
    tags_of_many_are_read_by_how_their_arns_begin
);

fn pairs(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    tags.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

async fn tags_are_put_overwritten_removed_and_sorted(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        tag::put(unit, "arn:1", &pairs(&[("b", "1"), ("B", "2"), ("a", "")])).await?;
        tag::put(unit, "arn:1", &pairs(&[("b", "3")])).await?;
        tag::put(unit, "arn:2", &pairs(&[("b", "4")])).await?;
        tag::remove(unit, "arn:1", &["a".to_owned(), "missing".to_owned()]).await?;
        Ok::<_, StoreError>(())
    })
    .await;
    let found = tag::list(&store, "arn:1").await.unwrap();
    assert_eq!(found, pairs(&[("B", "2"), ("b", "3")]));
    assert_eq!(tag::list(&store, "arn:3").await.unwrap(), []);
}

async fn tags_of_many_are_read_by_how_their_arns_begin(database: &Database) {
    let store = database.open().await;
    write(&store, async |unit| {
        for arn in [
            "arn:model/b",
            "arn:model/a",
            "arn:model-package/a",
            "arn:model",
            "arn:n",
        ] {
            tag::put(unit, arn, &pairs(&[("t", arn)])).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await;
    let found = tag::list_under(&store, "arn:model/").await.unwrap();
    let arns: Vec<&str> = found.iter().map(|(arn, _, _)| arn.as_str()).collect();
    assert_eq!(arns, ["arn:model/a", "arn:model/b"]);
}
