//! The documents of explanations: read, written again unchanged, and equal to what Python's
//! own writers write.

use probity_domain::document::analysis::Analysis;
use probity_domain::document::explanation_file::{ExplanationFile, VERSION};
use probity_domain::document::explanations::{
    Explanations, GlobalShap, PdpDataType, PdpEntry, PdpOutcome, PdpValue, UNSUPPORTED_DATA_TYPE,
};
use probity_domain::document::explanations_csv::{
    BaselineWriter, CsvField, LocalValuesColumns, LocalValuesWriter,
};
use probity_domain::document::notebook::{CodeCell, DisplayedData, Notebook, NotebookCell};

use crate::clarify::clarify_golden;
use crate::lenient_reading::check_error;
use crate::{golden, written};

fn explanations(path: &str) -> Explanations {
    let analysis = Analysis::from_json(&clarify_golden(path)).unwrap();
    analysis.explanations.unwrap()
}

fn read(explanations: &str) -> Explanations {
    let file = format!(r#"{{"explanations": {explanations}}}"#);
    let analysis = Analysis::from_json(file.as_bytes()).unwrap();
    analysis.explanations.unwrap()
}

#[track_caller]
fn check_same_analysis(name: &str) {
    let original = clarify_golden(&format!("explanations/{name}"));
    let analysis = Analysis::from_json(&original).unwrap();
    assert_eq!(
        written(|out| analysis.write_json(out)),
        String::from_utf8(original).unwrap()
    );
}

#[test]
fn explanations_in_the_layout_of_the_service_are_written_again_byte_for_byte() {
    check_same_analysis("service_adult.json");
    check_same_analysis("every_member.json");
    check_same_analysis("texts_flat.json");
    check_same_analysis("texts_by_feature.json");
}

#[test]
fn global_values_keep_the_order_of_the_dataset() {
    let explanations = explanations("explanations/service_adult.json");
    let (label, shap) = &explanations.kernel_shap[0];
    assert_eq!(label, "label0");
    assert_eq!(shap.expected_value, Some(0.250_623_226_165_771));
    let names: Vec<&str> = shap
        .global_shap_values
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let expected = [
        "Age",
        "Workclass",
        "fnlwgt",
        "Education-Num",
        "Capital Gain",
        "Country",
    ];
    assert_eq!(names, expected);
    assert_eq!(shap.global_shap_values[5].1, 1e-12);
}

#[test]
fn every_kind_of_partial_dependence_is_read() {
    let explanations = explanations("explanations/every_member.json");
    let [numbers, categories, text] = explanations.pdp.as_slice() else {
        panic!("three features");
    };
    assert_eq!(numbers.data_type, PdpDataType::Numerical);
    let PdpOutcome::Computed(curve) = &categories.outcome else {
        panic!("a curve");
    };
    let expected = [
        PdpValue::Text("a".to_owned()),
        PdpValue::Text("Infinity".to_owned()),
        PdpValue::Integer(3),
        PdpValue::Boolean(true),
    ];
    assert_eq!(curve.feature_values, expected);
    assert_eq!(curve.model_predictions[1], [0.9, 0.8, 0.7, 1.0]);
    let expected = PdpEntry {
        feature_name: "remarks".to_owned(),
        data_type: PdpDataType::FreeText,
        outcome: PdpOutcome::Failed {
            error: UNSUPPORTED_DATA_TYPE.to_owned(),
        },
    };
    assert_eq!(text, &expected);
}

#[test]
fn other_methods_and_texts_are_kept_as_read() {
    let every = explanations("explanations/every_member.json");
    assert_eq!(
        every.other_members["asymmetric_shapley_value"]["direction"],
        "chronological"
    );
    let texts = explanations("explanations/texts_flat.json");
    let shap: &GlobalShap = &texts.kernel_shap[0].1;
    assert!(shap.global_shap_values.is_empty());
    assert_eq!(shap.other_members["global_top_shap_text"]["good"], 0.25);
}

#[test]
fn what_other_writers_write_is_read() {
    let found = read(
        r#"{"kernel_shap": {"0": {"global_shap_values": {"a": 1, "b": NaN, "c": "-Infinity"}}},
            "pdp": [{"feature_name": 3, "data_type": "numeric", "feature_values": [1],
                     "data_distributions": [1], "model_predictions": [[0]], "label_headers": [7]}]}"#,
    );
    let (_, shap) = &found.kernel_shap[0];
    assert_eq!(shap.expected_value, None);
    assert_eq!(shap.global_shap_values[0], ("a".to_owned(), 1.0));
    assert!(shap.global_shap_values[1].1.is_nan());
    assert_eq!(shap.global_shap_values[2].1, f64::NEG_INFINITY);
    let entry = &found.pdp[0];
    assert_eq!(entry.feature_name, "3");
    assert_eq!(entry.data_type, PdpDataType::Other("numeric".to_owned()));
    let PdpOutcome::Computed(curve) = &entry.outcome else {
        panic!("a curve");
    };
    assert_eq!(curve.data_distribution, [1.0]);
    assert_eq!(curve.label_headers, ["7"]);
}

