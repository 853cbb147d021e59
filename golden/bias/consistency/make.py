"""Consistency: golden/bias/consistency/expected.json.

Two oracles: a brute force in numpy with the lowest row first at equal distance, and AIF360's
consistency_score. AIF360 breaks ties as its ball tree happens to, so that its figure is given
only for tables without a tie at the fifth place, where the two must be equal.
"""
import json
import logging

logging.disable(logging.WARNING)

import numpy as np
from aif360.sklearn.metrics import consistency_score

K = 5
random = np.random.default_rng(20261125)


def case(name, features):
    features = np.asarray(features, dtype=float)
    predicted = (features[:, 0] + random.normal(size=len(features)) > features[:, 0].mean()).astype(int)
    gaps, ties = [], 0
    for row, own in zip(features, predicted):
        distances = np.zeros(len(features))
        for column in range(features.shape[1]):
            distances = distances + (features[:, column] - row[column]) ** 2
        order = np.argsort(distances, kind="stable")
        ties += distances[order[K - 1]] == distances[order[K]]
        gaps.append(abs(own - predicted[order[:K]].mean()))
    value = 1 - float(np.mean(gaps))
    peer = float(consistency_score(features, predicted)) if ties == 0 else None
    assert peer is None or abs(peer - value) < 1e-12, (name, peer, value)
    return {
        "name": name,
        "features": features.tolist(),
        "predicted": predicted.tolist(),
        "consistency": value,
        "aif360": peer,
    }


def main():
    cases = [
        case("decimals", np.round(random.normal(size=(200, 3)), 4)),
        case("one column rules", np.column_stack([random.normal(size=150) * 1000, random.random(150)])),
        case("integers", random.integers(0, 5, size=(200, 2))),
        case("two rows, again and again", random.integers(0, 2, size=(60, 1))),
    ]
    print(json.dumps(cases, separators=(",", ":")))


main()
