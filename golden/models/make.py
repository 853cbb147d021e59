"""Models of the real libraries, and what the libraries themselves say of a few rows.

Versions: xgboost 3.2.0, lightgbm 4.7.0, catboost 1.2.10, shap 0.51.0, numpy 2.4.6, pandas 3.1.1
(Python 3.11). `python make.py` writes the folders `xgboost`, `lightgbm` and `catboost`;
`python make.py old` with xgboost 1.7.6 and numpy 1.26.4 writes `xgboost17`.

Each model has NAME.expected.json beside it:
  rows           what the model is given: numbers, null for a missing value, "Infinity"
  named_rows     the same with the names of categories, where there are any
  raw            the library's own margin of each row, a list of outputs
  predictions    what the library reports of each row
  path_dependent, interactions   the library's own contributions of the first rows, per output:
                 features, then the base (XGBoost, LightGBM, CatBoost; interactions of LightGBM
                 by `shap`)
  interventional  per output and feature, of the first rows, against `background`: by enumeration
                 of all coalitions, with the library's own margins
  shap_interventional  the same by shap.TreeExplainer, where it reads the model
"""
import itertools
import json
import math
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
N_FEATURES = 6
N_RANDOM = 24
N_EXPLAINED = 8
N_BACKGROUND = 20


def data(seed, categories=False):
    """300 rows with missing values, zeros, and optionally two columns of codes."""
    r = np.random.default_rng(seed)
    x = r.normal(size=(300, N_FEATURES))
    x[:, 1] = np.round(x[:, 1] * 2) / 2
    x[:, 2] = r.integers(0, 4, 300)
    if categories:
        x[:, 4] = r.integers(0, 12, 300)
        x[:, 5] = r.integers(0, 3, 300)
    x[r.random(x.shape) < 0.08] = np.nan
    z = np.nan_to_num(x)
    signal = z[:, 0] + z[:, 1] * z[:, 2] + np.where(np.isnan(x[:, 3]), 1.5, -z[:, 3] / 2)
    if categories:
        signal = signal + np.sin(z[:, 4] * 2) * 3 + (z[:, 5] == 1)
    return x, signal + r.normal(size=300) * 0.2


def clean(values):
    """JSON without NaN."""
    def one(v):
        if isinstance(v, (list, tuple, np.ndarray)):
            return [one(i) for i in v]
        if v is None or isinstance(v, str):
            return v
        v = float(v)
        if math.isnan(v):
            return None
        if math.isinf(v):
            return "Infinity" if v > 0 else "-Infinity"
        return int(v) if v == int(v) and abs(v) < 1e15 and math.copysign(1, v) > 0 else v
    return one(values)


def boundary_rows(x, thresholds, numeric, precision):
    """Rows whose value of one feature is a threshold, its neighbours, or rounds to it."""
    rows = []
    for feature in numeric:
        of_feature = sorted(set(thresholds.get(feature, [])))
        for t in of_feature[:: max(1, len(of_feature) // 2)][:2]:
            if precision == np.float32:
                t32 = np.float32(t)
                up, down = np.nextafter(t32, np.float32(np.inf)), np.nextafter(t32, np.float32(-np.inf))
                half = (float(up) - float(t32)) * 0.49
                values = [float(t32), float(up), float(down), float(t32) - half, float(t32) + half]
            else:
                values = [t, np.nextafter(t, np.inf), np.nextafter(t, -np.inf)]
            for v in values:
                row = x[len(rows) % N_RANDOM].copy()
                row[feature] = v
                rows.append(row)
    return rows


def rows_for(x, thresholds, numeric, precision, extremes):
    rows = [row.copy() for row in x[:N_RANDOM]]
    rows += boundary_rows(x, thresholds, numeric, precision)
    for v in extremes:
        row = x[len(rows) % N_RANDOM].copy()
        row[numeric] = v
        rows.append(row)
    rows.append(np.full(x.shape[1], np.nan))
    return np.array(rows)


def shapley(raw, rows, background):
    """By enumeration: present features from the row, absent ones from each background row."""
    m = rows.shape[1]
    result = []
    for row in rows:
        masked = []
        coalitions = list(itertools.product([False, True], repeat=m))
        for c in coalitions:
            b = background.copy()
            b[:, list(c)] = row[list(c)]
            masked.append(b)
        scores = np.asarray(raw(np.concatenate(masked)), dtype=np.float64)
        scores = scores.reshape(len(coalitions), len(background), -1).mean(axis=1)
        value = dict(zip(coalitions, scores))
        phi = np.zeros((scores.shape[1], m))
        for c in coalitions:
            size = sum(c)
            for f in range(m):
                if not c[f]:
                    weight = math.factorial(size) * math.factorial(m - size - 1) / math.factorial(m)
                    with_f = c[:f] + (True,) + c[f + 1:]
                    phi[:, f] += weight * (value[with_f] - value[c])
        result.append(phi)
    return np.array(result)


def save(folder, name, expected):
    path = os.path.join(HERE, folder, name + ".expected.json")
    lists = {k: clean(v) for k, v in expected.items() if k not in ("model", "columns", "named_rows", "other")}
    out = {k: v for k, v in expected.items() if k in ("model", "columns", "named_rows", "other")}
    out.update(lists)
    with open(path, "w") as f:
        f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in out.items()) + "\n}\n")
    size = os.path.getsize(path)
    model = os.path.getsize(os.path.join(HERE, folder, expected["model"]))
    print(f"{folder}/{name}: model {model} bytes, expected {size} bytes")


