/**
 * What a site file and a profile may say about OPC UA: link options, device root, signal addresses.
 * Node ids name their namespace by URI (`nsu=<uri>;s=<name>`, OPC UA Part 6, 5.1.12), since indexes change.
 */
import Type, { type Static } from 'typebox'

const closed = { additionalProperties: false }

const namedUser = Type.Object(
  {
    name: Type.String({ minLength: 1, description: 'User name.' }),
    password: Type.String({ minLength: 1, description: 'Password, as ${env:NAME}.' }),
  },
  { ...closed, description: 'User name and password.' },
)

const certifiedUser = Type.Object(
  {
    certificate: Type.String({
      minLength: 1,
      maxLength: 512,
      description: "File, DER or PEM; relative to the link's folder, <dataDir>/links/<link>.",
    }),
    key: Type.String({
      minLength: 1,
      maxLength: 512,
      description: 'File of its private key, PEM without a passphrase; as certificate.',
    }),
  },
  { ...closed, description: 'A certificate that stands for a user.' },
)
export type CertifiedUser = Static<typeof certifiedUser>

export const opcuaOptions = Type.Object(
  {
    endpoint: Type.String({ pattern: '^opc\\.tcp://', maxLength: 512, description: 'opc.tcp://host:port/path.' }),
    security: Type.Union([Type.Literal('SignAndEncrypt'), Type.Literal('Sign'), Type.Literal('None')], {
      description:
        'Message security. None is accepted on this host only, or with `unprotected`, and only when written here.',
    }),
    policy: Type.Optional(
      Type.Union(
        [Type.Literal('Aes256_Sha256_RsaPss'), Type.Literal('Aes128_Sha256_RsaOaep'), Type.Literal('Basic256Sha256')],
        {
          default: 'Aes256_Sha256_RsaPss',
          description: 'Security policy; not used with None.',
        },
      ),
    ),
    user: Type.Optional(
      Type.Union([namedUser, certifiedUser], {
        description: 'A name and a password, or a certificate; refused with security None.',
      }),
    ),
    timeoutMs: Type.Integer({
      minimum: 200,
      maximum: 30_000,
      default: 2000,
      description: 'Deadline of one request, ms.',
    }),
    connectTimeoutMs: Type.Integer({
      minimum: 500,
      maximum: 60_000,
      default: 5000,
      description: 'Deadline of connect and session, ms.',
    }),
    publishingIntervalMs: Type.Integer({
      minimum: 100,
      maximum: 60_000,
      default: 500,
      description: 'Publishing interval of the subscription, ms.',
    }),
    maxNodesPerRead: Type.Integer({ minimum: 1, maximum: 1000, default: 200, description: 'Nodes per read request.' }),
    unprotected: Type.Optional(
      Type.Literal('read-only', {
        description:
          'With security None, for a device of another host that has no security: it is read in the clear, and nothing is ever written to it. Keep its network apart: whoever is on it can change what is read.',
      }),
    ),
  },
  closed,
)
export type OpcuaOptions = Static<typeof opcuaOptions>

export const opcuaDevice = Type.Object(
  {
    root: Type.String({
      pattern: '^(/.|(nsu=[^;]+;)?[isgb]=)',
      minLength: 2,
      maxLength: 512,
      description:
        'Node id of the device, by namespace URI: nsu=<uri>;s=<name>. Or a browse path from the Objects folder, such as /Machinery:Machines/nsu=urn:saw;Saw.',
    }),
  },
  closed,
)
export type OpcuaDevice = Static<typeof opcuaDevice>

export const opcuaAddress = Type.Object(
  {
    node: Type.String({
      pattern: '^(?!ns=)',
      minLength: 1,
      maxLength: 512,
      description:
        'A node id (nsu=…;s=…); a name appended to the device root with a dot: root `nsu=u;s=Saw` and node `PowerW` give `nsu=u;s=Saw.PowerW`; or a browse path from the root, such as `/DI:Identification/DI:SerialNumber`.',
    }),
    type: Type.Union(
      [
        Type.Literal('bool'),
        Type.Literal('i8'),
        Type.Literal('u8'),
        Type.Literal('i16'),
        Type.Literal('u16'),
        Type.Literal('i32'),
        Type.Literal('u32'),
        Type.Literal('i64'),
        Type.Literal('u64'),
        Type.Literal('f32'),
        Type.Literal('f64'),
        Type.Literal('string'),
        Type.Literal('localizedText'),
        Type.Literal('qualifiedName'),
        Type.Literal('nodeId'),
        Type.Literal('dateTime'),
        Type.Literal('guid'),
        Type.Literal('byteString'),
        Type.Literal('statusCode'),
        Type.Literal('integer'),
        Type.Literal('any'),
        Type.Literal('words'),
      ],
      {
        description:
          'Data type of the node; an enumeration is `i32`, `integer` is any of the integers, `any` takes what comes, `words` is UInt16[]. A node of another type gives a bad reading.',
      },
    ),
    count: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 125, description: 'How many words; type must be words.' }),
    ),
    field: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: 'The node holds a structure, and this is the field meant; of a structure in it `outer.inner`.',
      }),
    ),
    index: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        description: 'The node holds an array, and this is the element meant, from 0; a matrix counts on row by row.',
      }),
    ),
    usable: Type.Optional(
      Type.Array(
        Type.Union([
          Type.Literal('UncertainLastUsableValue'),
          Type.Literal('UncertainSubNormal'),
          Type.Literal('UncertainSensorNotAccurate'),
          Type.Literal('UncertainEngineeringUnitsExceeded'),
        ]),
        {
          minItems: 1,
          maxItems: 4,
          uniqueItems: true,
          description:
            'Status codes under which this device gives live values: with them a value counts as good. Without this an uncertain value is shown, and decides nothing.',
        },
      ),
    ),
  },
  closed,
)
export type OpcuaAddress = Static<typeof opcuaAddress>