#[test]
fn explanations_that_are_wrong_name_the_place() {
    let read = |text: &str| Analysis::from_json(text.as_bytes());
    check_error(
        read(
            r#"{"explanations": {"kernel_shap": {"label0": {"global_shap_values": {"a": "x"}}}}}"#,
        ),
        "`analysis.json` is wrong at `explanations.kernel_shap.label0.global_shap_values.a`: \
         invalid value: string \"x\", expected a number, \"NaN\", \"Infinity\" or \"-Infinity\" \
         at line 1 column 76",
    );
    check_error(
        read(r#"{"explanations": {"pdp": [{"feature_name": "a", "data_type": "numerical"}]}}"#),
        "`analysis.json` is wrong at `explanations.pdp[0]`: missing field `feature_values` \
         at line 1 column 74",
    );
    check_error(
        read(r#"{"explanations": [1]}"#),
        "`analysis.json` is wrong at `explanations`: invalid type: sequence, expected an \
         object at line 1 column 17",
    );
}

#[test]
fn local_values_are_written_as_pandas_writes_them() {
    let features = ["age".to_owned(), "a, \"b\"".to_owned()];
    let labels = ["label0".to_owned(), "label1".to_owned()];
    let columns = LocalValuesColumns {
        features: &features,
        labels: &labels,
        join: Some("id"),
    };
    let mut writer = LocalValuesWriter::new(Vec::new(), columns).unwrap();
    let rows = [
        ([0.1 + 0.2, 1.0, -(0.1 + 0.2), -1.0], Some("plain")),
        ([-1e-9, f64::NAN, 1e-5, 2.0], Some("a,b")),
        ([1e16, -2.5, 123_456_789.125, 2.5], Some("say \"no\"")),
        (
            [f64::INFINITY, f64::NEG_INFINITY, 5e-324, f64::MAX],
            Some("two\nlines"),
        ),
        ([0.0, -0.0, 0.0001, 1.0 / 3.0], None),
    ];
    for (values, join) in rows {
        writer.write_row(&values, join.map(CsvField::Text)).unwrap();
    }
    let expected = clarify_golden("explanations/out.csv");
    assert_eq!(
        String::from_utf8(writer.finish().unwrap()).unwrap(),
        String::from_utf8(expected).unwrap()
    );
}

#[test]
fn a_row_of_another_width_is_refused_and_nothing_of_it_written() {
    let features = ["age".to_owned()];
    let mut out = Vec::new();
    let mut writer = BaselineWriter::new(&mut out, &features).unwrap();
    let error = writer
        .write_row(&[CsvField::Missing, CsvField::Integer(1)])
        .unwrap_err();
    assert_eq!(error.to_string(), "a row has 2 values, the header 1");
    writer.write_row(&[CsvField::Integer(-1)]).unwrap();
    writer.write_row(&[CsvField::Missing]).unwrap();
    writer.finish().unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "age\n-1\n\"\"\n");
}

fn sample_notebook() -> Notebook {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\">\n<text>größe &lt; 2 m²</text>\n</svg>";
    let displayed = DisplayedData {
        html: Some("<table>\n</table>".to_owned()),
        svg: Some(svg.to_owned()),
        plain: "bars\n\n".to_owned(),
    };
    let intro = "# Explanations\n\nA report with \"quotes\", a tab\t and an emoji 😀.\n";
    Notebook {
        title: "Analysis Report".to_owned(),
        cells: vec![
            NotebookCell::Markdown(intro.to_owned()),
            NotebookCell::Code(CodeCell {
                source: String::new(),
                outputs: vec![displayed, DisplayedData::default()],
            }),
            NotebookCell::Code(CodeCell {
                source: "shap_values = 1\nprint(shap_values)".to_owned(),
                outputs: Vec::new(),
            }),
            NotebookCell::Markdown(String::new()),
        ],
    }
}

#[test]
fn a_notebook_is_written_as_jupyter_writes_it() {
    let notebook = sample_notebook();
    assert_eq!(
        written(|out| notebook.write_json(out)),
        String::from_utf8(golden("notebook/report.ipynb")).unwrap()
    );
}

/// The rules of `nbformat.v4.5.schema.json` for the parts that we write.
#[test]
fn a_notebook_keeps_the_rules_of_its_schema() {
    let mut notebook = sample_notebook();
    let cell = notebook.cells[1].clone();
    notebook.cells.extend(vec![cell; 300]);
    let text = written(|out| notebook.write_json(out));
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["nbformat"], 4);
    assert_eq!(document["nbformat_minor"], 5);
    assert!(document["metadata"]["kernelspec"]["name"].is_string());
    assert!(document["metadata"]["kernelspec"]["display_name"].is_string());
    let mut ids = std::collections::HashSet::new();
    for cell in document["cells"].as_array().unwrap() {
        let id = cell["id"].as_str().unwrap();
        assert!((1..=64).contains(&id.len()));
        assert!(
            id.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        );
        assert!(ids.insert(id.to_owned()), "`{id}` twice");
        assert!(cell["metadata"].is_object());
        assert!(cell["source"].is_array());
        let mut members: Vec<_> = cell.as_object().unwrap().keys().collect();
        members.sort();
        if cell["cell_type"] == "code" {
            let allowed = [
                "cell_type",
                "execution_count",
                "id",
                "metadata",
                "outputs",
                "source",
            ];
            assert_eq!(members, allowed);
        } else {
            assert_eq!(members, ["cell_type", "id", "metadata", "source"]);
        }
    }
    assert_eq!(ids.len(), 304);
}

