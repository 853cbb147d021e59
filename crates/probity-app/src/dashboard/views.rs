//! Views that a user has saved: a name, and the part of the address that says what is shown.

use probity_store::{Unit, setting};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::SEE;
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub name: String,
    /// `q=fraud&sort=name`.
    pub query: String,
}

const MOST_VIEWS: usize = 30;
const LONGEST_NAME: usize = 60;
const LONGEST_QUERY: usize = 1000;

pub async fn list(app: &App, caller: &Caller) -> Result<Vec<View>, Fault> {
    let deed = Deed::authorise(app, caller, SEE)?;
    let kept = setting::get(&app.store, &place(&deed)).await?;
    Ok(kept.as_deref().map(parse).unwrap_or_default())
}

/// What cannot be read is a preference of an older version: it is not worth a page.
fn parse(text: &str) -> Vec<View> {
    serde_json::from_str(text).unwrap_or_default()
}

/// A view of the same name is replaced. Whoever sees the dashboard may keep views of their own.
pub async fn save(app: &App, caller: &Caller, view: View) -> Result<(), Fault> {
    let deed = Deed {
        action: "probity:SaveDashboardView",
        ..Deed::authorise(app, caller, SEE)?
    };
    let name = view.name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(Fault::invalid(format!(
            "the name of a view has 1 to {LONGEST_NAME} characters"
        )));
    }
    if view.query.len() > LONGEST_QUERY {
        return Err(Fault::invalid("the view is too long to be saved"));
    }
    let mut unit = app.store.begin().await?;
    let mut views = parse(&setting::lock(&mut unit, &place(&deed), "[]").await?);
    views.retain(|known| known.name != name);
    if views.len() >= MOST_VIEWS {
        return Err(Fault::Limit {
            message: format!("there are {MOST_VIEWS} views already; delete one first"),
        });
    }
    views.push(View {
        name: name.to_owned(),
        query: view.query,
    });
    views.sort_by(|a, b| a.name.cmp(&b.name));
    write(unit, &deed, &views).await
}

pub async fn delete(app: &App, caller: &Caller, name: &str) -> Result<(), Fault> {
    let deed = Deed {
        action: "probity:DeleteDashboardView",
        ..Deed::authorise(app, caller, SEE)?
    };
    let mut unit = app.store.begin().await?;
    let mut views = parse(&setting::lock(&mut unit, &place(&deed), "[]").await?);
    views.retain(|known| known.name != name);
    write(unit, &deed, &views).await
}

/// Ends the unit that the views were read in.
async fn write(mut unit: Unit, deed: &Deed<'_>, views: &[View]) -> Result<(), Fault> {
    let text = json!(views).to_string();
    setting::put(&mut unit, &place(deed), &text).await?;
    let arn = format!("arn:aws:iam::{}:user/{}", deed.account, deed.actor);
    event::record(&mut unit, deed, &arn, json!({ "views": views })).await?;
    unit.commit().await?;
    Ok(())
}

fn place(deed: &Deed<'_>) -> String {
    format!("dashboard-views/{}", deed.actor)
}
