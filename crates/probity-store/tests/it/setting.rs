//! Settings: written, overwritten, not there.

use probity_store::{StoreError, setting};

use crate::database::{Database, on_both, write};

on_both!(the_last_value_of_a_setting_is_read);

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
