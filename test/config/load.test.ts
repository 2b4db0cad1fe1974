/** What good files resolve to, and that secrets stay where they are needed. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'
import { redact } from '../../config/resolve/redact.ts'
import type { SiteConfig } from '../../config/site.ts'
import type { Summary } from '../../config/summary.ts'
import { edit, goodSite, openFolder, plcProfile } from './site-folder.ts'

const config = join(import.meta.dirname, '../../config')
const secrets = {
  LATCHKEY_MQTT_PASSWORD: 'hunter2',
  LATCHKEY_INFLUX_PASSWORD: 'hunter3',
  LATCHKEY_ROUTER_PASSWORD: 'hunter4',
}
const folder = openFolder()
afterAll(() => folder.remove())

function good(path: string, env: Readonly<Record<string, string>> = {}): { config: SiteConfig; summary: Summary } {
  const loaded = loadSite(path, env)
  if (loaded.kind === 'ok') return loaded
  throw new Error(loaded.faults.map(faultLine).join('\n'))
}

function goodFiles(files: Readonly<Record<string, string>>): { config: SiteConfig; summary: Summary } {
  folder.write(files)
  return good(join(folder.path, 'site.yaml'))
}

it('resolves shares to the first moment of their day in the time zone of the site', () => {
  const written =
    '    owner: huajian\n    shares: [{ from: 2026-01-01, owners: { a: 66.67, b: 33.33 } }, { from: 2026-07-01, owners: { b: 100 } }]\n'
  const { config } = goodFiles({ 'site.yaml': edit(goodSite, '    owner: huajian\n', written) })
  expect(config.machines[0]!.shares).toEqual([
    {
      fromMs: Date.UTC(2025, 11, 31, 16),
      owners: [
        { owner: 'a', percent: '66.67' },
        { owner: 'b', percent: '33.33' },
      ],
    },
    { fromMs: Date.UTC(2026, 5, 30, 16), owners: [{ owner: 'b', percent: '100' }] },
  ])
})

describe('the files that come with the gateway', () => {
  it('loads the demo: simulated, unlockable where the profile has a lease', () => {
    const { config: demo, summary } = good(join(config, 'sites/demo.yaml'))
    expect(demo.machines.map(({ id, simulated, interlock }) => [id, simulated, interlock?.link])).toEqual([
      ['spray-booth-1', true, 'booth-plc'],
      ['panel-saw-1', true, undefined],
      ['microscope-1', true, 'lab-opcua'],
    ])
    expect(demo.mqtt).toMatchObject({ version: 4, clientId: 'latchkey-demo', keepaliveMs: 15_000 })
    expect(demo.dataDir).toBe(join(config, '../data/demo'))
    expect(demo.machines[0]!.meters.map(({ id, gating }) => [id, gating])).toEqual([
      ['spray-booth-1/plc.parts', true],
      ['spray-booth-1/plc.running', false],
      ['spray-booth-1/energy.energy', false],
    ])
    expect(summary.notes).toEqual([])
  })

  it('loads the example of a real site, with its secrets from the environment', () => {
    const { config: real, summary } = good(join(config, 'sites/prep-centre.yaml'), secrets)
    expect(real.mqtt?.password).toBe('hunter2')
    expect(real.machines.map(({ simulated }) => simulated)).toEqual([false, false])
    expect(summary.notes.map(({ code }) => code)).toEqual(['drill-needed', 'interlock-open'])
  })

  it.each(readdirSync(join(config, 'profiles')))('loads the profile %s', (file) => {
    const name = file.replace('.yaml', '')
    const isOpcua = name.endsWith('-opcua') || ['sim-instrument', 'sim-panel-saw'].includes(name)
    const place = isOpcua ? 'link: saw-link, root: "nsu=urn:x;s=B"' : 'link: plc-bus, unit: 2'
    const { config: site } = goodFiles({
      'site.yaml': edit(goodSite, '      saw:', `      more: { profile: ${name}, ${place} }\n      saw:`),
    })
    expect(site.machines[0]!.devices.more?.profile).toBe(name)
    expect(site.machines[0]!.simulated).toBe(name.startsWith('sim-'))
  })
})

describe('an interlock of another class resolves', () => {
  const siteFor = (profile: string, interlock: string) =>
    good(
      folderSite(
        edit(
          goodSite,
          'device: plc, class: lease, lease: 5s, heartbeat: 1s, confirm: 8s',
          `device: io, ${interlock}`,
        ).replace('      saw:', `      io: { profile: ${profile}, link: plc-bus, unit: 2 }\n      saw:`),
      ),
    )
  const folderSite = (text: string) => {
    folder.write({ 'site.yaml': text })
    return join(folder.path, 'site.yaml')
  }

  it('to an output with what makes its watchdog safe', () => {
    const { config: site, summary } = siteFor('beckhoff-ek9000', 'class: watchdog')
    const coil = { table: 'coil', address: 0, type: 'bool' }
    expect(site.machines[0]!.interlock).toMatchObject({
      class: 'watchdog',
      output: { ...coil, write: 5 },
      readBack: { ...coil, write: 5 },
      feedback: { table: 'discrete', address: 0 },
      watchdog: { time: { address: 0x1120 }, unitMs: 1, settings: [{ equals: 0 }, { equals: 0 }] },
      leaseMs: 5000,
    })
    expect(summary.machines[0]!.unlock).toMatchObject({ class: 'watchdog', failSafe: true })
  })

  it('to an output without a fail-safe, and who accepts that until the end of a day of the site', () => {
    const risk = 'risk: { acceptedBy: Wang Li, reason: no module fits, until: 2026-12-31 }'
    const { config: site, summary } = siteFor('sim-edge-bander-coil', `class: coil, ${risk}`)
    expect(site.machines[0]!.interlock).toMatchObject({
      class: 'coil',
      output: { table: 'coil', address: 0, write: 15 },
      risk: { acceptedBy: 'Wang Li', reason: 'no module fits', untilMs: Date.UTC(2026, 11, 31, 16) },
    })
    expect(summary.machines[0]!.unlock).toMatchObject({ class: 'coil', failSafe: false })
    expect(summary.notes.map(({ code }) => code)).toEqual(expect.arrayContaining(['no-fail-safe', 'no-finish']))
  })
})

describe('a good site resolves', () => {
  it('with a feed of bookings, windows, qualifications and what holds offline', () => {
    const more = `
bookings: { source: { pull: https://platform.example/bookings }, unknown: deny }
links:`
    const machine = `    requires: [spray, crane, spray]
    windows: [{ days: [mon, sun], from: "22:00", to: "06:30", reason: oil }, { days: [sat], from: "08:00", to: "24:00" }]
    offline: { minutes: 60, pieces: 5 }
    endOfBooking:`
    const text = edit(edit(goodSite, '\nlinks:', more), '    endOfBooking:', machine)
    const { config: site } = goodFiles({ 'site.yaml': text })
    expect(site.bookings.source).toEqual({
      url: 'https://platform.example/bookings',
      everyMs: 30_000,
      timeoutMs: 10_000,
    })
    expect(site.machines[0]).toMatchObject({
      requires: ['crane', 'spray'],
      windows: {
        zone: 'Asia/Shanghai',
        list: [
          { days: [1, 0], fromMinute: 22 * 60, toMinute: 6 * 60 + 30, reason: 'oil' },
          { days: [6], fromMinute: 8 * 60, toMinute: 24 * 60 },
        ],
      },
      offline: { policy: 'known-only', caps: { minutes: 60, pieces: 5 } },
    })
  })

  it('to the whole configuration', () => {
    const { config: site } = goodFiles({})
    const { links, machines, configurationId, bounds, ...rest } = site
    expect(rest).toEqual({
      site: 'test',
      timezone: 'Asia/Shanghai',
      dataDir: join(folder.path, 'data'),
      fencingId: 3,
      api: {
        host: '127.0.0.1',
        port: 0,
        bodyLimit: 65_536,
        requestTimeoutMs: 10_000,
        rateLimit: 600,
        maxStreams: 100,
        maxLoopDelayMs: 1000,
        commandTimeoutMs: 20_000,
        maxCommands: 64,
        pinTries: 5,
        pinWindowMs: 900_000,
      },
      issuers: [
        {
          issuer: 'https://platform.example',
          audience: 'latchkey:test',
          jwks: { kind: 'url', url: 'https://platform.example/jwks.json' },
        },
      ],
      time: { trust: 'system' },
      bookings: {
        source: 'push',
        unknown: 'accept-signed',
        earlyStartMs: 300_000,
        noShowMs: 900_000,
        contactMs: 900_000,
      },
      mqtt: {
        url: 'mqtt://127.0.0.1:1883',
        version: 4,
        clientId: 'latchkey-test',
        keepaliveMs: 15_000,
        window: 20,
        ackTimeoutMs: 10_000,
      },
      influx: { url: 'http://127.0.0.1:8086', database: 'latchkey', batch: 1000, timeoutMs: 10_000 },
    })
    expect(bounds).toEqual({
      ticksPerSecond: 20,
      commitEveryMs: 250,
      maxPending: 20_000,
      ledgerTimeoutMs: 30_000,
      samples: 200_000,
      sampleEveryMs: 60_000,
      reconnectMaxMs: 30_000,
      maxOverrideMs: 28_800_000,
      maxBookings: 10_000,
      maxBlocks: 100,
      checkpointEveryMs: 300_000,
      diskReserve: 134_217_728,
      retentionYears: 10,
    })
    expect(links.map(({ id, protocol }) => [id, protocol])).toEqual([
      ['plc-bus', 'modbus'],
      ['saw-link', 'opcua'],
    ])
    expect(links[0]!.options).toMatchObject({ host: '127.0.0.1', port: 502, timeoutMs: 1000, maxGap: 8 })
    expect(links[0]!.options).not.toHaveProperty('protocol')
    expect(configurationId).toMatch(/^[0-9a-f]{64}$/)
    expect(machines).toHaveLength(1)
  })

  it('to signals, meters and an interlock with addresses and ids', () => {
    const machine = goodFiles({}).config.machines[0]!
    expect(machine.signals[0]).toEqual({
      id: 'booth-1/plc.state',
      machine: 'booth-1',
      alias: 'plc',
      name: 'state',
      link: 'plc-bus',
      address: { table: 'holding', address: 0, type: 'u16', order: 'ABCD' },
      device: { unit: 1 },
      intervalMs: 500,
      scale: 1,
      offset: 0,
      required: true,
    })
    expect(machine.signals.filter(({ required }) => required).map(({ name }) => name)).toEqual(['state', 'stop'])
    expect(machine.meters).toEqual([
      {
        kind: 'register',
        id: 'booth-1/plc.parts',
        machine: 'booth-1',
        signal: 'booth-1/plc.parts',
        unit: 'pcs',
        perCount: 1n,
        wrapAt: 4_294_967_296n,
        maxRate: 10n,
        resets: 'never',
        gating: true,
      },
      {
        kind: 'duration',
        id: 'booth-1/plc.running',
        machine: 'booth-1',
        unit: 'ms',
        while: 'Executing',
        gating: false,
      },
    ])
    expect(machine.state).toEqual({
      kind: 'map',
      signal: 'booth-1/plc.state',
      states: { 0: 'NotExecuting', 1: 'Executing' },
    })
    expect(machine).toMatchObject({
      mode: { signal: 'booth-1/plc.state', modes: { 0: 'Processing' } },
      emergencyStop: 'booth-1/plc.stop',
      fault: 'booth-1/plc.stop',
      offline: { policy: 'accept-signed', caps: { minutes: 480 } },
      endOfBooking: { warnMs: 600_000, graceMs: 900_000, policy: 'finish-cycle' },
      afterUse: { cleanDownMs: 0, inspection: 'none' },
    })
    expect(machine.interlock).toEqual({
      class: 'lease',
      alias: 'plc',
      link: 'plc-bus',
      device: { unit: 1 },
      toPlc: { table: 'holding', address: 100, type: 'words', count: 16, order: 'ABCD' },
      fromPlc: { table: 'holding', address: 200, type: 'words', count: 18, order: 'ABCD' },
      pollMs: 500,
      leaseMs: 5000,
      heartbeatMs: 1000,
      confirmMs: 8000,
      requestTimeoutMs: 1000,
    })
  })

  it('to data a worker thread can be given', () => {
    const { config: site } = goodFiles({})
    expect(structuredClone(site)).toEqual(site)
  })

  it('with the meter of another device not gating, unless its profile says so', () => {
    const explicit = edit(plcProfile, 'maxRate: "10"', 'maxRate: "10", gating: true')
    const other = edit(goodSite, 'interlock: { device: plc, class: lease, lease: 5s, heartbeat: 1s, confirm: 8s }', '')
    const gating = (files: Readonly<Record<string, string>>) => goodFiles(files).config.machines[0]!.meters[0]!.gating
    expect(gating({ 'site.yaml': other })).toBe(false)
    expect(gating({ 'site.yaml': other, 'profiles/plc.yaml': explicit })).toBe(true)
  })

  it('with a key set and a profile beside it, before those that come with the gateway', () => {
    const site = edit(
      edit(goodSite, 'jwks: https://platform.example/jwks.json', 'jwks: keys.json'),
      'profile: saw',
      'profile: abb-b23',
    )
    const { config: found } = goodFiles({
      'site.yaml': edit(site, 'link: saw-link, root: "nsu=urn:x;s=Saw"', 'link: plc-bus, unit: 9'),
      'keys.json': '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}',
      'profiles/abb-b23.yaml': edit(plcProfile, 'profile: plc', 'profile: abb-b23'),
    })
    expect(found.issuers[0]!.jwks).toEqual({ kind: 'file', path: join(folder.path, 'keys.json') })
    expect(found.machines[0]!.signals.at(-1)!.id).toBe('booth-1/saw.power')
  })
})

describe('the identity of a configuration', () => {
  const password = (variable: string) =>
    edit(goodSite, 'version: 4', `version: 4, username: u, password: "\${env:${variable}}"`)
  const identity = (text: string, env: Readonly<Record<string, string>>) => {
    folder.write({ 'site.yaml': text })
    return good(join(folder.path, 'site.yaml'), env).config.configurationId
  }

  it('does not depend on secrets, comments, order or the folder', () => {
    const one = identity(password('A'), { A: 'hunter2' })
    expect(identity(password('B'), { B: 'other' })).toBe(one)
    expect(identity(`# a comment\n${edit(password('A'), 'fencingId: 3\n', '')}fencingId: 3\n`, { A: 'x' })).toBe(one)
    const elsewhere = join(folder.path, 'elsewhere')
    mkdirSync(elsewhere, { recursive: true })
    writeFileSync(join(elsewhere, 'site.yaml'), password('A'))
    expect(good(join(elsewhere, 'site.yaml'), { A: 'x' }).config.configurationId).toBe(one)
  })

  it('changes with the site and with a profile', () => {
    const one = goodFiles({}).config.configurationId
    expect(identity(edit(goodSite, 'lease: 5s', 'lease: 6s'), {})).not.toBe(one)
    expect(
      goodFiles({ 'profiles/plc.yaml': edit(plcProfile, 'address: 2, type', 'address: 4, type') }).config
        .configurationId,
    ).not.toBe(one)
  })
})

describe('secrets', () => {
  it('are not in the printed configuration, the summary or the identity', () => {
    const { config: real, summary } = good(join(config, 'sites/prep-centre.yaml'), secrets)
    const printed = JSON.stringify([redact(real), summary])
    expect(printed).not.toMatch(/hunter/)
    expect(printed.match(/"password":"\*\*\*"/g)).toHaveLength(3)
    expect(
      JSON.stringify(real, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)).match(/hunter/g),
    ).toHaveLength(3)
  })
})

describe('notes', () => {
  const trust = goodSite.slice(goodSite.indexOf('trust:'), goodSite.indexOf('mqtt:'))
  it.each([
    ['no-issuers', trust, '', 1],
    ['no-mqtt', 'mqtt: { url: mqtt://127.0.0.1:1883, version: 4 }\n', '', 1],
    ['drill-needed', 'site: test', 'site: test', 22],
    ['link-unused', '      saw: { profile: saw, link: saw-link, root: "nsu=urn:x;s=Saw" }\n', '', 13],
    ['api-exposed', '"127.0.0.1:0"', '"0.0.0.0:0", plaintext: accepted', 5],
    ['interlock-open', 'host: 127.0.0.1', 'host: 10.1.0.5', 22],
  ])('%s', (code, from, to, line) => {
    const { summary } = goodFiles({ 'site.yaml': edit(goodSite, from, to) })
    expect(summary.notes.map((note) => [note.code, note.line])).toContainEqual([code, line])
  })

  it('device-shared, when two profiles read one device', () => {
    const { summary } = goodFiles({
      'site.yaml': edit(
        goodSite,
        '      saw:',
        '      more: { profile: eastron-sdm630, link: plc-bus, unit: 1 }\n      saw:',
      ),
    })
    expect(summary.notes.map(({ code, line, column }) => [code, line, column])).toContainEqual(['device-shared', 20, 7])
  })
})
