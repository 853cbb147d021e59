//! What the address of the fleet page asks for.

use probity_app::dashboard::fleet::{
    CardFilter, CardFreshness, FleetQuery, FleetSort, VersionFilter,
};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::model_card::RiskRating;
use probity_domain::resource::CardStatus;
use probity_store::resource::SortOrder;

use super::fields::Fields;

/// Rows of a page.
pub(super) const PAGE: usize = 40;

/// What is not understood is not asked for: links of other versions still lead somewhere.
pub(super) fn read(fields: &Fields) -> FleetQuery {
    let (sort, order) = sorted(fields);
    FleetQuery {
        text: fields.get("q").unwrap_or_default().to_owned(),
        monitor: fields.get("monitor").map(str::to_owned),
        kind: fields.get("kind").and_then(kind),
        risk: fields.get("risk").and_then(RiskRating::parse),
        card: fields.get("card").and_then(|text| match text {
            "missing" => Some(CardFilter::Missing),
            other => CardStatus::parse(other)
                .map(CardFilter::Status)
                .or_else(|| CardFreshness::parse(other).map(CardFilter::Freshness)),
        }),
        owner: fields.get("owner").map(str::to_owned),
        version: fields.get("version").and_then(VersionFilter::parse),
        sort,
        order,
    }
}

/// Behind the name of an order that is turned round.
const REVERSED: &str = "-desc";

/// Both in one field, so that one select of a form can choose both; older links have `order` beside.
fn sorted(fields: &Fields) -> (FleetSort, SortOrder) {
    let text = fields.get("sort").unwrap_or_default();
    let (name, is_reversed) = match text.strip_suffix(REVERSED) {
        Some(name) => (name, true),
        None => (text, fields.get("order") == Some("desc")),
    };
    let sort = FleetSort::ALL
        .into_iter()
        .find(|known| known.as_str() == name);
    let order = match is_reversed {
        true => SortOrder::Descending,
        false => SortOrder::Ascending,
    };
    (sort.unwrap_or_default(), order)
}

/// What an address calls it; empty for the order that needs no name.
pub(super) fn sort_value(sort: FleetSort, order: SortOrder) -> String {
    match (sort, order) {
        (FleetSort::Attention, SortOrder::Ascending) => String::new(),
        (other, SortOrder::Ascending) => other.as_str().to_owned(),
        (other, SortOrder::Descending) => format!("{}{REVERSED}", other.as_str()),
    }
}

fn kind(text: &str) -> Option<MonitoringType> {
    MonitoringType::ALL
        .into_iter()
        .find(|known| known.as_str() == text)
}

/// Counted from 0; shown from 1.
pub(super) fn page_number(fields: &Fields) -> usize {
    let shown: usize = fields
        .get("page")
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    shown.saturating_sub(1)
}

/// Fields that leave models out.
const FILTERS: [&str; 7] = ["q", "monitor", "kind", "risk", "card", "owner", "version"];

/// Whether anything is left out.
pub(super) fn filters(fields: &Fields) -> bool {
    FILTERS.into_iter().any(|name| fields.get(name).is_some())
}

/// What a saved view keeps: neither a page nor a region.
pub(super) fn view(fields: &Fields) -> Fields {
    let mut kept = Fields::default();
    for name in FILTERS.into_iter().chain(["sort", "order"]) {
        if let Some(value) = fields.get(name) {
            kept = kept.with(name, value);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_far_as_it_is_understood() {
        let fields =
            Fields::parse(b"q=fraud&risk=High&card=missing&sort=name&order=desc&page=3&x=y");
        let query = read(&fields);
        assert_eq!(query.risk, Some(RiskRating::High));
        assert_eq!(query.card, Some(CardFilter::Missing));
        assert_eq!(
            (query.sort, query.order),
            (FleetSort::Name, SortOrder::Descending)
        );
        assert_eq!(page_number(&fields), 2);
        assert!(filters(&fields));
        assert_eq!(
            view(&fields).query(),
            "q=fraud&risk=High&card=missing&sort=name&order=desc"
        );
        let fields = Fields::parse(b"sort=last-run-desc");
        let query = read(&fields);
        assert_eq!(
            (query.sort, query.order),
            (FleetSort::LastRun, SortOrder::Descending)
        );
        let fields = Fields::parse(b"card=stale&owner=Ada&version=outdated");
        let query = read(&fields);
        let stale = CardFilter::Freshness(CardFreshness::Stale);
        assert_eq!(query.card, Some(stale));
        assert_eq!(query.owner.as_deref(), Some("Ada"));
        assert_eq!(query.version, Some(VersionFilter::Outdated));
        assert_eq!(view(&fields).query(), fields.query());
        for sort in FleetSort::ALL {
            for order in [SortOrder::Ascending, SortOrder::Descending] {
                let fields = Fields::default().with("sort", &sort_value(sort, order));
                let query = read(&fields);
                assert_eq!((query.sort, query.order), (sort, order));
            }
        }
        let nonsense = Fields::parse(b"risk=Purple&sort=colour&page=-4");
        assert_eq!(read(&nonsense), FleetQuery::default());
        assert_eq!(page_number(&nonsense), 0);
    }
}
