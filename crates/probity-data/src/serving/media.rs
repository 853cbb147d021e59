//! The content types that a model in process takes and gives, and the choice among them.

/// A form of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Media {
    Csv,
    Json,
    JsonLines,
}

/// What a model in process takes, for a refusal.
pub(super) const TAKEN: &str = "text/csv, application/json and application/jsonlines";

/// Spellings that are in use; the first of each form is the one that is answered with.
const NAMES: [(&str, Media); 7] = [
    ("text/csv", Media::Csv),
    ("application/json", Media::Json),
    ("application/jsonlines", Media::JsonLines),
    ("application/x-jsonlines", Media::JsonLines),
    ("application/jsonl", Media::JsonLines),
    ("application/x-ndjson", Media::JsonLines),
    ("application/ndjson", Media::JsonLines),
];

impl Media {
    /// By a `Content-Type`, without what follows `;`.
    pub fn of(content_type: &str) -> Option<Media> {
        let essence = essence(content_type);
        let mut names = NAMES.iter();
        let found = names.find(|(name, _)| name.eq_ignore_ascii_case(essence));
        found.map(|(_, media)| *media)
    }

    /// As SageMaker's own containers write it.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::JsonLines => "application/jsonlines",
        }
    }

    /// The first form of an `Accept` that can be given, weights left aside; that of the request
    /// where it is open. `None` where nothing can be given.
    pub fn accepted(accept: Option<&str>, request: Media) -> Option<Media> {
        let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
            return Some(request);
        };
        accept.split(',').find_map(|wanted| {
            let wanted = essence(wanted);
            match wanted.split_once('/') {
                Some(("*", "*")) => Some(request),
                Some((kind, "*")) if request.content_type().starts_with(kind) => Some(request),
                Some(("text", "*")) => Some(Media::Csv),
                Some(("application", "*")) => Some(Media::Json),
                _ => Media::of(wanted),
            }
        })
    }
}

pub(super) fn essence(content_type: &str) -> &str {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_case_do_not_matter() {
        assert_eq!(Media::of("Text/CSV; charset=utf-8"), Some(Media::Csv));
        assert_eq!(Media::of("application/x-ndjson"), Some(Media::JsonLines));
        assert_eq!(Media::of("text/libsvm"), None);
    }

    #[track_caller]
    fn check(accept: Option<&str>, expected: Option<Media>) {
        assert_eq!(Media::accepted(accept, Media::JsonLines), expected);
    }

    #[test]
    fn the_first_form_that_can_be_given_is_given() {
        check(None, Some(Media::JsonLines));
        check(Some("*/*"), Some(Media::JsonLines));
        check(Some("application/*"), Some(Media::JsonLines));
        check(Some("text/*"), Some(Media::Csv));
        check(
            Some("image/png, text/csv;q=0.1, application/json"),
            Some(Media::Csv),
        );
        check(Some("image/png"), None);
    }
}
