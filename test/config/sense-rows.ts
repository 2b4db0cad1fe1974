/** Edits of a good site that break its sense: each file is well formed, and cannot work. Read by faults.test.ts. */
import type { Row } from './shape-rows.ts'
import { goodSite, plcProfile } from './site-folder.ts'

const jwks = ['jwks: https://platform.example/jwks.json', 'jwks: ▸keys.json'] as const
const running = '{ kind: duration, while: Executing }'
const edges = '{ kind: edges, signal: ▸state, unit: pcs }'
const integral = (signal: string, maxRate: string) =>
  `{ kind: integral, signal: ${signal}, unit: Wh, per: h, maxRate: ${maxRate} }`
/** The counter of the profile, from its signal to its meter. */
const counter = (type: string, poll: string, more: string) => `type: ${type} }, poll: ${poll} }
  power: { address: { table: input, address: 9, type: f32 } }
meters:
  parts: { kind: register, signal: parts, unit: pcs, ${more}`
const secondMachine = `
  booth-2:
    name: { en: Booth 2 }
    owner: huajian
    devices: { plc: { profile: plc2, link: plc-bus, unit: 1 } }
    state: plc
    interlock: { device: ▸plc, class: lease }
bounds:`
const leaseBlocks = `  class: lease
  toPlc: { table: holding, address: 100, type: words, count: 16 }
  fromPlc: { table: holding, address: 200, type: words, count: 18 }
`
const siteOf = (kind: string, more = '') => ({
  'site.yaml': goodSite.replace('class: lease, lease: 5s', `class: ${kind}, lease: 5s${more}`),
})
const watchdogOf = (output: string) =>
  `  class: watchdog\n  output: { ${output} }\n  time: { table: holding, address: 9, type: u16 }\n`
