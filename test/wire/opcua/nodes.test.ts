/** Node ids by namespace URI, and values: a row is a test. */
import { describe, expect, it } from 'vitest'
import { lastingId, nameNode, resolveNode } from '../../../adapters/opcua/nodes.ts'
import type { OpcuaAddress } from '../../../adapters/opcua/options.ts'
import { pathOf, stepsOf } from '../../../adapters/opcua/paths.ts'
import { decodeValue, type NodeValue } from '../../../adapters/opcua/values.ts'

const namespaces = ['http://opcfoundation.org/UA/', 'urn:server', 'urn:saw', 'urn:odd;name%']
const root = 'nsu=urn:saw;s=Saw'

describe('a node id', () => {
  it.each<[string, string | undefined, string]>([
    ['PowerW', root, 'ns=2;s=Saw.PowerW'],
    ['Meter.Energy', root, 'ns=2;s=Saw.Meter.Energy'],
    ['nsu=urn:server;s=Other', root, 'ns=1;s=Other'],
    ['nsu=urn:saw;i=17', undefined, 'ns=2;i=17'],
    ['nsu=urn:saw;s=a;b=c', undefined, 'ns=2;s=a;b=c'],
    ['nsu=urn:saw;g=09087e75-8e5e-499b-954f-f2a9603db28a', undefined, 'ns=2;g=09087e75-8e5e-499b-954f-f2a9603db28a'],
    ['nsu=urn:saw;b=aGVsbG8=', undefined, 'ns=2;b=aGVsbG8='],
    ['nsu=urn:odd%3Bname%25;s=x', undefined, 'ns=3;s=x'],
    ['i=2258', root, 'ns=0;i=2258'],
  ])('%s below %s is %s', (node, below, id) => {
    expect(resolveNode(node, below, namespaces)).toEqual({ kind: 'node', id })
  })

  it.each<[string, string | undefined, string]>([
    ['nsu=urn:gone;s=x', root, 'no namespace urn:gone'],
    ['ns=2;s=x', root, 'by index'],
    ['PowerW', 'nsu=urn:saw;i=17', 'only be appended'],
    ['PowerW', 'nonsense', 'only be appended'],
    ['PowerW', undefined, 'is not a node id'],
    ['PowerW', 'nsu=urn:gone;s=Saw', 'no namespace urn:gone'],
    ['nsu=urn:saw;i=abc', root, 'is not a node id'],
    ['nsu=urn:saw;i=4294967296', root, 'is not a node id'],
    ['nsu=urn:saw;g=nonsense', root, 'is not a node id'],
    ['nsu=urn:saw;b=%%', root, 'is not a node id'],
  ])('%s below %s is unknown: %s', (node, below, detail) => {
    expect(resolveNode(node, below, namespaces)).toMatchObject({
      kind: 'unknown',
      detail: expect.stringContaining(detail),
    })
  })

  it.each<[string, string | undefined, object]>([
    ['/Saw', undefined, { from: 'ns=0;i=85', steps: [{ namespace: 0, name: 'Saw' }] }],
    [
      '/nsu=urn:saw;A/B',
      root,
      {
        from: 'ns=2;s=Saw',
        steps: [
          { namespace: 2, name: 'A' },
          { namespace: 0, name: 'B' },
        ],
      },
    ],
    [
      '/Id',
      '/nsu=urn:saw;Saw',
      {
        from: 'ns=0;i=85',
        steps: [
          { namespace: 2, name: 'Saw' },
          { namespace: 0, name: 'Id' },
        ],
      },
    ],
    ['/a&/b&:c&&', root, { from: 'ns=2;s=Saw', steps: [{ namespace: 0, name: 'a/b:c&' }] }],
    ['/DI:Identification', root, { from: 'ns=2;s=Saw', steps: [{ namespace: 4, name: 'Identification' }] }],
  ])('%s below %s is a path', (node, below, path) => {
    const withDevices = [...namespaces, 'http://opcfoundation.org/UA/DI/']
    expect(nameNode(node, below, withDevices)).toEqual({ kind: 'path', ...path })
  })

  it.each<[string, string | undefined, string]>([
    ['/nsu=urn:gone;A', root, 'no namespace urn:gone'],
    ['/DI:Identification', root, 'no namespace http://opcfoundation.org/UA/DI/'],
    ['/Unheard:Of', root, 'is not a browse path'],
    ['/a//b', root, 'is not a browse path'],
    ['PowerW', '/Saw', 'write /PowerW'],
  ])('%s below %s is unknown: %s', (node, below, detail) => {
    expect(nameNode(node, below, namespaces)).toMatchObject({
      kind: 'unknown',
      detail: expect.stringContaining(detail),
    })
  })

  it.each(['/Saw', '/Machinery:Machines/nsu=urn:odd%3Bname%25;a&/b&:c&&/CurrentState/Id'])(
    '%s stays what it is, read and written',
    (path) => {
      expect(pathOf(stepsOf(path)!)).toBe(path)
    },
  )

  it.each([
    [2, 's=Saw'],
    [3, 'i=5'],
    [0, 'i=85'],
  ])('of namespace %i can be kept and found again', (namespace, identifier) => {
    const lasting = lastingId(namespace, identifier, namespaces)
    const moved = [namespaces[0] as string, 'urn:new', ...namespaces.slice(1)]
    const index = namespace === 0 ? 0 : namespace + 1
    expect(resolveNode(lasting, undefined, moved)).toEqual({ kind: 'node', id: `ns=${index};${identifier}` })
  })
})

