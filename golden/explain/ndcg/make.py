"""nDCG of rankings by scikit-learn.

Run with CPython 3.11.7, numpy 2.4.6 and scikit-learn 1.9.1; seed 20261127.
"""

import json
import pathlib

import numpy
from sklearn.metrics import ndcg_score

HERE = pathlib.Path(__file__).parent
generator = numpy.random.default_rng(20261127)
cases = [([0.70, 0.50, 0.05], [0.05, 0.50, 0.70])]
for n in [2, 3, 5, 14, 50, 200]:
    for _ in range(4):
        cases.append((generator.exponential(size=n).tolist(), generator.exponential(size=n).tolist()))
        # Ties on both sides, and zeros.
        cases.append((generator.integers(0, 4, n).astype(float).tolist(),
                      generator.integers(0, 3, n).astype(float).tolist()))
cases.append(([1.0, 2.0, 3.0], [0.0, 0.0, 0.0]))
cases = [case for case in cases if sum(case[0]) > 0]
document = [
    {"baseline": baseline, "current": current, "ndcg": float(ndcg_score([baseline], [current]))}
    for baseline, current in cases
]
(HERE / "expected.json").write_text(json.dumps(document))
