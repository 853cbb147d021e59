"""The SageMaker Python SDK reads what the command writes, and the command reads what the SDK
wrote back.

needs: packages
"""

import csv
import shutil
import sys
from unittest import mock

import sdk_documents
from _program import TABLES, probity, run, scenario


def satisfied(folder):
    """Loads every document of a folder with the SDK; leaves its edited constraints there."""
    bucket = sdk_documents.Bucket()
    with mock.patch("sagemaker.s3.S3Uploader", bucket), mock.patch("sagemaker.s3.S3Downloader", bucket):
        sdk_documents.check_folder(folder, bucket)


def awkward_table(path):
    """Columns of every type, with gaps, numbers that are none, and quotes in a name."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["whole", "fraction", "flag", "colour", "words", "nothing", "not a \"number\"", "größe, ° "])
        for row in range(500):
            writer.writerow([
                row - 250,
                "" if row % 7 == 0 else row / 8,
                ["true", "false"][row % 2],
                ["red", "green", "blue"][row % 3],
                f"sentence number {row}",
                "",
                ["NaN", "Infinity", "1.5"][row % 3],
                1e300 * row,
            ])
    return path


@scenario
def sdk_loads_the_documents_of_a_baseline(folder):
    for table in ["breast_cancer", "wine", "diabetes"]:
        probity("baseline", TABLES / f"{table}.csv", "-o", folder / table, "--quiet")
        satisfied(folder / table)


@scenario
def sdk_loads_the_documents_of_an_awkward_table(folder):
    probity("baseline", awkward_table(folder / "awkward.csv"), "-o", folder / "baseline", "--quiet")
    satisfied(folder / "baseline")


@scenario
def sdk_loads_the_documents_of_a_check_with_violations(folder):
    probity("baseline", TABLES / "wine.csv", "-o", folder / "baseline", "--quiet")
    table = (TABLES / "wine.csv").read_text().splitlines()
    # Other wines: the first third of the table is one cultivar.
    (folder / "one-cultivar.csv").write_text("\n".join(table[:60]) + "\n")
    probity("check", folder / "one-cultivar.csv", "--baseline", folder / "baseline", "-o", folder / "check",
            "--quiet", code=1)
    satisfied(folder / "check")


@scenario
def sdk_loads_the_documents_of_a_clean_check(folder):
    probity("check", TABLES / "wine.csv", "--baseline", TABLES / "wine.csv", "-o", folder / "check", "--quiet")
    satisfied(folder / "check")


@scenario
def constraints_that_the_sdk_switched_off_are_off(folder):
    probity("baseline", TABLES / "wine.csv", "-o", folder / "baseline", "--quiet")
    satisfied(folder / "baseline")
    shutil.move(folder / "baseline" / "constraints.sdk.json", folder / "baseline" / "constraints.json")
    table = (TABLES / "wine.csv").read_text().splitlines()
    (folder / "one-cultivar.csv").write_text("\n".join(table[:60]) + "\n")
    probity("check", folder / "one-cultivar.csv", "--baseline", folder / "baseline")


if __name__ == "__main__":
    sys.exit(run())
