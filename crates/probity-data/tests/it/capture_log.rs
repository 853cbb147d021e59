//! What the capture log writes, read by the reader of captured events.

use probity_data::capture::{
    Body, CaptureKey, CaptureLog, CaptureOptions, CapturePlan, Captured, Exchange, NewNames,
    Redaction,
};
use probity_data::location::{Environment, find_files};
use probity_domain::document::capture_record::{CaptureContentTypes, CaptureMode};

use crate::reading::{options, read_sources};

#[tokio::test]
async fn readers_find_what_was_captured() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out").display().to_string();
    let settings = CaptureOptions::new(NewNames::new(|| "name".to_owned()), Environment::default());
    let log = CaptureLog::open(&home.path().join("capture"), settings).unwrap();
    let plan = CapturePlan {
        key: CaptureKey {
            destination: out.clone(),
            region: "us-east-1".to_owned(),
            endpoint: "loans".to_owned(),
            variant: "AllTraffic".to_owned(),
        },
        sampling_percentage: 100,
        mode: CaptureMode::InputAndOutput,
        content_types: CaptureContentTypes::sdk_default(),
        redaction: Redaction::none(),
    };
    for (event_id, input, output) in [
        ("a", "1,\"a,\u{fc}\"\n2,\n", "0.5\n0.25\n"),
        ("b", "3,x", "1"),
    ] {
        let csv = |data: &'static str| Body {
            content_type: Some("text/csv; charset=utf-8"),
            data: data.as_bytes(),
        };
        let exchange = Exchange {
            event_id,
            inference_id: Some("7"),
            custom_attributes: Some("trace=\"1\""),
            at_ms: 1_650_241_308_123,
            input: csv(input),
            output: csv(output),
        };
        assert_eq!(log.capture(&plan, &exchange).await, Captured::Kept);
    }
    assert_eq!(log.flush().await, 0);
    let files = find_files(&out, &Environment::default()).await.unwrap();
    let table = read_sources(files, options()).await.unwrap();
    let text = |cell: &str| (!cell.is_empty()).then(|| cell.to_owned());
    let expected = [["0.5", "1", "a,\u{fc}"], ["0.25", "2", ""], ["1", "3", "x"]]
        .map(|row| row.map(text).to_vec());
    assert_eq!(table.rows, expected);
}
