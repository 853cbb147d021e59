"""Expected one-sided Fisher p-values ("the share of bad values rose").

scipy.stats.fisher_exact up to 10^5 rows; beyond, the sum of hypergeometric probabilities
in 60 decimal digits (mpmath), since double precision loses digits there.

Run: python make.py > expected.json
"""
import json
import sys

import mpmath
import scipy
from scipy import stats

mpmath.mp.dps = 60

# bad and all rows of the baseline, bad and all rows of the current data
SMALL = [(0, 100, 3, 100), (5, 1000, 5, 1000), (5, 1000, 12, 800), (0, 50000, 1, 200),
         (300, 1000, 360, 1000), (999, 1000, 50, 50), (10, 90000, 9, 10000), (40, 100, 10, 100)]
LARGE = [(1000, 10**9, 1200, 10**9), (5 * 10**5, 10**9, 5 * 10**5 + 3000, 10**9),
         (10**8, 10**9, 10**5 + 900, 10**6), (3, 10**9, 40, 10**7)]


def exact(bad_baseline, n_baseline, bad_current, n_current):
    total, bad = n_baseline + n_current, bad_baseline + bad_current

    def ln_choose(n, k):
        return mpmath.loggamma(n + 1) - mpmath.loggamma(k + 1) - mpmath.loggamma(n - k + 1)

    term = mpmath.exp(ln_choose(bad, bad_current)
                      + ln_choose(total - bad, n_current - bad_current)
                      - ln_choose(total, n_current))
    k, tail = bad_current, mpmath.mpf(0)
    while k <= min(bad, n_current):
        tail += term
        if term < tail * mpmath.mpf(10) ** -25:
            break
        term *= mpmath.mpf((bad - k) * (n_current - k)) / ((k + 1) * (total - bad - n_current + k + 1))
        k += 1
    return float(tail)


def main():
    cases = []
    for case in SMALL:
        a, n, b, m = case
        p = stats.fisher_exact([[b, m - b], [a, n - a]], alternative="greater").pvalue
        cases.append({"table": case, "p": float(p)})
    for case in LARGE:
        cases.append({"table": case, "p": exact(*case)})
    print(f"scipy {scipy.__version__}, mpmath {mpmath.__version__}", file=sys.stderr)
    json.dump(cases, sys.stdout, indent=1)
    print()


main()
