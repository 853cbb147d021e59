"""Clusters of numbers by scikit-learn: cost and centres of k-means on standardised columns.

Run with CPython 3.11.7, numpy 2.4.6 and scikit-learn 1.9.1; seed 20261127.
"""

import json
import pathlib

import numpy
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

HERE = pathlib.Path(__file__).parent
generator = numpy.random.default_rng(20261127)
centres = numpy.array([[0.0, 0.0], [40.0, 1.0], [10.0, -2.0], [60.0, 4.0]])
sizes = [100, 80, 60, 40]
rows = numpy.concatenate([
    generator.normal(centre, [2.0, 0.1], (size, 2)) for centre, size in zip(centres, sizes)
])
rows = numpy.round(rows[generator.permutation(len(rows))], 4)
standardised = (rows - rows.mean(axis=0)) / rows.std(axis=0)
document = {"rows": rows.tolist(), "by_number": []}
for n in range(2, 8):
    model = KMeans(n, n_init=50, random_state=1).fit(standardised)
    label = model.labels_
    order = sorted(range(n), key=lambda c: (-(label == c).sum(), int((label == c).argmax())))
    document["by_number"].append({
        "n": n,
        "cost": float(model.inertia_),
        "silhouette": float(silhouette_score(standardised, label)),
        "centres": [rows[label == c].mean(axis=0).tolist() for c in order],
        "sizes": [int((label == c).sum()) for c in order],
    })
(HERE / "expected.json").write_text(json.dumps(document))
