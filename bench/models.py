"""Trains the models of `cargo xtask bench shap` and writes the tables that they are asked about,
from fixed seeds. Nothing here is measured.

    python models.py trees --trees 500 --depth 6 --features 50 --rows 10000 --output FOLDER
    python models.py kernel --trees 100 --depth 4 --features 20 --rows 100 --output FOLDER

trees: `xgboost.json` and `lightgbm.txt` of one shape (LightGBM with 2^depth leaves, at most 4096),
`rows.parquet` with a label. kernel: `xgboost.json`, the same model cut to its first tree
(`one-tree.json`), `rows.parquet`, `background.csv` (100 rows) and `million.parquet`, whose
predictions tell what the model alone costs.
XGBoost's model is also written as versions before 3.1 read it, for FastTreeSHAP (`xgboost-1.json`).
"""

import argparse
import json
import pathlib

import lightgbm
import numpy
import pandas
import xgboost

SEED = 20_261_127
# So many that most leaves of the deepest trees are reached.
TRAINING_ROWS = 50_000
BACKGROUND_ROWS = 100
PREDICTED_ROWS = 1_000_000


def table(stream, rows, features):
    """Normal features, rounded to float32 as both libraries do, and a label with interactions."""
    values = stream.normal(size=(rows, features)).astype(numpy.float32).astype(numpy.float64)
    score = values[:, 0] + values[:, 1] * values[:, 2] + numpy.sin(2 * values[:, 3])
    score += 0.3 * values[:, 4 : 4 + features // 2].sum(axis=1)
    label = (score + stream.logistic(size=rows) > 0).astype(numpy.int64)
    frame = pandas.DataFrame(values, columns=[f"feature_{index:02d}" for index in range(features)])
    return frame, label


def train_xgboost(frame, label, arguments):
    options = {
        "objective": "binary:logistic", "base_score": 0.5, "max_depth": arguments.depth, "eta": 0.1,
        "min_child_weight": 0, "lambda": 1, "tree_method": "hist", "seed": SEED, "nthread": 2,
    }
    return xgboost.train(options, xgboost.DMatrix(frame, label), arguments.trees)


def save_for_old_versions(path, output):
    """Since 3.1 XGBoost writes its base score as an array of one."""
    model = json.loads(path.read_text())
    parameters = model["learner"]["learner_model_param"]
    parameters["base_score"] = parameters["base_score"].strip("[]")
    model["version"] = [1, 7, 6]
    output.write_text(json.dumps(model))


def train_lightgbm(frame, label, arguments):
    options = {
        "objective": "binary", "num_leaves": min(2**arguments.depth, 4_096), "max_depth": arguments.depth,
        "learning_rate": 0.1, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0, "seed": SEED,
        "deterministic": True, "num_threads": 2, "verbose": -1,
    }
    return lightgbm.train(options, lightgbm.Dataset(frame, label), arguments.trees)


def describe(output):
    dumped = xgboost.Booster(model_file=output / "xgboost.json").trees_to_dataframe()
    leaves = (dumped["Feature"] == "Leaf").sum() / (dumped["Tree"].max() + 1)
    print(f"{output.name}: {leaves:.0f} leaves in a tree of XGBoost's, in the mean")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["trees", "kernel"])
    for name in ["--trees", "--depth", "--features", "--rows"]:
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    output = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    stream = numpy.random.Generator(numpy.random.PCG64([SEED, arguments.depth, arguments.trees]))
    frame, label = table(stream, TRAINING_ROWS, arguments.features)
    booster = train_xgboost(frame, label, arguments)
    booster.save_model(output / "xgboost.json")
    save_for_old_versions(output / "xgboost.json", output / "xgboost-1.json")
    rows, labels = table(stream, arguments.rows, arguments.features)
    rows.assign(label=labels).to_parquet(output / "rows.parquet", index=False)
    if arguments.kind == "trees":
        train_lightgbm(frame, label, arguments).save_model(output / "lightgbm.txt")
    else:
        booster[:1].save_model(output / "one-tree.json")
        frame[:BACKGROUND_ROWS].to_csv(output / "background.csv", index=False)
        table(stream, PREDICTED_ROWS, arguments.features)[0].to_parquet(output / "million.parquet", index=False)
    describe(output)
    # Written last: a folder without it is not complete.
    (output / "complete.txt").write_text(f"{vars(arguments)}\n")


if __name__ == "__main__":
    main()
