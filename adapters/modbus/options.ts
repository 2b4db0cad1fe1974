/**
 * What a site file and a profile may say about Modbus: link options, device options, signal addresses.
 * Addresses are those on the wire, counted from 0 (Modbus Application Protocol V1.1b3, 4.4), not 4xxxx numbers.
 */
import Type, { type Static } from 'typebox'

const closed = { additionalProperties: false }

export const modbusOptions = Type.Object(
  {
    transport: Type.Union(
      [
        Type.Literal('tcp'),
        Type.Literal('rtu'),
        Type.Literal('rtu-over-tcp'),
        Type.Literal('udp'),
        Type.Literal('tls'),
      ],
      {
        description:
          'Modbus TCP; RTU on a serial port; RTU frames over TCP, as a plain converter passes them; UDP; Modbus/TCP Security.',
      },
    ),
    host: Type.Optional(
      Type.String({ minLength: 1, maxLength: 253, description: 'Host name or address; not for rtu.' }),
    ),
    port: Type.Integer({
      minimum: 1,
      maximum: 65535,
      default: 502,
      description: 'Port of the host; Modbus/TCP Security mostly listens on 802.',
    }),
    serial: Type.Optional(
      Type.Object(
        {
          path: Type.String({
            minLength: 1,
            maxLength: 512,
            description: 'The serial port. A name that stays, such as /dev/serial/by-id/..., survives replugging.',
          }),
          baudRate: Type.Integer({
            minimum: 300,
            maximum: 1_000_000,
            default: 19_200,
            description: 'Bits per second.',
          }),
          parity: Type.Union([Type.Literal('none'), Type.Literal('even'), Type.Literal('odd')], {
            default: 'even',
            description: 'As at the devices. The standard wants even; many meters come with none.',
          }),
          stopBits: Type.Union([Type.Literal(1), Type.Literal(2)], { default: 1, description: 'As at the devices.' }),
        },
        { ...closed, description: 'The serial line; for rtu alone.' },
      ),
    ),
    tls: Type.Optional(
      Type.Object(
        {
          ca: Type.String({
            minLength: 1,
            maxLength: 512,
            description: 'PEM file: the authorities that sign certificates of devices here.',
          }),
          cert: Type.String({
            minLength: 1,
            maxLength: 512,
            description: 'PEM file: our certificate, with our role in it where the device asks for one.',
          }),
          key: Type.String({ minLength: 1, maxLength: 512, description: 'PEM file of its private key.' }),
          serverName: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 253,
              description: 'The name in the certificate of the device, where that is not `host`.',
            }),
          ),
        },
        { ...closed, description: 'Certificates; for tls alone. The files are read at each connect.' },
      ),
    ),
    timeoutMs: Type.Integer({
      minimum: 50,
      maximum: 30_000,
      default: 1000,
      description: 'Deadline of one request, ms.',
    }),
    connectTimeoutMs: Type.Integer({
      minimum: 100,
      maximum: 30_000,
      default: 2000,
      description: 'Deadline of a connect, ms.',
    }),
    inFlight: Type.Integer({
      minimum: 1,
      maximum: 8,
      default: 1,
      description:
        'Requests under way at once; more than 1 only for devices known to cope. Always 1 with RTU, and for a minute after an answer that is missing or wrong.',
    }),
    maxQueue: Type.Integer({
      minimum: 8,
      maximum: 4096,
      default: 256,
      description: 'Requests that may wait; a further one is refused.',
    }),
    maxGap: Type.Integer({
      minimum: 0,
      maximum: 120,
      default: 8,
      description: 'Unwanted registers read to merge two blocks into one request.',
    }),
    maxRegisters: Type.Integer({
      minimum: 1,
      maximum: 125,
      default: 125,
      description: 'Registers per read, if the device allows fewer than the standard.',
    }),
    pauseMs: Type.Integer({
      minimum: 0,
      maximum: 5000,
      default: 0,
      description: 'Pause between an answer and the next request, ms, for devices that drop what comes at once.',
    }),
    connectDelayMs: Type.Integer({
      minimum: 0,
      maximum: 30_000,
      default: 0,
      description: 'Pause between a connect and the first request, ms, for devices that are not ready at once.',
    }),
    silentAfter: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 3,
      description: 'Timeouts in a row after which a unit is set aside.',
    }),
    probeEveryMs: Type.Integer({
      minimum: 500,
      maximum: 600_000,
      default: 5000,
      description: 'How often a unit that was set aside is tried again, ms.',
    }),
  },
  closed,
)
export type ModbusOptions = Static<typeof modbusOptions>

