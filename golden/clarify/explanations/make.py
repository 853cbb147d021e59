"""Writes the golden files of explanations beside this script.

Run with CPython 3.11.7 and pandas 3.1.1.
"""

import json
import math
import pathlib

import pandas

HERE = pathlib.Path(__file__).parent


def write(name, document):
    (HERE / name).write_text(json.dumps(document, indent=4), encoding="ascii")


ADULT = {
    "Age": 0.059615094596,
    "Workclass": 0.0103846154822,
    "fnlwgt": 0.00104262,
    "Education-Num": 0.0617543,
    "Capital Gain": 0.0412298,
    "Country": 1e-12,
}

# The order and the members of files of the service.
write("service_adult.json", {
    "version": "1.0",
    "explanations": {
        "kernel_shap": {
            "label0": {"global_shap_values": ADULT, "expected_value": 0.250623226165771},
        }
    },
})

write("every_member.json", {
    "version": "1.0",
    "explanations": {
        "kernel_shap": {
            "no": {"global_shap_values": {"age": -0.5, "größe, m²": 2.0}, "expected_value": 0.75},
            "yes": {"global_shap_values": {"age": 0.5, "größe, m²": -2.0}, "expected_value": 0.25},
        },
        "pdp": [
            {"feature_name": "age", "data_type": "numerical",
             "feature_values": [18.5, 33.5, 48.5], "data_distribution": [0.5, 0.25, 0.25],
             "model_predictions": [[0.25, 0.5, 0.75], [0.75, 0.5, 0.25]],
             "label_headers": ["no", "yes"]},
            {"feature_name": "group", "data_type": "categorical",
             "feature_values": ["a", "Infinity", 3, True], "data_distribution": [0.5, 0.25, 0.125, 0.125],
             "model_predictions": [[0.1, 0.2, 0.3, 1e-09], [0.9, 0.8, 0.7, 1.0]],
             "label_headers": ["no", "yes"]},
            {"feature_name": "remarks", "data_type": "free_text",
             "error": "Detected data type is not supported for PDP. PDP can only be computed for "
                      "numerical or categorical columns"},
        ],
        "asymmetric_shapley_value": {
            "direction": "chronological", "granularity": "fine_grained",
            "explanation_results_path": "s3://bucket/output/asymmetric_shapley_value/"
                                        "fine_grained_chronological/out.jsonl",
        },
    },
})

# As the guide prints texts (flat), and as the SDK reads them (by feature).
write("texts_flat.json", {
    "version": "1.0",
    "explanations": {"kernel_shap": {"label0": {
        "expected_value": 0.5, "global_top_shap_text": {"good": 0.25, "bad": 0.125}}}},
})
write("texts_by_feature.json", {
    "version": "1.0",
    "explanations": {"kernel_shap": {"label0": {
        "global_shap_values": {"Rating": 0.1}, "expected_value": 0.5,
        "global_top_shap_text": {"Review Text": {"good": 0.25, "bad": 0.125}}}}},
})

# Local values: what pandas writes of the same table.
table = pandas.DataFrame({
    'age_label0': [0.1 + 0.2, -1e-09, 1e16, math.inf, 0.0],
    'a, "b"_label0': [1.0, math.nan, -2.5, -math.inf, -0.0],
    'age_label1': [-0.30000000000000004, 1e-05, 123456789.125, 5e-324, 0.0001],
    'a, "b"_label1': [-1.0, 2.0, 2.5, 1.7976931348623157e308, 0.3333333333333333],
    'id': ["plain", "a,b", 'say "no"', "two\nlines", None],
})
table.to_csv(HERE / "out.csv", index=False, lineterminator="\n")
