"""Trains the model that drivers deploy: `label` from gender, age and income, in the made-up
population of `_aws.rows`. Written by xgboost 3.2.0.

    python3 compat/models/make.py
"""

import pathlib
import random

import numpy
import xgboost

HERE = pathlib.Path(__file__).resolve().parent


def rows(count, seed):
    made = random.Random(seed)
    for _ in range(count):
        gender = made.randint(0, 1)
        age = made.randint(18, 80)
        income = round(made.gauss(50 + 8 * gender, 12), 2)
        label = 1 if income + 0.2 * age + 6 * gender + made.gauss(0, 4) > 68 else 0
        yield label, gender, age, income


table = numpy.array(list(rows(4000, 5)))
data = xgboost.DMatrix(table[:, 1:], label=table[:, 0], feature_names=["gender", "age", "income"])
model = xgboost.train(
    {"objective": "binary:logistic", "max_depth": 3, "eta": 0.3, "seed": 1, "nthread": 1},
    data, num_boost_round=20)
model.save_model(HERE / "loan.json")
