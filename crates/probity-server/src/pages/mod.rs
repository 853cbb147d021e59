//! The dashboard: pages for people, made on the server, that work without scripts.
//!
//! A page is a struct with a template. It computes nothing: what it shows was asked of
//! `probity_app::dashboard`, and everything that came from users is written as text.

mod activity;
mod activity_csv;
mod activity_event;
mod address;
mod alerts;
mod assets;
mod attributions;
mod badge;
mod bias;
mod cards;
mod constraints;
mod constraints_preview;
mod cookies;
mod count_axis;
mod docs;
mod entry;
mod failure;
mod feature;
mod features;
mod fields;
mod fleet;
mod fleet_csv;
mod fleet_query;
mod fleet_table;
mod fleet_top;
mod found;
mod guard;
mod history;
mod history_chart;
mod history_marks;
mod latency;
mod live;
mod model;
mod model_batches;
mod model_card;
mod model_monitors;
mod monitor;
mod performance;
mod quality;
mod reply;
mod resend;
mod results;
mod run;
mod run_files;
mod run_parts;
mod shell;
mod spark;
mod visit;
mod words;
mod workings;

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, StatusCode};
use probity_app::{App, Clock, Fault};

use crate::answer::Answer;
use crate::aws::Keys;
use crate::operations::Tools;

pub(crate) use address::{is_lost, is_page};
pub(crate) use cookies::Channel;

use address::Address;
use fields::Fields;
use visit::{Asked, Visit};

/// What pages need beside the application.
#[derive(Debug)]
pub(crate) struct Pages {
    /// `None`: nobody signs in, and everybody is the administrator.
    pub(crate) keys: Option<Arc<dyn Keys>>,
    /// Sessions live in the world's time.
    pub(crate) wall_clock: Arc<dyn Clock>,
    pub(crate) guard: guard::Guard,
    pub(crate) live: live::Live,
}

impl Pages {
    pub(crate) fn new(keys: Option<Arc<dyn Keys>>, wall_clock: Arc<dyn Clock>) -> Pages {
        Pages {
            keys,
            wall_clock,
            guard: guard::Guard::default(),
            live: live::Live::default(),
        }
    }
}

/// The longest form that is read.
/// The editor of a card sends a whole content of 100,000 characters twice, escaped.
pub(crate) const LONGEST_FORM: usize = 1024 * 1024;

/// One request for a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Desk<'a> {
    pub(crate) app: &'a App,
    /// Where documents of callers lie, and the app again.
    pub(crate) tools: Tools<'a>,
    pub(crate) pages: &'a Pages,
    pub(crate) request_id: &'a str,
    pub(crate) peer: SocketAddr,
}

/// Why a page is not shown.
#[derive(Debug)]
pub(crate) enum Refusal {
    Fault(Fault),
    /// The form did not come from a page of ours, or from one of another session.
    ForgedForm,
    NoSuchPage,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        Refusal::Fault(fault)
    }
}

pub(crate) async fn answer(desk: Desk<'_>, request: http::Request<Bytes>) -> Answer {
    let address = Address::of(request.uri().path());
    if let Some(Address::Asset(asset)) = address {
        let mut answer = asset.answer();
        reply::bind(&mut answer);
        return answer;
    }
    if let Some(Address::DocsImage(image)) = address {
        let mut answer = image.answer();
        reply::bind(&mut answer);
        return answer;
    }
    if request.method() != Method::POST
        && let Some(place) = address::moved(request.uri())
    {
        let mut answer = reply::see_other(&place);
        reply::bind(&mut answer);
        return answer;
    }
    let asked = Asked::of(&request);
    let mut answer = match visit::begin(desk, &asked).await {
        Ok(visit) => {
            let mut answer = match serve(desk, (&asked, &visit), address).await {
                Ok(answer) => answer,
                Err(refusal) => failure::page(&visit, &refusal),
            };
            visit.keep_form_key(&mut answer, asked.channel);
            answer
        }
        Err(visit::NotIn::Fault(fault)) => {
            let visit = Visit::of(desk, &asked);
            let kept = address.filter(|_| asked.method == Method::POST && asked.comes_from_here());
            let kept = kept.and_then(|address| {
                resend::page((&asked, &visit), &address, resend::Why::Fault(&fault))
            });
            match kept {
                Some(mut answer) => {
                    visit.keep_form_key(&mut answer, asked.channel);
                    answer
                }
                None => failure::bare(desk.request_id, &fault),
            }
        }
        Err(visit::NotIn::Unknown(visit)) => {
            let mut answer = outside(desk, (&asked, &visit), address).await;
            visit.keep_form_key(&mut answer, asked.channel);
            answer
        }
    };
    reply::bind(&mut answer);
    answer
}

