"""Generates the tables of the benches. The same arguments give the same values on any
machine: every chunk of rows has a random stream of its own, seeded by its position.

    python generate.py profile --rows 1000000 --output table.parquet
    python generate.py wide --rows 10000 --columns 10000 --output wide.csv
    python generate.py bias --rows 1000000 --output loans.parquet
    python generate.py scored --rows 1000000 --output scored.csv

The format is that of the file's extension: .csv or .parquet.
"""

import argparse
import pathlib

import numpy
import pyarrow
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

SEED = 20_261_124
# Rows per chunk, and rows per row group of Parquet files.
CHUNK = 125_000

NUMERIC = 30
CARDINALITIES = [2, 3, 5, 8, 12, 20, 50, 100, 200, 500, 1_000, 5_000, 10_000, 50_000, 100_000]
FREE_TEXT = 3
START_OF_TIME = 1_735_689_600  # 2025-01-01 in seconds
YEAR = 365 * 86_400

SYLLABLES = ["ba", "co", "di", "fu", "ga", "hel", "in", "jo", "ka", "lu", "mo", "nor", "ost", "pri", "qua", "ru"]


def vocabulary():
    """4,096 words of two or three syllables."""
    pairs = [first + second for first in SYLLABLES for second in SYLLABLES]
    return pyarrow.array([pair + SYLLABLES[number % 16] if number % 3 else pair
                          for number in range(16) for pair in pairs])


def with_nulls(stream, values, share):
    """Values as an Arrow array in which about a share of the rows is null."""
    missing = stream.random(len(values)) < share if share else None
    return pyarrow.array(values, mask=missing)


