/** The site of the tests: two machines of two owners, and one issuer. */
import type { SiteConfig } from '../../../config/site.ts'
import type { MachineConfig } from '../../../gateway/core/ground/config.ts'

export const ISSUER = 'https://platform.example'
export const AUDIENCE = 'latchkey:test-site'

export const machine = (id: string, owner: string): MachineConfig => ({
  id,
  name: { en: `Machine ${id}` },
  owner,
  simulated: true,
  commissioning: { interlockId: '', retestMs: 31_536_000_000 },
  devices: {},
  signals: [
    {
      id: `${id}/main.power`,
      machine: id,
      alias: 'main',
      name: 'power',
      link: 'bus',
      address: 0,
      device: 1,
      intervalMs: 1000,
      unit: 'W',
      scale: 1,
      offset: 0,
      required: true,
    },
  ],
  meters: [
    {
      kind: 'register',
      id: `${id}/main.energy`,
      machine: id,
      signal: `${id}/main.energy`,
      unit: 'Wh',
      perCount: 1n,
      maxRate: 100n,
      resets: 'never',
      gating: true,
    },
    { kind: 'duration', id: `${id}/main.running`, machine: id, unit: 'ms', while: 'Executing', gating: false },
  ],
  state: { kind: 'map', signal: `${id}/main.state`, states: {} },
  offline: { policy: 'accept-signed', caps: {} },
  endOfBooking: { warnMs: 1, graceMs: 1, policy: 'finish-cycle', lastMs: 1 },
  afterUse: { cleanDownMs: 0, inspection: 'none' },
})

export function siteConfig(dataDir: string, jwksPath: string): SiteConfig {
  return {
    site: 'test-site',
    timezone: 'Asia/Shanghai',
    dataDir,
    fencingId: 0,
    api: {
      host: '127.0.0.1',
      port: 0,
      origins: [],
      names: ['gateway.example'],
      bodyLimit: 4096,
      requestTimeoutMs: 5000,
      rateLimit: 100_000,
      maxStreams: 4,
      // Not looked at: a test does not depend on how busy its computer is.
      maxLoopDelayMs: 0,
      commandTimeoutMs: 2000,
      maxCommands: 4,
      pinTries: 3,
      pinWindowMs: 900_000,
      board: 'nobody',
      idleMs: 900_000,
    },
    issuers: [{ issuer: ISSUER, audience: AUDIENCE, toleranceMs: 30_000, jwks: { kind: 'file', path: jwksPath } }],
    time: { trust: 'system' },
    bookings: {
      source: 'push',
      unknown: 'accept-signed',
      earlyStartMs: 0,
      incrementMs: 900_000,
      noShowMs: 900_000,
      contactMs: 900_000,
    },
    links: [{ id: 'bus', protocol: 'modbus', options: {} }],
    tariffs: [],
    machines: [machine('saw-1', 'huajian'), machine('press-1', 'other-owner')],
    bounds: {
      ticksPerSecond: 20,
      commitEveryMs: 250,
      maxPending: 1000,
      ledgerTimeoutMs: 5000,
      samples: 1000,
      samplesMaxAgeMs: 60_000,
      youngMb: 6,
      samplesInMemory: 1024,
      sampleEveryMs: 60_000,
      flapsPerHour: 20,
      reconnectMaxMs: 30_000,
      trends: 2_000,
      benchPerMinute: 60,
      maxOverrideMs: 3_600_000,
      maxBookings: 100,
      maxBlocks: 100,
      maxReports: 50,
      photosBytes: 5_000_000,
      photosKeepMs: 86_400_000,
      checkpointEveryMs: 300_000,
      diskReserve: 1,
      retentionYears: 10,
    },
    configurationId: 'c'.repeat(64),
  }
}
