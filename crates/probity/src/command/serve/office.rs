//! The server's store as the operator opens it: by the data folder, its key file and its clock.

use std::sync::Arc;

use anyhow::{Context, Result};
use probity_app::user::{self, KeyRing, NewAccessKey};
use probity_app::{Access, App, Caller, Clock, LocalProcesses, Policies, Settings};
use probity_store::{Store, StoreError, Vault, setting, user as keys};
use serde_json::json;

use super::access_key;
use super::clock::{MachineClock, RandomIds, SimulatedClock, machine_now_ms};
use super::data_folder::DataFolder;
use crate::arguments::DataArguments;
use crate::command::wiring::variable;
use crate::exit::Usage;

/// The administrator that the first start makes.
pub(crate) const ROOT: &str = "root";

const CLOCK: &str = "clock";
const ACCOUNT: &str = "account";
const DEFAULT_ACCOUNT: &str = "111122223333";

/// What the operator decides about an application.
#[derive(Clone, Debug)]
pub(crate) struct OfficeOptions {
    /// `None`: that of earlier starts.
    pub(crate) account_id: Option<String>,
    pub(crate) clock: Option<String>,
    /// In place of any that is kept or asked for.
    pub(crate) own_clock: Option<Arc<dyn Clock>>,
    pub(crate) local_processes: LocalProcesses,
    pub(crate) schedule_jitter_ms: u64,
}

impl Default for OfficeOptions {
    fn default() -> OfficeOptions {
        OfficeOptions {
            account_id: None,
            clock: None,
            own_clock: None,
            local_processes: LocalProcesses::Refused,
            schedule_jitter_ms: 0,
        }
    }
}

/// Store, keys and application of one data folder.
#[derive(Debug)]
pub(crate) struct Office {
    pub(crate) folder: DataFolder,
    pub(crate) app: App,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) vault: Vault,
    pub(crate) clock: Option<SimulatedClock>,
}

impl Office {
    /// Opens the store of a folder that is there.
    pub(crate) async fn open(data: &DataArguments) -> Result<Office> {
        let folder = DataFolder::open(&data.data)?;
        if data.database_url.is_none() && !folder.database().exists() {
            return Err(Usage(format!(
                "no database in `{}`; `probity serve` makes one",
                folder.root().display()
            ))
            .into());
        }
        Office::of(
            folder,
            data.database_url.as_deref(),
            OfficeOptions::default(),
        )
        .await
    }

    pub(crate) async fn of(
        folder: DataFolder,
        database_url: Option<&str>,
        options: OfficeOptions,
    ) -> Result<Office> {
        let vault = Vault::open(&folder.key()?);
        let url = folder.database_url(database_url)?;
        let store = Store::open_telling(&url, |upgrade| {
            tracing::warn!(
                "bringing the database from step {} to step {}: with millions of runs this takes \
                 a while, and no server of an earlier version may go on with it",
                upgrade.from,
                upgrade.to
            );
        })
        .await?;
        let simulated = clock_of(&store, options.clock.as_deref()).await?;
        let clock: Arc<dyn Clock> = match (options.own_clock, simulated) {
            (Some(own), _) => own,
            (None, Some(simulated)) => Arc::new(simulated),
            (None, None) => Arc::new(MachineClock),
        };
        let account_id = account_of(&store, options.account_id).await?;
        let app = App {
            store,
            vault: vault.clone(),
            clock,
            ids: Arc::new(RandomIds),
            settings: Arc::new(Settings {
                account_id,
                local_processes: options.local_processes,
                schedule_jitter_ms: options.schedule_jitter_ms,
            }),
            jobs: Arc::default(),
            endpoints: Arc::default(),
            seals: Arc::default(),
            policy: Policies::default(),
        };
        refuse_other_key(&app.store, &vault, &folder).await?;
        let keys = KeyRing::new(app.store.clone(), vault.clone(), Arc::new(MachineClock));
        Ok(Office {
            folder,
            app,
            keys: Arc::new(keys),
            vault,
            clock: simulated,
        })
    }
}

