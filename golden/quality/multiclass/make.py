"""Metrics of multiclass classifiers by scikit-learn."""

import json
import warnings

import numpy as np
from sklearn import metrics

warnings.simplefilter("ignore")


def of(name, labels, predictions):
    classes = sorted(set(labels) | set(predictions))
    case = {
        "name": name,
        "labels": list(labels),
        "predictions": list(predictions),
        "classes": classes,
        "confusion": metrics.confusion_matrix(labels, predictions, labels=classes).tolist(),
        "accuracy": metrics.accuracy_score(labels, predictions),
        "matthews_correlation": metrics.matthews_corrcoef(labels, predictions),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, predictions),
    }
    for beta, suffix in [(0.5, "f0_5"), (1.0, "f1"), (2.0, "f2")]:
        case[f"weighted_{suffix}"] = metrics.fbeta_score(
            labels, predictions, beta=beta, average="weighted", zero_division=0
        )
    for key, score in [("recall", metrics.recall_score), ("precision", metrics.precision_score)]:
        case[f"weighted_{key}"] = score(labels, predictions, average="weighted", zero_division=0)
    return case


def main():
    random = np.random.default_rng(20261124)
    animals = np.array(["cat", "dog", "emu", "fox"])
    labels = random.choice(animals, size=500, p=[0.5, 0.3, 0.15, 0.05])
    kept = random.uniform(size=500) < 0.7
    predictions = np.where(kept, labels, random.choice(animals, size=500))
    cases = [of("four classes", labels.tolist(), predictions.tolist())]
    # One class is never predicted, another never a label.
    predictions = np.where(labels == "fox", "gnu", np.where(labels == "emu", "dog", predictions))
    cases.append(of("absent classes", labels.tolist(), predictions.tolist()))
    cases.append(of("all right", ["a", "b", "c", "a"], ["a", "b", "c", "a"]))
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


main()
