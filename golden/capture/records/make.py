"""Writes captured records in the shape of Amazon SageMaker's, in their key order."""
import json

METADATA = {"eventId": "f04a8538-696c-4648-8064-8b680b2e3318"}


def write(name, record):
    with open(name, "w") as file:
        file.write(json.dumps(record, separators=(",", ":")) + "\n")


write("endpoint.jsonl", {
    "captureData": {
        "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "data": "132,10,182.9,1", "encoding": "CSV"},
        "endpointOutput": {"observedContentType": "text/csv; charset=utf-8", "mode": "OUTPUT", "data": "0.036397725343704224", "encoding": "CSV"},
    },
    "eventMetadata": {**METADATA, "inferenceTime": "2022-04-18T00:21:48Z"},
    "eventVersion": "0",
})
write("merged_endpoint.jsonl", {
    "eventVersion": "0",
    "groundTruthData": {"data": "1", "encoding": "CSV"},
    "captureData": {
        "endpointInput": {"data": "132,10,182.9\n", "encoding": "CSV", "mode": "INPUT", "observedContentType": "text/csv"},
        "endpointOutput": {"data": "0.0364\n", "encoding": "CSV", "mode": "OUTPUT", "observedContentType": "text/csv; charset=utf-8"},
    },
    "eventMetadata": {**METADATA, "inferenceId": "7", "inferenceTime": "2022-04-18T00:21:48Z"},
})
write("merged_batch.jsonl", {
    "eventMetadata": METADATA,
    "eventVersion": "0",
    "groundTruthData": {"data": json.dumps({"label": 1}), "encoding": "JSON"},
    "captureData": {"batchTransformOutput": {
        "data": json.dumps({"SageMakerOutput": {"predicted_label": 0, "score": 0.0476}, "features": [29, 2]}, separators=(",", ":")),
        "encoding": "JSON",
    }},
})
