"""Writes expected.tsv: the bits of doubles and how Python's json module prints them;
and text.json: a document with every kind of character, as json.dump(indent=4) prints it."""

import json
import pathlib
import random
import struct

HERE = pathlib.Path(__file__).parent
RANDOM = random.Random(20261124)


def doubles():
    for power in range(-330, 309):
        yield float(f"1e{power}")
        yield float(f"9.999999999999999e{power}")
    for power in range(-1074, 1024, 7):
        yield 2.0**power
    for _ in range(500):
        yield struct.unpack(">d", RANDOM.randbytes(8))[0]
    for _ in range(300):
        yield RANDOM.uniform(-2, 2)
    yield from (0.0, -0.0, 0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, 2.0**53)


with open(HERE / "expected.tsv", "w", encoding="ascii") as table:
    for value in doubles():
        if value - value == 0.0:
            bits = struct.pack(">d", value).hex()
            table.write(f"{bits}\t{json.dumps(value)}\n")

TEXTS = {
    "version": "1.0",
    "controls": "".join(map(chr, range(0x20))),
    "ascii": "".join(map(chr, range(0x20, 0x80))),
    "latin and beyond": "é ÿ Ā ∞ − \u2028 \ufeff \uffff",
    "astral": "😀 \U00010000 \U0010ffff",
    "größe": [1, -1, 1.0, True, False, None, [], {}, [[]], {"a": {}}],
}
with open(HERE / "text.json", "w", encoding="ascii") as document:
    json.dump(TEXTS, document, indent=4)
