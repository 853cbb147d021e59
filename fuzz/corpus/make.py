"""Makes the first inputs of the fuzz corpus. Kept so that one can see where they come from;
never run by the tests. Inputs with other names were found by fuzzing and are not made here.

Run in this folder with Python 3 and pyarrow 26.0.1: python make.py
"""

import gzip
import io
import json
import pathlib
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent
CAPTURES = HERE.parents[1] / "golden" / "capture" / "records"
MODELS = HERE.parents[1] / "golden" / "models"
DOCUMENTS = HERE.parents[1] / "golden" / "document"
REQUESTS = HERE.parents[1] / "golden" / "wire" / "requests"


def write(target, name, content):
    folder = HERE / target
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def csv():
    write("csv", "plain.csv", "id,name,price\n1,tea,1.50\n2,coffee,2e0\n3,,\n")
    write("csv", "quoted.csv", 'a,b\n"x, y","say ""hi"""\n"two\nlines",""\nit\'s 5" long,z\n')
    write("csv", "crlf_bom.csv", b"\xef\xbb\xbfa;b;c\r\n1;2;3\r\n\r\n4;5;6\r\n")
    write("csv", "tabs.tsv", "a\tb\n1\t2\n\t\n")
    write("csv", "pipes.csv", "a|b|a\n1|2|3\n")
    write("csv", "no_header.csv", "0.5,1,setosa\n0.25,2,virginica\n")
    write("csv", "no_last_newline.csv", "a\n1\n2")
    write("csv", "ragged.csv", "a,b\n1\n1,2,3\n")
    write("csv", "unclosed.csv", 'a,b\n1,"2\n3,4\n')
    write("csv", "latin1.csv", "name\ngröße\n".encode("latin-1"))
    write("csv", "wide.csv", ",".join(f"c{i}" for i in range(300)) + "\n" + ",".join(map(str, range(300))) + "\n")


def json_records():
    records = [
        {"id": 1, "name": "tea", "price": 1.5, "sold": True, "note": None},
        {"id": 2, "name": "cof\u00ff\u2028ee \U0001f600 \"x\"", "late": -0.0},
        {"price": 1e308, "nested": {"a": {"b": [1, 2, {"c": "d"}]}}},
    ]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    for target in ("json", "json_lines"):
        write(target, "flat.jsonl", lines.split("\n")[0] + "\n" + lines.split("\n")[1])
        write(target, "nested.jsonl", lines)
        write(target, "escaped.jsonl", '{"\\u0061\\n":"\\ud83d\\ude00\\\\","b":"\\/"}\r\n')
        write(target, "twice.jsonl", '{"a":1,"a":2}\n{"a.b":1,"a":{"b":2}}\n')
        write(target, "array.json", json.dumps(records, indent=2))
        write(target, "one_object.json", json.dumps(records[0], indent=1))
        write(target, "features.jsonl", '{"features":[1,2.5,"x"]}\n{"features":[]}\n')
        write(target, "numbers.jsonl", '{"a":1E+5,"b":-0,"c":1.50,"d":123456789012345678901234567890}\n')
        write(target, "broken.json", '[{"a":1},{"a":')


def capture():
    for path in sorted(CAPTURES.glob("*.jsonl")):
        write("capture", path.name, path.read_bytes())

    def event(request, response):
        side = lambda mode, data, encoding: {
            "observedContentType": None, "mode": mode, "data": data, "encoding": encoding}
        return json.dumps({
            "captureData": {
                "endpointInput": side("INPUT", *request),
                "endpointOutput": side("OUTPUT", *response),
            },
            "eventMetadata": {"eventId": "0", "inferenceTime": "2024-01-01T00:00:00Z"},
            "eventVersion": "0",
        }) + "\n"

    write("capture", "batch.jsonl", event(("1,2\n3,4\n", "CSV"), ("0.1\n0.2\n", "CSV")))
    write("capture", "json.jsonl", event(('{"a":1}', "JSON"), ('{"score":0.5}', "JSON")))
    write("capture", "instances.jsonl", event(('{"instances":[{"a":1}]}', "JSON"), ("[0.5]", "JSON")))
    write("capture", "base64.jsonl", event(("MSwy", "BASE64"), ("MC41", "BASE64")))
    write("capture", "mixed.jsonl", event(("1,2", "CSV"), ('{"score":0.5}', "JSON")))


def record_columns():
    records = [{"f": [1, 2.5, "x"], "a": 1}, {"f": [3, None, "y"], "a": None, "p": [0.1, 0.9]}]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    write("record_columns", "lines.jsonl", "lines;f;a\n" + lines)
    write("record_columns", "names.jsonl", "lines;[a,f[0]];p\n" + lines)
    write("record_columns", "array.json", "json;[*].f;[*].a\n" + json.dumps(records))
    write("record_columns", "inner.json", "json;d.r[].f;d.r[].a\n" + json.dumps({"d": {"r": [records, []]}}))
    write("record_columns", "apart.json", 'json;x;y\n{"x":[[1.50,2],[3,4]],"y":["a",null]}')
    side = lambda data, encoding="JSON": {"data": data, "encoding": encoding}
    batch = {"endpointInput": side(json.dumps({"i": records})), "endpointOutput": side('{"p":[0.1,0.9]}')}
    event = {"captureData": batch, "groundTruthData": side("1\n0", "CSV"), "eventVersion": "0"}
    write("record_columns", "merged.jsonl", "merged;i[*].f;a\n" + json.dumps(event) + "\n")
    write("record_columns", "capture.jsonl", "capture;i[*].f;p\n" + json.dumps(event) + "\n")


