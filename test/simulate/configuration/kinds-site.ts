/** Changes of a site around its machines: times, links, platforms, the API, sinks, bounds. Some must be refused. */
import { baseDraft } from './base.ts'
import { type Edit, type Kind, reversed, set } from './draft.ts'
import { other, put } from './edits.ts'

const issuer = (name: string) => ({
  issuer: `https://${name}`,
  audience: 'latchkey:hall',
  jwks: `https://${name}/jwks.json`,
})

export const siteKinds: readonly (readonly [name: string, edit: Edit, refused?: Kind['refused']])[] = [
  ['another time zone', other('timezone', 'Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns')],
  ['another name', other('site', 'halle-z'), 'start'],
  ['no name', other('site', undefined), 'check'],
  ['another fencing id', other('fencingId', undefined, 3, 15)],
  ['a misspelt option', (draft) => set(draft, 'machines.booth.onwer', 'mill'), 'check'],
  ['a link that is not there', (draft) => set(draft, 'links.bus', undefined), 'check'],
  ['a profile that is not there', (draft) => set(draft, 'machines.saw.devices.saw.profile', 'sim-none'), 'check'],
  [
    'a unit that is not that of its signal',
    (draft) => set(draft, 'profiles.sim-energy.meters.energy.perCount', 7),
    'check',
  ],
  ['a certificate that is not there', (draft) => set(draft, 'api.tls', { cert: 'a.pem', key: 'b.pem' }), 'check'],
  [
    'a secret in the file',
    (draft) => set(draft, 'mqtt', { url: 'mqtt://127.0.0.1:9', username: 'a', password: 'b' }),
    'check',
  ],
  ['no tariff, nor a platform', (draft) => set(draft, 'trust', undefined)],
  [
    'another issuer',
    (draft, dice) => set(draft, 'trust', { issuers: [issuer(dice.pick(['a.example', 'b.example']))] }),
  ],
  ['two issuers', (draft) => set(draft, 'trust', { issuers: [issuer('a.example'), issuer('b.example')] })],
  [
    'how clocks may differ',
    (draft) => set(draft, 'trust', { issuers: [{ ...issuer('a.example'), clockTolerance: '2m' }] }),
  ],
  ['bookings that must be known', other('bookings', { unknown: 'deny' }, { unknown: 'accept-signed' })],
  ['bookings that are pulled', other('bookings', { source: { pull: 'http://127.0.0.1:9/feed' } }, undefined)],
  ['an earlier start', other('bookings', { earlyStart: '1h', noShow: '5m' }, { earlyStart: '0s', noShow: '1s' })],
  [
    'contact, and lists',
    other('bookings', { contact: '1h', revocations: { maxAge: '30d' } }, { contact: '1s' }, undefined),
  ],
  ['limits of the API', other('api.rateLimit', 1, 100, undefined)],
  ['PINs', other('api.pinTries', 1, 5, undefined)],
  [
    'bodies and streams',
    (draft, dice) => set(draft, 'api.bodyLimit', dice.pick([1024, 65_536])) && set(draft, 'api.maxStreams', 1),
  ],
  ['a broker', other('mqtt', { url: 'mqtt://127.0.0.1:9', version: 4 }, { url: 'mqtt://127.0.0.1:10' }, undefined)],
  [
    'InfluxDB',
    other(
      'influx',
      { url: 'http://127.0.0.1:9', database: 'a' },
      { url: 'http://127.0.0.1:9', database: 'b' },
      undefined,
    ),
  ],
  ['the order of links', put('links', reversed)],
  [
    'a link that nobody uses',
    (draft) => set(draft, 'links.spare', { protocol: 'modbus', transport: 'tcp', host: 'spare' }),
  ],
  ['another address', other('links.bus.host', '127.0.0.1', '127.0.0.2', 'bus.local')],
  ['pauses and gaps', other('links.plc.pauseMs', undefined, 5, 50)],
  ['ticks', other('bounds', { ticksPerSecond: 5 }, { ticksPerSecond: 50, commitEvery: '1s' }, undefined)],
  ['room for bookings', other('bounds', { maxBookings: 10, maxBlocks: 1 }, undefined)],
  ['samples', other('bounds', { samples: 1000, sampleEvery: '1s' }, undefined)],
  [
    'years, and a reserve',
    other('bounds', { retentionYears: 1, diskReserve: 1_048_576 }, { flapsPerHour: 2 }, undefined),
  ],
  ['everything as it was at first', (draft) => Object.assign(draft, baseDraft()) === draft],
]
