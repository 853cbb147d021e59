//! Pages of model cards: the list, each card with its versions, its editor and its review.

mod address;
mod change_rows;
mod changes;
mod conflict;
mod document;
mod draft;
mod edit;
mod editor;
mod fieldset;
mod form;
mod form_write;
mod guide;
mod list;
mod new;
mod one;
mod review;
mod told;
mod value_words;
mod versions;

use http::Method;
use probity_app::{Access, Fault};
use serde_json::Value;

pub(crate) use address::{CardAddress, of as address_of, path as card_path};
pub(super) use address::{Leaf, leaf_path};
pub(super) use guide::label as field_label;
pub(super) use value_words::{reason, standing};
pub(super) use versions::steps as status_steps;

use super::visit::{Asked, Visit};
use super::{Desk, Refusal};
use crate::answer::Answer;
use crate::aws::{Service, accept_for_page};

pub(super) async fn answer(
    desk: Desk<'_>,
    (asked, visit): (&Asked, &Visit),
    address: &CardAddress,
) -> Result<Answer, Refusal> {
    match (asked.method == Method::POST, address) {
        (true, CardAddress::New) => new::create(desk, asked, visit).await,
        (true, CardAddress::Check) => edit::check(desk, asked, visit).await,
        (true, CardAddress::Of(card, leaf)) => match leaf {
            Leaf::Edit => edit::save(desk, (asked, visit), card).await,
            Leaf::Review => review::act(desk, (asked, visit), card).await,
            Leaf::Card | Leaf::Versions | Leaf::Version(_) | Leaf::Changes | Leaf::Document => {
                Err(Refusal::NoSuchPage)
            }
        },
        (true, CardAddress::List | CardAddress::OfModel(_)) | (false, CardAddress::Check) => {
            Err(Refusal::NoSuchPage)
        }
        (false, CardAddress::List) => list::page(desk, visit).await,
        (false, CardAddress::New) => new::page(desk, visit).await,
        (false, CardAddress::OfModel(model)) => new::of_model(desk, visit, model).await,
        (false, CardAddress::Of(card, leaf)) => match leaf {
            Leaf::Card => one::page(desk, visit, (card, None)).await,
            Leaf::Version(version) => one::page(desk, visit, (card, Some(*version))).await,
            Leaf::Versions => versions::page(desk, visit, card).await,
            Leaf::Changes => changes::page(desk, visit, card).await,
            Leaf::Edit => edit::page(desk, visit, card).await,
            Leaf::Review => review::page(desk, visit, card).await,
            Leaf::Document => document::file(desk, visit, card).await,
        },
    }
}

/// Whether the visitor may write: who may not is shown no way to.
pub(super) fn may_write(visit: &Visit) -> bool {
    match visit.caller.access {
        Access::Administrator => true,
        Access::ReadOnly => false,
    }
}

/// A document for a verb, checked as those of the API are.
fn accepted(service: Service, operation: &str, document: Value) -> Result<Value, Fault> {
    accept_for_page(service, operation, document)
}
