#!/usr/bin/env python3
"""Verdicts of an independent validator on cards, good ones and ones changed at random.

The schema below is written from the tables of the developer guide, in JSON Schema, for the Python
package `jsonschema`. Run from this folder:  python make.py   (jsonschema 4.26.0)

Each line of oracle/cases.jsonl: the variant, the content, whether it is valid, and the places of
the validator's errors.
"""
import copy
import json
import random
from pathlib import Path

import jsonschema

HERE = Path(__file__).parent
SEED = 20261127
CASES = 500


def text(n):
    return {"type": "string", "maxLength": n}


# ECMA 262's `.`: Python's own matches everything but \n.
NAME = {"type": "string", "pattern": "[^\n\r\u2028\u2029]"}
NUMBER = {"type": "number"}


def closed(members, required=()):
    return {"type": "object", "additionalProperties": False, "properties": members, "required": list(required)}


def array(items, least=0, most=None):
    out = {"type": "array", "items": items, "minItems": least}
    if most is not None:
        out["maxItems"] = most
    return out


def metric(types, value, x, y):
    return closed({"name": NAME, "notes": text(1024), "type": {"enum": types}, "value": value, "x_axis_name": x, "y_axis_name": y}, ("name", "type", "value"))


L = text(63)
METRIC = {"anyOf": [
    metric(["number", "string", "boolean"], {"anyOf": [NUMBER, L, {"type": "boolean"}]}, L, L),
    metric(["linear_graph"], array(array(NUMBER, 2, 2), 1), L, L),
    metric(["bar_chart"], array(NUMBER, 1), array(L), L),
    metric(["matrix"], array(array(NUMBER, 1, 20), 1, 20), array(L), array(L)),
]}
ENVIRONMENT = closed({"container_image": array(text(1024))})
TRAINING_METRICS = array(closed({"name": NAME, "value": NUMBER, "notes": text(1024)}, ("name", "value")))
FREE = {"type": "object"}


def training(parameters):
    return closed({"objective_function": FREE, "training_observations": text(1024), "training_job_details": closed({
        "training_arn": text(1024), "training_datasets": array(text(1024)), "training_environment": ENVIRONMENT, "training_metrics": TRAINING_METRICS,
        "user_provided_training_metrics": TRAINING_METRICS, "hyper_parameters": parameters, "user_provided_hyper_parameters": parameters})})


SHARED = {
    "intended_uses": closed({"purpose_of_model": text(2048), "intended_uses": text(2048), "factors_affecting_model_efficiency": text(2048),
                             "risk_rating": {"enum": ["High", "Medium", "Low", "Unknown"]}, "explanations_for_risk_rating": text(2048)}),
    "business_details": closed({"business_problem": text(2048), "business_stakeholders": text(2048), "line_of_business": text(2048)}),
    "evaluation_details": array(closed({
        "name": NAME, "evaluation_observation": text(2096), "evaluation_job_arn": text(256), "datasets": array(text(1024), 0, 10),
        "metadata": {"type": "object", "additionalProperties": text(1024)},
        "metric_groups": array({"type": "object", "required": ["name", "metric_data"], "properties": {"name": NAME, "metric_data": array(METRIC)}})}, ("name",))),
    "additional_information": closed({"ethical_considerations": text(2048), "caveats_and_recommendations": text(2048),
                                      "custom_details": {"type": "object", "additionalProperties": text(1024)}}),
}
SCHEMAS = {
    "card": closed({
        "model_overview": closed({"model_id": text(1024), "model_name": text(1024), "model_description": text(1024), "model_version": {"type": "number", "minimum": 1},
                                  "problem_type": {"type": "string"}, "algorithm_type": text(1024), "model_creator": text(1024), "model_owner": text(1024),
                                  "model_artifact": array(text(1024)), "inference_environment": ENVIRONMENT}),
        # What the SDK writes; the published schema has no such section.
        "model_package_details": closed({
            "model_package_arn": text(2048), "model_package_description": text(1024), "model_package_status": text(1024), "model_approval_status": text(1024),
            "approval_description": text(1024), "model_package_group_name": text(1024), "model_package_name": text(1024), "model_package_version": NUMBER,
            "domain": text(1024), "task": text(1024), "created_by": closed({"user_profile_name": text(1024)}),
            "source_algorithms": array(closed({"algorithm_name": text(1024), "model_data_url": text(1024)}, ("algorithm_name",)), 0, 15),
            "inference_specification": closed({"containers": array(closed({
                "image": text(255), "model_data_url": text(1024), "nearest_model_name": {"type": "string"}, "model_data_source": FREE,
                "is_checkpoint": {"type": "boolean"}, "base_model": FREE}), 0, 15)}, ("containers",))}),
        "training_details": training(array(closed({"name": NAME, "value": {"type": "string"}}, ("name",)))), **SHARED}),
    "package": closed({
        "model_overview": closed({"model_creator": text(1024), "model_artifact": array(text(1024))}),
        "training_details": training(array(closed({"name": NAME, "value": NAME}, ("name", "value")))), **SHARED}),
}


