"""Quality of a binary classifier by what a data scientist would run instead of `probity quality
baseline`: scikit-learn on pandas.

    python rivals_quality.py once scored.parquet
    python rivals_quality.py bootstrap scored.parquet

once: confusion matrix, precision, recall, three F scores, both curves, area, log loss, Brier
score, Matthews correlation, balanced accuracy, calibration curve. bootstrap: the same, and 95 %
intervals of the single numbers from 100 replicates. Prints how many numbers there are.
"""

import sys

THRESHOLD = 0.5


def read(path):
    import pandas

    table = pandas.read_parquet(path) if path.endswith(".parquet") else pandas.read_csv(path)
    return table["label"].to_numpy(), table["probability"].to_numpy()


def numbers(label, probability):
    from sklearn import metrics

    predicted = (probability > THRESHOLD).astype(label.dtype)
    return {
        "accuracy": metrics.accuracy_score(label, predicted),
        "balanced accuracy": metrics.balanced_accuracy_score(label, predicted),
        "precision": metrics.precision_score(label, predicted),
        "recall": metrics.recall_score(label, predicted),
        "f0.5": metrics.fbeta_score(label, predicted, beta=0.5),
        "f1": metrics.f1_score(label, predicted),
        "f2": metrics.fbeta_score(label, predicted, beta=2),
        "matthews": metrics.matthews_corrcoef(label, predicted),
        "auc": metrics.roc_auc_score(label, probability),
        "log loss": metrics.log_loss(label, probability),
        "brier": metrics.brier_score_loss(label, probability),
    }


def once(path):
    from sklearn import calibration, metrics

    label, probability = read(path)
    matrix = metrics.confusion_matrix(label, probability > THRESHOLD)
    curves = [
        metrics.roc_curve(label, probability),
        metrics.precision_recall_curve(label, probability),
        calibration.calibration_curve(label, probability, n_bins=10),
    ]
    found = numbers(label, probability)
    assert matrix.sum() == len(label) and all(len(curve[0]) > 2 for curve in curves)
    return len(found)


def bootstrap(path):
    import numpy

    found = once(path)
    label, probability = read(path)
    random = numpy.random.default_rng(0)
    replicates = []
    for _ in range(100):
        rows = random.integers(0, len(label), len(label))
        replicates.append(list(numbers(label[rows], probability[rows]).values()))
    low, high = numpy.quantile(replicates, [0.025, 0.975], axis=0)
    assert (low <= high).all()
    return found + len(low)


TOOLS = {"once": once, "bootstrap": bootstrap}

if __name__ == "__main__":
    print(TOOLS[sys.argv[1]](sys.argv[2]))
