#!/usr/bin/env python3
"""Reports, and what the SageMaker Python SDK 2 makes of them for a card.

Run from this folder with the SDK installed (compat/requirements.txt):  python make_parsers.py

Each line of parsers/cases.jsonl: the SDK's name of the kind, the report, and the groups or the
SDK's error. Reports are those that other tests keep, and some written here.
"""
import json
from pathlib import Path

from sagemaker.model_card.evaluation_metric_parsers import EVALUATION_METRIC_PARSERS, EvaluationMetricTypeEnum as Kind

HERE = Path(__file__).parent
GOLDEN = HERE.parent


def load(path):
    return json.loads((GOLDEN / path).read_text())


SHAP = {"version": "1.0", "explanations": {"kernel_shap": {"label0": {"global_shap_values": {"age": 0.25, "income": 0.5, "größe": 0}, "expected_value": 0.1},
                                                           "label1": {"global_shap_values": {"age": 1e-9}, "global_top_shap_text": {"review": {"good": 0.5, "bad": -0.25}}}}}}
PDP = {"version": "1.0", "explanations": {"pdp": [
    {"feature_name": "age", "data_type": "numerical", "feature_values": [18.5, 40, 60], "data_distribution": [0.25, 0.5, 0.25], "label_headers": ["label0", "label1"],
     "model_predictions": [[0.1, 0.2, 0.3], [0.9, 0.8, 0.7]]},
    {"feature_name": "state", "data_type": "categorical", "feature_values": ["NV", "CA"], "data_distribution": [0.75, 0.25], "label_headers": ["label0"],
     "model_predictions": [[0.5, 0.25]]}]}}
BIAS = {"version": "1.0", "pre_training_bias_metrics": {"label": "target", "label_value_or_threshold": "1", "facets": {
    "sex": [{"value_or_threshold": "0", "metrics": [{"name": "CI", "description": "d", "value": 0.5}, {"name": "KL", "description": "d", "value": None}]},
            {"value_or_threshold": "1", "metrics": [{"name": "CI", "description": "d", "value": -0.5}]}],
    "age": [{"value_or_threshold": "(40, 60]", "metrics": [{"name": "CI", "description": "d", "value": 0}]},
            {"value_or_threshold": "(40, 60]", "metrics": [{"name": "DPL", "description": "d", "value": 1}]}]}},
    "post_training_bias_metrics": {"label": "target", "label_value_or_threshold": "(0.5, 1.0]", "facets": {}}}
METRICS = {"metric_groups": [{"name": "g", "metric_data": [{"name": "n", "type": "number", "value": 1}, {"name": "m", "type": "matrix", "value": [[1, 2], [3, 4]],
                                                           "x_axis_name": ["a", "b"], "y_axis_name": ["c", "d"], "notes": "n"}]}]}
REGRESSION = {"version": 0.0, "dataset": {"item_count": 4}, "regression_metrics": {"mae": {"value": 0.5, "standard_deviation": 0.1}, "rmse": {"value": 1, "standard_deviation": "NaN"}}}
BOTH = {"binary_classification_metrics": {"accuracy": {"value": 0.5, "standard_deviation": 0.25}}, "multiclass_classification_metrics": {"accuracy": {"value": 0.75, "standard_deviation": 0}}}
UNEVEN = {"multiclass_classification_metrics": {"confusion_matrix": {"a": {"a": 3, "b": 1, "c": 0}, "b": {"a": 0, "b": 5, "c": 2}, "c": {"a": 1, "b": 0, "c": 9}},
                                                "weighted_recall": {"value": 0.81, "standard_deviation": "NaN"}}}

CASES = [
    (Kind.CLARIFY_BIAS, BIAS), (Kind.CLARIFY_BIAS, load("clarify/analysis/service_adult.json")), (Kind.CLARIFY_BIAS, {"version": "1.0", "a": {"label": "l"}}),
    (Kind.CLARIFY_EXPLAINABILITY, SHAP), (Kind.CLARIFY_EXPLAINABILITY, PDP), (Kind.CLARIFY_EXPLAINABILITY, {"explanations": {**SHAP["explanations"], **PDP["explanations"]}}),
    (Kind.CLARIFY_EXPLAINABILITY, {"version": "1.0"}), (Kind.CLARIFY_EXPLAINABILITY, {"explanations": {}}),
    (Kind.MODEL_MONITOR_MODEL_QUALITY, REGRESSION), (Kind.MODEL_MONITOR_MODEL_QUALITY, load("document/model_quality_statistics/regression_sdk.json")),
    (Kind.MODEL_MONITOR_MODEL_QUALITY, load("document/model_quality_statistics/binary_guide.json")),
    (Kind.MODEL_MONITOR_MODEL_QUALITY, load("document/model_quality_statistics/multiclass_guide.json")),
    (Kind.REGRESSION, REGRESSION), (Kind.REGRESSION, BOTH), (Kind.BINARY_CLASSIFICATION, BOTH), (Kind.MULTICLASS_CLASSIFICATION, UNEVEN), (Kind.MULTICLASS_CLASSIFICATION, REGRESSION),
    (Kind.MODEL_CARD_METRIC_SCHEMA, METRICS), (Kind.MODEL_CARD_METRIC_SCHEMA, {"metrics": []}), (Kind.MODEL_CARD_METRIC_SCHEMA, {"metric_groups": {}}),
]


def main():
    lines = []
    for kind, report in CASES:
        case = {"kind": kind.value, "report": report}
        try:
            case["groups"] = EVALUATION_METRIC_PARSERS[kind].run(report)["metric_groups"]
        except Exception as error:
            case["error"] = f"{type(error).__name__}: {error}"[:200]
        print(kind.value, len(case.get("groups", [])), case.get("error"))
        lines.append(json.dumps(case, ensure_ascii=False, separators=(",", ":")))
    (HERE / "parsers").mkdir(exist_ok=True)
    (HERE / "parsers" / "cases.jsonl").write_text("\n".join(lines) + "\n")


main()
