"""Expected chi-square, PSI and Jensen-Shannon figures of categorical samples.

Run: python make.py > expected.json
"""
import json
import sys

import numpy as np
import scipy
from scipy import stats
from scipy.spatial import distance

TABLES = {
    "two categories, no drift": ([700, 300], [355, 145]),
    "five categories, drift": ([400, 300, 200, 60, 40], [100, 120, 90, 40, 50]),
    "no rare category, many moves": ([250, 260, 240, 250], [120, 90, 140, 150]),
    "a large baseline": ([40000, 30000, 20000, 10000], [400, 310, 190, 100]),
}


def psi(a, b):
    p = np.where(a > 0, a, 0.5) / a.sum()
    q = np.where(b > 0, b, 0.5) / b.sum()
    return float(np.sum((p - q) * np.log(p / q)))


def main():
    cases = []
    for name, (a, b) in TABLES.items():
        a, b = np.array(a, float), np.array(b, float)
        # Against the baseline's shares as if exact, as SageMaker's ChiSquared; no pooling
        # is needed: every expected count is 10 or more.
        expected = a / a.sum() * b.sum()
        assert (expected >= 10).all()
        fit = stats.chisquare(b, expected)
        # Both samples as samples: the 2 x K table.
        table = stats.chi2_contingency([a, b], correction=False)
        exact = [
            stats.hypergeom(int(a.sum() + b.sum()), int(x + y), int(a.sum())) for x, y in zip(a, b)
        ]
        tails = []
        for x, dist in zip(a, exact):
            low, high = dist.support()
            k = np.arange(low, high + 1)
            far = np.abs(k - dist.mean()) >= abs(x - dist.mean()) * (1 - 1e-12)
            tails.append(float(dist.pmf(k[far]).sum()))
        cases.append({
            "name": name,
            "baseline": a.astype(int).tolist(),
            "current": b.astype(int).tolist(),
            "fit_statistic": float(fit.statistic),
            "fit_p": float(fit.pvalue),
            "homogeneity_statistic": float(table.statistic),
            "homogeneity_p": float(table.pvalue),
            "exact_two_sided_tails": tails,
            "psi": psi(a, b),
            "jensen_shannon_distance_base_2": float(distance.jensenshannon(a, b, base=2)),
        })
    print(f"numpy {np.__version__}, scipy {scipy.__version__}", file=sys.stderr)
    json.dump(cases, sys.stdout, indent=1)
    print()


main()
