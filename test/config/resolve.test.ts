/** What a good site resolves to, option by option, and its identity. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { makeCertificate } from '../support/certificate.ts'
import { edit, goodAt, goodSite, openFolder, plcProfile } from './site-folder.ts'

const folder = openFolder()
afterAll(() => folder.remove())

const apiDefaults = {
  host: '127.0.0.1',
  port: 0,
  names: [],
  origins: [],
  bodyLimit: 65_536,
  requestTimeoutMs: 10_000,
  rateLimit: 600,
  maxStreams: 100,
  maxLoopDelayMs: 1000,
  commandTimeoutMs: 20_000,
  maxCommands: 64,
  pinTries: 5,
  pinWindowMs: 900_000,
  board: 'nobody',
  idleMs: 900_000,
}

/** With what the site file says and its defaults. */
const INFLUX = {
  ...{ url: 'http://127.0.0.1:8086', version: 1, database: 'latchkey' },
  ...{ batch: 1000, ageMs: 100, gzip: false, timeoutMs: 10_000 },
}

const END = {
  ...{ warnMs: 600_000, graceMs: 900_000, policy: 'finish-cycle' },
  ...{ lastMs: 43_200_000, reportMs: 1_800_000 },
}

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
    const { config: site } = folder.good({ 'site.yaml': text })
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

  it('with Sparkplug, whose node and client are named after the site and its gateway', () => {
    const more = '\nsparkplug: { url: mqtts://broker.example, group: Plant 7, host: scada }\nlinks:'
    const { config: site } = folder.good({ 'site.yaml': edit(goodSite, '\nlinks:', more) })
    expect(site.sparkplug).toEqual({
      url: 'mqtts://broker.example',
      version: 5,
      clientId: 'latchkey-test-sparkplug-3',
      keepaliveMs: 15_000,
      ackTimeoutMs: 10_000,
      group: 'Plant 7',
      node: 'test-3',
      host: 'scada',
      aliases: false,
      historyRate: 200,
    })
  })

  const jwks = { kind: 'url', url: 'https://platform.example/jwks.json' }
  const issuers = [{ issuer: 'https://platform.example', audience: 'latchkey:test', toleranceMs: 30_000, jwks }]

  it('to the whole configuration', () => {
    const { config: site } = folder.good({})
    const { links, machines, configurationId, bounds, ...rest } = site
    expect(rest).toEqual({
      site: 'test',
      timezone: 'Asia/Shanghai',
      tariffs: [],
      dataDir: join(folder.path, 'data'),
      fencingId: 3,
      api: apiDefaults,
      issuers,
      time: { trust: 'system' },
      bookings: {
        source: 'push',
        unknown: 'accept-signed',
        earlyStartMs: 300_000,
        incrementMs: 900_000,
        noShowMs: 900_000,
        contactMs: 900_000,
      },
      mqtt: {
        url: 'mqtt://127.0.0.1:1883',
        version: 4,
        clientId: 'latchkey-test-3',
        keepaliveMs: 15_000,
        window: 20,
        ackTimeoutMs: 10_000,
        heartbeatMs: 5_000,
        repeatMs: 60_000,
        publish: 'all',
      },
      influx: INFLUX,
      webhooks: [],
    })
    expect(bounds).toEqual({
      ticksPerSecond: 20,
      commitEveryMs: 250,
      maxPending: 20_000,
      ledgerTimeoutMs: 30_000,
      samples: 200_000,
      samplesMaxAgeMs: 86_400_000,
      samplesInMemory: 65_536,
      ...{ youngMb: 24, oldMb: 512 },
      sampleEveryMs: 60_000,
      flapsPerHour: 20,
      ...{ reconnectMaxMs: 30_000, backlogPerSecond: 5_000 },
      trends: 2_000,
      benchPerMinute: 1200,
      maxOverrideMs: 28_800_000,
      maxBookings: 10_000,
      maxBlocks: 100,
      ...{ maxSubscriptions: 1_000, maxReports: 50 },
      photosBytes: 536_870_912,
      photosKeepMs: 31_536_000_000,
      checkpointEveryMs: 300_000,
      diskReserve: 134_217_728,
      memoryReserve: 33_554_432,
      handleReserve: 64,
      ...{ loopDelayMs: 2000, wellForMs: 10_000 },
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

  it.each([
    [0, 'latchkey-test'],
    [1, 'latchkey-test-1'],
  ])('to a client id of its own for gateway %i of the site', (fencingId, clientId) => {
    expect(
      folder.good({ 'site.yaml': edit(goodSite, 'fencingId: 3', `fencingId: ${fencingId}`) }).config.mqtt?.clientId,
    ).toBe(clientId)
  })

  describe('with a state rule of the machine’s own', () => {
    const stateOf = (rule: string) =>
      folder.good({ 'site.yaml': edit(goodSite, 'state: plc', `state: ${rule}`) }).config.machines[0]!

    it('over any signal of its devices, which is needed from then on', () => {
      const machine = stateOf(
        '{ kind: priority, rules: [{ when: plc.stop, state: OutOfService }, { when: saw.hot, state: Executing }], else: NotExecuting }',
      )
      expect(machine.state).toEqual({
        kind: 'priority',
        rules: [
          { when: 'booth-1/plc.stop', state: 'OutOfService' },
          { when: 'booth-1/saw.hot', state: 'Executing' },
        ],
        else: 'NotExecuting',
      })
      expect(machine.signals.filter(({ required }) => required).map(({ id }) => id)).toEqual([
        'booth-1/plc.state',
        'booth-1/plc.stop',
        'booth-1/saw.hot',
      ])
    })

    it('that loses neither the mode nor the stop nor the fault of its devices', () => {
      const machine = stateOf('{ kind: map, signal: plc.parts, states: { 0: NotExecuting } }')
      expect(machine).toMatchObject({
        state: { signal: 'booth-1/plc.parts' },
        mode: { signal: 'booth-1/plc.state' },
        emergencyStop: 'booth-1/plc.stop',
        fault: 'booth-1/plc.stop',
      })
    })
  })

  it('speaks HTTP/2 where there is a certificate and it is wanted', () => {
    const { cert, key } = makeCertificate('gateway')
    const api = (tls: string) => {
      const site = edit(goodSite, '"127.0.0.1:0"', `"127.0.0.1:0", tls: { cert: c.pem, key: k.pem${tls} }`)
      return folder.good({ 'site.yaml': site, 'c.pem': cert, 'k.pem': key }).config.api
    }
    expect(api('')).toEqual({ ...apiDefaults, tls: expect.any(Object) })
    const http2 = { requests: 20, memoryMb: 10, noise: 100 }
    expect(api(', http2: true')).toEqual({ ...apiDefaults, tls: expect.any(Object), http2 })
  })

  it('with the raw values that stand for none, as a list or as the word none', () => {
    const unavailableOf = (text: string) => {
      const plc = edit(plcProfile, 'type: f32 }', `type: f32 }, unavailable: ${text}`)
      return folder.good({ 'profiles/plc.yaml': plc }).config.machines[0]!.signals.find(({ name }) => name === 'power')
    }
    expect(unavailableOf('[-9999, "18446744073709551615"]')?.unavailable).toEqual(['-9999', '18446744073709551615'])
    expect(unavailableOf('none')?.unavailable).toBeUndefined()
  })

  it('to signals, meters and an interlock with addresses and ids', () => {
    const machine = folder.good({}).config.machines[0]!
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
        definition:
          '["register",{"address":2,"order":"ABCD","table":"holding","type":"u32"},"pcs",1,"4294967296",null,"plc-bus",{"unit":1}]',
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
        definition: '["duration","Executing"]',
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
      endOfBooking: END,
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
    const { config: site } = folder.good({})
    expect(structuredClone(site)).toEqual(site)
  })

  it('with the meter of another device not gating, unless its profile says so', () => {
    const explicit = edit(plcProfile, 'maxRate: "10"', 'maxRate: "10", gating: true')
    const other = edit(goodSite, 'interlock: { device: plc, class: lease, lease: 5s, heartbeat: 1s, confirm: 8s }', '')
    const gating = (files: Readonly<Record<string, string>>) => folder.good(files).config.machines[0]!.meters[0]!.gating
    expect(gating({ 'site.yaml': other })).toBe(false)
    expect(gating({ 'site.yaml': other, 'profiles/plc.yaml': explicit })).toBe(true)
  })

  it('with a key set and a profile beside it, before those that come with the gateway', () => {
    const site = edit(
      edit(goodSite, 'jwks: https://platform.example/jwks.json', 'jwks: keys.json'),
      'profile: saw',
      'profile: abb-b23',
    )
    const { config: found } = folder.good({
      'site.yaml': edit(site, 'link: saw-link, root: "nsu=urn:x;s=Saw"', 'link: plc-bus, unit: 9'),
      'keys.json': '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}',
      'profiles/abb-b23.yaml': edit(plcProfile, 'profile: plc', 'profile: abb-b23'),
    })
    expect(found.issuers[0]!.jwks).toEqual({ kind: 'file', path: join(folder.path, 'keys.json') })
    expect(found.machines[0]!.signals.at(-1)!.id).toBe('booth-1/saw.power')
  })
})

describe('an interlock of another class resolves', () => {
  const lease = 'device: plc, class: lease, lease: 5s, heartbeat: 1s, confirm: 8s'
  const siteFor = (profile: string, interlock: string) =>
    folder.good({
      'site.yaml': edit(goodSite, lease, `device: io, ${interlock}`).replace(
        '      saw:',
        `      io: { profile: ${profile}, link: plc-bus, unit: 2 }\n      saw:`,
      ),
    })

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

it('resolves shares to the first moment of their day in the time zone of the site', () => {
  const written =
    '    owner: huajian\n    shares: [{ from: 2026-01-01, owners: { a: 66.67, b: 33.33 } }, { from: 2026-07-01, owners: { b: 100 } }]\n'
  const { config } = folder.good({ 'site.yaml': edit(goodSite, '    owner: huajian\n', written) })
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

describe('the identity of a configuration', () => {
  const password = (variable: string) =>
    edit(goodSite, 'version: 4', `version: 4, username: u, password: "\${env:${variable}}"`)
  const identity = (text: string, env: Readonly<Record<string, string>>) =>
    folder.good({ 'site.yaml': text }, env).config.configurationId

  it('does not depend on secrets, comments, order or the folder', () => {
    const one = identity(password('A'), { A: 'hunter2' })
    expect(identity(password('B'), { B: 'other' })).toBe(one)
    expect(identity(`# a comment\n${edit(password('A'), 'fencingId: 3\n', '')}fencingId: 3\n`, { A: 'x' })).toBe(one)
    const elsewhere = join(folder.path, 'elsewhere')
    mkdirSync(elsewhere, { recursive: true })
    writeFileSync(join(elsewhere, 'site.yaml'), password('A'))
    expect(goodAt(join(elsewhere, 'site.yaml'), { A: 'x' }).config.configurationId).toBe(one)
  })

  it('changes with the site and with a profile', () => {
    const one = folder.good({}).config.configurationId
    expect(identity(edit(goodSite, 'lease: 5s', 'lease: 6s'), {})).not.toBe(one)
    expect(
      folder.good({ 'profiles/plc.yaml': edit(plcProfile, 'address: 2, type', 'address: 4, type') }).config
        .configurationId,
    ).not.toBe(one)
  })
})
