"""Moments by numpy, and exactly by rational arithmetic.

Oracle of crates/probity-metrics/tests/it/summary_moments.rs.
Run: python3 make.py > expected.json   (numpy)
"""

import importlib.util
import json
import math
import pathlib
from fractions import Fraction

import numpy as np

_PATH = pathlib.Path(__file__).resolve().parent.parent / "kll" / "make.py"
_SPEC = importlib.util.spec_from_file_location("kll", _PATH)
kll = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(kll)


def values(kind, seed, n):
    base = {"large_mean": "uniform", "skewed": "uniform"}.get(kind, kind)
    for value in kll.values(base, seed, n):
        if kind == "large_mean":
            yield 1e9 + value * 30.0
        elif kind == "skewed":
            yield value * value * value * value
        else:
            yield value


def square_root(ratio):
    """Correct to far more digits than a double has."""
    scale = 1 << 400
    return float(Fraction(math.isqrt(int(ratio * scale * scale)), scale))


def case(kind, seed, n):
    data = np.array(list(values(kind, seed, n)))
    exact = [Fraction(float(value)) for value in data]
    total = sum(exact)
    mean = total / n
    variance = sum((value - mean) ** 2 for value in exact) / n
    return {
        "kind": kind,
        "seed": seed,
        "n": n,
        "sum": float(total),
        "mean": float(mean),
        "std_dev": square_root(variance),
        "min": float(data.min()),
        "max": float(data.max()),
        "numpy": {
            "sum": float(data.sum()),
            "mean": float(data.mean()),
            "std_dev": float(data.std()),
        },
    }


CASES = [
    ("uniform", 1, 1),
    ("uniform", 2, 7),
    ("uniform", 3, 20_000),
    ("decimal", 4, 20_000),
    ("discrete", 5, 20_000),
    ("rising", 0, 20_000),
    ("large_mean", 6, 20_000),
    ("skewed", 7, 20_000),
]

if __name__ == "__main__":
    print(json.dumps([case(*arguments) for arguments in CASES], indent=1))
