"""An OPC UA server of another stack, asyncua, for the proof `other-stack`. Usage: opcua-asyncua.py PORT"""
import asyncio
import sys

from asyncua import Server, ua

URI = "urn:latchkey:other-stack"


async def main() -> None:
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{sys.argv[1]}/")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    index = await server.register_namespace(URI)
    saw = await server.nodes.objects.add_object(ua.NodeId("Saw", index), ua.QualifiedName("Saw", index))

    async def add(name, value, kind):
        return await saw.add_variable(
            ua.NodeId(f"Saw.{name}", index), ua.QualifiedName(name, index), ua.Variant(value, kind)
        )

    await add("PowerW", 12.5, ua.VariantType.Double)
    await add("Total", 9007199254740993, ua.VariantType.UInt64)
    await add("Small", 200, ua.VariantType.Byte)
    await add("Words", [1, 2], ua.VariantType.UInt16)
    await add("Name", ua.LocalizedText("Saw"), ua.VariantType.LocalizedText)
    parts = await add("Parts", 0, ua.VariantType.UInt32)
    block = await add("ToPlc", [0, 0], ua.VariantType.UInt16)
    await block.set_writable()
    async with server:
        print("ready", flush=True)
        count = 0
        while True:
            await asyncio.sleep(0.1)
            count += 1
            await parts.write_value(ua.Variant(count, ua.VariantType.UInt32))


asyncio.run(main())
