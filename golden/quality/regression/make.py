"""Metrics of regressions by scikit-learn, quantiles of residuals by numpy."""

import json

import numpy as np
from sklearn import metrics

QUANTILES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]


def of(name, labels, predictions):
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    mse = metrics.mean_squared_error(labels, predictions)
    present = labels != 0
    residuals = labels - predictions
    # The error of ln(Σe²/Σ(y − ȳ)²) by the delta method, from the rows themselves.
    squares, spread = residuals**2, (labels - labels.mean()) ** 2
    influence = squares / squares.mean() - spread / spread.mean()
    return {
        "name": name,
        "labels": labels.tolist(),
        "predictions": predictions.tolist(),
        "mae": metrics.mean_absolute_error(labels, predictions),
        "mse": mse,
        "rmse": float(np.sqrt(mse)),
        "r2": metrics.r2_score(labels, predictions),
        "mape": metrics.mean_absolute_percentage_error(labels[present], predictions[present]),
        "n_mape": int(present.sum()),
        "max_error": metrics.max_error(labels, predictions),
        "log_ratio_error": float(np.sqrt((influence**2).mean() / len(labels))),
        "quantiles": np.quantile(residuals, QUANTILES, method="inverted_cdf").tolist(),
    }


def main():
    random = np.random.default_rng(20261124)
    labels = random.normal(10, 3, size=400).round(4)
    cases = [of("good", labels, (labels + random.normal(0.2, 1, size=400)).round(4))]
    cases.append(of("worse than the mean", labels, random.normal(-5, 9, size=400).round(4)))
    # The mean is large against the spread.
    labels = 1e8 + random.uniform(size=300).round(3)
    cases.append(of("large mean", labels, labels + random.normal(0, 0.1, size=300).round(3)))
    labels = random.integers(0, 3, size=200).astype(float)
    cases.append(of("zeros and ties", labels, random.integers(0, 3, size=200).astype(float)))
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


main()