#[test]
fn version_1_of_our_own_file_is_written_again_byte_for_byte() {
    let original = golden("explanations/v1.json");
    let file = ExplanationFile::from_json(&original).unwrap();
    let found = written(|out| file.write_json(out));
    let original = String::from_utf8(original).unwrap();
    for (number, (expected, found)) in original.lines().zip(found.lines()).enumerate() {
        assert_eq!(found, expected, "line {}", number + 1);
    }
    assert_eq!(found, original);
}

#[test]
fn a_file_without_optional_members_is_read() {
    let mut document: serde_json::Value =
        serde_json::from_slice(&golden("explanations/v1.json")).unwrap();
    let members = document.as_object_mut().unwrap();
    for optional in ["attributions", "partial_dependence", "drift", "notes"] {
        assert!(members.remove(optional).is_some());
    }
    let bytes = serde_json::to_vec(&document).unwrap();
    let file = ExplanationFile::from_json(&bytes).unwrap();
    assert!(file.attributions.is_none() && file.partial_dependence.is_empty());
}

#[test]
fn a_newer_version_and_another_format_are_refused() {
    let original = String::from_utf8(golden("explanations/v1.json")).unwrap();
    let newer = original.replace("\"version\" : 1", &format!("\"version\" : {}", VERSION + 1));
    check_error(
        ExplanationFile::from_json(newer.as_bytes()),
        "`probity.json` has version 2; this program reads up to 1",
    );
    check_error(
        ExplanationFile::from_json(&golden("bias/v1.json")),
        "`probity.json` has the format `probity/bias`, expected `probity/explanations`",
    );
}
