"""Metrics of binary classifiers by scikit-learn, and DeLong's error written out in numpy."""

import json
import warnings

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve

warnings.simplefilter("ignore")
THRESHOLD = 0.5


def delong_error(labels, scores):
    """The structural components of DeLong, DeLong, Clarke-Pearson (1988), pair by pair."""
    positive, negative = scores[labels == 1], scores[labels == 0]
    psi = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
    of_positives, of_negatives = psi.mean(axis=1), psi.mean(axis=0)
    return float(
        np.sqrt(of_positives.var(ddof=1) / len(positive) + of_negatives.var(ddof=1) / len(negative))
    )


def of(name, labels, scores):
    labels, scores = np.asarray(labels), np.asarray(scores)
    predicted = (scores > THRESHOLD).astype(int)
    both = len(set(labels)) == 2
    matrix = metrics.confusion_matrix(labels, predicted, labels=[0, 1])
    case = {
        "name": name,
        "labels": labels.tolist(),
        "probabilities": scores.tolist(),
        "confusion": matrix.tolist(),
        "accuracy": metrics.accuracy_score(labels, predicted),
        "recall": metrics.recall_score(labels, predicted, zero_division=np.nan),
        "precision": metrics.precision_score(labels, predicted, zero_division=np.nan),
        "brier": metrics.brier_score_loss(labels, scores, pos_label=1),
        "log_loss": metrics.log_loss(labels, scores, labels=[0, 1]),
    }
    for beta, key in [(0.5, "f0_5"), (1.0, "f1"), (2.0, "f2")]:
        case[key] = metrics.fbeta_score(labels, predicted, beta=beta, zero_division=np.nan)
    if both:
        fpr, tpr, _ = metrics.roc_curve(labels, scores, drop_intermediate=False)
        precisions, recalls, _ = metrics.precision_recall_curve(labels, scores)
        shares, means = calibration_curve(labels, scores, n_bins=10)
        rows = np.histogram(scores, bins=np.linspace(0, 1, 11))[0]
        case |= {
            "auc": metrics.roc_auc_score(labels, scores),
            "auc_error": delong_error(labels, scores),
            "matthews": metrics.matthews_corrcoef(labels, predicted),
            "balanced": metrics.balanced_accuracy_score(labels, predicted),
            "false_positive_rates": fpr.tolist(),
            "true_positive_rates": tpr.tolist(),
            # Ours runs from recall 0 up, and without scikit-learn's added (0, 1).
            "precisions": precisions[::-1][1:].tolist(),
            "recalls": recalls[::-1][1:].tolist(),
            "bin_shares": shares.tolist(),
            "bin_means": means.tolist(),
            "bin_rows": rows[rows > 0].tolist(),
        }
    numbers = {key: value for key, value in case.items() if isinstance(value, float)}
    case |= {key: None for key, value in numbers.items() if np.isnan(value)}
    return case


def main():
    random = np.random.default_rng(20261124)
    cases = []
    scores = random.uniform(size=400).round(6)
    cases.append(of("different scores", (random.uniform(size=400) < scores).astype(int), scores))
    # Edges of the bins left out: scikit-learn counts them to the left, we to the right.
    scores = random.choice([0.04, 0.15, 0.25, 0.32, 0.47, 0.53, 0.68, 0.77, 0.93], size=300)
    cases.append(of("ties", (random.uniform(size=300) < scores**2).astype(int), scores))
    scores = np.where(random.uniform(size=80) < 0.5, 0.5, random.uniform(size=80).round(3))
    scores[scores == 0.3] = 0.301
    cases.append(of("at the threshold", (random.uniform(size=80) < 0.5).astype(int), scores))
    scores = random.uniform(0, 0.49, size=60).round(4)
    cases.append(of("no positive prediction", (random.uniform(size=60) < 0.3).astype(int), scores))
    cases.append(of("perfect", [0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.8, 0.9]))
    cases.append(of("no positive label", [0, 0, 0, 0], [0.1, 0.6, 0.2, 0.7]))
    cases.append(of("no negative label", [1, 1, 1], [0.1, 0.6, 0.75]))
    cases.append(of("certain and wrong", [0, 1, 1, 0], [1.0, 0.0, 1.0, 0.0]))
    cases.append(of("one row", [1], [0.5]))
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


main()
