//! Settings: written, overwritten, not there.

use probity_store::{StoreError, setting};

use crate::database::{Database, on_both, write};

on_both!(
    the_last_value_of_a_setting_is_read,
    nobody_writes_a_setting_that_another_unit_reads,
);

async fn the_last_value_of_a_setting_is_read(database: &Database) {
    let store = database.open().await;
    assert_eq!(setting::get(&store, "clock").await.unwrap(), None);
    write(&store, async |unit| {
        setting::put(unit, "clock", "1").await?;
        setting::put(unit, "clock", "2").await?;
        Ok::<_, StoreError>(())
    })
    .await;
    let other = database.open().await;
    let found = setting::get(&other, "clock").await.unwrap();
    assert_eq!(found.as_deref(), Some("2"));
}

async fn nobody_writes_a_setting_that_another_unit_reads(database: &Database) {
    let store = database.open().await;
    let add = async |sign: &str| {
        write(&store, async |unit| {
            let read = setting::lock(unit, "views", "-").await?;
            tokio::task::yield_now().await;
            setting::put(unit, "views", &format!("{read}{sign}")).await
        })
        .await;
    };
    tokio::join!(add("a"), add("b"), add("c"));
    let found = setting::get(&store, "views").await.unwrap().unwrap();
    let mut signs: Vec<char> = found.chars().collect();
    signs.sort_unstable();
    assert_eq!(signs, ['-', 'a', 'b', 'c']);
}