def parquet():
    numbers = {"i": [1, None, 3] * 20, "f": [0.5, float("nan"), float("-inf")] * 20, "b": [True, False, None] * 20}
    texts = {"s": ["x", "", None, "größe"] * 15, "d": pa.array(["a", "b", "a", None] * 15).dictionary_encode()}
    nested = {"n": pa.array([{"a": 1, "b": {"c": "x"}}, None] * 30), "l": pa.array([[1, 2], []] * 30)}
    times = {"t": pa.array([0, 10**9] * 30, pa.timestamp("us", "UTC")), "day": pa.array([1, None] * 30, pa.date32())}

    def table(name, columns, **options):
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table(columns), sink, **options)
        write("parquet", name, sink.getvalue().to_pybytes())

    table("numbers.parquet", numbers, compression="none")
    table("texts.parquet", texts, compression="snappy")
    table("groups.parquet", texts, row_group_size=7, compression="none", data_page_version="2.0")
    table("plain.parquet", texts, use_dictionary=False, compression="gzip")
    table("nested.parquet", {**numbers, **{"n": nested["n"]}}, compression="none")
    table("list.parquet", nested, compression="zstd")
    table("times.parquet", times, compression="none")
    table("empty.parquet", {"a": pa.array([], pa.int64())})


def documents():
    for target in ("statistics", "constraints"):
        for path in sorted((DOCUMENTS / target).rglob("*.json")):
            write(target, "_".join(path.relative_to(DOCUMENTS / target).parts), path.read_bytes())


def models():
    for source, name in [
        ("xgboost/hinge.json", "xgboost.json"),
        ("xgboost/categorical.ubj", "xgboost_categorical.ubj"),
        ("xgboost/vector_leaf.ubj", "xgboost_vector_leaf.ubj"),
        ("xgboost/linear_binary.ubj", "xgboost_linear.ubj"),
        ("xgboost17/forest.ubj", "xgboost17_forest.ubj"),
        ("lightgbm/l1.txt", "lightgbm.txt"),
        ("lightgbm/categorical.txt", "lightgbm_categorical.txt"),
        ("catboost/regression.json", "catboost.json"),
        ("catboost/depthwise_multiclass.json", "catboost_nested.json"),
    ]:
        write("model", name, (MODELS / source).read_bytes())


def model_archives():
    def packed(names, form):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
            for name, content in names:
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return buffer.getvalue()

    model = (MODELS / "xgboost/linear_binary.ubj").read_bytes()
    long = "d" * 150 + "/model.ubj"
    two = packed([("a.txt", b"x"), ("model.ubj", model)], tarfile.GNU_FORMAT)
    write("model_archive", "plain.tar", packed([("xgboost-model", model)], tarfile.USTAR_FORMAT))
    write("model_archive", "gnu_long_name.tar", packed([(long, model)], tarfile.GNU_FORMAT))
    write("model_archive", "pax_long_name.tar", packed([(long, model)], tarfile.PAX_FORMAT))
    write("model_archive", "two.tar.gz", gzip.compress(two, 9, mtime=0))
    write("model_archive", "single.gz", gzip.compress(model, 9, mtime=0))


def wire():
    def target(name, body, service="SageMaker"):
        write("wire", name + ".txt", f"POST /\nX-Amz-Target: {service}.{name}\n\n{body}")

    for path in sorted(REQUESTS.glob("*.json")):
        body = json.loads(path.read_text())
        target(path.stem.split("-")[0], json.dumps(body[0] if isinstance(body, list) else body))
    times = {"CreationTimeAfter": "2026-11-27T00:00:00Z", "MaxResults": 5, "SortBy": "Name"}
    target("ListModels", json.dumps(times))
    target("PutMetricData", json.dumps({"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.5}]}),
           "GraniteServiceVersion20100801")
    write("wire", "gzip.txt", b"POST /\nX-Amz-Target: GraniteServiceVersion20100801.ListMetrics\nContent-Encoding: gzip\n\n"
          + gzip.compress(b"{}", mtime=0))
    write("wire", "metrics.txt", "PUT /BatchPutMetrics\n\n" + json.dumps(
        {"TrialComponentName": "t", "MetricData": [{"MetricName": "m", "Timestamp": 1, "Value": 1.0, "Step": 0}]}))
    form = "POST /\nContent-Type: application/x-www-form-urlencoded\n\n"
    write("wire", "form.txt", form + "Action=GetCallerIdentity&Version=2011-06-15")
    write("wire", "form_list.txt", form + "Action=PutMetricData&Version=2010-08-01&Namespace=n&MetricData.member.1.MetricName=m"
          "&MetricData.member.1.Dimensions.member.1.Name=d&MetricData.member.1.Value=1")
    write("wire", "presigned.txt", "GET /endpoints/x?X-Amz-Credential=a%2F20261127%2Fus-east-1%2Fsagemaker%2Faws4_request\n\n")


if __name__ == "__main__":
    csv()
    json_records()
    capture()
    record_columns()
    parquet()
    documents()
    # The states themselves are made by the harness, since their bytes change with their version.
    write("summary_state", "no_state.txt", "probity")
    models()
    model_archives()
    wire()
