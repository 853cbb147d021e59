"""What a data scientist would run instead of `probity profile`, one tool per process.

    python rivals.py duckdb table.parquet
    python rivals.py polars table.csv
    python rivals.py scan table.parquet

duckdb: `SUMMARIZE`, as it is. polars: the same answers (count, nulls, distinct values,
minimum, maximum; for numbers mean, deviation and quartiles, approximate as SUMMARIZE's
are) on the streaming engine. scan: pyarrow decodes every column and throws it away.
Prints the number of columns that were summarised, so that nothing can be skipped unseen.
"""

import sys


def duckdb_summarize(path):
    import duckdb

    reader = "read_parquet" if path.endswith(".parquet") else "read_csv"
    return len(duckdb.sql(f"SUMMARIZE SELECT * FROM {reader}('{path}')").fetchall())


def polars_summary(path):
    import polars

    if path.endswith(".parquet"):
        table = polars.scan_parquet(path)
    else:
        # DuckDB infers from samples of the whole file; so many rows are what Polars needs
        # to see a fraction in every column that has one.
        table = polars.scan_csv(path, infer_schema_length=10_000, try_parse_dates=True)
    answers = [polars.len().alias("rows")]
    schema = table.collect_schema()
    for name, kind in schema.items():
        column = polars.col(name)
        answers += [
            column.null_count().alias(f"{name} nulls"),
            column.approx_n_unique().alias(f"{name} distinct"),
            column.min().alias(f"{name} min"),
            column.max().alias(f"{name} max"),
        ]
        if kind.is_numeric():
            answers += [
                column.mean().alias(f"{name} mean"),
                column.std(ddof=0).alias(f"{name} deviation"),
                column.approx_quantile([0.25, 0.5, 0.75]).alias(f"{name} quartiles"),
            ]
    answer = table.select(answers).collect(engine="streaming")
    assert answer.width > 4 * len(schema)
    return len(schema)


def scan(path):
    import pyarrow.parquet

    schema = pyarrow.parquet.read_schema(path)
    # Names stay codes into their dictionary; free text hardly repeats, and is read as it is.
    names = [field.name for field in schema if field.type == "string" and not field.name.startswith("text_")]
    file = pyarrow.parquet.ParquetFile(path, read_dictionary=names)
    for _ in file.iter_batches(use_threads=True):
        pass
    return len(file.schema_arrow)


TOOLS = {"duckdb": duckdb_summarize, "polars": polars_summary, "scan": scan}

if __name__ == "__main__":
    print(TOOLS[sys.argv[1]](sys.argv[2]))
