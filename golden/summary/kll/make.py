"""Levels of a KLL sketch by the published algorithm of Deequ 2.0.2, step by step.

A plain transcription of the description in docs (capacities, one compaction when the sketch
holds more than the sum of its capacities, offset rule, merge), item by item, with no thought
of speed: the oracle of crates/probity-metrics/tests/it/summary_kll.rs.

Run: python3 make.py > expected.json
"""

import hashlib
import json
import math
import struct

MASK = (1 << 64) - 1


def splitmix64(seed):
    """Steele, Lea, Flood (2014); the test has the same generator."""
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def values(kind, seed, n):
    bits = splitmix64(seed)
    for i in range(n):
        word = next(bits)
        if kind == "uniform":
            yield (word >> 11) * 2.0**-53
        elif kind == "discrete":
            yield float(word % 50)
        elif kind == "decimal":
            yield (word % 100_000) / 100.0 - 300.0
        elif kind == "rising":
            yield float(i)
        elif kind == "falling":
            yield float(n - i)


class Compactor:
    def __init__(self):
        self.items = []
        self.n_compactions = 0
        self.offset = 0

    def compact(self):
        if self.n_compactions % 2 == 1:
            self.offset = 1 - self.offset
        even = len(self.items) - len(self.items) % 2
        output = sorted(self.items[:even])[self.offset :: 2]
        self.items = self.items[even:]
        self.n_compactions += 1
        return output


class Sketch:
    def __init__(self, k, c):
        self.k, self.c = k, c
        self.levels = [Compactor()]

    def capacity(self, height):
        return 2 * (math.ceil(self.k * self.c**height / 2) + 1)

    def total_capacity(self):
        return sum(self.capacity(h) for h in range(len(self.levels)))

    def n_items(self):
        return sum(len(level.items) for level in self.levels)

    def push(self, value):
        self.levels[0].items.append(value)
        if self.n_items() > self.total_capacity():
            self.condense()

    def condense(self):
        for height, level in enumerate(self.levels):
            if len(level.items) >= self.capacity(height):
                if height + 1 == len(self.levels):
                    self.levels.append(Compactor())
                self.levels[height + 1].items.extend(level.compact())
                return

    def merge(self, other):
        while len(self.levels) < len(other.levels):
            self.levels.append(Compactor())
        for ours, theirs in zip(self.levels, other.levels):
            ours.items.extend(theirs.items)
        while self.n_items() >= self.total_capacity():
            self.condense()


def digest(items):
    return hashlib.sha256(b"".join(struct.pack("<d", item) for item in items)).hexdigest()


def case(k, parts):
    sketches = []
    for kind, seed, n in parts:
        sketch = Sketch(k, 0.64)
        for value in values(kind, seed, n):
            sketch.push(value)
        sketches.append(sketch)
    whole = sketches[0]
    for sketch in sketches[1:]:
        whole.merge(sketch)
    levels = [level.items for level in whole.levels]
    result = {
        "k": k,
        "c": 0.64,
        "parts": [{"kind": kind, "seed": seed, "n": n} for kind, seed, n in parts],
        "lengths": [len(level) for level in levels],
        "sha256": [digest(level) for level in levels],
    }
    if sum(result["lengths"]) < 400:
        result["levels"] = levels
    return result


CASES = [
    (2048, [("uniform", 1, 2050)]),
    (2048, [("uniform", 1, 2051)]),
    (2048, [("decimal", 2, 2333)]),
    (2048, [("uniform", 3, 60_000)]),
    (2048, [("discrete", 4, 60_000)]),
    (2048, [("rising", 0, 40_000)]),
    (2048, [("uniform", 5, 20_000), ("uniform", 6, 20_000)]),
    (2048, [("decimal", 7, 3_000), ("decimal", 8, 50_000), ("discrete", 9, 100)]),
    (32, [("uniform", 10, 10_000)]),
    (32, [("decimal", 11, 777)]),
    (32, [("falling", 0, 5_000)]),
    (32, [("discrete", 12, 1_000), ("discrete", 13, 1_001), ("discrete", 14, 17)]),
    (8, [("uniform", seed, 100 + seed) for seed in range(20, 40)]),
    (1, [("uniform", 15, 1_000)]),
]

if __name__ == "__main__":
    print(json.dumps([case(k, parts) for k, parts in CASES], indent=1))