def outputs(a):
    a = np.asarray(a)
    return a.reshape(len(a), -1)


# --------------------------------------------------------------------------------------------
# XGBoost

def xgboost_thresholds(path):
    with open(path) as f:
        model = json.load(f)["learner"]["gradient_booster"]["model"]
    found = {}
    for tree in model.get("trees", []):
        kinds = tree.get("split_type") or [0] * len(tree["left_children"])
        for left, feature, value, kind in zip(tree["left_children"], tree["split_indices"], tree["split_conditions"], kinds):
            if left != -1 and not kind:
                found.setdefault(feature, []).append(value)
    return found


NAMES = ["age", "rate", "count", "score", "code", "kind"]
WORDS = [f"w{i}" for i in (3, 11, 0, 7, 1, 9, 4, 10, 5, 2, 8, 6)]
KINDS = [10, 20, 30]


def frame(x, categories):
    import pandas as pd
    columns = {}
    for i, name in enumerate(NAMES):
        if categories and i == 4:
            codes = np.nan_to_num(x[:, 4], nan=-1).astype(int)
            columns[name] = pd.Categorical.from_codes(codes, categories=WORDS)
        elif categories and i == 5:
            codes = np.nan_to_num(x[:, 5], nan=-1).astype(int)
            columns[name] = pd.Categorical.from_codes(codes, categories=KINDS)
        else:
            columns[name] = x[:, i]
    return pd.DataFrame(columns)


def named(rows):
    out = []
    for row in rows:
        line = clean(row)
        line[4] = None if line[4] is None else WORDS[line[4]]
        line[5] = None if line[5] is None else KINDS[line[5]]
        out.append(line)
    return out


