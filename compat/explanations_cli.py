"""Explanations on the command line: configurations that the SageMaker SDK wrote, against a
model behind HTTP whose Shapley values are worked out here from their definition; the model's
faults; runs that are interrupted; and model files. The standard library only.

needs: nothing
"""

import csv
import itertools
import json
import math
import os
import signal
import subprocess
import sys
import time

from _model_server import Model, probability, serving
from _program import ROOT, probity, program, run, scenario

LOANS = ROOT / "golden" / "clarify" / "loans"
CONFIGS = ROOT / "golden" / "clarify" / "analysis_config" / "observed"
FEATURES = ["gender", "age", "income"]
BASELINE = [0, 45, 50.0]


def config_of(name, **changes):
    config = {**json.loads((CONFIGS / f"{name}.json").read_bytes()), **changes}
    return {key: value for key, value in config.items() if value is not None}


def with_shap(config, **changes):
    shap = {**config["methods"]["shap"], **changes}
    return {**config, "methods": {**config["methods"], "shap": shap}}


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1))
    return path


def loans(n=None):
    with open(LOANS / "loans.csv", newline="") as file:
        rows = [{name: int(cell) for name, cell in row.items()} for row in csv.DictReader(file)]
    return rows[:n]


def data_csv(folder, n=None):
    """The columns that the configurations name, header included."""
    path = folder / "data.csv"
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, ["label", *FEATURES], extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(loans(n))
    return path


def shapley(row, baseline, value=probability, players=range(3)):
    """From the definition: the mean over all orders of what a feature adds. Columns that do
    not play keep the row's value."""
    def of(present):
        mixed = [row[at] if at in present or at not in players else baseline[at] for at in range(3)]
        return value(*mixed)

    values = [0.0] * 3
    orders = list(itertools.permutations(players))
    for order in orders:
        present = set()
        for player in order:
            before = of(present)
            present.add(player)
            values[player] += (of(present) - before) / len(orders)
    return values


def close(found, expected, tolerance=1e-9):
    assert abs(found - expected) <= tolerance, f"{found} for {expected}"


def out_csv(folder):
    with open(folder / "explanations_shap" / "out.csv", newline="") as file:
        rows = list(csv.reader(file))
    return rows[0], [[float(cell) for cell in row] for row in rows[1:]]


def analysis(folder):
    return json.loads((folder / "analysis.json").read_bytes())


# Configurations of the SDK.

@scenario
def shap_of_a_configuration_equals_the_definition(folder):
    config = write_json(folder / "config.json", config_of("explainability-baseline"))
    with serving(Model()) as url:
        probity("clarify", config, "--data", data_csv(folder), "--model", f"{url}/invocations",
                "-o", folder / "out", "--quiet")
    header, rows = out_csv(folder / "out")
    assert header == [f"{name}_label0" for name in FEATURES], header
    data = [[row[name] for name in FEATURES] for row in loans()]
    assert len(rows) == len(data)
    for row, found in zip(data, rows):
        for one, expected in zip(found, shapley(row, BASELINE)):
            close(one, expected)
        close(sum(found) + probability(*BASELINE), probability(*row))
    label = analysis(folder / "out")["explanations"]["kernel_shap"]["label0"]
    close(label["expected_value"], probability(*BASELINE))
    for at, name in enumerate(FEATURES):
        close(label["global_shap_values"][name], sum(abs(row[at]) for row in rows) / len(rows))
    with open(folder / "out" / "explanations_shap" / "baseline.csv", newline="") as file:
        header, values = csv.reader(file)
    assert header == FEATURES and [float(cell) for cell in values] == BASELINE
    written = {path.name for path in (folder / "out").iterdir()}
    assert {"report.html", "report.ipynb", "report.pdf", "probity.json"} <= written, written
    assert (folder / "out" / "report.pdf").read_bytes().startswith(b"%PDF-")
    facts = json.loads((folder / "out" / "probity.json").read_bytes())["attributions"]
    assert facts["method"] == "kernel_enumerated" and facts["output"] == "reported", facts["method"]


