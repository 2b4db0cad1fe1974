# A Modbus server of pymodbus. Usage: python-server.py tcp|tls|udp PORT [CERT KEY CLIENT-CERT], or rtu PATH
# Register N of each table holds what servers.ts expects there. Says {"ready": true} once; ends with its input.
import asyncio
import json
import ssl
import sys
import threading

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import async_io as server
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

SIZE = 1000


def block(value):
    return ModbusSequentialDataBlock(0, [value(n) for n in range(SIZE)])


def content():
    device = ModbusSlaveContext(
        hr=block(lambda n: (n * 257 + 11) % 65536),
        ir=block(lambda n: (n * 31 + 7) % 65536),
        co=block(lambda n: n % 3 == 0),
        di=block(lambda n: n % 5 == 0),
        zero_mode=True,
    )
    return ModbusServerContext(slaves=device, single=True)


def context_of(cert, key, client):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.load_verify_locations(client)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


async def main(kind, place, files):
    address = ("127.0.0.1", int(place)) if kind != "rtu" else None
    common = {"context": content(), "defer_start": True}
    if kind == "tcp":
        running = await server.StartAsyncTcpServer(address=address, **common)
    elif kind == "tls":
        # The frames of the specification; pymodbus by itself leaves their header out.
        running = await server.StartAsyncTlsServer(
            address=address, sslctx=context_of(*files), framer=ModbusSocketFramer, **common
        )
    elif kind == "udp":
        running = await server.StartAsyncUdpServer(address=address, **common)
    else:
        running = await server.StartAsyncSerialServer(port=place, baudrate=115200, framer=ModbusRtuFramer, **common)
        await running.start()
    serving = asyncio.ensure_future(running.serve_forever())
    await asyncio.sleep(0.2)
    print(json.dumps({"ready": True}), flush=True)
    await serving


def end_with_input():
    sys.stdin.read()
    import os

    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
