"""A table of loans, and what smclarify finds in it as the three configurations ask.

    pip install smclarify==0.5 pandas==1.5.3 numpy==1.26.4 scikit-learn==1.3.2 scipy==1.11.4 pyarrow==14.0.2
    python make.py            # writes beside this file

Kept as a record; no test runs it.
"""

import json
import logging
import math
import pathlib

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
from smclarify.bias.report import FacetColumn, LabelColumn, StageType, bias_report

logging.disable(logging.CRITICAL)
FOLDER = pathlib.Path(__file__).parent
CONFIGS = FOLDER.parent / "analysis_config" / "observed"
SEED = 20261124
ROWS = 400


def loans():
    """Labels lean on income, age and gender; predictions lean on gender a little more."""
    random = np.random.default_rng(SEED)
    gender = random.integers(0, 2, ROWS)
    age = random.integers(19, 80, ROWS)
    income = random.integers(20, 40, ROWS)
    score = (income - 30) / 6 + (age - 50) / 40 + 0.8 * gender + random.normal(0, 1, ROWS)
    seen = score + 0.5 * gender - 0.4 + random.normal(0, 0.7, ROWS)
    return pd.DataFrame({
        "label": (score > 0.3).astype(int),
        "gender": gender,
        "age": age,
        "income": income,
        "predicted": (seen > 0.3).astype(int),
    })


def plain(value):
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def stage(config, table, kind):
    """One stage of `analysis.json`."""
    used = table[config["headers"]].drop(columns=config.get("excluded_columns", []))
    positive = config["label_values_or_threshold"]
    label = LabelColumn(config["label"], used[config["label"]], positive)
    predicted = None
    if kind == StageType.POST_TRAINING:
        name = config["predicted_label"]
        predicted = LabelColumn(name, used[name], positive)
    elif "predicted_label" in config:
        used = used.drop(columns=config["predicted_label"])
    group = config.get("group_variable")
    facets = {}
    for facet in config["facet"]:
        column = facet["name_or_index"]
        facets[column] = bias_report(
            used, FacetColumn(column, facet["value_or_threshold"]), label, kind, predicted, ["all"],
            group_variable=table[group] if group else None,
        )
    return {"label": config["label"], "facets": plain(facets), "label_value_or_threshold": "1"}


def flip_test(table):
    """Incomes repeat, and which of equally near neighbours scikit-learn takes depends on its
    index. The rule of `docs/api-quirks.md` is written out instead: the nearest five of the
    other rows, of equally near ones those that come first."""
    others, group = table[table.gender != 0], table[table.gender == 0]
    balance = 0
    for income, predicted in zip(group.income, group.predicted):
        nearest = np.argsort(abs(others.income.to_numpy() - income), kind="stable")[:5]
        vote = others.predicted.to_numpy()[nearest].sum() >= 3
        balance += int(predicted == 1 and not vote) - int(predicted == 0 and vote)
    return balance / len(group)


def analysis(name, table):
    config = json.loads((CONFIGS / f"{name}.json").read_text())
    stages = {"version": "1.0"}
    if "post_training_bias" in config["methods"]:
        stages["post_training_bias_metrics"] = stage(config, table, StageType.POST_TRAINING)
        for metric in stages["post_training_bias_metrics"]["facets"]["gender"][0]["metrics"]:
            if metric["name"] == "FT":
                metric["value"] = flip_test(table)
    stages["pre_training_bias_metrics"] = stage(config, table, StageType.PRE_TRAINING)
    return stages


def main():
    table = loans()
    table.to_csv(FOLDER / "loans.csv", index=False)
    without = table.drop(columns="predicted")
    for name, frame in {"loans": table, "loans-without-predictions": without}.items():
        written = pyarrow.Table.from_pandas(frame, preserve_index=False)
        pyarrow.parquet.write_table(written, FOLDER / f"{name}.parquet", row_group_size=150)
    names = ["pre-training-bias", "pre-training-bias-again", "bias-with-predictions-in-data"]
    expected = {name: analysis(name, table) for name in names}
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
