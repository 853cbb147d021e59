"""Rows in equally wide buckets by NumPy, and the buckets' centres.

Run with CPython 3.11.7 and numpy 2.4.6; seed 20261127.
"""

import json
import pathlib

import numpy

HERE = pathlib.Path(__file__).parent
generator = numpy.random.default_rng(20261127)
columns = [
    generator.normal(size=500),
    generator.exponential(size=300) * 1e6,
    numpy.round(generator.uniform(0, 3, 400), 1),
    numpy.arange(0, 101) / 10,
    numpy.array([1e15, 1e15 + 1, 1e15 + 7]),
]
document = []
for column in columns:
    for n in [1, 10, 15]:
        counts, edges = numpy.histogram(column, bins=n)
        centres = (edges[:-1] + edges[1:]) / 2
        document.append({"values": column.tolist(), "resolution": n,
                         "counts": counts.tolist(), "centres": centres.tolist()})
(HERE / "expected.json").write_text(json.dumps(document))
