"""The built program as a black box, and the scenarios that drivers tell about it.

A driver collects functions with @scenario and ends with `sys.exit(run())`. Each scenario
gets an empty folder of its own and prints one line: `ok`, `not ok` or `skip`. The standard
library only.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLES = ROOT / "golden" / "tables"
# Long enough for an unoptimised build on a busy machine; it only ends what hangs.
SECONDS = 300

SCENARIOS = []


class Skip(Exception):
    """A scenario that cannot be tried here, with the reason."""


def scenario(function):
    SCENARIOS.append(function)
    return function


def program():
    return os.environ["PROBITY_BIN"]


class Result:
    def __init__(self, command, finished):
        self.command = command
        self.code = finished.returncode
        self.stdout = finished.stdout.decode("utf-8")
        self.stderr = finished.stderr.decode("utf-8")

    def __str__(self):
        return (f"probity {' '.join(map(str, self.command))}\nexit code {self.code}\n"
                f"stdout: {self.stdout[-1500:]}\nstderr: {self.stderr[-1500:]}")


def probity(*arguments, code=0, stdin=None, folder=None, environment=None):
    """Runs the program and demands its exit code. Standard input is empty unless given."""
    finished = subprocess.run(
        [program(), *map(str, arguments)],
        input=stdin if stdin is not None else b"",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=SECONDS,
        cwd=folder,
        env={**os.environ, **(environment or {})},
    )
    result = Result(arguments, finished)
    assert result.code == code, f"expected exit code {code}\n{result}"
    assert "panicked" not in result.stderr, str(result)
    return result


def title(function):
    return function.__name__.replace("_", " ")


def run():
    """Runs every scenario, or those whose title holds the driver's first argument."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    scratch = pathlib.Path(os.environ["PROBITY_SCRATCH"]).resolve()
    failures = 0
    for function in SCENARIOS:
        if wanted not in title(function):
            continue
        folder = scratch / re.sub(r"\W", "_", function.__name__)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            function(folder)
        except Skip as reason:
            print(f"skip {title(function)}: {reason}", flush=True)
        except Exception as error:
            failures += 1
            where = traceback.extract_tb(error.__traceback__)[1]
            text = f"{type(error).__name__}: {error}".strip().replace("\n", "\n  ")
            print(f"not ok {title(function)}: line {where.lineno}: {text}", flush=True)
        else:
            print(f"ok {title(function)}", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if failures else 0
