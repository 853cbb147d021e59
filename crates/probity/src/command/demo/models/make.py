"""Trains the models of `probity demo` on the populations that its Rust code draws (credit.rs, demand.rs,
fraud.rs: the same formulas). Written by xgboost 3.2.0 and lightgbm 4.7.0.

    python3 crates/probity/src/command/demo/models/make.py

What a model must not decide by (sex, senior, franchise), or knows nothing of (rural), is constant in its training table, so that no tree splits on it;
it stays a column, since calls carry it for the monitors of bias.
"""

import pathlib

import lightgbm
import numpy
import xgboost

HERE = pathlib.Path(__file__).resolve().parent
ROWS = 20_000


def sigmoid(x):
    return 1 / (1 + numpy.exp(-x))


def credit(some):
    u, n = some.random, some.standard_normal
    age = numpy.floor(21 + 46 * u(ROWS) ** 1.4)
    income = numpy.exp(3.6 + 0.008 * (age - 40) + 0.38 * n(ROWS))
    employed = numpy.floor((age - 18) * u(ROWS) ** 1.7)
    debt = 0.05 + 0.6 * u(ROWS) ** 1.5
    amount = income * (0.1 + 0.5 * u(ROWS))
    late = numpy.searchsorted([0.7, 0.9, 0.97], u(ROWS))
    strength = (1.6 * (numpy.log(income) - 3.6) + 0.03 * employed - 4 * (debt - 0.28) - 0.9 * late
                - 1.2 * (amount / income - 0.35) + 0.6)
    worthy = u(ROWS) < sigmoid(2.2 * strength)
    table = numpy.column_stack([income, age, employed, debt, amount, late, numpy.zeros(ROWS)])
    return ["income", "age", "years_employed", "debt_ratio", "amount", "late_payments", "sex"], table, worthy


def fraud(some):
    u, n = some.random, some.standard_normal
    amount = numpy.exp(3.5 + n(ROWS))
    hour = numpy.floor(24 * u(ROWS))
    distance = numpy.exp(2 + 1.3 * n(ROWS))
    risk = u(ROWS) ** 2
    card_age = numpy.floor(30 + 2000 * u(ROWS))
    count = numpy.floor(6 * u(ROWS) ** 2)
    abroad = u(ROWS) < 0.12
    strength = (-3.0 + 0.5 * (numpy.log(amount) - 3.5) + 0.5 * (numpy.log(distance) - 2) + 3 * risk + 0.35 * count
                + 1.2 * abroad + 0.8 * (hour < 5))
    is_fraud = u(ROWS) < sigmoid(2 * strength)
    table = numpy.column_stack([amount, hour, distance, risk, card_age, count, abroad, numpy.zeros(ROWS)])
    return ["amount", "hour", "distance_km", "merchant_risk", "card_age_days", "payments_24h", "abroad", "senior"], table, is_fraud


def demand(some):
    u, n = some.random, some.standard_normal
    size = 0.5 + 1.5 * u(ROWS)
    price = 2 + 1.5 * u(ROWS)
    promotion = u(ROWS) < 0.15
    weekday = numpy.floor(7 * u(ROWS))
    temperature = 15 + 7 * n(ROWS)
    last_week = 40 * size * numpy.exp(0.12 * n(ROWS))
    sold = (last_week * (1 + 0.5 * promotion) * numpy.where(weekday >= 5, 1.3, 0.95) * (1 - 0.15 * (price - 2.75))
            * (1 + 0.01 * (temperature - 15)) * numpy.exp(0.07 * n(ROWS)))
    table = numpy.column_stack([price, promotion, weekday, temperature, last_week, size, numpy.zeros(ROWS), numpy.zeros(ROWS)])
    names = ["price", "promotion", "weekday", "temperature", "last_week", "shop_size", "rural", "franchise"]
    return names, table, sold


def boosted(name, population, trees, depth):
    names, table, label = population
    data = xgboost.DMatrix(table, label=label, feature_names=names)
    settings = {"objective": "binary:logistic", "max_depth": depth, "eta": 0.3, "seed": 1, "nthread": 1}
    model = xgboost.train(settings, data, num_boost_round=trees)
    model.save_model(HERE / name)


boosted("credit_1.json", credit(numpy.random.default_rng(1)), 8, 2)
boosted("credit_2.json", credit(numpy.random.default_rng(2)), 40, 3)
boosted("fraud.json", fraud(numpy.random.default_rng(3)), 40, 3)
names, table, label = demand(numpy.random.default_rng(4))
settings = {"objective": "regression", "num_leaves": 12, "learning_rate": 0.2, "seed": 1, "num_threads": 1,
            "deterministic": True, "verbose": -1}
model = lightgbm.train(settings, lightgbm.Dataset(table, label, feature_name=names), num_boost_round=50)
model.save_model(HERE / "demand.txt")
