"""Compares the Shapley values that the tools of `cargo xtask bench shap` wrote.

    python check_shap.py --tolerance 1e-3 REFERENCE.npy NAME=FILE…

A FILE is a .npy or Probity's out.csv (as many of its first columns as the reference has). Prints a
line for each with the largest difference, in units of the largest value; exit code 1 if one is
beyond the tolerance, is no number, or has another shape.
"""

import argparse
import sys

import numpy


def read(path, columns):
    if path.endswith(".npy"):
        return numpy.load(path)
    return numpy.loadtxt(path, delimiter=",", skiprows=1, usecols=range(columns), ndmin=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tolerance", type=float, required=True)
    parser.add_argument("reference")
    parser.add_argument("others", nargs="*")
    arguments = parser.parse_args()

    reference = numpy.load(arguments.reference).astype(numpy.float64)
    unit = numpy.abs(reference).max()
    wrong = not numpy.isfinite(reference).all()
    for other in arguments.others:
        name, _, path = other.partition("=")
        values = read(path, reference.shape[1])
        if values.shape != reference.shape:
            print(f"- {name}: {values.shape} values, where {reference.shape} were expected")
            wrong = True
            continue
        difference = numpy.abs(values - reference).max() / unit
        is_close = difference <= arguments.tolerance  # false for NaN
        wrong = wrong or not is_close
        print(f"- {name}: {difference:.1e}{'' if is_close else ', beyond the tolerance'}")
    sys.exit(int(wrong))


if __name__ == "__main__":
    main()