@scenario
def shap_and_partial_dependence_of_the_endpoint_configuration(folder):
    config = config_of("explainability-shap-pdp-endpoint")
    config["predictor"] = {**config["predictor"], "label": None, "probability": "score"}
    config["predictor"].pop("label")
    path = write_json(folder / "config.json", config)
    model = Model(form="lines")
    with serving(model) as url:
        probity("clarify", path, "--data", data_csv(folder), "--model", f"{url}/invocations",
                "-o", folder / "out", "--quiet")
    _, headers, body = model.bodies[0]
    assert headers["content-type"] == "application/jsonlines", headers
    assert headers["x-amzn-sagemaker-custom-attributes"] == "trace=1", headers
    assert json.loads(body.splitlines()[0]).keys() == {"instances"}
    header, rows = out_csv(folder / "out")
    assert header == ["age_label0", "income_label0"], header
    for row, found in zip(loans(), rows):
        row = [row[name] for name in FEATURES]
        expected = shapley(row, BASELINE, players=[1, 2])
        for one, value in zip(found, expected[1:]):
            close(one, value)
    (curve,) = analysis(folder / "out")["explanations"]["pdp"]
    assert curve["feature_name"] == "age" and curve["data_type"] == "numerical", curve
    ages = [row["age"] for row in loans()]
    width = (max(ages) - min(ages)) / 10
    for at, value in enumerate(curve["feature_values"]):
        close(value, min(ages) + (at + 0.5) * width)
        mean = sum(probability(row["gender"], value, row["income"]) for row in loans()) / len(ages)
        close(curve["model_predictions"][0][at], mean)
    close(sum(curve["data_distribution"]), 1)


@scenario
def the_endpoint_configuration_runs_as_the_sdk_wrote_it(folder):
    """It looks for a label at place 0 of each answer and for no score: a number there is what
    the model reports."""
    config = write_json(folder / "config.json", config_of("explainability-shap-pdp-endpoint"))
    with serving(Model(form="lists")) as url:
        probity("clarify", config, "--data", data_csv(folder, 20), "--model", f"{url}/invocations",
                "-o", folder / "out", "--quiet")
    for row, found in zip(loans(20), out_csv(folder / "out")[1]):
        expected = shapley([row[name] for name in FEATURES], BASELINE, players=[1, 2])
        for one, value in zip(found, expected[1:]):
            close(one, value)