def numeric(stream, index, rows):
    """Thirty columns in ten shapes: symmetric, skewed, heavy-tailed, bounded, whole, rounded."""
    shape = index % 10
    if shape == 0:
        values = stream.normal(50.0 + index, 12.0, rows)
    elif shape == 1:
        values = stream.lognormal(3.0, 1.0, rows)
    elif shape == 2:
        values = stream.exponential(250.0, rows)
    elif shape == 3:
        values = stream.standard_t(3, rows) * 10.0
    elif shape == 4:
        values = stream.beta(0.5, 4.0, rows)
    elif shape == 5:
        values = numpy.round(stream.lognormal(4.0, 0.8, rows), 2)  # prices
    elif shape == 6:
        values = stream.poisson(3.0 + index, rows).astype(numpy.int64)
    elif shape == 7:
        values = numpy.minimum(stream.zipf(1.6, rows), 10_000_000).astype(numpy.int64)
    elif shape == 8:
        values = stream.integers(0, 100, rows)
    else:
        values = stream.integers(-1_000_000_000, 1_000_000_000, rows)
    return with_nulls(stream, values, [0.0, 0.01, 0.2][index // 10])


def categorical(stream, index, rows):
    """Names whose popularity falls with their number, so that some are rare."""
    cardinality = CARDINALITIES[index]
    position = (cardinality * stream.random(rows) ** 2.5).astype(numpy.int32)
    names = pyarrow.array([f"{chr(97 + index)}-{number:06d}" for number in range(cardinality)])
    return names.take(with_nulls(stream, position, 0.03 if index % 3 == 0 else 0.0))


def free_text(stream, words, rows):
    """Sentences of four to nine words; a few rows have none."""
    length = stream.integers(4, 10, rows)
    parts = []
    for place in range(9):
        chosen = stream.integers(0, len(words), rows)
        parts.append(words.take(pyarrow.array(chosen, mask=place >= length)))
    text = pyarrow.compute.binary_join_element_wise(*parts, " ", null_handling="skip")
    missing = pyarrow.array(stream.random(rows) < 0.02)
    return pyarrow.compute.if_else(missing, pyarrow.scalar(None, pyarrow.string()), text)


def timestamps(stream, rows, resolution):
    """Moments of one year, whole in a unit of so many microseconds."""
    values = START_OF_TIME * 1_000_000 + stream.integers(0, YEAR * 1_000_000 // resolution, rows) * resolution
    return pyarrow.array(values).cast(pyarrow.timestamp("us"))


def profile_chunk(number, rows):
    stream = numpy.random.Generator(numpy.random.PCG64([SEED, number]))
    words = vocabulary()
    columns = {}
    for index in range(NUMERIC):
        columns[f"number_{index:02d}"] = numeric(stream, index, rows)
    for index, cardinality in enumerate(CARDINALITIES):
        columns[f"category_{cardinality}"] = categorical(stream, index, rows)
    for index in range(FREE_TEXT):
        columns[f"text_{index}"] = free_text(stream, words, rows)
    columns["created_at"] = timestamps(stream, rows, 1_000_000)
    columns["seen_at"] = timestamps(stream, rows, 1)
    return pyarrow.table(columns)


def wide_chunk(number, rows, count):
    """Four in five columns are numbers, one in five holds twelve names."""
    stream = numpy.random.Generator(numpy.random.PCG64([SEED, 1, number]))
    columns = {}
    for index in range(count):
        if index % 5 == 4:
            columns[f"feature_{index:05d}"] = categorical(stream, 4, rows)
        else:
            columns[f"feature_{index:05d}"] = numeric(stream, (index * 7) % NUMERIC, rows)
    return pyarrow.table(columns)


def bias_chunk(number, rows):
    """Decisions on loans: label, decision, facet, subgroups, and thirteen numeric features."""
    stream = numpy.random.Generator(numpy.random.PCG64([SEED, 2, number]))
    is_f = stream.random(rows) < 0.45
    features = stream.normal(0.0, 1.0, (13, rows))
    score = features[:4].sum(axis=0) - 0.5 * is_f + stream.normal(0.0, 1.0, rows)
    columns = {
        "label": (score > 0.3).astype(numpy.int64),
        "predicted": (score + stream.normal(-0.2 * is_f, 1.0) > 0.3).astype(numpy.int64),
        "sex": pyarrow.array(["M", "F"]).take(pyarrow.array(is_f.astype(numpy.int32))),
        "district": stream.integers(0, 50, rows),
    }
    for index, values in enumerate(features):
        columns[f"feature_{index:02d}"] = values
    return pyarrow.table(columns)


def scored_chunk(number, rows):
    """Labels and the probabilities of a classifier that is somewhat too sure."""
    stream = numpy.random.Generator(numpy.random.PCG64([SEED, 3, number]))
    truth = stream.normal(0.0, 1.5, rows)
    label = stream.random(rows) < 1 / (1 + numpy.exp(-truth))
    probability = 1 / (1 + numpy.exp(-1.3 * truth - stream.normal(0.0, 0.5, rows)))
    return pyarrow.table({"label": label.astype(numpy.int64), "probability": probability})


def chunks(arguments):
    for number, start in enumerate(range(0, arguments.rows, CHUNK)):
        rows = min(CHUNK, arguments.rows - start)
        if arguments.table == "wide":
            yield wide_chunk(number, rows, arguments.columns)
        else:
            yield CHUNKS[arguments.table](number, rows)


CHUNKS = {"profile": profile_chunk, "bias": bias_chunk, "scored": scored_chunk}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=["wide", *CHUNKS])
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--columns", type=int, default=10_000)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    unfinished = arguments.output.with_name("unfinished-" + arguments.output.name)
    writer = None
    for chunk in chunks(arguments):
        if writer is None and arguments.output.suffix == ".csv":
            options = pyarrow.csv.WriteOptions(quoting_style="needed")
            writer = pyarrow.csv.CSVWriter(unfinished, chunk.schema, write_options=options)
        elif writer is None:
            writer = pyarrow.parquet.ParquetWriter(unfinished, chunk.schema)
        writer.write_table(chunk)
    writer.close()
    unfinished.rename(arguments.output)


if __name__ == "__main__":
    main()
