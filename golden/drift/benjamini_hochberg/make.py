"""Expected Benjamini-Hochberg adjusted p-values.

Run: python make.py > expected.json
"""
import json
import sys

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests


def main():
    rng = np.random.default_rng(7)
    families = [
        [0.01, 0.04, 0.03, 0.5],
        [0.2, 0.01, 0.2, 0.01, 1.0, 0.0],
        [0.5],
        rng.uniform(size=60).tolist(),
        np.concatenate([rng.uniform(size=40), rng.beta(0.1, 20, size=20)]).tolist(),
    ]
    cases = []
    for p in families:
        adjusted = stats.false_discovery_control(p, method="bh")
        assert np.allclose(adjusted, multipletests(p, method="fdr_bh")[1], rtol=1e-14, atol=0)
        cases.append({"p": p, "adjusted": adjusted.tolist()})
    print(f"scipy {scipy.__version__}, statsmodels {statsmodels.__version__}", file=sys.stderr)
    json.dump(cases, sys.stdout, indent=1)
    print()


main()