/// The clock that was asked for, else that of earlier starts, else the machine's.
async fn clock_of(store: &Store, asked: Option<&str>) -> Result<Option<SimulatedClock>> {
    let kept = setting::get(store, CLOCK).await?;
    let kept = match kept {
        Some(text) => Some(SimulatedClock::of_setting(&text).ok_or_else(|| {
            Usage(format!(
                "the kept clock `{text}` cannot be read; give --clock START@RATE"
            ))
        })?),
        None => None,
    };
    let Some(asked) = asked else {
        return Ok(kept);
    };
    let asked = SimulatedClock::parse(asked, machine_now_ms())?;
    if let Some(kept) = kept
        && kept.same_as(&asked)
    {
        return Ok(Some(kept));
    }
    keep(store, CLOCK, &asked.to_setting()).await?;
    Ok(Some(asked))
}

/// Twelve digits that never change on one store: they stand in every ARN.
async fn account_of(store: &Store, asked: Option<String>) -> Result<String> {
    let kept = setting::get(store, ACCOUNT).await?;
    match (kept, asked) {
        (Some(kept), Some(asked)) if kept != asked => Err(Usage(format!(
            "this server's account is `{kept}`, and every ARN says so; it cannot become `{asked}`"
        ))
        .into()),
        (Some(kept), _) => Ok(kept),
        (None, asked) => {
            let account = asked.unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned());
            keep(store, ACCOUNT, &account).await?;
            Ok(account)
        }
    }
}

/// A database whose secrets were sealed with another key file would refuse every request.
async fn refuse_other_key(store: &Store, vault: &Vault, folder: &DataFolder) -> Result<()> {
    for key in keys::list_keys(store, None).await? {
        if key.revoked_ms.is_some() {
            continue;
        }
        if let Err(StoreError::Sealed { .. }) = keys::secret(store, vault, &key.id).await {
            return Err(Usage(format!(
                "the secrets of this database were sealed with another key than `{}`; copy the \
                 key file of the server that made it",
                folder.key_file().display()
            ))
            .into());
        }
    }
    Ok(())
}

async fn keep(store: &Store, name: &str, value: &str) -> Result<()> {
    let mut unit = store.begin().await?;
    setting::put(&mut unit, name, value).await?;
    unit.commit().await?;
    Ok(())
}

impl Office {
    /// Who acts when a command does, on this machine, with the right to read the key file.
    pub(crate) fn operator(&self) -> Caller {
        Caller {
            user: "operator".to_owned(),
            access: Access::Administrator,
            account: self.app.settings.account_id.clone(),
            region: "us-east-1".to_owned(),
            request_id: self.app.ids.uuid(),
        }
    }

    /// On a store without users: the administrator and its key, which is given back when it was
    /// made up and has to be shown.
    pub(crate) async fn first_start(&self) -> Result<Option<access_key::NewAccessKey>> {
        let operator = self.operator();
        let users = user::list(&self.app, &operator, json!({})).await?;
        if users["Users"]
            .as_array()
            .is_some_and(|users| !users.is_empty())
        {
            return Ok(None);
        }
        let given =
            variable("PROBITY_ROOT_ACCESS_KEY_ID").zip(variable("PROBITY_ROOT_SECRET_ACCESS_KEY"));
        let (key, shown) = match given {
            Some((id, secret)) => (access_key::NewAccessKey { id, secret }, Shown::Never),
            None => (access_key::random()?, Shown::Once),
        };
        self.create_root(&key).await?;
        Ok(match shown {
            Shown::Once => Some(key),
            Shown::Never => None,
        })
    }

    /// The administrator, with this key.
    pub(crate) async fn create_root(&self, key: &access_key::NewAccessKey) -> Result<()> {
        let root = json!({"UserName": ROOT, "Access": Access::Administrator.as_str()});
        user::create(&self.app, &self.operator(), root).await?;
        self.create_key(ROOT, key).await
    }

    pub(crate) async fn create_key(
        &self,
        user: &str,
        key: &access_key::NewAccessKey,
    ) -> Result<()> {
        let new = NewAccessKey {
            user,
            id: &key.id,
            secret: &key.secret,
        };
        self.keys
            .create_key(&self.app, &self.operator(), new)
            .await
            .with_context(|| format!("failed to make a key of user `{user}`"))
    }
}

enum Shown {
    Once,
    Never,
}
