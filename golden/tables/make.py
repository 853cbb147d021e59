"""Exports the public tables that scikit-learn ships, for the drivers in compat/.

    python make.py            # writes beside this file

Kept as a record; no test runs it. Versions are in PROVENANCE.md.
"""

import pathlib

import pyarrow
import pyarrow.parquet
from sklearn import datasets

FOLDER = pathlib.Path(__file__).parent

TABLES = {
    "breast_cancer": datasets.load_breast_cancer(as_frame=True),
    "wine": datasets.load_wine(as_frame=True),
    # The measurements as taken, not the centred and scaled ones.
    "diabetes": datasets.load_diabetes(as_frame=True, scaled=False),
}


def main():
    for name, table in TABLES.items():
        # The shortest text that reads back as the same number.
        table.frame.to_csv(FOLDER / f"{name}.csv", index=False)
    wine = pyarrow.Table.from_pandas(TABLES["wine"].frame, preserve_index=False)
    pyarrow.parquet.write_table(wine, FOLDER / "wine.parquet", row_group_size=64)


if __name__ == "__main__":
    main()
