"""Numbers of smclarify 0.5 for the tables and cases of this folder.

    pip install smclarify==0.5 pandas==1.5.3 numpy==1.26.4 scikit-learn==1.3.2 scipy==1.11.4
    python make.py

`toy_cases.json`, `direct_cases.json` and `stats_cases.json` hold the cases with their results.
This program runs every case anew, compares all results with those files, and writes the columns
of each toy case to `toy_frames.json`. No random numbers are involved.
"""

import json
import logging
import math
import sys

import numpy as np
import pandas as pd
from smclarify.bias import metrics as smclarify_metrics
from smclarify.bias import report as smclarify_report
from smclarify.bias.report import FacetColumn, LabelColumn, StageType, bias_basic_stats, bias_report

logging.disable(logging.CRITICAL)
TOY = pd.read_csv("toy24_derived.csv")


def doubled(frame):
    return pd.concat([frame, frame], ignore_index=True)


def with_columns(frame=TOY, **columns):
    return frame.assign(**columns)


def hidden(column, rows, frame=TOY):
    """Without a value in some rows, counted from 1."""
    values = frame[column].astype(object)
    values[[row - 1 for row in rows]] = None
    return values


def is_f(frame=TOY):
    return frame.gender == "F"


LATER = TOY.income > 58000
FRAMES = {
    "09": doubled(TOY),
    "13": with_columns(predicted="no"),
    "14": with_columns(predicted="yes"),
    "15": with_columns(predicted=TOY.predicted.where(is_f(), "no")),
    "16": with_columns(predicted=TOY.predicted.where(~is_f(), "no")),
    "17": with_columns(label=TOY.label.where(~is_f(), "no")),
    "18": with_columns(label=np.where(is_f(), "no", "yes")),
    "19": with_columns(predicted=TOY.label),
    "20": with_columns(gender=hidden("gender", [3, 14])),
    "21": with_columns(label=hidden("label", [3, 14])),
    "26": doubled(TOY),
    "27": doubled(with_columns(label01=TOY.label01.astype(str), pred01=TOY.pred01.astype(str))),
    "28": doubled(with_columns(label01=TOY.label01.astype(float), pred01=TOY.pred01.astype(float))),
    "29": doubled(with_columns(label01=TOY.label01.astype(float), pred01=TOY.pred01.astype(float))),
    "30": doubled(with_columns(label01=TOY.label01.astype(float))),
    "32": with_columns(g=[1.0, 1.0, None] * 8),
    "33": with_columns(g=["A", "A", None] * 8),
    "34": with_columns(
        gender01=TOY.gender01.astype(bool),
        label01=TOY.label01.astype(bool),
        pred01=TOY.pred01.astype(bool),
    ),
    "36": doubled(TOY),
    "38": with_columns(neg=-TOY.age),
    "39": with_columns(neg=-TOY.age),
    "40": with_columns(
        label=TOY.label.where(~LATER, "later"), predicted=TOY.predicted.where(~LATER, "later")
    ),
}


def same(found, expected, where):
    if isinstance(expected, dict):
        assert set(found) == set(expected), (where, found, expected)
        for key in expected:
            same(found[key], expected[key], f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), (where, found, expected)
        for at, pair in enumerate(zip(found, expected)):
            same(*pair, f"{where}[{at}]")
    elif isinstance(expected, float):
        assert math.isclose(found, expected, rel_tol=1e-14, abs_tol=1e-15), (where, found, expected)
    else:
        assert found == expected and type(found) is type(expected), (where, found, expected)


