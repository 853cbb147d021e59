//! `probity admin`: users, keys, backup, restore and the audit log of a data folder.

use anyhow::Result;
use probity_app::user;
use probity_store::audit;
use probity_store::backup::restore_from;
use serde_json::{Value, json};

use super::serve::access_key;
use super::serve::data_folder::DataFolder;
use super::serve::office::Office;
use crate::arguments::{
    AccessArgument, AdminCommand, AuditArguments, BackupArguments, KeyCommand, RestoreArguments,
    UserCommand,
};
use crate::exit::{Exit, Usage};
use crate::screen;
use crate::table::{Align, printable, table};

pub(crate) async fn run(command: AdminCommand) -> Result<Exit> {
    match command {
        AdminCommand::User(command) => users(command).await,
        AdminCommand::Key(command) => keys(command).await,
        AdminCommand::Backup(arguments) => backup(&arguments).await,
        AdminCommand::Restore(arguments) => restore(&arguments).await,
        AdminCommand::Audit(arguments) => verify(&arguments).await,
    }
}

async fn users(command: UserCommand) -> Result<Exit> {
    match command {
        UserCommand::Create { name, access, data } => {
            let office = Office::open(&data).await?;
            let access = match access {
                AccessArgument::Administrator => "administrator",
                AccessArgument::ReadOnly => "read-only",
            };
            let input = json!({"UserName": name, "Access": access});
            user::create(&office.app, &office.operator(), input).await?;
            screen::line(&format!(
                "user `{name}` ({access}); `probity admin key create --user {name}` makes a key"
            ))?;
        }
        UserCommand::List { data } => {
            let office = Office::open(&data).await?;
            let listed = user::list(&office.app, &office.operator(), json!({})).await?;
            print_rows(
                &listed["Users"],
                &["UserName", "Access", "CreateDate", "DisabledDate"],
            )?;
        }
        UserCommand::Disable { name, data } => {
            let office = Office::open(&data).await?;
            let input = json!({"UserName": name});
            user::disable(&office.app, &office.operator(), input).await?;
            screen::line(&format!(
                "user `{name}` is disabled; a running server knows within seconds"
            ))?;
        }
    }
    Ok(Exit::NoViolation)
}

async fn keys(command: KeyCommand) -> Result<Exit> {
    match command {
        KeyCommand::Create { user, data } => {
            let office = Office::open(&data).await?;
            let key = access_key::random()?;
            office.create_key(&user, &key).await?;
            screen::line("the secret is shown this once:")?;
            screen::line(&format!("export AWS_ACCESS_KEY_ID={}", key.id))?;
            screen::line(&format!("export AWS_SECRET_ACCESS_KEY={}", key.secret))?;
        }
        KeyCommand::List { data } => {
            let office = Office::open(&data).await?;
            let listed = user::list_keys(&office.app, &office.operator(), json!({})).await?;
            let columns = [
                "AccessKeyId",
                "UserName",
                "Status",
                "CreateDate",
                "LastUsedDate",
            ];
            print_rows(&listed["AccessKeyMetadata"], &columns)?;
        }
        KeyCommand::Revoke { key, data } => {
            let office = Office::open(&data).await?;
            office
                .keys
                .revoke_key(&office.app, &office.operator(), &key)
                .await?;
            screen::line(&format!(
                "key `{key}` is revoked; a running server knows within seconds"
            ))?;
        }
    }
    Ok(Exit::NoViolation)
}

/// A line for each row, columns under their names.
fn print_rows(rows: &Value, columns: &[&str]) -> Result<()> {
    let cell = |row: &Value, column: &str| match &row[column] {
        Value::Null => "-".to_owned(),
        Value::String(text) => printable(text.clone()),
        Value::Number(seconds) if column.ends_with("Date") => date(seconds.as_f64()),
        other => other.to_string(),
    };
    let header: Vec<_> = columns
        .iter()
        .map(|&column| (column, Align::Left))
        .collect();
    let cells = rows.as_array().into_iter().flatten();
    let cells = cells.map(|row| columns.iter().map(|column| cell(row, column)).collect());
    screen::line(table(&header, cells.collect()).trim_end())?;
    Ok(())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a date in seconds is far below 2^63"
)]
fn date(seconds: Option<f64>) -> String {
    let moment = chrono::DateTime::from_timestamp(seconds.unwrap_or_default() as i64, 0);
    moment
        .unwrap_or_default()
        .format("%Y-%m-%d %H:%M:%SZ")
        .to_string()
}

async fn backup(arguments: &BackupArguments) -> Result<Exit> {
    let office = Office::open(&arguments.data).await?;
    office.app.store.backup_to(&arguments.file).await?;
    screen::line(&format!(
        "wrote {}; keep the key file `{}` with it, or its access keys cannot be used",
        arguments.file.display(),
        office.folder.key_file().display()
    ))?;
    Ok(Exit::NoViolation)
}

async fn restore(arguments: &RestoreArguments) -> Result<Exit> {
    if arguments.data.database_url.is_some() {
        return Err(Usage("a PostgreSQL database is restored with pg_restore".to_owned()).into());
    }
    let folder = DataFolder::create(&arguments.data.data)?;
    // Held until the copy is in place, so that no server starts meanwhile.
    let _lock = folder.lock()?;
    restore_from(&arguments.file, &folder.database()).await?;
    screen::line(&format!("restored {}", folder.database().display()))?;
    Ok(Exit::NoViolation)
}

async fn verify(arguments: &AuditArguments) -> Result<Exit> {
    let office = Office::open(&arguments.data).await?;
    let verified = audit::verify(&office.app.store).await?;
    match verified.broken_at {
        None => {
            screen::line(&format!("the chain of {} events is whole", verified.events))?;
            Ok(Exit::NoViolation)
        }
        Some(seq) => {
            screen::line(&format!(
                "the chain is broken at event {seq}: it was changed afterwards"
            ))?;
            Ok(Exit::Violations)
        }
    }
}