export const modbusDevice = Type.Object(
  { unit: Type.Integer({ minimum: 0, maximum: 255, default: 1, description: 'Unit identifier (slave address).' }) },
  closed,
)
export type ModbusDevice = Static<typeof modbusDevice>

const table = () =>
  Type.Union([Type.Literal('holding'), Type.Literal('input'), Type.Literal('coil'), Type.Literal('discrete')], {
    description: 'holding (FC 3), input (FC 4), coil (FC 1), discrete (FC 2).',
  })
const anAddress = (description: string) => Type.Integer({ minimum: 0, maximum: 65535, description })

/** How a device wants to be asked. Nothing of it says what a value is. */
export const modbusLimits = Type.Object(
  {
    maxRegisters: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 125, description: 'Registers per read, if fewer than the link allows.' }),
    ),
    maxGap: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 120,
        description: 'Unwanted registers read to merge two blocks, if fewer than the link allows.',
      }),
    ),
    pauseMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 5000,
        description: 'Pause after an answer of this device before the next request on its bus, ms.',
      }),
    ),
    alone: Type.Optional(
      Type.Array(Type.String({ maxLength: 64 }), {
        maxItems: 64,
        description:
          'Signals that are read in a request of their own: their address chooses a value, or the device refuses them in company.',
      }),
    ),
    avoid: Type.Optional(
      Type.Array(
        Type.Object(
          { table: table(), from: anAddress('First address.'), to: anAddress('Last address.') },
          { additionalProperties: false },
        ),
        { maxItems: 32, description: 'Ranges that no request reads across.' },
      ),
    ),
  },
  { additionalProperties: false },
)
export type ModbusLimits = Static<typeof modbusLimits>

export const modbusAddress = Type.Object(
  {
    table: table(),
    address: anAddress('Address on the wire, from 0.'),
    type: Type.Union(
      [
        Type.Literal('bool'),
        Type.Literal('u8'),
        Type.Literal('s8'),
        Type.Literal('u16'),
        Type.Literal('s16'),
        Type.Literal('u32'),
        Type.Literal('s32'),
        Type.Literal('u64'),
        Type.Literal('s64'),
        Type.Literal('f16'),
        Type.Literal('f32'),
        Type.Literal('f64'),
        Type.Literal('bcd16'),
        Type.Literal('bcd32'),
        Type.Literal('bcd64'),
        Type.Literal('text'),
        Type.Literal('words'),
      ],
      {
        description:
          'How the registers are read; `u8` and `s8` are one byte of a register, `bcd16` to `bcd64` hold a decimal digit in each four bits, `text` is two characters per register, `words` a block of 16-bit words.',
      },
    ),
    models: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 65534, description: 'Id of a model.' }), {
        minItems: 1,
        maxItems: 8,
        description:
          'SunSpec models; `address` counts from the first register of the first of them that the device has, which is found by walking its chain.',
      }),
    ),
    bit: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 15, description: 'One bit of a register; type must be bool.' }),
    ),
    byte: Type.Optional(
      Type.Union([Type.Literal('high'), Type.Literal('low')], {
        description: 'Which byte of the register, the low one if absent; type must be u8 or s8.',
      }),
    ),
    mask: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 0xffff_ffff,
        description: 'Bits that count, not shifted; the others read as 0. Type must be u16 or u32.',
      }),
    ),
    count: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 125, description: 'How many registers; type must be words or text.' }),
    ),
    order: Type.Optional(
      Type.Union([Type.Literal('ABCD'), Type.Literal('CDAB'), Type.Literal('BADC'), Type.Literal('DCBA')], {
        default: 'ABCD',
        description:
          'Byte order over the registers: ABCD big-endian, CDAB low word first, BADC bytes swapped, DCBA little-endian.',
      }),
    ),
    write: Type.Optional(
      Type.Union([Type.Literal(5), Type.Literal(6), Type.Literal(15), Type.Literal(16)], {
        description:
          'Function code the output of an interlock is written with. Default: 5 for a coil, 6 for one register, 16 for a block.',
      }),
    ),
  },
  closed,
)
export type ModbusAddress = Static<typeof modbusAddress>

/** A point of a SunSpec model by its name, in place of a register. */
export const modbusPoint = Type.Object(
  {
    models: Type.Array(Type.Integer({ minimum: 1, maximum: 65534, description: 'Id of a model.' }), {
      minItems: 1,
      maxItems: 8,
      description: 'SunSpec models with this point: 1, 101 to 103, 201 to 204, or 211 to 214.',
    }),
    point: Type.String({ minLength: 1, maxLength: 32, description: 'Its name in the model, such as TotWhImp.' }),
  },
  closed,
)
