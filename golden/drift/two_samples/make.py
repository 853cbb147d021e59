"""Expected Kolmogorov-Smirnov, Wasserstein, PSI and Jensen-Shannon figures of numeric samples.

Run: python make.py > expected.json
"""
import json
import sys

import numpy as np
import scipy
from scipy import special, stats
from scipy.spatial import distance

SEED = 20240229


def decile_bins(baseline):
    """Cuts at the deciles (the smallest value with at least q/10 of the rows at or below it).

    A value with a tenth of the rows or more is a bin of its own. Cuts are (value, side):
    side 0 is just below the value, side 1 just above.
    """
    rows = np.sort(baseline)
    n = len(rows)
    cuts = []
    for q in range(1, 10):
        value = rows[-(-q * n // 10) - 1]
        if np.sum(rows == value) * 10 >= n:
            cuts.append((value, 0))
        cuts.append((value, 1))
    return sorted(set(cuts))


def binned(values, cuts):
    up_to = [np.sum(values < v) if side == 0 else np.sum(values <= v) for v, side in cuts]
    return np.diff(np.concatenate([[0], up_to, [len(values)]])).astype(float)


def psi(a, b):
    n, m = a.sum(), b.sum()
    seen = (a + b) > 0
    p = np.where(a[seen] > 0, a[seen], 0.5) / n
    q = np.where(b[seen] > 0, b[seen], 0.5) / m
    return float(np.sum((p - q) * np.log(p / q)))


def figures(name, x, y):
    cuts = decile_bins(x)
    a, b = binned(x, cuts), binned(y, cuts)
    n, m = len(x), len(y)
    ks = stats.ks_2samp(x, y, method="asymp")
    case = {
        "name": name,
        "baseline": x.tolist(),
        "current": y.tolist(),
        "ks_statistic": float(ks.statistic),
        "ks_limit_p": float(special.kolmogorov(np.sqrt(n * m / (n + m)) * ks.statistic)),
        "wasserstein_1": float(stats.wasserstein_distance(x, y)),
        "bins": [a.tolist(), b.tolist()],
        "psi": psi(a, b),
        "jensen_shannon_distance_base_2": float(distance.jensenshannon(a, b, base=2)),
    }
    if len(np.unique(np.concatenate([x, y]))) == n + m:
        # scipy's exact distribution supposes that there are no ties.
        case["ks_exact_p"] = float(stats.ks_2samp(x, y, method="exact").pvalue)
    else:
        # With ties: the share of orders of the pooled rows, here by drawing them.
        def statistic(u, v):
            return stats.ks_2samp(u, v, method="asymp").statistic

        case["ks_permutation_p"] = float(
            stats.permutation_test(
                (x, y),
                statistic,
                permutation_type="independent",
                alternative="greater",
                n_resamples=20000,
                rng=np.random.default_rng(SEED),
            ).pvalue
        )
    return case


def main():
    rng = np.random.default_rng(SEED)
    r = lambda values: np.round(values, 6)
    cases = [
        figures("normal, equal sizes, no shift", r(rng.normal(size=80)), r(rng.normal(size=80))),
        figures("normal, shifted by half", r(rng.normal(size=120)), r(rng.normal(0.5, size=45))),
        figures("heavy tail against normal", r(rng.standard_cauchy(size=300)), r(rng.normal(size=250))),
        figures("separated", r(rng.normal(size=40)), r(rng.normal(50, size=30))),
        figures("zeros and ones", rng.binomial(1, 0.3, 90).astype(float), rng.binomial(1, 0.5, 70).astype(float)),
        figures("counts", rng.poisson(2, 150).astype(float), rng.poisson(2.6, 100).astype(float)),
        figures("half zeros, half continuous",
                np.concatenate([np.zeros(60), r(rng.exponential(size=60))]),
                np.concatenate([np.zeros(20), r(rng.exponential(size=60))])),
        figures("constant that changes", np.full(50, 5.0), np.full(40, 7.0)),
    ]
    print(f"numpy {np.__version__}, scipy {scipy.__version__}", file=sys.stderr)
    json.dump(cases, sys.stdout, indent=1)
    print()


main()