@scenario
def bias_of_a_model_equals_bias_of_its_predictions(folder):
    threshold = 0.4
    rows = [{**row, "predicted": int(probability(*(row[name] for name in FEATURES)) > threshold)}
            for row in loans()]
    predicted = folder / "predicted.csv"
    with open(predicted, "w", newline="") as file:
        writer = csv.DictWriter(file, ["label", *FEATURES, "predicted"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for name in ["post-training-bias", "bias", "bias-and-explainability"]:
        config = config_of(name, probability_threshold=threshold)
        with serving(Model()) as url:
            probity("clarify", write_json(folder / "asked.json", config), "--data", data_csv(folder),
                    "--model", f"{url}/invocations", "-o", folder / name, "--quiet")
        methods = {key: value for key, value in config["methods"].items() if key != "shap"}
        config = {**config, "methods": methods, "predicted_label": "predicted",
                  "headers": [*config["headers"], "predicted"]}
        config.pop("predictor")
        probity("clarify", write_json(folder / "known.json", config), "--data", predicted,
                "-o", folder / f"{name}-known", "--quiet")
        asked, known = analysis(folder / name), analysis(folder / f"{name}-known")
        for stage in ["pre_training_bias_metrics", "post_training_bias_metrics"]:
            assert asked.get(stage) == known.get(stage), (name, stage)
    both = json.loads((folder / "bias-and-explainability" / "probity.json").read_bytes())
    assert both["explanations"]["attributions"]["labels"][0]["features"], both.keys()


@scenario
def every_format_of_data_gives_the_same_values(folder):
    rows = [{name: row[name] for name in ["label", *FEATURES]} for row in loans(40)]
    lines = folder / "data.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    whole = write_json(folder / "data.json", rows)
    config = config_of("explainability-baseline")
    expressions = {"headers": [*FEATURES, "label"]}
    csv_predictor = {**config["predictor"], "content_type": "text/csv", "accept_type": "text/csv"}
    forms = {
        "csv": (data_csv(folder, 40), config),
        "lines": (lines, {**config, **expressions, "dataset_type": "application/jsonlines",
                          "features": "[gender, age, income]", "label": "label",
                          "predictor": csv_predictor}),
        "json": (whole, {**config, **expressions, "dataset_type": "application/json",
                         "features": "[*].[gender, age, income]", "label": "[*].label",
                         "predictor": csv_predictor}),
    }
    forms["lines"] = (lines, with_shap(forms["lines"][1], baseline=[{"gender": 0, "age": 45, "income": 50.0}]))
    forms["json"] = (whole, with_shap(forms["json"][1], baseline=[{"gender": 0, "age": 45, "income": 50.0}]))
    found = {}
    for name, (data, config) in forms.items():
        with serving(Model()) as url:
            probity("clarify", write_json(folder / f"{name}.json", config), "--data", data,
                    "--model", f"{url}/invocations", "-o", folder / name, "--quiet")
        found[name] = out_csv(folder / name)[1]
    parquet = config_of("explainability-baseline", dataset_type="application/x-parquet", headers=None)
    with serving(Model()) as url:
        probity("clarify", write_json(folder / "parquet.config.json", parquet), "--data",
                LOANS / "loans-without-predictions.parquet", "--model", f"{url}/invocations",
                "-o", folder / "parquet", "--quiet")
    found["parquet"] = out_csv(folder / "parquet")[1][:40]
    for name, rows in found.items():
        assert rows == found["csv"], name


@scenario
def protocols_give_the_same_values(folder):
    data = data_csv(folder, 30)
    baseline = folder / "baseline.csv"
    baseline.write_text("gender,age,income\n0,45,50.0\n")
    found = []
    for form, protocol, path in [("csv", "sagemaker", "/invocations"), ("v2", "v2", "/v2/models/m/infer"),
                                 ("mlflow", "mlflow", "/invocations")]:
        with serving(Model(form=form)) as url:
            probity("shap", url + path, data, "--exclude", "label", "--baseline", baseline,
                    "--protocol", protocol, "-o", folder / form, "--quiet")
            asked = probity("predict", url + path, data, "--exclude", "label", "--protocol", protocol)
        found.append((out_csv(folder / form)[1], asked.stdout))
    assert found[0] == found[1] == found[2]


@scenario
def log_odds_are_explained_where_the_configuration_says_so(folder):
    config = with_shap(config_of("explainability-baseline"), use_logit=True)
    with serving(Model()) as url:
        probity("clarify", write_json(folder / "config.json", config), "--data", data_csv(folder, 20),
                "--model", f"{url}/invocations", "-o", folder / "out", "--quiet")

    def log_odds(*row):
        p = probability(*row)
        return math.log(p / (1 - p))

    for row, found in zip(loans(20), out_csv(folder / "out")[1]):
        for one, expected in zip(found, shapley([row[name] for name in FEATURES], BASELINE, log_odds)):
            close(one, expected, 1e-8)


@scenario
def a_baseline_is_computed_where_none_is_given(folder):
    config = config_of("explainability-baseline")
    config["methods"]["shap"] = {"num_clusters": 2, "save_local_shap_values": True, "seed": 1}
    results = []
    for name in ["a", "b"]:
        with serving(Model()) as url:
            probity("clarify", write_json(folder / "config.json", config), "--data", data_csv(folder, 60),
                    "--model", f"{url}/invocations", "-o", folder / name, "--quiet")
        results.append((folder / name / "explanations_shap" / "out.csv").read_bytes())
    assert results[0] == results[1]
    with open(folder / "a" / "explanations_shap" / "baseline.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == FEATURES and len(rows) == 2, rows
    base = sum(probability(*map(float, row)) for row in rows) / 2
    close(analysis(folder / "a")["explanations"]["kernel_shap"]["label0"]["expected_value"], base)


# Model files.

MODELS = ROOT / "golden" / "models"


def golden(name):
    """A model's file, its rows as CSV text, and the scores of its own library."""
    expected = json.loads((MODELS / f"{name}.expected.json").read_bytes())
    file = next(path for path in MODELS.glob(f"{name}.*") if not path.name.endswith(".expected.json"))
    return file, expected


def table(names, rows):
    lines = [",".join("" if cell is None else repr(cell) for cell in row) for row in rows]
    return "\n".join([",".join(names), *lines]) + "\n"


def predicted(model, names, rows, folder):
    path = folder / "asked.csv"
    path.write_text(table(names, rows))
    asked = probity("predict", model, path, "--output", "json")
    return json.loads(asked.stdout)["scores"]


def by_definition(rows, baseline, value, n_features):
    """Shapley values of `value` (many records in, one score each) over all coalitions."""
    coalitions = list(itertools.product([False, True], repeat=n_features))
    records = [[row[at] if present[at] else other[at] for at in range(n_features)]
               for row in rows for present in coalitions for other in baseline]
    scores = iter(value(records))
    factorial = math.factorial
    found = []
    for _ in rows:
        means = {present: sum(next(scores) for _ in baseline) / len(baseline) for present in coalitions}
        values = []
        for at in range(n_features):
            total = 0.0
            for present in coalitions:
                if not present[at]:
                    size = sum(present)
                    weight = factorial(size) * factorial(n_features - size - 1) / factorial(n_features)
                    joined = tuple(True if k == at else here for k, here in enumerate(present))
                    total += weight * (means[joined] - means[present])
            values.append(total)
        found.append(values)
    return found


@scenario
def trees_in_a_configuration_equal_the_definition_of_what_they_report(folder):
    for name, methods in [("xgboost/regression", ["tree_interventional"]), ("lightgbm/binary", ["kernel_enumerated"]),
                          ("lightgbm/binary", ["tree_interventional"])]:
        use_logit = name == "lightgbm/binary" and methods == ["tree_interventional"]
        model, expected = golden(name)
        rows = table_rows(expected)[:6]
        baseline = table_rows(expected)[6:9]
        n_features = len(rows[0])
        data = folder / "rows.csv"
        names = expected["columns"]
        data.write_text(table(names, rows))
        config = {"dataset_type": "text/csv", "predictor": {"model_name": "m", "instance_type": "ml.m5.large",
                                                            "initial_instance_count": 1},
                  "methods": {"shap": {"baseline": baseline, "use_logit": use_logit,
                                       "save_local_shap_values": True}}}
        out = folder / "out"
        probity("clarify", write_json(folder / "config.json", config), "--data", data, "--model", model,
                "-o", out, "--quiet")
        facts = json.loads((out / "probity.json").read_bytes())["attributions"]
        assert [facts["method"]] == methods, (name, facts["method"])

        def value(records):
            scores = [score for score, in predicted(model, names, records, folder)]
            return [math.log(p / (1 - p)) for p in scores] if use_logit else scores

        for found, expected_row in zip(out_csv(out)[1], by_definition(rows, baseline, value, n_features)):
            scale = sum(map(abs, expected_row)) + 1
            for one, other in zip(found, expected_row):
                close(one, other, 1e-9 * scale)


def table_rows(expected):
    """The golden rows, but those with values that JSON spells as texts."""
    rows = expected["rows"]
    return [row for row in rows if not any(isinstance(cell, str) for cell in row)]


@scenario
def ids_stand_beside_the_values_and_hashed_where_they_are_redacted(folder):
    data = folder / "data.csv"
    rows = [{"label": row["label"], **{name: row[name] for name in FEATURES}, "customer": f"c{at}"}
            for at, row in enumerate(loans(5))]
    with open(data, "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    config = config_of("explainability-baseline", headers=list(rows[0]), joinsource_name_or_index="customer")
    path = write_json(folder / "config.json", config)
    found = []
    for options in [[], ["--redact", "customer"]]:
        with serving(Model()) as url:
            probity("clarify", path, "--data", data, "--model", f"{url}/invocations", "-o", folder / "out",
                    "--quiet", *options)
        with open(folder / "out" / "explanations_shap" / "out.csv", newline="") as file:
            header, *lines = csv.reader(file)
        assert header == [*(f"{name}_label0" for name in FEATURES), "customer"], header
        found.append([line[-1] for line in lines])
    assert found[0] == [row["customer"] for row in rows], found[0]
    assert len(set(found[1])) == 5 and not set(found[1]) & set(found[0]), found[1]


# What is refused.

@scenario
def what_cannot_be_explained_is_refused_by_name(folder):
    data = data_csv(folder, 10)
    text = with_shap(config_of("explainability-baseline"),
                     text_config={"granularity": "token", "language": "en"})
    image = with_shap(config_of("explainability-baseline"), image_config={"model_type": "IMAGE_CLASSIFICATION"})
    for config, word in [(text, "text_config"), (image, "image_config")]:
        with serving(Model()) as url:
            result = probity("clarify", write_json(folder / "config.json", config), "--data", data,
                             "--model", f"{url}/invocations", "-o", folder / "out", code=2)
        assert word in result.stderr, result
        assert not (folder / "out").exists()


@scenario
def a_model_that_is_missing_is_asked_for(folder):
    config = write_json(folder / "config.json", config_of("explainability-baseline"))
    result = probity("clarify", config, "--data", data_csv(folder, 10), "-o", folder / "out", code=2)
    assert "--model" in result.stderr, result
    result = probity("shap", folder / "nothing.json", data_csv(folder, 10), code=2)
    assert "nothing.json" in result.stderr, result


@scenario
def a_baseline_of_other_columns_is_refused(folder):
    config = with_shap(config_of("explainability-baseline"), baseline=[[0, 45]])
    with serving(Model()) as url:
        result = probity("clarify", write_json(folder / "config.json", config), "--data", data_csv(folder, 10),
                         "--model", f"{url}/invocations", "-o", folder / "out", code=2)
    assert "baseline" in result.stderr, result


@scenario
def interaction_values_sum_to_the_values(folder):
    model, expected = golden("xgboost/multiclass")
    data = folder / "rows.csv"
    names = expected["columns"]
    data.write_text(table(names, table_rows(expected)[:8]))
    probity("shap", model, data, "--interactions", "-o", folder / "out", "--quiet")
    header, rows = out_csv(folder / "out")
    expected_values = analysis(folder / "out")["explanations"]["kernel_shap"]
    sums = {}
    with open(folder / "out" / "explanations_shap" / "interactions.csv", newline="") as file:
        for line in csv.DictReader(file):
            key = (int(line["row"]), line["label"])
            sums[key] = sums.get(key, 0) + float(line["value"])
    assert len(sums) == 8 * len(expected_values), sums
    for (row, label), total in sums.items():
        values = [value for name, value in zip(header, rows[row]) if name.endswith(f"_{label}")]
        close(total, sum(values), 1e-12 * (1 + sum(map(abs, values))))


@scenario
def groups_that_cannot_be_told_apart_are_refused(folder):
    model, expected = golden("lightgbm/binary")
    data = folder / "rows.csv"
    names = expected["columns"]
    data.write_text(table(names, table_rows(expected)[:5]))
    for groups, word in [([f"{names[0]}={names[1]}"], "another name"), ([f"a={names[0]}", f"b={names[0]}"], names[0]),
                         ([f"a={names[0]}", f"a={names[1]}"], "two groups"), (["a"], "NAME=")]:
        options = [part for group in groups for part in ["--group", group]]
        result = probity("shap", model, data, *options, code=2)
        assert word in result.stderr, result


@scenario
def columns_that_the_model_does_not_know_are_left_out_and_told(folder):
    model, expected = golden("xgboost/regression")
    names = expected["columns"]
    data = folder / "rows.csv"
    rows = [[*row, 7] for row in table_rows(expected)[:5]]
    data.write_text(table([*names, "customer"], rows))
    result = probity("shap", model, data, "-o", folder / "out")
    assert "customer" in result.stdout, result
    assert out_csv(folder / "out")[0] == [f"{name}_label0" for name in names]


@scenario
def a_check_says_what_the_model_would_see(folder):
    config = write_json(folder / "config.json", config_of("explainability-baseline"))
    result = probity("clarify", config, "--data", data_csv(folder, 5), "--check")
    assert "gender, age, income" in result.stdout and "--model" in result.stdout, result


@scenario
def headers_in_the_order_of_a_csv_are_refused_for_json_lines(folder):
    config = config_of("explainability-baseline", dataset_type="application/jsonlines",
                       features="[gender, age, income]", label="label")
    lines = folder / "data.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in loans(5)))
    with serving(Model()) as url:
        result = probity("clarify", write_json(folder / "config.json", config), "--data", lines,
                         "--model", f"{url}/invocations", code=2)
    assert "headers" in result.stderr and "features first" in result.stderr, result


@scenario
def a_monitor_configuration_runs_with_the_model_that_the_command_names(folder):
    for name in ["explain-monitor", "explain-check"]:
        config = config_of(name)
        config["headers"] = ["label", *FEATURES]
        config["label"] = "label"
        config["predictor"].pop("model_name", None)
        with serving(Model()) as url:
            probity("clarify", write_json(folder / "config.json", config), "--data", data_csv(folder, 10),
                    "--model", f"{url}/invocations", "-o", folder / name, "--quiet")
        assert (folder / name / "analysis.json").exists()


# A model's faults.

def explain(folder, model, out="out", code=0, n=40, *more):
    config = write_json(folder / "config.json", config_of("explainability-baseline"))
    with serving(model) as url:
        return probity("clarify", config, "--data", data_csv(folder, n), "--model", f"{url}/invocations",
                       "--max-records", 50, "-o", folder / out, "--quiet", *more, code=code)


@scenario
def a_model_that_fails_every_tenth_call_changes_nothing(folder):
    explain(folder, Model(), "good", n=200)
    model = Model(every=10)
    explain(folder, model, "faulty", n=200)
    assert model.requests > 20, model.requests
    assert out_csv(folder / "faulty") == out_csv(folder / "good")


@scenario
def a_model_that_answers_short_is_asked_record_by_record(folder):
    explain(folder, Model(), "good", n=10)
    explain(folder, Model(short=True), "short", n=10)
    assert out_csv(folder / "short") == out_csv(folder / "good")
    notes = json.loads((folder / "short" / "probity.json").read_bytes())["notes"]
    assert any("Fallback to per-record" in note for note in notes), notes


@scenario
def a_slow_model_is_kept_busy_within_its_bound(folder):
    model = Model(slow=0.05)
    explain(folder, model, "out", 0, 40, "--concurrency", "3")
    assert 2 <= model.most_in_flight <= 3, model.most_in_flight


@scenario
def a_model_that_dies_stops_the_run_and_leaves_no_result(folder):
    for faults in [{"after": 3}, {"gone": 3}]:
        result = explain(folder, Model(**faults), "out", 3)
        assert "model" in result.stderr, result
        left = {path.name for path in (folder / "out").iterdir()} if (folder / "out").exists() else set()
        assert left <= {".probity-unfinished"}, left


@scenario
def a_model_that_is_too_slow_stops_the_run(folder):
    result = explain(folder, Model(slow=3), "out", 3, 5, "--model-timeout", "1")
    assert "model" in result.stderr, result


# Interrupted runs.

@scenario
def a_killed_run_goes_on_where_it_was(folder):
    rows = 400
    config = write_json(folder / "config.json", config_of("explainability-baseline"))
    data = data_csv(folder, rows)
    data.write_text(data.read_text() + "".join(data.read_text().split("\n", 1)[1] for _ in range(40)))
    explained = len(data.read_text().splitlines()) - 1
    whole = Model()
    with serving(whole) as url:
        probity("clarify", config, "--data", data, "--model", f"{url}/invocations",
                "-o", folder / "whole", "--quiet")
    model = Model(slow=0.05)
    with serving(model) as url:
        command = [program(), "clarify", str(config), "--data", str(data), "--model", f"{url}/invocations",
                   "-o", str(folder / "out"), "--quiet"]
        for attempt in range(200):
            running = subprocess.Popen(command)
            deadline = time.monotonic() + 120
            kept = folder / "out" / ".probity-unfinished"
            while time.monotonic() < deadline and running.poll() is None:
                if kept.exists() and kept.stat().st_size > 20_000 and attempt == 0:
                    os.kill(running.pid, signal.SIGKILL)
                time.sleep(0.005)
            if running.wait() == 0:
                break
            assert attempt == 0, f"exit code {running.returncode}"
            before = model.records
    assert attempt == 1, "the run ended before it could be killed"
    again = model.records - before
    assert again < whole.records, (again, whole.records)
    assert not kept.exists()
    for name in ["explanations_shap/out.csv", "analysis.json"]:
        assert (folder / "out" / name).read_bytes() == (folder / "whole" / name).read_bytes(), name
    header, values = out_csv(folder / "out")
    assert len(values) == explained


if __name__ == "__main__":
    sys.exit(run())
