"""Reads Sparkplug payloads, one per line as base64, and writes each as a line of JSON. Numbers of 64 bits are text.

Its arguments are the folder in which protoc has put what it made of sparkplug_b.proto, and the file with the lines.
"""

import base64
import json
import sys

sys.path.insert(0, sys.argv[1])
from sparkplug_b_pb2 import Payload  # noqa: E402

INT64 = 4


def value_of(message, datatype):
    field = message.WhichOneof("value")
    if field is None:
        return None
    value = getattr(message, field)
    if datatype == INT64 and value >= 2**63:
        value -= 2**64
    return str(value) if field == "long_value" else value


def metric_of(metric, types):
    if metric.HasField("datatype"):
        types[metric.name] = metric.datatype
    return {
        "name": metric.name,
        "field": metric.WhichOneof("value"),
        "value": value_of(metric, types.get(metric.name)),
        "null": metric.is_null,
        "type": metric.datatype if metric.HasField("datatype") else None,
        "atMs": metric.timestamp,
        "historical": metric.is_historical,
        "properties": dict(
            (key, value_of(value, value.type))
            for key, value in zip(metric.properties.keys, metric.properties.values)
        ),
    }


types = {}
for line in open(sys.argv[2]):
    data = base64.b64decode(line)
    payload = Payload.FromString(data)
    payload.DiscardUnknownFields()
    decoded = {
        "seq": payload.seq if payload.HasField("seq") else None,
        "atMs": payload.timestamp if payload.HasField("timestamp") else None,
        "metrics": [metric_of(metric, types) for metric in payload.metrics],
        # What no definition names would be missing now.
        "whole": payload.ByteSize() == len(data),
    }
    print(json.dumps(decoded))
