"""Nearest rows by brute force: golden/bias/nearest/expected.json.

The order of the neighbours is that of a stable sort of all squared distances, each summed
from the first column to the last. Where the k-th and the next distance differ, scikit-learn's
brute force (and so KNeighborsClassifier) must choose the same rows; the script stops if not.
"""
import json

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

random = np.random.default_rng(20261124)


def squared_distances(fitted, query):
    total = np.zeros(len(fitted))
    for column in range(fitted.shape[1]):
        difference = fitted[:, column] - query[column]
        total = total + difference * difference
    return total


def case(name, fitted, queries, k):
    fitted = np.asarray(fitted, dtype=float)
    queries = np.asarray(queries, dtype=float)
    target = random.integers(0, 2, len(fitted))
    nearest, votes, farthest, clear = [], [], [], 0
    classifier = KNeighborsClassifier(n_neighbors=k, algorithm="brute").fit(fitted, target)
    for query in queries:
        distances = squared_distances(fitted, query)
        order = np.argsort(distances, kind="stable")
        nearest.append(order[:k].tolist())
        farthest.append(float(distances[order[k - 1]]))
        votes.append(int(2 * target[order[:k]].sum() > k))
        # sklearn expands the square, so that it is sure only of a gap well above rounding.
        if k == len(fitted) or distances[order[k]] - distances[order[k - 1]] > 1e-9 * (
            distances[order[k]] + np.square(query).sum()
        ):
            clear += 1
            chosen = classifier.kneighbors([query], return_distance=False)[0]
            assert set(chosen) == set(order[:k]), (name, query)
            assert int(classifier.predict([query])[0]) == votes[-1], (name, query)
    return {
        "name": name,
        "k": k,
        "queries_without_a_tie_at_the_last_place": clear,
        "fitted": fitted.tolist(),
        "queries": queries.tolist(),
        "target": target.tolist(),
        "nearest": nearest,
        "farthest_squared_distance": farthest,
        "votes": votes,
    }


def main():
    decimals = lambda shape: np.round(random.normal(size=shape), 3)
    grid = lambda shape, high: random.integers(0, high, size=shape)
    scaled = lambda rows: np.column_stack(
        [grid(rows, 90), grid(rows, 1_500_000), grid(rows, 3), decimals(rows)]
    )
    constant = decimals((150, 3))
    constant[:, 1] = 4.25
    corners = np.array([[(i >> bit) & 1 for bit in range(7)] for i in range(128)])
    few = decimals((12, 2))
    cases = [
        case("uniform", np.round(random.random((300, 4)), 4), np.round(random.random((40, 4)), 4), 5),
        case("one column", decimals((200, 1)), decimals((40, 1)), 5),
        case("integer grid", grid((300, 3), 6), grid((40, 3), 6), 5),
        case("two values", grid((200, 2), 2), grid((20, 2), 2), 5),
        case("duplicated", few[grid(250, 12)], np.vstack([few, decimals((20, 2))]), 5),
        case("constant column", constant, decimals((30, 3)), 5),
        case("one column rules", scaled(250), scaled(40), 5),
        case("many columns", decimals((90, 64)), decimals((15, 64)), 5),
        case("corners of a cube, from its centre", corners, [[0.5] * 7, [0.25] * 7, [0] * 7], 5),
        case("nearest one", grid((120, 2), 8), grid((40, 2), 8), 1),
        case("as many as rows", decimals((9, 2)), decimals((10, 2)), 9),
        case("seventeen", decimals((200, 3)), decimals((20, 3)), 17),
    ]
    print(json.dumps(cases, separators=(",", ":")))


main()
