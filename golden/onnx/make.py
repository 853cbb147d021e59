"""Small models of scikit-learn, XGBoost and LightGBM as ONNX, and what the libraries themselves predict.

Versions: Python 3.11, scikit-learn 1.9.1, xgboost 3.2.0, lightgbm 4.7.0, skl2onnx 1.20.0, onnxmltools 1.16.0,
onnx 1.23.2, numpy 2.4.6, pandas 3.1.1.
Run in this folder: `python make.py`. Writes one NAME.onnx per model and expected.json.
Data: golden/tables (breast_cancer, wine, diabetes), and a table of strings and numbers made here from a seed.
Expected values are those of `predict_proba` or `predict`, never of an ONNX runtime; inputs are float32 values,
because that is what the graphs take.
"""

import json
import pathlib
import warnings

import numpy as np
import onnx
import onnx.helper as oh
import pandas as pd
import lightgbm
import xgboost
from onnxmltools.convert import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloat
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn import compose, ensemble, impute, linear_model, naive_bayes, neural_network, pipeline, preprocessing, svm, tree

warnings.filterwarnings("ignore")

# skl2onnx hands the flags of missing values over as booleans, which this version of onnx refuses.
make_attribute = oh.make_attribute


def with_whole_numbers(key, value, *rest, **more):
    if isinstance(value, (list, tuple)) and any(isinstance(one, (bool, np.bool_)) for one in value):
        value = [int(one) for one in value]
    return make_attribute(key, value, *rest, **more)


oh.make_attribute = with_whole_numbers

OPSET = {"": 15, "ai.onnx.ml": 3}
ROWS = 24
HERE = pathlib.Path(__file__).parent
TABLES = HERE.parent / "tables"
expected = {"inputs": {}, "models": {}}


def table(name, columns):
    frame = pd.read_csv(TABLES / f"{name}.csv")
    features = frame.iloc[:, :-1].iloc[:, :columns]
    return features.to_numpy().astype(np.float32), frame.iloc[:, -1].to_numpy()