def xgboost_case(folder, name, seed, params, label, options):
    import xgboost as xgb
    rounds, categories = options.get("rounds", 6), options.get("categories", False)
    x, signal = data(seed, categories)
    y = label(signal)
    named_features = options.get("named", categories)

    def matrix(values, target=None):
        kw = {}
        if categories or named_features:
            values = frame(values, categories)
        kw["enable_categorical"] = categories
        m = xgb.DMatrix(values, **kw)
        if target is not None:
            m.set_label(target)
            if options.get("group"):
                m.set_group([30] * 10)
            if options.get("aft"):
                m.set_float_info("label_lower_bound", target)
                m.set_float_info("label_upper_bound", target)
        return m

    params = dict({"seed": 7, "nthread": 1, "max_depth": 3, "eta": 0.3}, **params)
    train = matrix(x, y)
    kw = {}
    if options.get("early"):
        order = np.random.default_rng(1).permutation(y)
        kw = {"evals": [(matrix(x, order), "v")], "early_stopping_rounds": options["early"], "verbose_eval": False}
    booster = xgb.train(params, train, rounds, **kw)
    model = name + ".json"
    path = os.path.join(HERE, folder, model)
    booster.save_model(path)
    if options.get("ubj"):
        booster.save_model(os.path.join(HERE, folder, name + ".ubj"))
    if options.get("old_binary"):
        booster.save_model(os.path.join(HERE, folder, name + ".deprecated"))
    linear = params.get("booster") == "gblinear"
    numeric = [0, 1, 2, 3] if categories else list(range(N_FEATURES))
    thresholds = {} if linear else xgboost_thresholds(path)
    rows = rows_for(x, thresholds, numeric, np.float32, [] if linear else [3e38, -3e38, 0.0, -0.0])
    best = booster.best_iteration if options.get("early") else None
    span = {} if best is None else {"iteration_range": (0, best + 1)}
    expected = {"model": model, "columns": NAMES if named_features else [f"f{i}" for i in range(N_FEATURES)], "rows": rows}
    if categories:
        expected["named_rows"] = named(rows)
    raw = lambda v: outputs(booster.predict(matrix(v), output_margin=True, **span))
    expected["raw"] = raw(rows)
    expected["predictions"] = outputs(booster.predict(matrix(rows), **span))
    if best is not None:
        expected["all_iterations_raw"] = outputs(booster.predict(matrix(rows), output_margin=True))
        expected["other"] = {"best_iteration": best, "iterations": booster.num_boosted_rounds()}
    if options.get("explain") and not linear:
        few = rows[:N_EXPLAINED]
        n_out = expected["raw"].shape[1]
        contribs = booster.predict(matrix(few), pred_contribs=True, **span)
        expected["path_dependent"] = contribs.reshape(len(few), n_out, N_FEATURES + 1)
        inter = booster.predict(matrix(few), pred_interactions=True, **span)
        expected["interactions"] = inter.reshape(len(few), n_out, N_FEATURES + 1, N_FEATURES + 1)[:4]
        background = x[100:100 + N_BACKGROUND]
        expected["background"] = background
        expected["interventional"] = shapley(raw, few, background)
        try:
            import shap
            if not categories and best is None:
                values = np.asarray(shap.TreeExplainer(booster, data=background, feature_perturbation="interventional").shap_values(few))
                expected["shap_interventional"] = shap_layout(values, n_out)
        except Exception as e:
            print("  shap:", type(e).__name__, str(e)[:100])
    save(folder, name, expected)


def shap_layout(values, n_out):
    values = np.asarray(values)
    return values[:, None, :] if values.ndim == 2 else np.moveaxis(values, 2, 1)


def classes(n):
    return lambda s: np.digitize(s, np.quantile(s, np.arange(1, n) / n)).astype(float)


positive = lambda s: np.exp(np.clip(s / 3, -3, 3))
count = lambda s: np.round(positive(s))
binary = lambda s: (s > 0).astype(float)
plain = lambda s: s


def make_xgboost(folder, old):
    os.makedirs(os.path.join(HERE, folder), exist_ok=True)
    case = lambda name, seed, params, label, **options: xgboost_case(folder, name, seed, params, label, options)
    full = {"explain": not old, "ubj": True}
    case("binary", 2, {"objective": "binary:logistic", "base_score": 0.3}, binary, old_binary=old, **full)
    case("multiclass", 3, {"objective": "multi:softprob", "num_class": 3, "max_depth": 2}, classes(3), rounds=4, **full)
    case("categorical", 4, {"max_cat_to_onehot": 1, "tree_method": "hist"}, plain, categories=True, **full)
    case("early", 6, {"objective": "binary:logistic", "eta": 0.6}, binary, early=4, rounds=30, **full)
    case("forest", 7, {"objective": "multi:softprob", "num_class": 3, "num_parallel_tree": 3, "subsample": 0.7, "max_depth": 2, "eta": 0.5}, classes(3), early=2, rounds=12, **full)
    case("poisson", 8, {"objective": "count:poisson"}, count, rounds=4)
    case("linear_binary", 9, {"booster": "gblinear", "objective": "binary:logistic"}, binary, ubj=True)
    case("linear_multiclass", 10, {"booster": "gblinear", "objective": "multi:softprob", "num_class": 3}, classes(3))
    if old:
        return
    case("regression", 1, {}, plain, named=True, **full)
    case("onehot", 5, {"max_cat_to_onehot": 20, "objective": "binary:logistic"}, binary, categories=True, **full)
    small = {"max_depth": 2}
    for seed, (name, objective, label, options) in enumerate([
        ("logitraw", {"objective": "binary:logitraw"}, binary, {}),
        ("hinge", {"objective": "binary:hinge"}, binary, {}),
        ("reg_logistic", {"objective": "reg:logistic"}, lambda s: 1 / (1 + np.exp(-s)), {}),
        ("absolute", {"objective": "reg:absoluteerror"}, plain, {}),
        ("pseudohuber", {"objective": "reg:pseudohubererror"}, plain, {}),
        ("squaredlog", {"objective": "reg:squaredlogerror"}, positive, {}),
        ("quantile", {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.9]}, plain, {}),
        ("gamma", {"objective": "reg:gamma"}, positive, {}),
        ("tweedie", {"objective": "reg:tweedie"}, count, {}),
        ("cox", {"objective": "survival:cox"}, positive, {}),
        ("aft", {"objective": "survival:aft"}, positive, {"aft": True}),
        ("rank", {"objective": "rank:ndcg"}, lambda s: classes(3)(s), {"group": True}),
        ("softmax", {"objective": "multi:softmax", "num_class": 3}, classes(3), {}),
        ("vector_leaf", {"multi_strategy": "multi_output_tree", "tree_method": "hist"}, lambda s: np.c_[s, -2 * s, s * s], {"ubj": True}),
        ("targets", {"tree_method": "hist"}, lambda s: np.c_[s, -2 * s], {}),
    ], 20):
        case(name, seed, dict(small, **objective), label, rounds=3, **options)
    import xgboost as xgb
    x, y = data(1)
    xgb.train({"booster": "dart", "rate_drop": 0.5, "max_depth": 2}, xgb.DMatrix(x, y), 3).save_model(os.path.join(HERE, folder, "dart.json"))


