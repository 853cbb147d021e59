"""The SageMaker Python SDK reads what the program writes about bias and model quality: its
classes of constraints and violations, and the parsers by which model cards take metrics over.

needs: packages
"""

import csv
import json
import math
import random
import sys

from sagemaker.model_card import EvaluationJob, EvaluationMetricTypeEnum
from sagemaker.model_monitor import Constraints, ConstraintViolations, Statistics

import _sdk
from _model_server import Model, serving
from _program import ROOT, probity, run, scenario

LOANS = ROOT / "golden" / "clarify" / "loans"
CONFIGS = ROOT / "golden" / "clarify" / "analysis_config" / "observed"
Kind = EvaluationMetricTypeEnum


def clarify(folder, out="bias", **changes):
    """The configuration with predictions, and a group variable so that every metric exists."""
    config = json.loads((CONFIGS / "bias-with-predictions-in-data.json").read_bytes())
    config = {**config, "group_variable": "age", **changes}
    config = {key: value for key, value in config.items() if value is not None}
    path = folder / f"{out}.config.json"
    path.write_text(json.dumps(config))
    probity("clarify", path, "--data", LOANS / "loans.csv", "-o", folder / out, "--quiet")
    return path


def scored(folder, problem, rows=400, right=0.8, seed=1):
    """A table of answers and labels, and the options that say what it holds."""
    numbers = random.Random(seed)
    path = folder / f"{problem}-{seed}.csv"
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["label", "answer"])
        for _ in range(rows):
            if problem == "regression":
                label = round(numbers.gauss(50, 10), 2)
                writer.writerow([label, round(label + numbers.gauss(0, 20 * (1 - right)), 2)])
            elif problem == "binary":
                label = numbers.randrange(2)
                lean = 0.75 if (numbers.random() < right) == bool(label) else 0.25
                writer.writerow([label, round(min(1, max(0, numbers.gauss(lean, 0.15))), 3)])
            else:
                label = numbers.choice(["bird", "cat", "dog"])
                writer.writerow([label, label if numbers.random() < right else numbers.choice(["bird", "cat", "dog"])])
    answer = "--probability" if problem == "binary" else "--prediction"
    return path, ["--problem-type", problem, "--label", "label", answer, "answer"]


def quality_baseline(folder, problem):
    data, options = scored(folder, problem)
    probity("quality", "baseline", data, *options, "-o", folder / problem, "--quiet")
    return folder / problem


def read_json(path):
    return json.loads(path.read_bytes())


def card_groups(path, kind):
    """The groups of metrics of a model card that takes the file over, by name."""
    job = EvaluationJob(name="evaluation")
    job.add_metric_group_from_json(str(path), kind)
    return {group.name: {metric.name: metric for metric in group.metric_data} for group in job.metric_groups}


@scenario
def a_model_card_takes_every_bias_metric_over(folder):
    clarify(folder)
    path = folder / "bias" / "analysis.json"
    groups = card_groups(path, Kind.CLARIFY_BIAS)
    names = [f"{stage}_bias_metrics - label label = 1 and facet gender=0" for stage in ["post_training", "pre_training"]]
    assert list(groups) == names, list(groups)
    assert [len(metrics) for metrics in groups.values()] == [13, 8], groups
    analysis = read_json(path)
    for name, metrics in groups.items():
        entry, = analysis[name.split(" ")[0]]["facets"]["gender"]
        for metric in entry["metrics"]:
            assert metrics[metric["name"]].value == metric["value"], metric


@scenario
def a_model_card_leaves_metrics_without_a_value_out(folder):
    clarify(folder, group_variable=None)
    groups = card_groups(folder / "bias" / "analysis.json", Kind.CLARIFY_BIAS)
    assert [len(metrics) for metrics in groups.values()] == [12, 7], groups


@scenario
def a_model_card_takes_several_facets_and_values_over(folder):
    facets = [{"name_or_index": "gender"}, {"name_or_index": "age", "value_or_threshold": [40]}]
    clarify(folder, facet=facets, excluded_columns=[], group_variable="income")
    groups = card_groups(folder / "bias" / "analysis.json", Kind.CLARIFY_BIAS)
    facets = {name.split(" facet ")[1] for name in groups}
    assert facets == {"gender=0", "gender=1", "age=(40, 79]"}, facets
    assert len(groups) == 6, list(groups)


@scenario
def a_model_card_takes_explanations_over(folder):
    config = json.loads((CONFIGS / "explainability-baseline.json").read_bytes())
    config["methods"]["pdp"] = {"features": ["age"], "grid_resolution": 5}
    config["dataset_type"] = "application/x-parquet"
    config.pop("headers")
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    with serving(Model()) as url:
        probity("clarify", path, "--data", LOANS / "loans-without-predictions.parquet", "--model", f"{url}/invocations",
                "-o", folder / "shap", "--quiet")
    groups = card_groups(folder / "shap" / "analysis.json", Kind.CLARIFY_EXPLAINABILITY)
    explained = read_json(folder / "shap" / "analysis.json")["explanations"]
    values = explained["kernel_shap"]["label0"]["global_shap_values"]
    found = [metrics for name, metrics in groups.items() if "shap" in name.lower()]
    assert found, list(groups)
    shown = {metric.name: metric.value for metrics in found for metric in metrics.values()}
    told = json.dumps(shown, default=str)
    assert all(name in told for name in values), shown


