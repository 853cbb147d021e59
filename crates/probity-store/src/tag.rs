//! Tags: names and values on anything that has an ARN.

use sqlx::{AssertSqlSafe, Row};

use crate::error::StoreError;
use crate::store::{Store, Unit};

/// Adds tags; a name that is there gets the new value.
pub async fn put(unit: &mut Unit, arn: &str, tags: &[(String, String)]) -> Result<(), StoreError> {
    for (name, value) in tags {
        sqlx::query(
            "insert into tag (arn, name, value) values ($1, $2, $3)
             on conflict (arn, name) do update set value = excluded.value",
        )
        .bind(arn)
        .bind(name)
        .bind(value)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("write a tag"))?;
    }
    Ok(())
}

/// Removes tags; a name that is not there is no error.
pub async fn remove(unit: &mut Unit, arn: &str, names: &[String]) -> Result<(), StoreError> {
    for name in names {
        sqlx::query("delete from tag where arn = $1 and name = $2")
            .bind(arn)
            .bind(name)
            .execute(unit.connection())
            .await
            .map_err(StoreError::query("remove a tag"))?;
    }
    Ok(())
}

pub(crate) async fn remove_all(unit: &mut Unit, arn: &str) -> Result<(), StoreError> {
    sqlx::query("delete from tag where arn = $1")
        .bind(arn)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("remove the tags of a resource"))?;
    Ok(())
}

/// The tags of a resource, by name.
pub async fn list(store: &Store, arn: &str) -> Result<Vec<(String, String)>, StoreError> {
    let read = StoreError::query("read tags");
    sqlx::query("select name, value from tag where arn = $1 order by name")
        .bind(arn)
        .fetch_all(store.pool())
        .await
        .map_err(&read)?
        .iter()
        .map(|row| {
            Ok((
                row.try_get("name").map_err(&read)?,
                row.try_get("value").map_err(&read)?,
            ))
        })
        .collect()
}

/// ARNs that one statement asks for.
const ARNS: usize = 400;

/// The tags of these resources, as (ARN, name, value).
pub async fn list_of(
    store: &Store,
    arns: &[&str],
) -> Result<Vec<(String, String, String)>, StoreError> {
    let read = StoreError::query("read the tags of some resources");
    let mut tags = Vec::new();
    for arns in arns.chunks(ARNS) {
        let places: Vec<String> = (1..=arns.len()).map(|index| format!("${index}")).collect();
        let statement = format!(
            "select arn, name, value from tag where arn in ({}) order by arn, name",
            places.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(statement));
        for arn in arns {
            query = query.bind(*arn);
        }
        for row in query.fetch_all(store.pool()).await.map_err(&read)? {
            tags.push((
                row.try_get("arn").map_err(&read)?,
                row.try_get("name").map_err(&read)?,
                row.try_get("value").map_err(&read)?,
            ));
        }
    }
    Ok(tags)
}

/// The tags of everything whose ARN begins with `start`, as (ARN, name, value).
pub async fn list_under(
    store: &Store,
    start: &str,
) -> Result<Vec<(String, String, String)>, StoreError> {
    let read = StoreError::query("read the tags of many resources");
    // ARNs are ASCII and compared by bytes: U+10FFFF stands behind all that begin with `start`.
    sqlx::query("select arn, name, value from tag where arn >= $1 and arn < $2 order by arn, name")
        .bind(start)
        .bind(format!("{start}\u{10ffff}"))
        .fetch_all(store.pool())
        .await
        .map_err(&read)?
        .iter()
        .map(|row| {
            Ok((
                row.try_get("arn").map_err(&read)?,
                row.try_get("name").map_err(&read)?,
                row.try_get("value").map_err(&read)?,
            ))
        })
        .collect()
}