# --------------------------------------------------------------------------------------------
# LightGBM

def lightgbm_case(name, seed, params, label, **options):
    import lightgbm as lgb
    import shap
    categories = options.get("categories", False)
    x, signal = data(seed, categories)
    if options.get("zeros"):
        x[np.random.default_rng(5).random(x.shape) < 0.2] = 0.0
    y = label(signal)
    named_features = options.get("named", categories)
    wrap = lambda v: frame(v, categories) if named_features else v
    params = dict({"seed": 7, "num_threads": 1, "verbose": -1, "num_leaves": 7, "min_data_in_leaf": 5, "deterministic": True,
                   "min_data_per_group": 1, "cat_smooth": 1}, **params)
    train = lgb.Dataset(wrap(x), y, group=[30] * 10 if options.get("group") else None)
    kw = {}
    if options.get("early"):
        order = np.random.default_rng(1).permutation(y)
        kw = {"valid_sets": [lgb.Dataset(wrap(x), order, reference=train)], "callbacks": [lgb.early_stopping(3, verbose=False)]}
    booster = lgb.train(params, train, options.get("rounds", 6), **kw)
    model = name + ".txt"
    booster.save_model(os.path.join(HERE, "lightgbm", model))
    booster = lgb.Booster(model_file=os.path.join(HERE, "lightgbm", model))
    thresholds = {}
    for tree in booster.dump_model()["tree_info"]:
        stack = [tree["tree_structure"]]
        while stack:
            node = stack.pop()
            if "split_feature" in node:
                if node["decision_type"] == "<=":
                    thresholds.setdefault(node["split_feature"], []).append(node["threshold"])
                stack += [node["left_child"], node["right_child"]]
    numeric = [0, 1, 2, 3] if categories else list(range(N_FEATURES))
    extremes = [np.inf, -np.inf, 0.0, -0.0, 1e-35, -1e-35, 1.00000002e-35, float(np.float32(1e-35)), 1e-34]
    rows = rows_for(x, thresholds, numeric, np.float64, extremes)
    # LightGBM sums the trees of a forest in its raw scores and contributions, and averages them in its predictions.
    n_averaged = booster.num_trees() // booster.num_model_per_iteration() if params.get("boosting") == "rf" else 1
    raw = lambda v: outputs(booster.predict(wrap(v), raw_score=True)) / n_averaged
    expected = {"model": model, "columns": NAMES if named_features else [f"Column_{i}" for i in range(N_FEATURES)], "rows": rows}
    if categories:
        expected["named_rows"] = named(rows)
    expected["raw"] = raw(rows)
    expected["predictions"] = outputs(booster.predict(wrap(rows)))
    if options.get("explain", True):
        few = rows[:N_EXPLAINED]
        n_out = expected["raw"].shape[1]
        expected["path_dependent"] = booster.predict(wrap(few), pred_contrib=True).reshape(len(few), n_out, N_FEATURES + 1) / n_averaged
        background = x[100:100 + N_BACKGROUND]
        expected["background"] = background
        expected["interventional"] = shapley(raw, few, background)
        if not categories and options.get("shap", True):
            try:
                values = shap.TreeExplainer(booster, data=background, feature_perturbation="interventional").shap_values(few)
                expected["shap_interventional"] = shap_layout(values, n_out) / n_averaged
                inter = np.asarray(shap.TreeExplainer(booster).shap_interaction_values(few[:4])) / n_averaged
                expected["interactions"] = inter[:, None] if inter.ndim == 3 else np.moveaxis(inter, 3, 1)
            except Exception as e:
                print("  shap:", type(e).__name__, str(e)[:100])
    save("lightgbm", name, expected)


