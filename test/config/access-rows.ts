/** Edits of a good site that break who may use a machine, when, and what happens then. Read by faults.test.ts. */
import type { Row } from './shape-rows.ts'
import { plcProfile } from './site-folder.ts'

const end = '    endOfBooking:'
const machine = (text: string) => ({ from: end, to: `    ${text}\n${end}` })
const bookings = (text: string) => ({ from: 'links:\n', to: `bookings: { ${text} }\nlinks:\n` })
const api = (text: string) => ({ from: '"127.0.0.1:0"', to: `"127.0.0.1:0", ${text}` })
const window = (text: string) => machine(`windows: [${text}]`)
const interlock = (text: string) => ({ from: 'lease: 5s', to: `lease: 5s, ${text}` })
const coilFiles = {
  'profiles/plc.yaml': `${plcProfile.split('interlock:')[0]}interlock:\n  class: coil\n  output: { table: coil, address: 0, type: bool }\n`,
}
const coil = (risk: string) => ({
  from: 'class: lease, lease: 5s',
  to: `class: coil, ${risk}, lease: 5s`,
  files: coilFiles,
})

export const accessRows: readonly Row[] = [
  // Windows.
  {
    code: 'bad-format',
    why: 'a window from an hour there is not',
    ...window('{ days: [mon], from: ▸"24:00", to: "06:00" }'),
  },
  {
    code: 'bad-format',
    why: 'a window to an hour there is not',
    ...window('{ days: [mon], from: "22:00", to: ▸"24:01" }'),
  },
  { code: 'bad-format', why: 'a window with one digit', ...window('{ days: [mon], from: ▸"9:00", to: "10:00" }') },
  { code: 'wrong-type', why: 'a window in seconds', ...window('{ days: [mon], from: ▸7200, to: "10:00" }') },
  {
    code: 'not-one-of',
    why: 'a day written out',
    ...window('{ days: [▸monday], from: "09:00", to: "10:00" }'),
    says: 'mon',
  },
  { code: 'out-of-bounds', why: 'a window on no day', ...window('{ ▸days: [], from: "09:00", to: "10:00" }') },
  { code: 'missing-key', why: 'a window without an end', ...window('▸{ days: [mon], from: "09:00" }'), says: 'to' },
  {
    code: 'unknown-key',
    why: 'a window by date',
    ...window('{ ▸date: 2026-01-01, days: [mon], from: "09:00", to: "10:00" }'),
  },
  { code: 'out-of-bounds', why: 'no window at all', ...machine('▸windows: []') },
  {
    code: 'wrong-type',
    why: 'one window and no list',
    ...machine('windows: ▸{ days: [mon], from: "09:00", to: "10:00" }'),
  },
  // Qualifications.
  { code: 'bad-id', why: 'a qualification with a space', ...machine('requires: [▸"arc welding"]') },
  { code: 'out-of-bounds', why: 'no qualification at all', ...machine('▸requires: []') },
  // Offline.
  { code: 'not-one-of', why: 'a policy offline', ...machine('offline: { policy: ▸accept }'), says: 'accept-signed' },
  { code: 'out-of-bounds', why: 'no minutes offline', ...machine('offline: { minutes: ▸0 }'), says: '1 to 44640' },
  { code: 'wrong-type', why: 'half a piece offline', ...machine('offline: { pieces: ▸1.5 }') },
  { code: 'wrong-type', why: 'energy offline with a unit', ...machine('offline: { energyWh: ▸5kWh }') },
  { code: 'unknown-key', why: 'hours offline', ...machine('offline: { ▸hours: 8 }'), says: 'minutes' },
  // The end of a booking, and after it.
  {
    code: 'not-one-of',
    why: 'a policy of the end',
    from: 'finish-cycle }',
    to: '▸finish-cylce }',
    says: 'finish-cycle',
  },
  {
    code: 'bad-duration',
    why: 'minutes of clean-down',
    ...machine('afterUse: { cleanDown: ▸15 }'),
    says: 'without a unit',
  },
  { code: 'out-of-bounds', why: 'a clean-down of days', ...machine('afterUse: { cleanDown: ▸2d }'), says: '0s to 1d' },
  {
    code: 'not-one-of',
    why: 'an inspection now and then',
    ...machine('afterUse: { inspection: ▸sometimes }'),
    says: 'required',
  },
  { code: 'not-one-of', why: 'an inspection as yes', ...machine('afterUse: { inspection: ▸true }') },
  // Interlocks.
  { code: 'unknown-key', why: 'commissioned by the site file', ...interlock('▸commissioned: true') },
  { code: 'unknown-key', why: 'commissioned beside the interlock', ...machine('▸commissioned: true') },
  { code: 'not-one-of', why: 'a class there is not', from: 'class: lease', to: 'class: ▸relay', says: 'watchdog' },
  { code: 'out-of-bounds', why: 'a drill every hour', ...interlock('retest: ▸1h'), says: '1d to 3650d' },
  {
    code: 'missing-key',
    why: 'a risk that nobody accepts',
    ...coil('▸risk: { reason: an old machine }'),
    says: 'acceptedBy',
  },
  { code: 'out-of-bounds', why: 'a risk accepted by an empty name', ...coil('risk: { acceptedBy: ▸"", reason: old }') },
  { code: 'bad-format', why: 'a risk until a month', ...coil('risk: { acceptedBy: W, reason: old, until: ▸2026-12 }') },
  { code: 'wrong-type', why: 'a risk as yes', ...coil('risk: ▸true') },
  // TLS.
  { code: 'missing-key', why: 'a certificate without a key', ...api('▸tls: { cert: a.pem }'), says: 'key' },
  {
    code: 'tls-missing',
    why: 'a folder for a key',
    ...api('tls: { cert: keys.json, key: ▸profiles }'),
    files: { 'keys.json': '{}' },
  },
  { code: 'not-one-of', why: 'plaintext as yes', ...api('plaintext: ▸"yes"'), says: 'accepted' },
  { code: 'unknown-key', why: 'a certificate beside the address', ...api('▸cert: a.pem') },
  // Revocations, and the feed.
  { code: 'bad-url', why: 'a list in a file', ...bookings('revocations: { url: ▸"revoked.jwt" }') },
  { code: 'bad-url', why: 'a list over ftp', ...bookings('revocations: { url: ▸"ftp://platform.example/list" }') },
  {
    code: 'url-credentials',
    why: 'a list with a password',
    ...bookings('revocations: { url: ▸"https://u:hunter2@platform.example/list" }'),
  },
  {
    code: 'feed-plain',
    why: 'a list over plain http from another host',
    ...bookings('revocations: { url: ▸"http://platform.example/list" }'),
    says: 'https',
  },
  {
    code: 'out-of-bounds',
    why: 'a list older than seconds',
    ...bookings('revocations: { maxAge: ▸30s }'),
    says: '1m to 30d',
  },
  { code: 'bad-duration', why: 'a list older than text', ...bookings('revocations: { maxAge: ▸never }') },
  {
    code: 'revocations-age',
    why: 'a list too old before it is fetched again',
    ...bookings('revocations: { url: "https://platform.example/list", every: 10m, maxAge: ▸10m }'),
    says: 'every',
  },
  {
    code: 'revocations-age',
    why: 'a list too old before it is fetched again by default',
    ...bookings('revocations: { url: "https://platform.example/list", maxAge: ▸1m }'),
  },
  { code: 'bad-duration', why: 'a contact in words', ...bookings('contact: ▸soon') },
  { code: 'not-one-of', why: 'an unknown booking', ...bookings('unknown: ▸accept'), says: 'accept-signed' },
  {
    code: 'url-credentials',
    why: 'a feed with a password',
    ...bookings('source: { pull: ▸"https://u:hunter2@platform.example/b" }'),
  },
  // PINs.
  { code: 'out-of-bounds', why: 'no try of a PIN', ...api('pinTries: ▸0'), says: '1 to 100' },
  { code: 'out-of-bounds', why: 'a short window for PINs', ...api('pinWindow: ▸5s'), says: '1m to 1d' },
  { code: 'wrong-type', why: 'tries of a PIN as text', ...api('pinTries: ▸"five"') },
]

/** The same options as they should be: what a fuzz breaks. */
export const accessSite = (site: string) =>
  site
    .replace(
      '"127.0.0.1:0"',
      '"127.0.0.1:0", pinTries: 5, pinWindow: 15m, tls: { cert: a.pem, key: b.pem }, plaintext: accepted',
    )
    .replace(
      'links:\n',
      'bookings: { source: { pull: "https://platform.example/b", every: 30s }, unknown: deny, contact: 15m, revocations: { url: "https://platform.example/l", every: 1m, maxAge: 2d } }\nlinks:\n',
    )
    .replace(
      end,
      `    requires: [arc-welding]
    windows: [{ days: [mon, sun], from: "22:00", to: "06:00", reason: oil }]
    offline: { policy: known-only, minutes: 60, energyWh: 100, pieces: 5 }
    afterUse: { cleanDown: 5m, inspection: required }
${end}`,
    )
    .replace('lease: 5s', 'retest: 30d, risk: { acceptedBy: W, reason: old, until: 2026-12-31 }, lease: 5s')
