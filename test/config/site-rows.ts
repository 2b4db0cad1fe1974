/** Edits of a good site file that break its sense: well formed, and cannot work. Read by faults.test.ts. */
import { rootCertificates } from 'node:tls'
import type { Row } from './shape-rows.ts'

const jwks = ['jwks: https://platform.example/jwks.json', 'jwks: ▸keys.json'] as const

const TWO = '{ a: "10.1.0.1:7900", b: "10.1.0.2:7900" }'

/** A pair before the links, marked at a member. */
function pairOf(boxes: string, marked?: 'boxes' | 'key', env = 'HOOK'): string {
  const at = (member: string) => `${member}: ${member === marked ? '▸' : ''}`
  return `pair: { ${at('boxes')}${boxes}, ${at('key')}"$` + `{env:${env}}" }\nlinks:\n`
}

export const siteRows: readonly Row[] = [
  { code: 'timezone-unknown', why: 'a city that is not in the table', from: 'Asia/Shanghai', to: '▸Asia/Beijing' },
  {
    code: 'feed-plain',
    why: 'bookings over plain http from another host',
    from: 'links:\n',
    to: 'bookings: { source: { pull: ▸"http://platform.example/bookings" } }\nlinks:\n',
  },
  { code: 'pair-boxes', why: 'one box', from: 'links:\n', to: pairOf('{ a: "10.1.0.1:7900" }', 'boxes') },
  {
    code: 'pair-boxes',
    why: 'an address for a box that there is not',
    from: 'links:\n',
    to: pairOf(`${TWO}, api: { ▸c: "https://c.shop" }`),
  },
  { code: 'pair-key', why: 'one that could be guessed', from: 'links:\n', to: pairOf(TWO, 'key', 'GOOD') },
  {
    code: 'pair-serial',
    why: 'a bus with room for one',
    from: 'links:\n  plc-bus: { protocol: modbus, transport: tcp, host: 127.0.0.1, port: 502,',
    to: `${pairOf(TWO)}  plc-bus: { protocol: modbus, transport: rtu, serial: { path: /dev/ttyS0 },`,
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
    code: 'webhook-plain',
    why: 'another host',
    from: '\nmqtt:',
    to: '\nwebhooks: { hook: { url: ▸http://platform.example/hook, secret: "${env:HOOK}" } }\nmqtt:',
  },
  {
    code: 'webhook-secret',
    why: 'no key of Standard Webhooks',
    from: '\nmqtt:',
    to: '\nwebhooks: { hook: { url: https://platform.example/hook, secret: ▸"${env:GOOD}" } }\nmqtt:',
  },
  {
    code: 'plain-secret',
    why: 'mqtt',
    from: 'mqtt://127.0.0.1:1883,',
    to: `▸mqtt://broker.example:1883, username: u, password: "\${env:GOOD}",`,
  },
  {
    code: 'plain-secret',
    why: 'sparkplug',
    from: '\nmqtt:',
    to: `\nsparkplug: { url: ▸mqtt://broker.example:1883, group: g, username: u, password: "\${env:GOOD}" }\nmqtt:`,
  },
  {
    code: 'bad-format',
    why: 'a group that would be two levels of a topic',
    from: '\nmqtt:',
    to: '\nsparkplug: { url: mqtt://127.0.0.1, group: ▸a/b }\nmqtt:',
  },
  {
    code: 'plain-secret',
    why: 'influx, a name alone',
    from: 'http://127.0.0.1:8086,',
    to: '▸http://influx.example:8086, username: u,',
  },
  {
    code: 'plain-secret',
    why: 'influx, a token',
    from: 'http://127.0.0.1:8086,',
    to: `▸http://influx.example:8086, version: 3, token: "\${env:GOOD}",`,
  },
  {
    code: 'influx-login',
    why: 'a user name with version 3',
    from: 'http://127.0.0.1:8086,',
    to: 'http://127.0.0.1:8086, version: 3, ▸username: u,',
  },
  {
    code: 'influx-login',
    why: 'version 2 without an organisation',
    from: 'http://127.0.0.1:8086,',
    to: `http://127.0.0.1:8086, ▸version: 2, token: "\${env:GOOD}",`,
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
    code: 'link-duplicate',
    why: 'the same serial port',
    from: 'machines:',
    to: `  a: { protocol: modbus, transport: rtu, serial: { path: /dev/ttyS0 } }
  ▸b: { protocol: modbus, transport: rtu, serial: { path: /dev/ttyS0, baudRate: 9600 } }
machines:`,
  },
  {
    code: 'missing-key',
    why: 'TCP without a host',
    from: 'plc-bus: { protocol: modbus, transport: tcp, host: 127.0.0.1, port: 502,',
    to: '▸plc-bus: { protocol: modbus, transport: tcp,',
    says: 'host name',
  },
  {
    code: 'unknown-key',
    why: 'a host that is misspelt, said once',
    from: 'plc-bus: { protocol: modbus, transport: tcp, host: 127.0.0.1,',
    to: 'plc-bus: { protocol: modbus, transport: tcp, ▸hots: 127.0.0.1,',
    says: 'did you mean "host"?',
  },
  {
    code: 'missing-key',
    why: 'a serial line without its port',
    from: 'plc-bus: { protocol: modbus, transport: tcp, host: 127.0.0.1, port: 502,',
    to: '▸plc-bus: { protocol: modbus, transport: rtu,',
  },
  {
    code: 'missing-key',
    why: 'TLS without certificates',
    from: 'plc-bus: { protocol: modbus, transport: tcp, host: 127.0.0.1, port: 502,',
    to: '▸plc-bus: { protocol: modbus, transport: tls, host: plc,',
  },
  {
    code: 'unknown-key',
    why: 'a serial line at a host',
    from: 'transport: tcp, host: 127.0.0.1, port: 502',
    to: 'transport: rtu, serial: { path: /dev/ttyS0 }, ▸host: plc',
    says: 'correct transport',
  },
  {
    code: 'tls-missing',
    why: 'no certificate for a link',
    from: 'transport: tcp, host: 127.0.0.1, port: 502',
    to: 'transport: tls, host: plc, tls: { ca: ca.pem, cert: ▸nowhere.pem, key: ca.pem }',
    files: { 'ca.pem': rootCertificates[0]! },
  },
  {
    code: 'serial-slow',
    why: '125 registers at 1200 baud',
    from: 'transport: tcp, host: 127.0.0.1, port: 502',
    to: 'transport: rtu, serial: { path: /dev/ttyS0, baudRate: ▸1200 }',
    says: 'timeoutMs: 4822, or maxRegisters: 20',
  },
  {
    code: 'bad-url',
    why: 'an address of IPv6 for OPC UA',
    from: '"opc.tcp://127.0.0.1:4840", security: None',
    to: '▸"opc.tcp://[fd00::7]:4840", security: Sign',
  },
  {
    code: 'opcua-insecure',
    why: 'None to another host',
    from: '"opc.tcp://127.0.0.1:4840", security: None',
    to: '"opc.tcp://10.1.0.5:4840", security: ▸None',
  },
  {
    code: 'unknown-key',
    why: 'unprotected with a security',
    from: 'security: None',
    to: 'security: Sign, ▸unprotected: read-only',
  },
  {
    code: 'opcua-user-plain',
    why: 'a user with None, to a device that has no security',
    from: 'security: None',
    to: `security: None, unprotected: read-only, ▸user: { name: u, password: "\${env:GOOD}" }`,
  },
  {
    code: 'opcua-user-plain',
    why: 'a user with None',
    from: 'security: None',
    to: `security: None, ▸user: { name: u, password: "\${env:GOOD}" }`,
  },
]
