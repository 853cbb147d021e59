"""The flip test by smclarify 0.5: golden/bias/flip_test/expected.json.

Only the library's public report is called. The labels, on which the flip test does not
depend, are drawn so that the report accepts them.

Beside it a brute force in numpy where the lowest row comes first at equal distance. The
library lets scikit-learn choose the algorithm, and so the order of equal distances; the script
stops if the two differ on a table in which no fifth neighbour is a tie.
"""
import json
import pathlib

import numpy as np
import pandas as pd
from smclarify.bias.report import FacetColumn, LabelColumn, StageType, bias_report

random = np.random.default_rng(20261126)
HERE = pathlib.Path(__file__).parent


def flip_test(features, disadvantaged, predicted):
    frame = pd.DataFrame(features, columns=[f"x{i}" for i in range(features.shape[1])])
    word = lambda marks, yes, no: pd.Series([yes if mark else no for mark in marks], dtype=str)
    frame["facet"] = word(disadvantaged, "d", "a")
    # One label of each kind, whatever is drawn.
    frame["label"] = word([True, False] + list(random.integers(0, 2, len(frame) - 2)), "yes", "no")
    frame["predicted"] = word(predicted, "yes", "no")
    report = bias_report(
        frame,
        FacetColumn("facet", sensitive_values=["d"]),
        LabelColumn("label", frame["label"], ["yes"]),
        StageType.POST_TRAINING,
        LabelColumn("predicted", frame["predicted"], ["yes"]),
        metrics=["FT"],
    )
    [metric] = report[0]["metrics"]
    assert metric.get("error") is None, metric
    return metric["value"]


def by_lowest_row(features, disadvantaged, predicted):
    group, predicted = np.asarray(disadvantaged) == 1, np.asarray(predicted) == 1
    fitted, target = features[~group], predicted[~group]
    k = 5 if len(fitted) > 9 else 1
    tied, total = 0, 0
    for query, own in zip(features[group], predicted[group]):
        distances = np.zeros(len(fitted))
        for column in range(fitted.shape[1]):
            distances = distances + (fitted[:, column] - query[column]) ** 2
        order = np.argsort(distances, kind="stable")
        tied += bool(len(fitted) > k and distances[order[k - 1]] == distances[order[k]])
        total += int(own) - int(2 * target[order[:k]].sum() > k)
    return total / int(group.sum()), tied


def case(name, features, disadvantaged, predicted):
    features = np.asarray(features, dtype=float)
    value, tied = by_lowest_row(features, disadvantaged, predicted)
    library = float(flip_test(features, disadvantaged, predicted))
    assert tied > 0 or library == value, (name, library, value)
    return {
        "name": name,
        "features": features.tolist(),
        "disadvantaged": [int(mark) for mark in disadvantaged],
        "predicted": [int(mark) for mark in predicted],
        "smclarify": library,
        "by_lowest_row": value,
        "rows_with_a_tie_at_the_last_place": tied,
    }


def drawn(name, features, share):
    features = np.asarray(features, dtype=float)
    disadvantaged = random.random(len(features)) < share
    predicted = features[:, 0] + random.normal(size=len(features)) > np.median(features[:, 0])
    return case(name, features, disadvantaged, predicted)


def toy(name, disadvantaged):
    frame = pd.read_csv(HERE / "toy24.csv")
    return case(
        name,
        frame[["age", "income"]].to_numpy(),
        frame.eval(disadvantaged),
        frame["predicted"] == "yes",
    )


def small(name, features, n_advantaged, predicted):
    marks = [0] * n_advantaged + [1] * (len(features) - n_advantaged)
    return case(name, features, marks, predicted)


def main():
    decimals = lambda shape: np.round(random.normal(size=shape), 3)
    grid = lambda shape, high: random.integers(0, high, size=shape)
    few = decimals((15, 2))
    cases = [
        toy("toy24, gender F", "gender == 'F'"),
        toy("toy24, gender M", "gender == 'M'"),
        toy("toy24, group A", "group == 'A'"),
        small(
            "three in a",
            [[15, 4], [3, 19], [7, 14], [8, 14], [10, 8], [7, 6], [4, 16], [7, 12], [0, 11]],
            3,
            [1, 0, 0, 1, 0, 0, 1, 1, 0],
        ),
        small(
            "nine in a",
            [[16, 0], [2, 9], [14, 6], [4, 14], [9, 3], [3, 8], [19, 16], [1, 0], [16, 12], [7, 10], [9, 3], [0, 7], [0, 4], [3, 1], [3, 1]],
            9,
            [1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0],
        ),
        small(
            "ten in a",
            [[19, 18], [18, 3], [11, 15], [16, 12], [11, 9], [9, 12], [3, 14], [14, 15], [3, 16], [4, 11], [8, 11], [15, 13], [18, 7], [3, 12], [12, 15], [8, 6]],
            10,
            [1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0],
        ),
        small(
            "twelve in a",
            [[0, 2], [12, 6], [8, 2], [10, 14], [17, 6], [10, 17], [5, 15], [17, 12], [9, 8], [15, 5], [9, 4], [12, 9], [11, 6], [1, 11], [19, 12], [12, 13], [4, 7], [9, 6]],
            12,
            [1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0],
        ),
        drawn("decimals, five columns", decimals((200, 5)), 0.4),
        drawn("one column rules", np.column_stack([decimals(200), grid(200, 10**6)]), 0.4),
        drawn("nine or fewer in a", decimals((60, 3)), 0.9),
        drawn("integers, many ties", grid((200, 2), 6), 0.4),
        drawn("duplicated rows", few[grid(200, 15)], 0.3),
        drawn("twenty columns", decimals((150, 20)), 0.4),
    ]
    print(json.dumps(cases, separators=(",", ":")))


main()
