"""Shapley values of a model by what a data scientist would run instead of `probity shap`.

    python rivals_shap.py xgboost FOLDER --report FILE --values FILE
    python rivals_shap.py lightgbm | shap-xgboost | shap-lightgbm | kernel …
    python rivals_shap.py fasttreeshap-xgboost | fasttreeshap-lightgbm …

The folder is one of `models.py`. xgboost, lightgbm: the libraries' own contributions. shap-…:
`shap.TreeExplainer` by its own code; as it is, it hands these two kinds of model to the libraries
themselves, which would measure them twice. fasttreeshap-…: FastTreeSHAP, algorithm v2, all cores.
kernel: `shap.KernelExplainer` on probabilities, every feature kept.
Checks of additivity are off: they cost a prediction, and `check_shap.py` compares the values.

A line of JSON is added to the report: CPU and wall seconds of the call that explains, and of the
model within it. The values go to a .npy file, rows × features.
"""

import argparse
import json
import pathlib
import resource
import time
import warnings

NUM_SAMPLES = 2_048


def cpu_seconds():
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class Stopwatch:
    """CPU and wall seconds of all calls within."""

    def __init__(self):
        self.cpu = self.wall = 0.0

    def __enter__(self):
        self.start = (cpu_seconds(), time.perf_counter())

    def __exit__(self, *_):
        self.cpu += cpu_seconds() - self.start[0]
        self.wall += time.perf_counter() - self.start[1]


def read(folder):
    import pandas

    return pandas.read_parquet(folder / "rows.parquet").drop(columns="label")


def by_xgboost(folder, call, _model):
    import xgboost

    booster = xgboost.Booster(model_file=folder / "xgboost.json")
    rows = read(folder)
    with call:
        return booster.predict(xgboost.DMatrix(rows), pred_contribs=True)[:, :-1]


def by_lightgbm(folder, call, _model):
    import lightgbm

    booster = lightgbm.Booster(model_file=folder / "lightgbm.txt")
    rows = read(folder)
    with call:
        return booster.predict(rows, pred_contrib=True)[:, :-1]


def load(folder, kind, xgboost_file="xgboost.json"):
    if kind == "lightgbm":
        import lightgbm

        return lightgbm.Booster(model_file=str(folder / "lightgbm.txt"))
    import xgboost

    return xgboost.Booster(model_file=str(folder / xgboost_file))


def by_shap(folder, call, _model, kind):
    import shap

    rows = read(folder)
    explainer = shap.TreeExplainer(load(folder, kind), feature_perturbation="tree_path_dependent")
    explainer.model.model_type = "internal"
    with call:
        values = explainer.shap_values(rows, check_additivity=False)
    return values[1] if isinstance(values, list) else values


def by_fasttreeshap(folder, call, _model, kind):
    import fasttreeshap

    # Compared as numbers: of a table it would explain each column by name.
    rows = read(folder).to_numpy()
    model = load(folder, kind, "xgboost-1.json")
    # XGBoost keeps names in the model, FastTreeSHAP asks it by position.
    if kind == "xgboost":
        model.feature_names = None
    explainer = fasttreeshap.TreeExplainer(model, algorithm="v2", n_jobs=-1)
    with call:
        values = explainer.shap_values(rows, check_additivity=False)
    return values[1] if isinstance(values, list) else values


def by_kernel(folder, call, model):
    import numpy
    import pandas
    import shap

    booster = load(folder, "xgboost")
    background = pandas.read_csv(folder / "background.csv").to_numpy()
    rows = read(folder).to_numpy()

    def predict(records):
        with model:
            return booster.inplace_predict(records, validate_features=False)

    numpy.random.seed(0)
    with call:
        explainer = shap.KernelExplainer(predict, background)
        return explainer.shap_values(rows, nsamples=NUM_SAMPLES, l1_reg=False, silent=True)


TOOLS = {
    "xgboost": by_xgboost,
    "lightgbm": by_lightgbm,
    "shap-xgboost": lambda *rest: by_shap(*rest, "xgboost"),
    "shap-lightgbm": lambda *rest: by_shap(*rest, "lightgbm"),
    "fasttreeshap-xgboost": lambda *rest: by_fasttreeshap(*rest, "xgboost"),
    "fasttreeshap-lightgbm": lambda *rest: by_fasttreeshap(*rest, "lightgbm"),
    "kernel": by_kernel,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--report", type=pathlib.Path, required=True)
    parser.add_argument("--values", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    call, model = Stopwatch(), Stopwatch()
    with warnings.catch_warnings(record=True) as warned:
        values = TOOLS[arguments.tool](arguments.folder, call, model)
    # Where its tables of v2 do not fit, FastTreeSHAP works by v1 and only warns.
    notes = ["v1, no memory for v2" for warning in warned if "Switched to algorithm v1" in str(warning.message)]
    import numpy

    numpy.save(arguments.values, numpy.asarray(values))
    line = {
        "call_cpu_seconds": call.cpu, "call_wall_seconds": call.wall,
        "model_cpu_seconds": model.cpu, "model_wall_seconds": model.wall,
        "note": notes[0] if notes else None,
    }
    with arguments.report.open("a") as report:
        print(json.dumps(line), file=report)


if __name__ == "__main__":
    main()