/// For somebody who is signed in.
async fn serve(
    desk: Desk<'_>,
    (asked, visit): (&Asked, &Visit),
    address: Option<Address>,
) -> Result<Answer, Refusal> {
    let address = address.ok_or(Refusal::NoSuchPage)?;
    if asked.method == Method::POST {
        let answered = obey(desk, (asked, visit), &address).await;
        return answered.or_else(|refusal| {
            let why = match &refusal {
                Refusal::Fault(fault) => resend::Why::Fault(fault),
                Refusal::ForgedForm => resend::Why::Late,
                Refusal::NoSuchPage => return Err(refusal),
            };
            resend::page((asked, visit), &address, why).ok_or(refusal)
        });
    }
    match address {
        Address::Home => Ok(reply::see_other("/dashboard")),
        Address::Login if visit.is_signed_in() => {
            let next = fields::own_address(visit.fields.get("next"));
            Ok(reply::see_other(next))
        }
        Address::Login => Ok(reply::see_other("/dashboard")),
        // A link is used up by whoever opens it, not by what looks whether it is there.
        Address::SignIn if asked.method != Method::GET => Ok(reply::see_other("/dashboard")),
        Address::SignIn => Ok(entry::redeem(desk, asked, visit).await),
        Address::Fleet => fleet::page(desk, visit).await,
        Address::FleetCsv => fleet_csv::file(desk, visit).await,
        Address::Model(name) => model::page(desk, visit, &name).await,
        Address::Monitor(name) => monitor::page(desk, visit, &name).await,
        Address::Feature(monitor, feature) => {
            feature::page(desk, visit, (&monitor, &feature)).await
        }
        Address::Run(run) => run_files::answer(desk, visit, &run).await,
        Address::Constraints(name) => constraints::page(desk, visit, &name).await,
        Address::Activity => activity::page(desk, visit).await,
        Address::ActivityCsv => activity_csv::file(desk, visit).await,
        Address::Chain => activity_event::chain(desk, visit).await,
        Address::Event(seq) => activity_event::page(desk, visit, seq).await,
        Address::Card(card) => cards::answer(desk, (asked, visit), &card).await,
        Address::Live => Ok(live::stream(desk, asked, visit)),
        Address::Docs(name) => docs::page(visit, &name),
        Address::Logout
        | Address::Theme
        | Address::Views
        | Address::Asset(_)
        | Address::DocsImage(_) => Err(Refusal::NoSuchPage),
    }
}

/// A form that somebody sent who is signed in.
async fn obey(
    desk: Desk<'_>,
    (asked, visit): (&Asked, &Visit),
    address: &Address,
) -> Result<Answer, Refusal> {
    asked.check_form(visit)?;
    match address {
        Address::Login => Ok(entry::log_in(desk, asked, visit).await),
        Address::Logout => entry::log_out(desk, asked, visit).await,
        Address::Theme => Ok(entry::set_theme(asked)),
        Address::Views => fleet::change_views(desk, asked, visit).await,
        Address::Monitor(name) => monitor::act(desk, (asked, visit), name).await,
        Address::Card(card) => cards::answer(desk, (asked, visit), card).await,
        Address::Constraints(name) => constraints::act(desk, (asked, visit), name).await,
        Address::Home
        | Address::SignIn
        | Address::Asset(_)
        | Address::Docs(_)
        | Address::DocsImage(_)
        | Address::Fleet
        | Address::FleetCsv
        | Address::Model(_)
        | Address::Feature(..)
        | Address::Run(_)
        | Address::Activity
        | Address::ActivityCsv
        | Address::Chain
        | Address::Event(_)
        | Address::Live => Err(Refusal::NoSuchPage),
    }
}

/// For somebody who is not: they may sign in and read the documentation, and see nothing else.
async fn outside(
    desk: Desk<'_>,
    (asked, visit): (&Asked, &Visit),
    address: Option<Address>,
) -> Answer {
    let posted = asked.method == Method::POST;
    match address {
        Some(Address::Login) if posted => match asked.check_form(visit) {
            Ok(()) => entry::log_in(desk, asked, visit).await,
            Err(_) => entry::stale_form(visit),
        },
        Some(Address::Theme) if posted => match asked.check_form(visit) {
            Ok(()) => entry::set_theme(asked),
            Err(refusal) => failure::page(visit, &refusal),
        },
        Some(Address::Login) => entry::login_page(visit, StatusCode::OK),
        Some(Address::SignIn) if asked.method == Method::GET => {
            entry::redeem(desk, asked, visit).await
        }
        Some(Address::Docs(name)) if !posted => {
            docs::page(visit, &name).unwrap_or_else(|refusal| failure::page(visit, &refusal))
        }
        _ if posted => address
            .and_then(|address| resend::page((asked, visit), &address, resend::Why::Late))
            .unwrap_or_else(|| failure::page(visit, &Refusal::ForgedForm)),
        // A page has nothing to say to what listens: it is told that it is not known any more.
        Some(Address::Live) => live::not_known(),
        None => failure::page(visit, &Refusal::NoSuchPage),
        _ if asked.comes_from_elsewhere() => entry::once_more(visit),
        _ => entry::to_login(visit),
    }
}

/// The fields of a posted form.
fn form(body: &Bytes) -> Fields {
    Fields::parse(body)
}