def plain(value):
    """JSON has no NaN: a missing value is null."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(one) for one in value]
    if isinstance(value, (float, np.floating)):
        return None if np.isnan(value) else float(value)
    return value.item() if isinstance(value, np.generic) else value


def add_input(name, columns, rows):
    expected["inputs"][name] = {"columns": list(columns), "rows": plain(rows)}


def write(name, model, input_name, scores, labels=None, names=None):
    onnx.checker.check_model(model)
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())
    scores = np.asarray(scores)
    entry = {"input": input_name, "scores": plain(scores.reshape(len(scores), -1))}
    if labels is not None:
        entry["labels"] = [str(label) for label in labels]
    if names is not None:
        entry["names"] = [str(one) for one in names]
    expected["models"][name] = entry


def sample(rows):
    """Rows from everywhere in a table, and so of every class."""
    return rows[:: max(1, len(rows) // ROWS)][:ROWS]


def sklearn_model(name, model, data, input_name, zipmap=None, kind=FloatTensorType):
    rows, targets = data
    model.fit(rows, targets)
    options = None if zipmap is None else {id(model): {"zipmap": zipmap}}
    graph = convert_sklearn(
        model, initial_types=[("X", kind([None, rows.shape[1]]))], target_opset=OPSET, options=options
    )
    shown = sample(rows)
    if hasattr(model, "predict_proba"):
        write(name, graph, input_name, model.predict_proba(shown), model.predict(shown), model.classes_)
    else:
        write(name, graph, input_name, model.predict(shown))


def boosted(name, graph, input_name, model, rows):
    if hasattr(model, "predict_proba"):
        write(name, graph, input_name, model.predict_proba(rows), model.predict(rows), model.classes_)
    else:
        write(name, graph, input_name, model.predict(rows))


cancer = table("breast_cancer", 8)
wine = table("wine", 13)
diabetes = table("diabetes", 10)
words = (wine[0], np.array(["barolo", "grignolino", "barbera"])[wine[1]])
generator = np.random.default_rng(20261127)
with_gaps = cancer[0].copy()
with_gaps[generator.random(with_gaps.shape) < 0.2] = np.nan
gaps = (with_gaps, cancer[1])
for name, data in [("cancer", cancer), ("wine", wine), ("diabetes", diabetes), ("gaps", gaps)]:
    add_input(name, [f"c{idx}" for idx in range(data[0].shape[1])], sample(data[0]))

scaled = lambda last: pipeline.make_pipeline(preprocessing.StandardScaler(), last)
sklearn_model("logistic", scaled(linear_model.LogisticRegression()), cancer, "cancer")
sklearn_model("logistic_tensor", scaled(linear_model.LogisticRegression()), cancer, "cancer", zipmap=False)
sklearn_model("logistic_columns", scaled(linear_model.LogisticRegression()), cancer, "cancer", zipmap="columns")
sklearn_model("multinomial", scaled(linear_model.LogisticRegression()), words, "wine")
sklearn_model("ridge", linear_model.Ridge(), diabetes, "diabetes")
sklearn_model("ridge_double", scaled(linear_model.Ridge()), (diabetes[0].astype(np.float64), diabetes[1]), "diabetes", kind=DoubleTensorType)
sklearn_model("tree", tree.DecisionTreeClassifier(max_depth=3, random_state=0), cancer, "cancer")
forest = dict(n_estimators=12, max_depth=5, random_state=0)
sklearn_model("forest_two", ensemble.RandomForestClassifier(**forest), cancer, "cancer")
sklearn_model("forest_three", ensemble.RandomForestClassifier(**forest), words, "wine", zipmap=False)
sklearn_model("forest_value", ensemble.RandomForestRegressor(**forest), diabetes, "diabetes")
sklearn_model("extra_trees", ensemble.ExtraTreesClassifier(**forest), words, "wine")
sklearn_model("extra_trees_value", ensemble.ExtraTreesRegressor(**forest), diabetes, "diabetes")
boosting = dict(n_estimators=12, max_depth=3, random_state=0)
sklearn_model("boosting_two", ensemble.GradientBoostingClassifier(**boosting), cancer, "cancer")
sklearn_model("boosting_three", ensemble.GradientBoostingClassifier(**boosting), wine, "wine")
sklearn_model("boosting_value", ensemble.GradientBoostingRegressor(**boosting), diabetes, "diabetes")
histogram = dict(max_iter=12, max_depth=3, random_state=0)
sklearn_model("histogram_two", ensemble.HistGradientBoostingClassifier(**histogram), gaps, "gaps")
sklearn_model("histogram_three", ensemble.HistGradientBoostingClassifier(**histogram), wine, "wine")
sklearn_model("histogram_value", ensemble.HistGradientBoostingRegressor(**histogram), diabetes, "diabetes")
sklearn_model("network_two", scaled(neural_network.MLPClassifier((8, 4), max_iter=60, random_state=0)), cancer, "cancer")
sklearn_model("network_three", scaled(neural_network.MLPClassifier((8,), activation="tanh", max_iter=60, random_state=0)), words, "wine")
sklearn_model("network_value", scaled(neural_network.MLPRegressor(hidden_layer_sizes=(8,), max_iter=60, random_state=0)), diabetes, "diabetes")
sklearn_model("vectors_two", scaled(svm.SVC(probability=True, random_state=0)), cancer, "cancer")
sklearn_model("vectors_three", scaled(svm.SVC(kernel="poly", probability=True, random_state=0)), words, "wine")
sklearn_model("vectors_value", scaled(svm.SVR(C=100.0)), diabetes, "diabetes")
sklearn_model("bayes", naive_bayes.GaussianNB(), wine, "wine")

# XGBoost and LightGBM.
def of_xgboost(name, model, data, input_name):
    rows, targets = data
    model.fit(rows, targets)
    graph = convert_xgboost(model, initial_types=[("X", ToolsFloat([None, rows.shape[1]]))], target_opset=15)
    boosted(name, graph, input_name, model, sample(rows))


def of_lightgbm(name, model, data, input_name, zipmap=True):
    rows, targets = data
    model.fit(rows, targets)
    graph = convert_lightgbm(
        model, initial_types=[("X", ToolsFloat([None, rows.shape[1]]))], target_opset=15, zipmap=zipmap
    )
    boosted(name, graph, input_name, model, sample(rows))


small = dict(n_estimators=12, max_depth=3, random_state=0)
of_xgboost("xgboost_two", xgboost.XGBClassifier(**small), gaps, "gaps")
of_xgboost("xgboost_three", xgboost.XGBClassifier(**small), wine, "wine")
of_xgboost("xgboost_value", xgboost.XGBRegressor(**small), diabetes, "diabetes")
quiet = dict(verbose=-1, **small)
of_lightgbm("lightgbm_two", lightgbm.LGBMClassifier(**quiet), gaps, "gaps")
of_lightgbm("lightgbm_tensor", lightgbm.LGBMClassifier(**quiet), gaps, "gaps", zipmap=False)
of_lightgbm("lightgbm_three", lightgbm.LGBMClassifier(**quiet), wine, "wine")
of_lightgbm("lightgbm_value", lightgbm.LGBMRegressor(**quiet), diabetes, "diabetes")

# One input per column: strings, whole numbers and numbers with gaps.
count = 400
frame = pd.DataFrame(
    {
        "income": generator.normal(50, 20, count).astype(np.float32),
        "age": generator.integers(18, 80, count),
        "region": generator.choice(["north", "south", "east", "west"], count),
        "grade": generator.choice(["low", "middle", "high"], count),
    }
)
score = frame["income"] / 20 - frame["age"] / 30 + (frame["region"] == "south") * 1.5 + (frame["grade"] == "high")
target = np.where(score + generator.normal(0, 0.7, count) > 1.8, "yes", "no")
frame.loc[generator.random(count) < 0.15, "income"] = np.nan
columns = compose.ColumnTransformer(
    [
        ("income", pipeline.make_pipeline(impute.SimpleImputer(strategy="median"), preprocessing.MinMaxScaler()), ["income"]),
        ("age", preprocessing.StandardScaler(), ["age"]),
        ("region", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["region"]),
        ("grade", preprocessing.OrdinalEncoder(categories=[["low", "middle", "high"]]), ["grade"]),
    ]
)
mixed_types = [
    ("income", FloatTensorType([None, 1])),
    ("age", Int64TensorType([None, 1])),
    ("region", StringTensorType([None, 1])),
    ("grade", StringTensorType([None, 1])),
]
shown = frame.iloc[:ROWS].copy()
shown.loc[shown.index[-1], "region"] = "nowhere"
add_input("people", shown.columns, [[plain(v) for v in row] for row in shown.itertuples(index=False)])
for name, last in [
    ("columns_logistic", linear_model.LogisticRegression()),
    ("columns_forest", ensemble.RandomForestClassifier(**forest)),
]:
    model = pipeline.make_pipeline(columns, last).fit(frame, target)
    graph = convert_sklearn(model, initial_types=mixed_types, target_opset=OPSET)
    write(name, graph, "people", model.predict_proba(shown), model.predict(shown), model.classes_)

# A network written by hand, as a deep learning library exports it, and one that needs a runtime.
weights = generator.normal(size=(13, 6)).astype(np.float32) / 50
bias = generator.normal(size=6).astype(np.float32)
weights_2 = generator.normal(size=(3, 6)).astype(np.float32)
bias_2 = generator.normal(size=3).astype(np.float32)
rows = sample(wine[0])
hidden = np.maximum(rows.astype(np.float64) @ weights + bias, 0)
raw = hidden @ weights_2.T.astype(np.float64) + bias_2
share = np.exp(raw - raw.max(axis=1, keepdims=True))
share /= share.sum(axis=1, keepdims=True)
tensor = lambda name, value: onnx.numpy_helper.from_array(value, name)


def network(nodes, extra=()):
    graph = oh.make_graph(
        nodes,
        "network",
        [oh.make_tensor_value_info("features", 1, ["batch", 13])],
        [oh.make_tensor_value_info("probabilities", 1, ["batch", 3])],
        [tensor("w1", weights), tensor("b1", bias), tensor("w2", weights_2), tensor("b2", bias_2), *extra],
    )
    return oh.make_model(graph, opset_imports=[oh.make_opsetid("", 17)], ir_version=8)


layers = [
    oh.make_node("MatMul", ["features", "w1"], ["m1"]),
    oh.make_node("Add", ["m1", "b1"], ["a1"]),
    oh.make_node("Relu", ["a1"], ["h1"]),
    oh.make_node("Gemm", ["h1", "w2", "b2"], ["raw"], transB=1),
    oh.make_node("Softmax", ["raw"], ["probabilities"], axis=-1),
]
write("network_by_hand", network(layers), "wine", share)
# Its scores are maps, and a running sum is none of the operators that exporters of tabular models use.
raw = np.cumsum(rows.astype(np.float64) @ weights + bias, axis=1) @ weights_2.T.astype(np.float64) + bias_2
share = np.exp(raw - raw.max(axis=1, keepdims=True))
share /= share.sum(axis=1, keepdims=True)
classes = ["barbera", "barolo", "grignolino"]
hard = layers[:2] + [oh.make_node("CumSum", ["a1", "axis"], ["h1"])] + layers[3:]
hard.append(oh.make_node("ArgMax", ["probabilities"], ["best"], axis=1, keepdims=0))
hard.append(oh.make_node("Gather", ["classes", "best"], ["label"], axis=0))
hard.append(oh.make_node("ZipMap", ["probabilities"], ["maps"], domain="ai.onnx.ml", classlabels_strings=classes))
model = network(hard, [tensor("axis", np.array(1, dtype=np.int64)), tensor("classes", np.array(classes, dtype=object))])
del model.graph.output[:]
maps = oh.make_sequence_type_proto(oh.make_map_type_proto(8, oh.make_tensor_type_proto(1, [])))
model.graph.output.extend([oh.make_tensor_value_info("label", 8, ["batch"]), oh.make_value_info("maps", maps)])
model.opset_import.append(oh.make_opsetid("ai.onnx.ml", 3))
write("network_of_a_runtime", model, "wine", share, [classes[i] for i in share.argmax(axis=1)], classes)

(HERE / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
