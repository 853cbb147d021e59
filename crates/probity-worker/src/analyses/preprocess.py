"""Hands the records of a dataset to `preprocess_handler` of a user's script, one by one, and
writes what it returns as JSON Lines. Started by the worker; arguments: the script, the form of
the records, the folder that they are in, the file to write, and of captured events the window,
two times or nothing.

What a script is given: AWS developer guide, "Preprocessing and postprocessing". A CSV record is
its line, a JSON record a dict, a captured event an object with the members below.
"""

import csv
import datetime
import gzip
import importlib.util
import inspect
import io
import json
import logging
import os
import resource
import sys

# A script that eats more is ended by the system, not the server.
MEMORY_BYTES = 4 << 30


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
    # Bytes that are no text make their event unreadable, not the file.
    return opener(path, "rt", encoding="utf-8", errors="replace", newline="")


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


def time_of(text):
    try:
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (AttributeError, ValueError):
        return None


class Events:
    """Captured events of the window, each once; what is none is counted and passed over."""

    def __init__(self, start, end):
        self.window = (time_of(start), time_of(end))
        self.seen = set()
        self.counts = {"outside": 0, "skipped": 0, "duplicates": 0}

    def records(self, stream):
        for line in stream:
            if not line.strip():
                continue
            try:
                event = json.loads(line)
                record = InferenceRecord(event)
                at, event_id = record.event_metadata.event_time, record.event_metadata.event_id
            except (ValueError, AttributeError, TypeError, RecursionError):
                self.counts["skipped"] += 1
                continue
            if not isinstance(event_id, (str, int, float, type(None))):
                self.counts["skipped"] += 1
                continue
            if self.is_outside(at):
                self.counts["outside"] += 1
            elif self.is_repeated(event_id):
                self.counts["duplicates"] += 1
            else:
                yield record

    def is_outside(self, text):
        start, end = self.window
        at = time_of(text)
        if start is None or end is None or at is None:
            return False
        if at.tzinfo is None:
            at = at.replace(tzinfo=datetime.timezone.utc)
        return not start <= at < end

    def is_repeated(self, event_id):
        if event_id is None:
            return False
        known = event_id in self.seen
        self.seen.add(event_id)
        return known


def records(form, path, events):
    with text_of(path) as stream:
        if form.startswith("csv"):
            lines = csv_lines(stream)
            if form == "csv-with-header":
                next(lines, None)
            yield from lines
        elif form == "json":
            yield from json_records(stream)
        else:
            yield from events.records(stream)


def main(script, form, place, result, start, end):
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    handler = load(script)
    takes_logger = len(inspect.signature(handler).parameters) > 1
    logger = logging.getLogger("preprocess_handler")
    events = Events(start, end)
    given = kept = 0
    with open(result, "w", encoding="utf-8") as out:
        for path in files(place):
            for record in records(form, path, events):
                given += 1
                answer = handler(record, logger) if takes_logger else handler(record)
                # An empty list drops the record.
                for row in answer if isinstance(answer, list) else [answer]:
                    if row:
                        kept += 1
                        out.write(json.dumps(row, sort_keys=True, default=str) + "\n")
    counts = {"given": given, "kept": kept, **events.counts}
    with open(result + ".counts", "w", encoding="utf-8") as out:
        json.dump(counts, out)
    print(f"preprocess_handler: {given} records given, {kept} rows kept")


if __name__ == "__main__":
    main(*sys.argv[1:])
