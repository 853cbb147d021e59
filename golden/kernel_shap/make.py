"""Values of `shap.KernelExplainer` (shap 0.51.0, numpy 2.4.6, scikit-learn 1.9.1) for models and
data that the test computes itself. Run: python make.py > expected.json

Models use + - * / and max only, so that Python and Rust agree to the last bits.
"""

import json
import logging

import numpy as np
import shap
from shap.utils._legacy import DenseData

logging.disable(logging.CRITICAL)
MASK = (1 << 64) - 1


def uniforms(seed, n):
    """SplitMix64, -1 … 1."""
    state, out = seed, []
    for _ in range(n):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        z ^= z >> 31
        out.append((z >> 11) * 2.0**-52 - 1.0)
    return np.array(out)


def table(seed, n_rows, n_columns):
    return uniforms(seed, n_rows * n_columns).reshape(n_rows, n_columns)


def model(x):
    """Two outputs with interactions of every order."""
    neighbours = (x * np.roll(x, -1, axis=1)).sum(axis=1)
    steep = np.maximum(x[:, 0] + x[:, 1] - x[:, x.shape[1] // 2], 0.0) * (1.0 + x[:, -1])
    positive = 1.0 + (x * x).sum(axis=1)
    return np.column_stack([neighbours + steep, x.sum(axis=1) / positive])


def explain(n_columns, groups, n_samples, asked_of_us=None):
    background, rows = table(1, 7, n_columns), table(2, 3, n_columns)
    names = [str(column) for column in range(n_columns)]
    data = background
    if groups:
        data = DenseData(background, [str(group) for group in groups], [np.array(g) for g in groups])
    np.random.seed(0)
    explainer = shap.KernelExplainer(model, data)
    values = explainer.shap_values(rows, nsamples=n_samples, l1_reg=False, silent=True)
    return {
        "n_columns": n_columns,
        "groups": groups or [[int(name)] for name in names],
        "n_samples": asked_of_us or n_samples,
        "empty": np.asarray(explainer.expected_value).tolist(),
        # By row, output, player.
        "values": np.transpose(np.asarray(values), (0, 2, 1)).tolist(),
    }


cases = [
    explain(2, None, 1000),
    explain(3, None, 1000),
    explain(6, None, 1000),
    explain(9, None, 1000),
    explain(11, None, 5000),
    explain(12, [[0, 3], [1], [2, 4, 5, 6], [7], [8, 9], [10, 11]], 1000),
    # All coalitions here, a part of them in the test.
    explain(14, None, 1 << 14, asked_of_us=1000),
]
print(json.dumps({"cases": cases}, indent=None, separators=(",", ":")))
