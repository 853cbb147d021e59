//! Channels: whom alerts are told, and how. What a channel needs to know (addresses that are
//! passwords, keys) is sealed, and never shown again.

use probity_domain::document::UtcTime;
use probity_domain::document::alert_event::AlertEvent;
use probity_domain::document::channel_settings::ChannelSettings;
use probity_store::notification_channel::{self as rows, Channel, Secret};
use probity_store::resource::{Deleted, Inserted};
use probity_store::{StoreError, notification as outbox};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;
use crate::notification;
use crate::stored::text;
use crate::timestamp;

mod address;
mod check;

pub use address::{is_link_local, literal_address};

/// A channel as its sender needs it.
#[derive(Clone, Debug)]
pub struct OpenChannel {
    pub name: String,
    pub digest_ms: i64,
    pub settings: ChannelSettings,
}

/// `{"ChannelName", "DigestInSeconds"}` and one of the kinds.
pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:CreateNotificationChannel")?;
    let name = text(&input, "ChannelName")?;
    check::name(name)?;
    let settings = settings(&input)?;
    let digest_ms = check::digest_ms(&input, &settings)?;
    check::settings(&settings, app.settings.local_processes)?;
    let secret = serde_json::to_string(&settings)
        .map_err(|source| Fault::internal("write the settings of a channel", source))?;
    let channel = Channel {
        name: name.to_owned(),
        kind: settings.kind().to_owned(),
        created_ms: deed.now_ms,
        created_by: deed.actor.to_owned(),
        digest_ms,
        settings: check::shown(&settings).to_string(),
    };
    let mut unit = app.store.begin().await?;
    match rows::insert(&mut unit, &app.vault, (&channel, Secret(&secret))).await? {
        Inserted::Yes => {}
        Inserted::Exists => {
            return Err(Fault::InUse {
                message: format!("notification channel `{name}` already exists"),
            });
        }
    }
    let change = json!({ "created": shown(&channel) });
    event::record(&mut unit, &deed, &arn(&deed, name), change).await?;
    unit.commit().await?;
    Ok(json!({ "ChannelName": name }))
}

/// All of them, without what is secret.
pub async fn list(app: &App, caller: &Caller, _input: Value) -> Result<Value, Fault> {
    app.authorise(caller, "probity:ListNotificationChannels")?;
    let channels = rows::list(&app.store).await?;
    let channels: Vec<Value> = channels.iter().map(shown).collect();
    Ok(json!({ "Channels": channels }))
}

/// `{"ChannelName"}`: what was not sent yet never will be.
pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:DeleteNotificationChannel")?;
    let name = text(&input, "ChannelName")?;
    let mut unit = app.store.begin().await?;
    match rows::delete(&mut unit, name).await? {
        Deleted::Yes => {}
        Deleted::Missing => return Err(missing(name)),
    }
    let unsent = outbox::delete_unsent(&mut unit, name).await?;
    let change = json!({ "deleted": { "ChannelName": name, "UnsentNotifications": unsent } });
    event::record(&mut unit, &deed, &arn(&deed, name), change).await?;
    unit.commit().await?;
    Ok(json!({}))
}

/// `{"ChannelName"}`: sends a notification that says that it is a test, whatever is silent. Answers
/// with its id, by which it can be followed.
pub async fn test(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:TestNotificationChannel")?;
    let name = text(&input, "ChannelName")?;
    if rows::get(&app.store, name).await?.is_none() {
        return Err(missing(name));
    }
    let id = app.ids.uuid();
    let told = AlertEvent {
        id: id.clone(),
        kind: "test".to_owned(),
        state: "OK".to_owned(),
        alert: "Test".to_owned(),
        subject: format!("notification-channel/{name}"),
        account: deed.account.to_owned(),
        region: deed.region.to_owned(),
        at: UtcTime::from_epoch_ms(deed.now_ms).to_string(),
        reason: format!(
            "{} tests the channel `{name}` of Probity. Nothing is wrong.",
            deed.actor
        ),
        ..AlertEvent::default()
    };
    let mut unit = app.store.begin().await?;
    notification::enqueue_one(&mut unit, &deed, (name, &id, &told.worded())).await?;
    let change = json!({ "tested": { "ChannelName": name, "NotificationId": id } });
    event::record(&mut unit, &deed, &arn(&deed, name), change).await?;
    unit.commit().await?;
    Ok(json!({ "NotificationId": id }))
}

/// For the sender. `None` when it was deleted.
pub async fn open(app: &App, name: &str) -> Result<Option<OpenChannel>, Fault> {
    let Some(channel) = rows::get(&app.store, name).await? else {
        return Ok(None);
    };
    let Some(secret) = rows::secret(&app.store, &app.vault, name).await? else {
        return Ok(None);
    };
    let settings = serde_json::from_str(&secret).map_err(|error| StoreError::Damaged {
        what: format!("the settings of notification channel `{name}`"),
        problem: error.to_string(),
    })?;
    Ok(Some(OpenChannel {
        name: channel.name,
        digest_ms: channel.digest_ms,
        settings,
    }))
}

fn settings(input: &Value) -> Result<ChannelSettings, Fault> {
    let given: Vec<(&str, &Value)> = ChannelSettings::MEMBERS
        .iter()
        .filter_map(|member| Some((*member, input.get(*member).filter(|v| !v.is_null())?)))
        .collect();
    let [(member, settings)] = given.as_slice() else {
        return Err(Fault::invalid(format!(
            "a channel has exactly one of {}",
            ChannelSettings::MEMBERS.join(", ")
        )));
    };
    let mut one = Map::new();
    one.insert((*member).to_owned(), (*settings).clone());
    serde_json::from_value(Value::Object(one))
        .map_err(|error| Fault::invalid(format!("{member}: {error}")))
}

fn missing(name: &str) -> Fault {
    Fault::missing(format!("there is no notification channel `{name}`"))
}

pub(crate) fn arn(deed: &Deed<'_>, name: &str) -> String {
    deed.arn(format!("probity-notification-channel/{name}"))
        .to_string()
}

fn shown(channel: &Channel) -> Value {
    let mut members = Map::new();
    let mut show = |name: &str, value: Value| members.insert(name.to_owned(), value);
    show("ChannelName", channel.name.as_str().into());
    show("Kind", channel.kind.as_str().into());
    show("CreationTime", timestamp::seconds(channel.created_ms));
    show("CreatedBy", channel.created_by.as_str().into());
    show("DigestInSeconds", (channel.digest_ms / 1000).into());
    show("Target", channel.settings.as_str().into());
    Value::Object(members)
}
