"""Hands the records of a dataset to `preprocess_handler` of a user's script, one by one, and
writes what it returns as JSON Lines. Started by the worker; arguments: the script, the form of
the records, the folder that they are in, the file to write.

What a script is given: AWS developer guide, "Preprocessing and postprocessing". A CSV record is
its line, a JSON record a dict, a captured event an object with the members below.
"""

import csv
import gzip
import importlib.util
import inspect
import io
import json
import logging
import os
import sys


class Side:
    """`endpoint_input` and its like."""

    def __init__(self, members):
        self._members = members or {}
        self.data = self._members.get("data")
        self.encoding = self._members.get("encoding")
        self.observedContentType = self._members.get("observedContentType")
        self.mode = self._members.get("mode")

    def as_dict(self):
        return self._members


class EventMetadata:
    def __init__(self, members):
        self._members = members or {}
        self.event_id = self._members.get("eventId")
        self.event_time = self._members.get("inferenceTime")
        self.inference_id = self._members.get("inferenceId")
        self.custom_attribute = self._members.get("customAttributes")

    def as_dict(self):
        return self._members


class InferenceRecord:
    def __init__(self, event):
        data = event.get("captureData", {})
        self.event_dict = event
        self.event_version = event.get("eventVersion")
        self.event_metadata = EventMetadata(event.get("eventMetadata"))
        self.endpoint_input = Side(data.get("endpointInput"))
        self.endpoint_output = Side(data.get("endpointOutput"))
        self.batch_transform_output = Side(data.get("batchTransformOutput"))
        self.ground_truth = Side(event.get("groundTruthData"))

    def as_dict(self):
        return self.event_dict


def load(path):
    folder = os.path.dirname(path)
    sys.path.insert(0, folder)
    described = importlib.util.spec_from_file_location("record_preprocessor", path)
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module.preprocess_handler


def files(place):
    if os.path.isfile(place):
        return [place]
    found = []
    for folder, _, names in os.walk(place):
        found.extend(os.path.join(folder, name) for name in names if name[0] not in "._")
    return sorted(found)


def text_of(path):
    with open(path, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    opener = gzip.open if packed else open
    return opener(path, "rt", encoding="utf-8", newline="")


def csv_lines(stream):
    """Records, not lines: a quoted field may hold line ends."""
    for row in csv.reader(stream):
        if row:
            line = io.StringIO()
            csv.writer(line, lineterminator="").writerow(row)
            yield line.getvalue()


def json_records(stream):
    text = stream.read()
    decoder = json.JSONDecoder()
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return
        value, at = decoder.raw_decode(text, at)
        yield from value if isinstance(value, list) else [value]


def records(form, path):
    with text_of(path) as stream:
        if form.startswith("csv"):
            lines = csv_lines(stream)
            if form == "csv-with-header":
                next(lines, None)
            yield from lines
        elif form == "json":
            yield from json_records(stream)
        else:
            for event in json_records(stream):
                yield InferenceRecord(event)


def main(script, form, place, result):
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    handler = load(script)
    takes_logger = len(inspect.signature(handler).parameters) > 1
    logger = logging.getLogger("preprocess_handler")
    given = kept = 0
    with open(result, "w", encoding="utf-8") as out:
        for path in files(place):
            for record in records(form, path):
                given += 1
                answer = handler(record, logger) if takes_logger else handler(record)
                # An empty list drops the record.
                for row in answer if isinstance(answer, list) else [answer]:
                    if row:
                        kept += 1
                        out.write(json.dumps(row, sort_keys=True, default=str) + "\n")
    print(f"preprocess_handler: {given} records given, {kept} kept")


if __name__ == "__main__":
    main(*sys.argv[1:])