@scenario
def a_model_card_takes_a_regression_over(folder):
    path = quality_baseline(folder, "regression") / "statistics.json"
    for kind in [Kind.REGRESSION, Kind.MODEL_MONITOR_MODEL_QUALITY]:
        group, = card_groups(path, kind).items()
        assert group[0] == "regression_metrics", group
        names = [name + suffix for name in ["mae", "mse", "rmse", "r2"] for suffix in ["", " - standard_deviation"]]
        assert list(group[1]) == names, list(group[1])
        written = read_json(path)["regression_metrics"]
        assert all(group[1][name].value == written[name]["value"] for name in written)


@scenario
def a_model_card_takes_a_binary_classification_over(folder):
    path = quality_baseline(folder, "binary") / "statistics.json"
    written = read_json(path)["binary_classification_metrics"]
    for kind in [Kind.BINARY_CLASSIFICATION, Kind.MODEL_MONITOR_MODEL_QUALITY]:
        (name, metrics), = card_groups(path, kind).items()
        assert name == "binary_classification_metrics", name
        assert metrics["auc"].value == written["auc"]["value"] and metrics["auc"].type == "number"
        matrix = metrics["confusion_matrix"]
        assert matrix.x_axis_name == ["0", "1"] == matrix.y_axis_name and sum(map(sum, matrix.value)) == 400, matrix.value
        for curve in ["receiver_operating_characteristic_curve", "precision_recall_curve"]:
            points = metrics[curve].value
            assert metrics[curve].type == "linear_graph" and 2 < len(points) <= 200, curve
            assert all(0 <= part <= 1 for point in points for part in point), curve
        scalars = [name for name, metric in written.items() if "value" in metric]
        assert len(scalars) == 17, scalars
        for name in scalars:
            assert metrics[name].value == written[name]["value"], name


@scenario
def a_model_card_takes_a_multiclass_classification_over(folder):
    path = quality_baseline(folder, "multiclass") / "statistics.json"
    for kind in [Kind.MULTICLASS_CLASSIFICATION, Kind.MODEL_MONITOR_MODEL_QUALITY]:
        (name, metrics), = card_groups(path, kind).items()
        assert name == "multiclass_classification_metrics", name
        assert metrics["confusion_matrix"].x_axis_name == ["bird", "cat", "dog"], metrics["confusion_matrix"].x_axis_name
        assert 0.7 < metrics["weighted_f1"].value < 1 and 0.7 < metrics["accuracy"].value < 1


@scenario
def results_of_few_rows_have_no_standard_deviation_in_a_card(folder):
    for problem, section in [("regression", "regression_metrics"), ("binary", "binary_classification_metrics")]:
        data, options = scored(folder, problem, rows=60)
        probity("quality", "baseline", data, *options, "-o", folder / problem, "--quiet")
        metrics = card_groups(folder / problem / "statistics.json", Kind.MODEL_MONITOR_MODEL_QUALITY)[section]
        assert not [name for name in metrics if name.endswith("standard_deviation")], list(metrics)


@scenario
def the_sdk_loads_a_bias_baseline_as_constraints_and_a_check_as_violations(folder):
    config = clarify(folder)
    constraints = _sdk.load(Constraints, folder / "bias" / "analysis.json")
    assert constraints.body_dict == read_json(folder / "bias" / "analysis.json")
    saved = folder / "saved.json"
    saved.write_text(BUCKET.objects[constraints.save()])
    options = ["--config", config, "--baseline", saved, "-o", folder / "check"]
    probity("bias", "check", LOANS / "loans.csv", *options)
    violations = _sdk.load(ConstraintViolations, folder / "check" / "constraint_violations.json")
    assert violations.body_dict["violations"] == []
    for metric in constraints.body_dict["pre_training_bias_metrics"]["facets"]["gender"][0]["metrics"]:
        metric["value"] /= 2
    saved.write_text(BUCKET.objects[constraints.save()])
    probity("bias", "check", LOANS / "loans.csv", *options, code=1)
    violations = _sdk.load(ConstraintViolations, folder / "check" / "constraint_violations.json")
    assert {violation["metric_name"] for violation in violations.body_dict["violations"]} == {
        "CDDL", "CI", "DPL", "JS", "KL", "KS", "LP", "TVD"}, violations.body_dict


@scenario
def the_sdk_loads_quality_baselines_and_obeys_edited_limits(folder):
    for problem in ["regression", "binary", "multiclass"]:
        base = quality_baseline(folder, problem)
        statistics = _sdk.load(Statistics, base / "statistics.json").body_dict
        assert isinstance(statistics["version"], float) and statistics["dataset"]["item_count"] == 400, statistics
        constraints = _sdk.load(Constraints, base / "constraints.json")
        section, = [member for member in constraints.body_dict if member.endswith("_constraints")]
        data, options = scored(folder, problem, right=0.5, seed=2)
        out = folder / f"{problem}-check"
        probity("quality", "check", data, *options, "--baseline", base, "-o", out, code=1)
        found = _sdk.load(ConstraintViolations, out / "constraint_violations.json").body_dict["violations"]
        assert found and {violation["metric_name"] for violation in found} <= set(constraints.body_dict[section]), found
        for limit in constraints.body_dict[section].values():
            limit["threshold"] = math.copysign(1e9, 1 if limit["comparison_operator"] == "GreaterThanThreshold" else -1)
        (base / "constraints.json").write_text(BUCKET.objects[constraints.save()])
        probity("quality", "check", data, *options, "--baseline", base, "-o", out)


BUCKET = _sdk.Bucket()

if __name__ == "__main__":
    with BUCKET.in_place_of_s3():
        sys.exit(run())
