/** Edits of a good site that break its YAML, its shape or its secrets. Read by faults.test.ts. */
import type { faultCodes } from '../../config/document/fault.ts'

export type Row = {
  readonly code: keyof typeof faultCodes
  readonly why: string
  /** The file that is edited; the site when absent. */
  readonly in?: 'plc' | 'saw'
  readonly from: string
  readonly to: string
  /** More files, such as a key set. */
  readonly files?: Readonly<Record<string, string>>
  /** A part of the message or the advice. */
  readonly says?: string
}

const jwks = ['jwks: https://platform.example/jwks.json', 'jwks: ▸keys.json'] as const
const alias = 'lots of aliases'
const bomb = `&a [1,1,1,1,1,1,1,1,1]\nb: &b [▸*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b]`

export const shapeRows: readonly Row[] = [
  // The file.
  { code: 'yaml-syntax', why: 'a tab indents', from: '    owner: huajian', to: '▸\towner: huajian', says: 'tab' },
  {
    code: 'yaml-syntax',
    why: 'a line is indented more',
    from: '    owner: huajian',
    to: '     ▸owner: huajian',
    says: 'align',
  },
  {
    code: 'yaml-syntax',
    why: 'a line after one with a value is indented more',
    from: 'timezone: Asia/Shanghai',
    to: '  ▸timezone: Asia/Shanghai',
    says: 'by 0 spaces',
  },
  {
    code: 'yaml-syntax',
    why: 'a line is indented less',
    from: '    owner: huajian',
    to: '  ▸owner: huajian',
    says: 'by 4 spaces',
  },
  {
    code: 'yaml-syntax',
    why: 'a reference to the environment in a map on one line',
    from: 'version: 4 }',
    to: 'version: 4, password: ▸$' + '{env:GOOD} }',
    says: 'put it in quotes',
  },
  { code: 'yaml-syntax', why: 'no colon', from: '    owner: huajian', to: '    ▸owner huajian', says: 'a colon' },
  { code: 'yaml-syntax', why: 'no space', from: '    owner: huajian', to: '    ▸owner:huajian', says: 'a space' },
  { code: 'yaml-syntax', why: 'no comma', from: 'profile: saw, link', to: 'profile: ▸saw link', says: 'a comma' },
  {
    code: 'yaml-syntax',
    why: 'no bracket',
    from: '{ profile: plc, link: plc-bus, unit: 1 }',
    to: '▸{ profile: plc',
    says: '}',
  },
  { code: 'yaml-syntax', why: 'no quote', from: 'owner: huajian', to: 'owner: ▸"huajian', says: 'quote' },
  { code: 'yaml-syntax', why: 'a tag', from: 'site: test', to: 'site: ▸!secret test', says: 'tags' },
  { code: 'yaml-syntax', why: 'a second document', from: 'bounds: {', to: '▸---\nbounds: {', says: 'second document' },
  { code: 'yaml-duplicate-key', why: 'a key stands twice', from: 'fencingId: 3', to: 'fencingId: 3\n▸fencingId: 4' },
  { code: 'text-hidden', why: 'half a pair', from: 'owner: huajian', to: 'owner: ▸"hua\\uD800jian"' },
  { code: 'text-hidden', why: 'an escape in a key', from: 'fencingId: 3', to: 'fencingId: 3\n▸"\\e]0;x\\a": 1' },
  { code: 'text-hidden', why: 'a line turned around', from: 'owner: huajian', to: 'owner: ▸"hua\\u202ejian"' },
  // travis-ci/travis-ci#1204, symfony/symfony#15674: spaces that come with text from a web page.
  {
    code: 'text-hidden',
    why: 'spaces of a web page before a key',
    from: '  issuers:',
    to: '▸\u00a0\u00a0issuers:',
    says: 'type its spaces',
  },
  // herdrdev/herdr#3678: a byte order mark in the middle of a file that a program has put together.
  { code: 'text-hidden', why: 'the colon of a Chinese keyboard', from: 'name: { en: B', to: 'name: { ▸en：B' },
  { code: 'text-hidden', why: 'a mark of a text program', from: 'links:', to: '▸\ufefflinks:', says: 'delete' },
  { code: 'yaml-alias', why: 'no anchor', from: 'site: test', to: 'site: ▸*hunter2' },
  { code: 'yaml-alias', why: alias, from: 'site: test', to: `site: ${bomb}` },
  // The shape.
  { code: 'unknown-key', why: 'a letter is swapped', from: 'fencingId: 3', to: '▸fencnigId: 3', says: '"fencingId"' },
  {
    code: 'unknown-key',
    why: 'in a link of one protocol',
    from: 'timeoutMs: 1000',
    to: '▸timeoutMS: 1000',
    says: '"timeoutMs"',
  },
  { code: 'unknown-key', why: 'a merge key', from: 'bounds: {', to: 'bounds: { ▸<<: {},' },
  {
    code: 'unknown-key',
    why: 'in an address',
    in: 'saw',
    from: 'node: Hot, type: bool',
    to: 'node: Hot, type: bool, ▸bit: 3',
  },
  {
    code: 'unknown-key',
    why: 'in a duration meter',
    in: 'plc',
    from: 'while: Executing',
    to: 'while: Executing, ▸unit: s',
  },
  {
    code: 'unknown-key',
    why: 'in the place of one that is needed',
    from: '    owner: h',
    to: '    ▸onwer: h',
    says: '"owner"',
  },
  { code: 'missing-key', why: 'at the root', from: 'timezone: Asia/Shanghai\n', to: '', says: '"timezone"' },
  { code: 'missing-key', why: 'in a map', from: '    owner: huajian\n', to: '', says: 'owner' },
  { code: 'missing-key', why: 'the protocol of a link', from: 'protocol: modbus, ', to: '', says: 'modbus, opcua' },
  { code: 'missing-key', why: 'the root of an OPC UA device', from: ', root: "nsu=urn:x;s=Saw"', to: '', says: 'root' },
  { code: 'empty-value', why: 'a default does not hide it', from: 'fencingId: 3', to: '▸fencingId:' },
  { code: 'empty-value', why: 'a map that is optional', from: 'bounds: { ticksPerSecond: 20 }', to: '▸bounds:' },
  { code: 'wrong-type', why: 'text for a number', from: 'port: 502', to: 'port: ▸"502"', says: 'a whole number' },
  {
    code: 'wrong-type',
    why: 'a number for text',
    in: 'plc',
    from: 'page: "7"',
    to: 'page: ▸7',
    says: 'in quotes: "7"',
  },
  // kislyuk/yq#152, wireviz/WireViz#213: what looks like a number loses its zeros.
  {
    code: 'wrong-type',
    why: 'a number with zeros before it for text',
    in: 'plc',
    from: 'page: "7"',
    to: 'page: ▸007',
    says: 'in quotes: "007"',
  },
  { code: 'wrong-type', why: 'a list for a map', from: 'name: { en: Booth 1 }', to: 'name: ▸[Booth 1]' },
  { code: 'wrong-type', why: 'not a number', in: 'saw', from: 'above: 20', to: 'above: ▸.inf' },
  {
    code: 'not-one-of',
    why: 'the protocol of a link',
    from: 'protocol: modbus',
    to: 'protocol: ▸modbsu',
    says: '"modbus"',
  },
  {
    code: 'not-one-of',
    why: 'a literal',
    from: 'policy: finish-cycle',
    to: 'policy: ▸cut',
    says: 'finish-cycle, at-end',
  },
  {
    code: 'not-one-of',
    why: 'the kind of a meter',
    in: 'plc',
    from: 'kind: duration',
    to: 'kind: ▸time',
    says: 'register, duration',
  },
  {
    code: 'not-one-of',
    why: 'the kind of a state rule',
    in: 'plc',
    from: 'state: { kind: map',
    to: 'state: { kind: ▸maps',
    says: '"map"',
  },
  { code: 'not-one-of', why: 'a state', in: 'plc', from: '1: Executing', to: '1: ▸Executng', says: '"Executing"' },
  {
    code: 'not-one-of',
    why: 'a type of the adapter',
    in: 'plc',
    from: 'address: 2, type: u32',
    to: 'address: 2, type: ▸uint32',
  },
  { code: 'bad-id', why: 'capitals in a machine', from: '  booth-1:', to: '  ▸Booth_1:' },
  { code: 'bad-id', why: 'a signal', in: 'saw', from: '  hot:', to: '  ▸is-hot:' },
  { code: 'bad-duration', why: 'no unit', from: 'lease: 5s', to: 'lease: ▸5', says: 'without a unit' },
  { code: 'bad-duration', why: 'a unit we do not have', from: 'warn: 10m', to: 'warn: ▸10min' },
  {
    code: 'bad-url',
    why: 'another scheme',
    from: 'url: mqtt://127.0.0.1:1883',
    to: 'url: ▸ws://127.0.0.1:1883',
    says: 'mqtt:// or mqtts://',
  },
  ...['192.168.1.300', '10.1.1', '10.1.1.20:502', 'tcp://plc', 'plc 1', '1.2.3.4.5'].map((host) => ({
    code: 'bad-url' as const,
    why: `a host ${host}`,
    from: 'host: 127.0.0.1',
    to: `host: ▸"${host}"`,
    says: JSON.stringify(host),
  })),
  {
    code: 'bad-url',
    why: 'an address that none is',
    from: '"opc.tcp://127.0.0.1:4840"',
    to: '▸"opc.tcp://192.168.1.300:4840"',
  },
  { code: 'bad-format', why: 'a root by index', from: '"nsu=urn:x;s=Saw"', to: '▸"ns=2;s=Saw"', says: 'nsu=<uri>' },
  { code: 'bad-format', why: 'a root that is a name', from: '"nsu=urn:x;s=Saw"', to: '▸Saw.Main', says: 'nsu=<uri>' },
  { code: 'bad-format', why: 'a node by index', in: 'saw', from: 'node: Hot', to: 'node: ▸"ns=2;s=Hot"', says: 'nsu=' },
  { code: 'bad-url', why: 'no host', from: 'opc.tcp://127.0.0.1:4840', to: 'opc.tcp://' },
  { code: 'bad-url', why: 'a key set over ftp', from: jwks[0], to: 'jwks: ▸ftp://platform.example/jwks.json' },
  { code: 'bad-format', why: 'no port', from: '"127.0.0.1:0"', to: '▸"127.0.0.1"' },
  { code: 'out-of-bounds', why: 'a number', from: 'fencingId: 3', to: 'fencingId: ▸16', says: '0 to 15' },
  { code: 'out-of-bounds', why: 'a duration', from: 'grace: 15m', to: 'grace: ▸2d', says: '0s to 1d' },
  {
    code: 'out-of-bounds',
    why: 'a text',
    in: 'plc',
    from: 'maker: Acme',
    to: 'maker: ▸""',
    says: '1 to 80 characters',
  },
  { code: 'out-of-bounds', why: 'no name', from: 'name: { en: Booth 1 }', to: '▸name: {}' },
  {
    code: 'out-of-bounds',
    why: 'a priority rule without rules',
    in: 'saw',
    from: 'state: { kind: threshold, signal: power, above: 20, below: 10, on: Executing, off: NotExecuting }',
    to: 'state: { kind: priority, ▸rules: [], else: NotExecuting }',
  },
  { code: 'unknown-key', why: 'a word every object knows', from: 'fencingId: 3', to: '▸constructor: 3' },
  { code: 'wrong-type', why: 'an infinite unit', from: 'unit: 1', to: 'unit: ▸.inf' },
  // Secrets.
  { code: 'secret-in-file', why: 'a password', from: 'version: 4', to: 'version: 4, username: u, password: ▸hunter2' },
  {
    code: 'secret-in-file',
    why: 'a password that is a number',
    from: 'version: 4',
    to: 'version: 4, username: u, password: ▸123456',
  },
  {
    code: 'secret-in-file',
    why: 'a password around a variable',
    from: 'version: 4',
    to: `version: 4, username: u, password: ▸"x\${env:GOOD}"`,
  },
  {
    code: 'env-missing',
    why: 'not set',
    from: 'version: 4',
    to: `version: 4, username: u, password: ▸"\${env:ABSENT}"`,
    says: 'ABSENT',
  },
  {
    code: 'env-missing',
    why: 'empty',
    from: 'version: 4',
    to: `version: 4, username: u, password: ▸"\${env:EMPTY}"`,
    says: 'empty',
  },
  // getwud/wud#318, linuxserver/docker-hedgedoc#31: the last line break of the file that a secret was read from.
  {
    code: 'env-broken',
    why: 'a line break at its end',
    from: 'version: 4',
    to: `version: 4, username: u, password: ▸"\${env:LINE}"`,
    says: 'LINE="$(cat FILE)"',
  },
  { code: 'env-not-here', why: 'not a secret', from: 'site: test', to: `site: ▸"\${env:GOOD}"` },
  { code: 'env-not-here', why: 'a part of an address', from: 'mqtt://127.0.0.1:1883', to: `▸"mqtt://\${env:GOOD}"` },
  {
    code: 'url-credentials',
    why: 'in the broker',
    from: 'mqtt://127.0.0.1:1883',
    to: '▸mqtt://u:hunter2@127.0.0.1:1883',
  },
  {
    code: 'username-missing',
    why: 'a password alone',
    from: 'version: 4',
    to: `version: 4, ▸password: "\${env:GOOD}"`,
  },
]