def plain(value):
    """As JSON has it."""
    if isinstance(value, dict):
        return {str(key): plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(member) for member in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return float(value)
    return value


def toy_stage(case, frame, stage):
    positive = case["label_values_or_threshold"]
    predicted = case["predicted_label"]
    columns = [column for column in case["features_in_frame"] if stage == "post" or column != predicted]
    group = case["group_variable"]
    try:
        return bias_report(
            frame[columns],
            FacetColumn(case["facet"], case["facet_value_or_threshold"]),
            LabelColumn(case["label"], frame[case["label"]], positive),
            StageType.PRE_TRAINING if stage == "pre" else StageType.POST_TRAINING,
            LabelColumn(predicted, frame[predicted], positive) if stage == "post" else None,
            ["CI", "DPL"] if case["name"].startswith("25") else ["all"],
            group_variable=frame[group] if group else None,
        )
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def check_toy(case):
    frame = FRAMES.get(case["name"][:2], TOY)
    assert len(frame) == case["rows"]
    for stage in ("pre", "post"):
        expected = case[f"{stage}_training_bias_metrics"]
        found = plain(toy_stage(case, frame, stage))
        where = f"{case['name']} {stage}"
        if "stage_error" in expected:
            same(found, expected["stage_error"], where)
        else:
            same(found, expected["facets"][case["facet"]], where)
    used = dict.fromkeys(case["features_in_frame"] + [case["group_variable"]])
    return {name: column_of(frame[name]) for name in used if name}


def column_of(series):
    values = [None if pd.isna(value) else plain(value) for value in series]
    return {"dtype": str(series.dtype), "values": values}


def check_direct(case):
    arguments = {
        "sensitive_facet_index": pd.Series(case["d"]).astype(bool),
        "positive_label_index": pd.Series(case["y"]).astype(bool),
        "label": pd.Series(case["y"]).astype(bool),
        "group_variable": pd.Series(case["group"]) if case["group"] else None,
    }
    arguments["feature"] = pd.Series(case["d"])
    if case["yhat"]:
        arguments["positive_predicted_label_index"] = pd.Series(case["yhat"]).astype(bool)
        arguments["predicted_labels"] = pd.Series(case["yhat"])
        arguments["labels"] = pd.Series(case["y"])
    if case["X"]:
        arguments["df"] = pd.DataFrame(case["X"])
    registered = smclarify_metrics.PRETRAINING_METRICS + smclarify_metrics.POSTTRAINING_METRICS
    functions = {metric.__name__: metric for metric in registered}
    for name, expected in case["values"].items():
        try:
            found = plain(smclarify_metrics.call_metric(functions[name], **arguments))
        except Exception as error:
            found = {"error": f"{type(error).__name__}: {error}"}
        same(found, expected, f"{case['name']} {name}")


def check_stats(expected):
    label = LabelColumn("label", TOY.label, ["yes"])
    predicted = LabelColumn("predicted", TOY.predicted, ["yes"])
    facet = FacetColumn("gender", ["F"])
    columns = TOY[["age", "gender", "income", "label", "predicted"]]
    pre = bias_basic_stats(columns, facet, label, StageType.PRE_TRAINING)
    same(plain(pre), expected["bias_basic_stats_pre"], "basic stats before training")
    post = bias_basic_stats(columns, facet, label, StageType.POST_TRAINING, predicted)
    same(plain(post), expected["bias_basic_stats_post"], "basic stats after training")
    binary = smclarify_report.model_performance_report(columns, label, predicted)
    same(plain(binary), expected["model_performance_binary"], "performance, binary")
    grades = TOY[["age", "gender", "income", "grade", "pgrade"]]
    multiclass = smclarify_report.model_performance_report(
        grades,
        LabelColumn("grade", TOY.grade, ["mid", "high"]),
        LabelColumn("pgrade", TOY.pgrade, ["mid", "high"]),
    )
    same(plain(multiclass), expected["model_performance_multiclass"], "performance, multiclass")


def main():
    with open("toy_cases.json") as file:
        frames = {case["name"]: check_toy(case) for case in json.load(file)}
    with open("stats_cases.json") as file:
        check_stats(json.load(file))
    with open("direct_cases.json") as file:
        for case in json.load(file):
            check_direct(case)
    with open("toy_frames.json", "w") as file:
        json.dump(frames, file)
        file.write("\n")


if __name__ == "__main__":
    sys.exit(main())
