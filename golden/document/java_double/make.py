"""Texts of doubles as the JVM prints them: `python3 make.py` (needs a JDK, 11 or later).

Writes `expected.tsv`: the bits of a double in hexadecimal, a tab, `Double.toString`. JDK 18
and older print more digits than needed for some doubles (JDK-4511638); those lines are left
out by an independent measure: Python's `repr` gives the fewest digits.
"""

import pathlib
import random
import struct
import subprocess
import tempfile

JAVA = """
import java.nio.file.*;
public class Print {
  public static void main(String[] arguments) throws Exception {
    StringBuilder out = new StringBuilder();
    for (String line : Files.readAllLines(Path.of(arguments[0]))) {
      double value = Double.longBitsToDouble(Long.parseUnsignedLong(line, 16));
      out.append(line).append('\\t').append(Double.toString(value)).append('\\n');
    }
    System.out.print(out);
  }
}
"""


def digits(text):
    mantissa = text.lower().split("e")[0].lstrip("-").replace(".", "")
    return mantissa.strip("0") or "0"


def values():
    source = random.Random(20261124)
    yield from [0.0, -0.0, 1.0, 0.1, 1e-3, 9.99e-4, 1e7, 9999999.0, 9999999.999999998, 1e10, 1e-5]
    yield from [60.379999999999995, 1970 / 1977 * 100, 353 / 354 * 100, 0.2711598746081505]
    yield from [420468.3999999996, 1.8399999999999999, 2048.0, 5e-324, 1.7976931348623157e308]
    yield from [float("nan"), float("inf"), float("-inf"), 2.2250738585072014e-308]
    for _ in range(600):
        yield source.uniform(-1000, 1000)
    for _ in range(300):
        yield round(source.uniform(-1000, 1000), source.randrange(6))
    for power in range(-30, 31):
        yield source.randrange(1, 10) * 10.0**power
    for _ in range(600):
        yield struct.unpack(">d", source.randbytes(8))[0]


def main():
    folder = pathlib.Path(__file__).parent
    with tempfile.TemporaryDirectory() as scratch:
        program = pathlib.Path(scratch) / "Print.java"
        program.write_text(JAVA)
        bits = pathlib.Path(scratch) / "bits"
        lines = [struct.pack(">d", value).hex() for value in values()]
        bits.write_text("\n".join(lines))
        printed = subprocess.run(
            ["java", str(program), str(bits)], check=True, capture_output=True, text=True
        ).stdout
    kept = []
    for line in printed.splitlines():
        bits_text, text = line.split("\t")
        value = struct.unpack(">d", bytes.fromhex(bits_text))[0]
        shortest = value != value or value in (float("inf"), float("-inf")) or digits(repr(value)) == digits(text)
        # The smallest subnormal has two digits in every JDK, one in Python.
        if shortest or value == 5e-324:
            kept.append(line)
    (folder / "expected.tsv").write_text("\n".join(kept) + "\n")
    print(f"{len(lines)} doubles, {len(lines) - len(kept)} printed too long by this JDK")


main()