def make_lightgbm():
    os.makedirs(os.path.join(HERE, "lightgbm"), exist_ok=True)
    case = lightgbm_case
    case("regression", 41, {"objective": "regression"}, plain, named=True)
    case("zero_as_missing", 42, {"objective": "regression", "zero_as_missing": True}, plain, zeros=True, shap=False)
    case("no_missing", 43, {"objective": "regression", "use_missing": False}, plain, zeros=True, shap=False)
    case("binary", 44, {"objective": "binary", "sigmoid": 1.7}, binary)
    # `shap` adds the classes of a LightGBM model from a file into one output.
    case("multiclass", 45, {"objective": "multiclass", "num_class": 3}, classes(3), rounds=3, shap=False)
    case("categorical", 46, {"objective": "binary", "max_cat_to_onehot": 1}, binary, categories=True)
    case("onehot", 47, {"objective": "regression", "max_cat_to_onehot": 20}, plain, categories=True)
    case("early", 48, {"objective": "binary", "learning_rate": 0.4}, binary, rounds=30, early=True)
    case("forest", 49, {"objective": "regression", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}, plain)
    for seed, (name, objective, label, options) in enumerate([
        ("ova", {"objective": "multiclassova", "num_class": 3, "sigmoid": 0.8}, classes(3), {}),
        ("poisson", {"objective": "poisson"}, count, {}),
        ("gamma", {"objective": "gamma"}, positive, {}),
        ("tweedie", {"objective": "tweedie"}, count, {}),
        ("cross_entropy", {"objective": "cross_entropy"}, lambda s: 1 / (1 + np.exp(-s)), {}),
        ("cross_entropy_lambda", {"objective": "cross_entropy_lambda"}, lambda s: 1 / (1 + np.exp(-s)), {}),
        ("sqrt", {"objective": "regression", "reg_sqrt": True}, plain, {}),
        ("quantile", {"objective": "quantile", "alpha": 0.8}, plain, {}),
        ("l1", {"objective": "regression_l1"}, plain, {}),
        ("huber", {"objective": "huber"}, plain, {}),
        ("fair", {"objective": "fair"}, plain, {}),
        ("mape", {"objective": "mape"}, positive, {}),
        ("rank", {"objective": "lambdarank"}, lambda s: classes(3)(s).astype(int), {"group": True}),
        ("constant", {"objective": "regression", "min_data_in_leaf": 400}, plain, {}),
        ("dart", {"objective": "regression", "boosting": "dart", "drop_rate": 0.5}, plain, {}),
        ("forest_multiclass", {"objective": "multiclass", "num_class": 3, "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}, classes(3), {}),
    ], 60):
        case(name, seed, dict({"num_leaves": 4}, **objective), label, rounds=3, explain=False, **options)
    import lightgbm as lgb
    x, y = data(1)
    lgb.train({"linear_tree": True, "verbose": -1, "num_leaves": 3, "num_threads": 1}, lgb.Dataset(x, y), 2).save_model(os.path.join(HERE, "lightgbm", "linear_tree.txt"))


# --------------------------------------------------------------------------------------------
# CatBoost

def catboost_case(name, seed, params, label, **options):
    import catboost
    x, signal = data(seed)
    y = label(signal)
    wrap = lambda v: frame(v, False) if options.get("named") else v
    model = catboost.CatBoost(dict({"iterations": 6, "depth": 3, "random_seed": 7, "thread_count": 1, "verbose": 0,
                                    "allow_writing_files": False, "border_count": 16}, **params))
    model.fit(wrap(x), y)
    path = os.path.join(HERE, "catboost", name + ".json")
    model.save_model(path, format="json")
    with open(path) as f:
        document = json.load(f)
    # The description of the training is long and not read.
    info = document["model_info"]
    info = {k: v for k, v in info.items() if k in ("catboost_version_info", "class_params", "params")}
    info["params"] = {k: v for k, v in info["params"].items() if k in ("loss_function",)}
    document["model_info"] = info
    with open(path, "w") as f:
        json.dump(document, f, separators=(",", ":"))
    thresholds = {f["flat_feature_index"]: f["borders"] for f in document["features_info"]["float_features"]}
    model = catboost.CatBoost().load_model(path, format="json") if options.get("reload") else model
    extremes = [np.inf, -np.inf, 3e38, -3e38, 0.0, -0.0]
    rows = rows_for(x, thresholds, list(range(N_FEATURES)), np.float32, extremes)
    raw = lambda v: outputs(model.predict(wrap(v), prediction_type="RawFormulaVal"))
    expected = {"model": name + ".json", "columns": NAMES if options.get("named") else [str(i) for i in range(N_FEATURES)], "rows": rows}
    expected["raw"] = raw(rows)
    kind = options.get("prediction_type", "RawFormulaVal")
    predictions = outputs(model.predict(wrap(rows), prediction_type=kind))
    expected["predictions"] = predictions[:, 1:] if options.get("second_class") else predictions
    if options.get("explain"):
        few = rows[:N_EXPLAINED]
        n_out = expected["raw"].shape[1]
        values = model.get_feature_importance(catboost.Pool(wrap(few)), type="ShapValues")
        expected["path_dependent"] = values.reshape(len(few), n_out, N_FEATURES + 1)
        background = x[100:100 + N_BACKGROUND]
        expected["background"] = background
        expected["interventional"] = shapley(raw, few, background)
    save("catboost", name, expected)


def make_catboost():
    os.makedirs(os.path.join(HERE, "catboost"), exist_ok=True)
    case = catboost_case
    case("regression", 81, {"loss_function": "RMSE", "nan_mode": "Min"}, plain, explain=True, named=True)
    case("nan_max", 82, {"loss_function": "RMSE", "nan_mode": "Max"}, plain, explain=True)
    case("binary", 83, {"loss_function": "Logloss"}, binary, explain=True, prediction_type="Probability", second_class=True)
    case("multiclass", 84, {"loss_function": "MultiClass", "depth": 2}, lambda s: np.array(["low", "mid", "top"])[classes(3)(s).astype(int)], explain=True, prediction_type="Probability")
    case("lossguide", 85, {"loss_function": "RMSE", "grow_policy": "Lossguide", "max_leaves": 6}, plain)
    case("depthwise_multiclass", 86, {"loss_function": "MultiClass", "grow_policy": "Depthwise", "iterations": 3}, classes(3), prediction_type="Probability")
    case("poisson", 87, {"loss_function": "Poisson"}, count, prediction_type="Exponent")
    case("quantile", 88, {"loss_function": "Quantile:alpha=0.7"}, plain)
    case("ova", 89, {"loss_function": "MultiClassOneVsAll", "depth": 2}, classes(3))
    import catboost
    x, y = data(1, True)
    f = frame(x, True)
    f["code"] = [str(v) for v in f["code"]]
    f["kind"] = [str(v) for v in f["kind"]]
    m = catboost.CatBoost({"iterations": 2, "depth": 2, "verbose": 0, "allow_writing_files": False, "cat_features": ["code", "kind"], "thread_count": 1})
    m.fit(f, y)
    path = os.path.join(HERE, "catboost", "categorical.json")
    m.save_model(path, format="json", pool=catboost.Pool(f, y, cat_features=["code", "kind"]))
    with open(path) as fh:
        document = json.load(fh)
    document["model_info"] = {"params": {"loss_function": {"type": "RMSE", "params": {}}}}
    document.pop("ctr_data", None)
    with open(path, "w") as fh:
        json.dump(document, fh, separators=(",", ":"))
    m.save_model(os.path.join(HERE, "catboost", "binary_form.cbm"))


if __name__ == "__main__":
    if sys.argv[1:] == ["old"]:
        make_xgboost("xgboost17", True)
    else:
        wanted = sys.argv[1:] or ["xgboost", "lightgbm", "catboost"]
        if "xgboost" in wanted:
            make_xgboost("xgboost", False)
        if "lightgbm" in wanted:
            make_lightgbm()
        if "catboost" in wanted:
            make_catboost()