const GOOD = { code: 0, name: 'Good' }
const sample = (dataType: string | undefined, value: unknown, more: object = {}): NodeValue => ({
  status: GOOD,
  dataType,
  isArray: false,
  value,
  ...more,
})
const at = (type: OpcuaAddress['type'], count?: number): OpcuaAddress => ({
  node: 'n',
  type,
  ...(count ? { count } : {}),
})

describe('a value', () => {
  it.each<[OpcuaAddress['type'], NodeValue, object]>([
    ['bool', sample('Boolean', false), { value: false }],
    ['i16', sample('Int16', -3), { value: -3, raw: -3n }],
    ['u16', sample('UInt16', 65_535), { value: 65_535, raw: 65_535n }],
    ['i32', sample('Int32', -1), { value: -1, raw: -1n }],
    ['u32', sample('UInt32', 4_294_967_295), { value: 4_294_967_295, raw: 4_294_967_295n }],
    ['u64', sample('UInt64', [0, 5]), { value: 5, raw: 5n }],
    ['u64', sample('UInt64', [0x20_0000, 1]), { value: 9_007_199_254_740_993n, raw: 9_007_199_254_740_993n }],
    ['u64', sample('UInt64', [0xffff_ffff, 0xffff_ffff]), { value: 2n ** 64n - 1n, raw: 2n ** 64n - 1n }],
    ['u64', sample('UInt64', [-1, -1]), { value: 2n ** 64n - 1n, raw: 2n ** 64n - 1n }],
    ['i64', sample('Int64', [0xffff_ffff, 0xffff_fffe]), { value: -2, raw: -2n }],
    ['i64', sample('Int64', [-1, 0xffff_fffe]), { value: -2, raw: -2n }],
    ['i64', sample('Int64', [0x8000_0000, 0]), { value: -(2n ** 63n), raw: -(2n ** 63n) }],
    ['f32', sample('Float', 1.5), { value: 1.5 }],
    ['f64', sample('Double', 0), { value: 0 }],
    ['string', sample('String', ''), { value: '' }],
    ['i8', sample('SByte', -128), { value: -128, raw: -128n }],
    ['u8', sample('Byte', 255), { value: 255, raw: 255n }],
    ['localizedText', sample('LocalizedText', 'läuft'), { value: 'läuft' }],
    ['qualifiedName', sample('QualifiedName', { namespace: 2, name: 'Saw' }), { value: 'nsu=urn:saw;Saw' }],
    ['qualifiedName', sample('QualifiedName', { namespace: 0, name: 'Id' }), { value: 'Id' }],
    ['nodeId', sample('NodeId', { namespace: 2, name: 'i=5006' }), { value: 'nsu=urn:saw;i=5006' }],
    ['nodeId', sample('ExpandedNodeId', { namespace: 0, name: 'i=85' }), { value: 'i=85' }],
    ['dateTime', sample('DateTime', new Date(0)), { value: '1970-01-01T00:00:00.000Z' }],
    ['guid', sample('Guid', '09087E75-8E5E-499B-954F-F2A9603DB28A'), { value: '09087E75-8E5E-499B-954F-F2A9603DB28A' }],
    ['byteString', sample('ByteString', Buffer.from('hello')), { value: 'aGVsbG8=' }],
    ['statusCode', sample('StatusCode', 'BadTimeout'), { value: 'BadTimeout' }],
    ['integer', sample('Byte', 7), { value: 7, raw: 7n }],
    ['integer', sample('Int64', [-1, -1]), { value: -1, raw: -1n }],
    ['any', sample('Float', 1.5), { value: 1.5 }],
    ['any', sample('String', 'on'), { value: 'on' }],
    ['any', sample(undefined, 3), { value: 3, raw: 3n }],
    ['u64', sample(undefined, [0x20_0000, 1], { isArray: true }), { value: 2n ** 53n + 1n, raw: 2n ** 53n + 1n }],
    ['words', sample('UInt16', Uint16Array.of(1, 65_535), { isArray: true }), { value: [1, 65_535] }],
  ])('of type %s is good: %j', (type, given, expected) => {
    expect(decodeValue(at(type), given, namespaces)).toEqual({ quality: 'good', ...expected })
  })

  it.each<[string, OpcuaAddress, NodeValue]>([
    ['of another type', at('f32'), sample('Double', 1)],
    ['of another width', at('u32'), sample('UInt16', 1)],
    ['of another sign', at('u16'), sample('Int16', 1)],
    ['that is null', at('f64'), sample('Null', undefined)],
    ['that is an array', at('u16'), sample('UInt16', Uint16Array.of(1), { isArray: true })],
    ['that is no array', at('words'), sample('UInt16', 1)],
    ['that is no number', at('f64'), sample('Double', Number.NaN)],
    ['without end', at('f32'), sample('Float', Number.NEGATIVE_INFINITY)],
    ['of another length', at('words', 3), sample('UInt16', Uint16Array.of(1, 2), { isArray: true })],
    ['without text', at('string'), sample('String', null)],
    ['of half a number', at('u64'), sample('UInt64', [1])],
    ['too large for its type', at('u8'), sample(undefined, 256)],
    ['that is a structure', at('any'), sample('ExtensionObject', {})],
    ['without a time', at('dateTime'), sample('DateTime', null)],
    ['that is no id', at('nodeId'), sample('NodeId', null)],
    ['whose part is not there', at('u8'), { status: GOOD, missing: 'no such field' }],
  ])('%s is malformed', (_, address, given) => {
    const decoded = decodeValue(address, given, namespaces)
    expect(decoded).toMatchObject({ quality: 'bad', cause: 'malformed', detail: expect.any(String) })
    expect(decoded).not.toHaveProperty('value')
  })

  it.each<[number, string, string]>([
    [0x0000_0000, 'Good', 'good'],
    [0x002d_0000, 'GoodClamped', 'good'],
    [0x4090_0000, 'UncertainLastUsableValue', 'uncertain'],
    [0x8034_0000, 'BadNodeIdUnknown', 'bad'],
    [0xc000_0000, 'Reserved', 'bad'],
  ])('with status %i %s is %s', (code, name, quality) => {
    const decoded = decodeValue(at('f64'), sample('Double', 7, { status: { code, name }, sourceAtMs: 5 }), namespaces)
    expect(decoded).toMatchObject({ quality, sourceAtMs: 5 })
    expect('value' in decoded).toBe(quality !== 'bad')
    if (quality === 'bad') expect(decoded).toMatchObject({ cause: 'refused', detail: name })
    if (quality === 'uncertain') expect(decoded.detail).toBe(name)
  })

  it.each<[number, string, string]>([
    [0x4090_0000, 'UncertainLastUsableValue', 'good'],
    [0x4091_0000, 'UncertainSubstituteValue', 'uncertain'],
    [0x8034_0000, 'BadNodeIdUnknown', 'bad'],
  ])('with status %i %s of a device whose live values are uncertain is %s', (code, name, quality) => {
    const address: OpcuaAddress = { ...at('f64'), usable: ['UncertainLastUsableValue'] }
    const decoded = decodeValue(address, sample('Double', 7, { status: { code, name } }), namespaces)
    expect(decoded.quality).toBe(quality)
  })
})