const coilProfile = plcProfile.replace(
  leaseBlocks,
  '  class: coil\n  output: { table: coil, address: 0, type: bool }\n',
)
export const senseRows: readonly Row[] = [
  // The site.
  { code: 'timezone-unknown', why: 'a city that is not in the table', from: 'Asia/Shanghai', to: '▸Asia/Beijing' },
  {
    code: 'feed-plain',
    why: 'bookings over plain http from another host',
    from: 'links:\n',
    to: 'bookings: { source: { pull: ▸"http://platform.example/bookings" } }\nlinks:\n',
  },
  { code: 'timezone-unknown', why: 'an offset', from: 'Asia/Shanghai', to: '▸"+08:00"' },
  {
    code: 'timezone-unknown',
    why: 'a typing error',
    from: 'Asia/Shanghai',
    to: '▸Asia/Shangai',
    says: '"Asia/Shanghai"',
  },
  { code: 'listen-port', why: 'too high', from: '"127.0.0.1:0"', to: '▸"127.0.0.1:65536"' },
  { code: 'api-plain', why: 'on every address', from: '"127.0.0.1:0"', to: '▸"0.0.0.0:0"', says: 'api.tls' },
  {
    code: 'tls-missing',
    why: 'no file',
    from: '"127.0.0.1:0"',
    to: '"127.0.0.1:0", tls: { cert: ▸a.pem, key: keys.json }',
    files: { 'keys.json': '{}' },
  },
  {
    code: 'tls-invalid',
    why: 'no certificate',
    from: '"127.0.0.1:0"',
    to: '"127.0.0.1:0", tls: { cert: ▸keys.json, key: keys.json }',
    files: { 'keys.json': '{}' },
  },
  {
    code: 'command-timeout',
    why: 'shorter than confirm and 2 s',
    from: 'commandTimeout: 20s',
    to: 'commandTimeout: ▸9999ms',
    says: '10000ms',
  },
  { code: 'jwks-plain', why: 'http from another host', from: jwks[0], to: 'jwks: ▸http://platform.example/jwks.json' },
  { code: 'jwks-missing', why: 'no file', from: jwks[0], to: 'jwks: ▸nowhere.json' },
  { code: 'jwks-invalid', why: 'no keys', from: jwks[0], to: jwks[1], files: { 'keys.json': '{"keys":[]}' } },
  {
    code: 'jwks-invalid',
    why: 'a private key',
    from: jwks[0],
    to: jwks[1],
    files: { 'keys.json': '{"keys":[{"kty":"EC","d":"hunter2"}]}' },
    says: 'private',
  },
  {
    code: 'issuer-duplicate',
    why: 'the same twice',
    from: '\nmqtt:',
    to: '\n    - { issuer: ▸https://platform.example, audience: latchkey:test, jwks: https://other.example/jwks.json }\nmqtt:',
  },
  {
    code: 'plain-secret',
    why: 'mqtt',
    from: 'mqtt://127.0.0.1:1883,',
    to: `▸mqtt://broker.example:1883, username: u, password: "\${env:GOOD}",`,
  },
  {
    code: 'plain-secret',
    why: 'influx, a name alone',
    from: 'http://127.0.0.1:8086,',
    to: '▸http://influx.example:8086, username: u,',
  },
  { code: 'ca-missing', why: 'no file', from: 'version: 4', to: 'version: 4, ca: ▸nowhere.pem' },
  {
    code: 'ca-invalid',
    why: 'not a certificate',
    from: 'version: 4',
    to: 'version: 4, ca: ▸ca.pem',
    files: { 'ca.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
  },
  // Links.
  {
    code: 'link-duplicate',
    why: 'the same host and port',
    from: 'machines:',
    to: '  ▸again: { protocol: modbus, transport: tcp, host: 127.0.0.1 }\nmachines:',
  },
  {
    code: 'opcua-insecure',
    why: 'None to another host',
    from: '"opc.tcp://127.0.0.1:4840", security: None',
    to: '"opc.tcp://10.1.0.5:4840", security: ▸None',
  },
  {
    code: 'opcua-user-plain',
    why: 'a user with None',
    from: 'security: None',
    to: `security: None, ▸user: { name: u, password: "\${env:GOOD}" }`,
  },
  // Machines.
  { code: 'link-unknown', why: 'a typing error', from: 'link: plc-bus', to: 'link: ▸plc-bsu', says: '"plc-bus"' },
  { code: 'profile-not-found', why: 'a typing error', from: 'profile: plc', to: 'profile: ▸plcs', says: '"plc"' },
  {
    code: 'protocol-differs',
    why: 'an OPC UA profile on Modbus',
    from: 'link: saw-link, root: "nsu=urn:x;s=Saw"',
    to: 'link: ▸plc-bus',
  },
  {
    code: 'device-key',
    why: 'a root on Modbus',
    from: 'link: plc-bus, unit: 1',
    to: 'link: plc-bus, unit: 1, ▸root: x',
  },
  { code: 'out-of-bounds', why: 'a unit', from: 'unit: 1', to: 'unit: ▸256', says: '0 to 255' },
  {
    code: 'device-duplicate',
    why: 'the default unit',
    from: '      saw:',
    to: '      ▸copy: { profile: plc, link: plc-bus }\n      saw:',
  },
  { code: 'alias-unknown', why: 'state', from: 'state: plc', to: 'state: ▸plx', says: '"plc"' },
  { code: 'alias-unknown', why: 'interlock', from: 'interlock: { device: plc', to: 'interlock: { device: ▸pcl-1' },
  {
    code: 'state-missing',
    why: 'no state rule',
    in: 'plc',
    from: 'state: { kind: map, signal: state, states: { 0: NotExecuting, 1: Executing } }\n',
    to: '',
  },
  {
    code: 'interlock-missing',
    why: 'no interlock in the profile',
    from: 'interlock: { device: plc',
    to: 'interlock: { device: ▸saw',
  },
  {
    code: 'interlock-duplicate',
    why: 'two profiles, one block',
    from: '\nbounds:',
    to: secondMachine,
    files: { 'profiles/plc2.yaml': plcProfile.replace('profile: plc', 'profile: plc2') },
  },
  {
    code: 'interlock-stall',
    why: 'the block in two requests',
    from: 'timeoutMs: 1000',
    to: 'maxRegisters: 17',
    says: '18',
  },
  {
    code: 'lease-too-short',
    why: 'three heartbeats and the timeout',
    from: 'lease: 5s',
    to: 'lease: ▸3999ms',
    says: '4000ms',
  },
  {
    code: 'lease-too-short',
    why: 'another unit of the bus may be silent',
    from: 'lease: 5s, heartbeat: 1s, confirm: 8s }\n    endOfBooking: { warn: 10m, grace: 15m, policy: finish-cycle }',
    to: 'lease: ▸4999ms }\n  meter-1: { name: { en: M }, owner: o, devices: { a: { profile: plc, link: plc-bus, unit: 2 } }, state: a }',
    says: '5000ms',
  },
  {
    code: 'confirm-too-short',
    why: '6 s and the timeout',
    from: 'confirm: 8s',
    to: 'confirm: ▸6999ms',
    says: '7000ms',
  },
  // Classes of interlocks.
  {
    code: 'interlock-class',
    why: 'not the one of the profile',
    from: 'class: lease, lease',
    to: 'class: ▸watchdog, lease',
    says: 'class: lease',
  },
  {
    code: 'risk-not-accepted',
    why: 'a coil, and nobody who accepts it',
    from: '    interlock: { device: plc, class: lease',
    to: '    ▸interlock: { device: plc, class: coil',
    files: { 'profiles/plc.yaml': coilProfile },
    says: 'acceptedBy',
  },
  {
    code: 'risk-unneeded',
    why: 'a lease with an accepted risk',
    from: 'class: lease, lease',
    to: 'class: lease, ▸risk: { acceptedBy: W, reason: r }, lease',
  },
  {
    code: 'day-unknown',
    why: 'until when a risk is accepted',
    from: 'class: lease, lease',
    to: 'class: coil, risk: { acceptedBy: W, reason: r, until: ▸2026-02-29 }, lease',
    files: { 'profiles/plc.yaml': coilProfile },
  },
  {
    code: 'interlock-output',
    why: 'one bit of a register',
    in: 'plc',
    from: leaseBlocks,
    to: watchdogOf('table: holding, address: 5, type: bool, bit: ▸0'),
    files: siteOf('watchdog'),
  },
  {
    code: 'interlock-output',
    why: 'an input',
    in: 'plc',
    from: leaseBlocks,
    to: watchdogOf('table: ▸discrete, address: 5, type: bool'),
    files: siteOf('watchdog'),
  },
  {
    code: 'interlock-output',
    why: 'two registers',
    in: 'plc',
    from: leaseBlocks,
    to: watchdogOf('table: holding, address: 5, type: ▸u32'),
    files: siteOf('watchdog'),
  },
  {
    code: 'interlock-output',
    why: 'a function that writes registers',
    in: 'plc',
    from: leaseBlocks,
    to: watchdogOf('table: coil, address: 5, type: bool, write: ▸6'),
    files: siteOf('watchdog'),
    says: '5 or 15',
  },
  {
    code: 'heartbeat-too-fast',
    why: 'closer than ticks',
    from: 'heartbeat: 1s, confirm: 8s }',
    to: 'heartbeat: ▸499ms, confirm: 8s }',
    says: '500ms',
  },
  // Whose the usage is.
  {
    code: 'shares-sum',
    why: 'a hundredth too little',
    from: '    owner: huajian\n',
    to: '    owner: huajian\n    shares: [{ from: 2026-01-01, ▸owners: { a: 33.33, b: 66.66 } }]\n',
    says: '99.99',
  },
  {
    code: 'out-of-bounds',
    why: 'a share of nothing',
    from: '    owner: huajian\n',
    to: '    owner: huajian\n    shares: [{ from: 2026-01-01, owners: { a: ▸0, b: 50 } }]\n',
  },
  {
    code: 'bad-format',
    why: 'a day the local way',
    from: '    owner: huajian\n',
    to: '    owner: huajian\n    shares: [{ from: ▸1.1.2026, owners: { a: 100 } }]\n',
    says: '2026-01-31',
  },
  {
    code: 'shares-percent',
    why: 'three decimals',
    from: '    owner: huajian\n',
    to: '    owner: huajian\n    shares: [{ from: 2026-01-01, owners: { a: ▸33.333, b: 66.667 } }]\n',
  },
  {
    code: 'shares-order',
    why: 'the same day twice',
    from: '    owner: huajian\n',
    to: '    owner: huajian\n    shares: [{ from: 2026-01-01, owners: { a: 100 } }, { from: ▸2026-01-01, owners: { b: 100 } }]\n',
  },
  {
    code: 'day-unknown',
    why: 'not a leap year',
    from: '    owner: huajian\n',
    to: '    owner: huajian\n    shares: [{ from: ▸2026-02-29, owners: { a: 100 } }]\n',
    says: '2026-02-29',
  },
  // Profiles.
  { code: 'profile-name', why: 'copied and not renamed', in: 'plc', from: 'profile: plc', to: 'profile: ▸plc-old' },
  {
    code: 'poll-too-fast',
    why: 'a signal',
    in: 'saw',
    from: 'type: bool }',
    to: 'type: bool }, poll: ▸49ms',
    says: '50ms',
  },
  {
    code: 'poll-too-fast',
    why: 'the interlock',
    in: 'plc',
    from: '  class: lease',
    to: '  class: lease\n  poll: ▸49ms',
  },
  {
    code: 'signal-unknown',
    why: 'state',
    in: 'plc',
    from: 'kind: map, signal: state',
    to: 'kind: map, signal: ▸stat',
    says: '"state"',
  },
  {
    code: 'signal-unknown',
    why: 'a word every object knows',
    in: 'plc',
    from: 'kind: map, signal: state',
    to: 'kind: map, signal: ▸constructor',
  },
  { code: 'signal-unknown', why: 'a meter', in: 'plc', from: 'signal: parts', to: 'signal: ▸part' },
  { code: 'signal-unknown', why: 'mode', in: 'plc', from: 'mode: { signal: state', to: 'mode: { signal: ▸mode' },
  { code: 'signal-unknown', why: 'emergencyStop', in: 'plc', from: 'emergencyStop: stop', to: 'emergencyStop: ▸stopp' },
  { code: 'signal-unknown', why: 'fault', in: 'plc', from: 'fault: stop', to: 'fault: ▸stopp' },
  {
    code: 'signal-unknown',
    why: 'a priority rule',
    in: 'saw',
    from: 'kind: threshold, signal: power, above: 20, below: 10, on: Executing, off: NotExecuting',
    to: 'kind: priority, rules: [{ when: ▸cold, state: Executing }], else: NotExecuting',
  },
  {
    code: 'signal-type',
    why: 'a map of a float',
    in: 'plc',
    from: 'kind: map, signal: state',
    to: 'kind: map, signal: ▸power',
    says: 'f32',
  },
  { code: 'signal-type', why: 'a threshold of a bool', in: 'saw', from: 'signal: power', to: 'signal: ▸hot' },
  {
    code: 'signal-type',
    why: 'a stop that is a number',
    in: 'plc',
    from: 'emergencyStop: stop',
    to: 'emergencyStop: ▸state',
  },
  {
    code: 'meter-type',
    why: 'a float',
    in: 'plc',
    from: 'signal: parts, unit: pcs, wrapAt: "4294967296"',
    to: 'signal: ▸power, unit: pcs',
    says: 'f32',
  },
  {
    code: 'meter-wrap',
    why: 'beyond the register',
    in: 'plc',
    from: '"4294967296"',
    to: '▸"4294967297"',
    says: '4294967295',
  },
  {
    code: 'meter-wrap',
    why: 'more than the digits of the register',
    in: 'plc',
    from: counter('u32', '500ms', 'wrapAt: "4294967296"'),
    to: counter('bcd32', '500ms', 'wrapAt: ▸"4294967296"'),
    says: '99999999',
  },
  {
    code: 'meter-type',
    why: 'a resolution of an integer',
    in: 'plc',
    from: 'unit: pcs, wrapAt',
    to: 'unit: pcs, resolution: ▸"0.01", wrapAt',
    says: 'u32',
  },
  {
    code: 'meter-type',
    why: 'a resolution of a scaled float',
    in: 'plc',
    from: counter('u32', '500ms', 'wrapAt: "4294967296"'),
    to: counter('f32', '500ms, scale: 10', 'resolution: ▸"0.01"'),
    says: 'scale 10',
  },
  {
    code: 'signal-type',
    why: 'an identity that is a bool',
    in: 'plc',
    from: 'unit: pcs, wrapAt',
    to: 'unit: pcs, identity: ▸stop, wrapAt',
  },
  {
    code: 'meter-identity',
    why: 'read less often than the counter',
    in: 'plc',
    from: counter('u32', '500ms', 'wrapAt: "4294967296"'),
    to: counter('u32', '400ms', 'identity: ▸state, wrapAt: "4294967296"'),
  },
  { code: 'signal-type', why: 'edges of a number', in: 'plc', from: running, to: edges },
  { code: 'signal-type', why: 'the integral of a bool', in: 'plc', from: running, to: integral('▸stop', '"9"') },
  { code: 'meter-rate', why: 'a rate of zero', in: 'plc', from: running, to: integral('power', '▸"0"') },
  { code: 'meter-wrap', why: 'one', in: 'plc', from: '"4294967296", maxRate: "10"', to: '▸"0", maxRate: "10"' },
  { code: 'meter-rate', why: 'zero', in: 'plc', from: 'maxRate: "10"', to: 'maxRate: ▸"0"' },
  {
    code: 'meter-rate',
    why: 'a wrap between two polls',
    in: 'plc',
    from: '"4294967296", maxRate: "10"',
    to: '"1000", maxRate: ▸"1000"',
  },
  { code: 'address-words', why: 'no count', in: 'saw', from: 'node: Hot, type: bool', to: 'node: Hot, type: words' },
  {
    code: 'address-words',
    why: 'count of something else',
    in: 'saw',
    from: 'node: Hot, type: bool',
    to: 'node: Hot, type: bool, count: 2',
  },
  {
    code: 'address-bit',
    why: 'of a number',
    in: 'plc',
    from: 'address: 0, type: u16',
    to: 'address: 0, type: u16, bit: ▸1',
  },
  {
    code: 'address-type',
    why: 'a number in a coil',
    in: 'plc',
    from: 'table: input, address: 9, type: f32',
    to: 'table: coil, address: 9, type: ▸u16',
  },
  {
    code: 'address-end',
    why: 'the second half is beyond',
    in: 'plc',
    from: 'address: 9, type: f32',
    to: 'address: ▸65535, type: f32',
  },
  { code: 'interlock-block', why: 'too few words', in: 'plc', from: 'count: 16', to: 'count: 15', says: '16' },
  {
    code: 'interlock-block',
    why: 'to a table that cannot be written',
    in: 'plc',
    from: '{ table: holding, address: 100',
    to: '{ table: ▸input, address: 100',
  },
  {
    code: 'interlock-block',
    why: 'overlap',
    in: 'plc',
    from: 'fromPlc: { table: holding, address: 200',
    to: 'fromPlc: ▸{ table: holding, address: 115',
  },
  { code: 'threshold-order', why: 'no hysteresis', in: 'saw', from: 'below: 10', to: 'below: ▸20' },
]