def places(value, path=()):
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], path + (key,))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from places(value[index], path + (index,))


def at(value, path):
    for step in path:
        value = value[step]
    return value


KEYS = ["name", "value", "notes", "type", "metadata", "model_id", "metric_groups", "hyper_parameters", "no_such_key", "x_axis_name", "container_image", "Name"]


def junk(rng):
    return rng.choice([None, True, 0, 0.5, -1, 1, "", "\n", "\r", " ", "x", "High", "high", [], [1], [[1, 2]], [[1, 2, 3]], ["a"], {}, {"name": "n"}, "matrix", "bar_chart",
                       "linear_graph", "number", "x" * 63, "é" * 64, "x" * 256, "x" * 257, "x" * 1024, "x" * 1025, "𝒳" * 2048, "x" * 2049, "x" * 2097, 1e300, 2**53,
                       list(range(10)), ["d"] * 11, [[0] * 21], [[0]] * 21, [[0] * 20] * 20, [[]], {"name": "a", "value": 1}, {"name": "a", "value": "1"},
                       {"name": "m", "type": "number", "value": 1}, {"name": "g", "metric_data": []}])


def mutate(rng, content):
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        path = rng.choice(list(places(content)))
        value = at(content, path)
        action = rng.choice(["replace", "replace", "remove", "add", "repeat", "rename", "lengthen"])
        if action == "add" and isinstance(value, dict):
            value[rng.choice(KEYS)] = junk(rng)
        elif action == "add" and isinstance(value, list):
            value.append(junk(rng))
        elif action == "repeat" and isinstance(value, list) and value:
            value.extend(copy.deepcopy(value[-1]) for _ in range(rng.choice([1, 9, 20])))
        elif action == "lengthen" and isinstance(value, str) and path:
            at(content, path[:-1])[path[-1]] = (value or "x") * rng.choice([2, 40, 400])
        elif path:
            parent = at(content, path[:-1])
            if action == "remove":
                del parent[path[-1]]
            elif action == "rename" and isinstance(parent, dict):
                parent[rng.choice(KEYS)] = parent.pop(path[-1])
            else:
                parent[path[-1]] = junk(rng)
        elif action == "replace" and rng.random() < 0.2:
            content = junk(rng)
            if not isinstance(content, (dict, list)):
                return content
    return content


def main():
    rng = random.Random(SEED)
    bases = {"card": "good", "package": "good_package"}
    bases = {variant: [json.loads(file.read_text()) for file in sorted((HERE / folder).glob("*.json")) if file.name != "largest.json"] for variant, folder in bases.items()}
    lines, seen = [], set()
    while len(lines) < CASES:
        variant = rng.choice(["card", "card", "package"])
        base = rng.choice(bases[variant])
        base = {section: base[section] for section in rng.sample(sorted(base), min(len(base), rng.choice([1, 1, 2])))}
        content = mutate(rng, copy.deepcopy(base))
        if len(json.dumps(content)) > 4000:
            continue
        validator = jsonschema.Draft7Validator(SCHEMAS[variant])
        errors = sorted({json.dumps(list(error.absolute_path)) for error in validator.iter_errors(content)})
        line = json.dumps({"variant": variant, "valid": not errors, "errors": [json.loads(path) for path in errors], "content": content}, ensure_ascii=False, separators=(",", ":"))
        if line not in seen:
            seen.add(line)
            lines.append(line)
    (HERE / "oracle" / "cases.jsonl").write_text("\n".join(lines) + "\n")
    for variant, cards in bases.items():
        for card in cards:
            jsonschema.Draft7Validator(SCHEMAS[variant]).validate(card)
    jsonschema.Draft7Validator(SCHEMAS["card"]).validate(json.loads((HERE / "good" / "largest.json").read_text()))
    print(len(lines), "cases,", sum('"valid":true' in line for line in lines), "valid")


main()
