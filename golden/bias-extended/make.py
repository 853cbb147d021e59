"""Bias metrics of random tables of counts by fairlearn and AIF360, expanded to rows.

Usage: python make.py > expected.json
"""

import json
import sys
import warnings

import fairlearn
import fairlearn.metrics as fl
import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
import aif360  # noqa: E402
from aif360.datasets import BinaryLabelDataset  # noqa: E402
from aif360.metrics import ClassificationMetric  # noqa: E402

# Cells in the order 4*[d] + 2*[label positive] + [predicted positive].
TABLES = [
    [3, 4, 1, 5, 5, 2, 1, 3],
    [40, 10, 6, 24, 40, 10, 6, 24],
    [100, 0, 10, 30, 50, 5, 5, 20],
    [30, 20, 10, 40, 35, 5, 15, 5],
    [1, 1, 1, 1, 1, 1, 1, 1],
    [900, 50, 30, 20, 9, 1, 2, 1],
]


def rows(cells):
    index = np.repeat(np.arange(8), cells)
    return index >> 2 & 1, index >> 1 & 1, index & 1


def numbers(cells):
    d, y, h = rows(cells)
    frame = pd.DataFrame({"d": 1.0 - d, "y": y.astype(float)})
    true = BinaryLabelDataset(df=frame, label_names=["y"], protected_attribute_names=["d"])
    predicted = true.copy()
    predicted.labels = h.astype(float).reshape(-1, 1)
    m = ClassificationMetric(
        true, predicted, unprivileged_groups=[{"d": 0.0}], privileged_groups=[{"d": 1.0}]
    )
    same = {"sensitive_features": d}
    return {
        "demographic_parity_difference": fl.demographic_parity_difference(y, h, **same),
        "demographic_parity_ratio": fl.demographic_parity_ratio(y, h, **same),
        "equalized_odds_difference": fl.equalized_odds_difference(y, h, **same),
        "equalized_odds_ratio": fl.equalized_odds_ratio(y, h, **same),
        "equal_opportunity_difference": m.equal_opportunity_difference(),
        "equal_opportunity_ratio": fl.equal_opportunity_ratio(y, h, **same),
        "average_odds_difference": m.average_odds_difference(),
        "average_abs_odds_difference": m.average_abs_odds_difference(),
        "average_predictive_value_difference": m.average_predictive_value_difference(),
        "error_rate_difference": m.error_rate_difference(),
        "error_rate_ratio": m.error_rate_ratio(),
        "false_positive_rate_difference": m.false_positive_rate_difference(),
        "false_positive_rate_ratio": m.false_positive_rate_ratio(),
        "false_negative_rate_difference": m.false_negative_rate_difference(),
        "false_negative_rate_ratio": m.false_negative_rate_ratio(),
        "false_discovery_rate_difference": m.false_discovery_rate_difference(),
        "false_discovery_rate_ratio": m.false_discovery_rate_ratio(),
        "false_omission_rate_difference": m.false_omission_rate_difference(),
        "false_omission_rate_ratio": m.false_omission_rate_ratio(),
        "theil_index": m.theil_index(),
        "coefficient_of_variation": m.coefficient_of_variation(),
        "between_group_generalized_entropy_index": m.between_group_generalized_entropy_index(),
        "between_group_theil_index": m.between_group_theil_index(),
    }


def written(value):
    value = float(value)
    return value if np.isfinite(value) else str(value)


cases = [
    {"cells": cells, "expected": {k: written(v) for k, v in numbers(cells).items()}}
    for cells in TABLES
]
versions = {"fairlearn": fairlearn.__version__, "aif360": aif360.__version__, "numpy": np.__version__}
json.dump({"versions": versions, "cases": cases}, sys.stdout, indent=1)
print()
