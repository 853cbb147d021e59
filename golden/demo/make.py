"""The model of `probity demo`: LightGBM 4 on the decisions that the demo writes, from what an
applicant says. `python make.py decisions.csv ../../crates/probity/src/command/decisions_model.txt`
"""

import sys

import lightgbm
import pandas

table = pandas.read_csv(sys.argv[1])
features = table[["sex", "region", "age", "income"]].astype({"sex": "category", "region": "category"})
parameters = {
    "objective": "binary", "num_leaves": 6, "learning_rate": 0.25, "min_data_in_leaf": 60,
    "deterministic": True, "force_row_wise": True, "num_threads": 1, "seed": 1, "verbose": -1,
    "cat_smooth": 1, "max_cat_to_onehot": 16,
}
model = lightgbm.train(parameters, lightgbm.Dataset(features, table["approved"]), 24)
model.save_model(sys.argv[2])
