"""Meters served by pymodbus: one process, many units, each with registers of its own.

Usage: python3 pymodbus-meters.py PORT < lines
First line: {"units": {"7": [range, ...], ...}}, where a range is {"table", "start", "words"}. Then it says
{"ready": true}. Each further line is {"unit", "set": [{"table", "address", "type", "order", "value"}, ...]} and is
answered with {"done": true}. Values are packed here, by struct, so that nothing of it is the gateway's.
"""
import asyncio
import json
import logging
import struct
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server.async_io import ModbusTcpServer

FORMATS = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "u64": ">Q", "s64": ">q", "f32": ">f", "f64": ">d"}
FUNCTION = {"holding": 3, "input": 4}


def words_of(kind, order, value):
    packed = struct.pack(FORMATS[kind], value if kind[0] == "f" else int(value))
    pairs = [packed[at : at + 2] for at in range(0, len(packed), 2)]
    if order in ("CDAB", "DCBA"):
        pairs.reverse()
    if order in ("BADC", "DCBA"):
        pairs = [pair[::-1] for pair in pairs]
    return [struct.unpack(">H", pair)[0] for pair in pairs]


def block_of(ranges, table):
    for one in ranges:
        if one["table"] == table:
            return ModbusSequentialDataBlock(one["start"], one["words"])
    return ModbusSequentialDataBlock(65535, [0])


def slave_of(ranges):
    return ModbusSlaveContext(
        hr=block_of(ranges, "holding"),
        ir=block_of(ranges, "input"),
        co=ModbusSequentialDataBlock(0, [0]),
        di=ModbusSequentialDataBlock(0, [0]),
        zero_mode=True,
    )


async def main():
    logging.disable(logging.CRITICAL)  # it tells of each address that it has not
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    units = json.loads(await reader.readline())["units"]
    context = ModbusServerContext(slaves={int(unit): slave_of(ranges) for unit, ranges in units.items()}, single=False)
    identity = ModbusDeviceIdentification(info_name={"VendorName": "stranger", "ProductCode": "M"})
    server = ModbusTcpServer(context, identity=identity, address=("127.0.0.1", int(sys.argv[1])))
    serving = asyncio.ensure_future(server.serve_forever())
    await server.serving
    print(json.dumps({"ready": True}), flush=True)
    while line := await reader.readline():
        asked = json.loads(line)
        for one in asked["set"]:
            words = words_of(one["type"], one["order"], float(one["value"]) if one["type"][0] == "f" else int(one["value"]))
            context[asked["unit"]].setValues(FUNCTION[one["table"]], one["address"], words)
        print(json.dumps({"done": True}), flush=True)
    serving.cancel()


asyncio.run(main())
