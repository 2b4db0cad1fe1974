/** Modbus devices that are odd, each behind a link of one gateway that reads them all for a while. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { addKey } from '../../../gateway/cli/keys.ts'
import { startChild } from '../../support/child-server.ts'
import { createGateway } from '../../support/gateway.ts'
import { type Api, createApi, type LedgerEntry } from '../../support/gateway-api.ts'
import type { ModbusAsk, ModbusBehaviour } from '../../support/modbus-server.ts'
import { freePort } from '../../support/ports.ts'
import { pause, type Scope } from '../../support/proof.ts'
import { lookAt, type Seen } from './probe.ts'

const SETTLED_MS = 8000
const WATCHED_MS = 10_000
/** A device that is merely odd is lost and found once at most. */
const FEW_ENTRIES = 2

type Signal = { readonly id: string; readonly quality: string; readonly cause?: string; readonly detail?: string }
type Watched = { readonly signals: readonly Signal[]; readonly entries: readonly LedgerEntry[] }
type Device = {
  readonly row: string
  readonly input: string
  readonly behaviour: Partial<ModbusBehaviour>
  /** Ten registers that are far apart, or 23 in one block. */
  readonly profile: 'spread' | 'block'
  judge(watched: Watched): readonly [saw: string, right: boolean]
}

const goodOf = ({ signals }: Watched) => signals.filter(({ quality }) => quality === 'good').length
const allGood = (watched: Watched) => {
  const bad = watched.signals.find(({ quality }) => quality !== 'good')
  const why = bad === undefined ? '' : `: ${bad.cause ?? ''} ${bad.detail ?? ''}`
  return [`${goodOf(watched)} of ${watched.signals.length} signals are good${why}`, bad === undefined] as const
}
const says = (words: RegExp) => (watched: Watched) => {
  const { cause = '', detail = '' } = watched.signals.find(({ quality }) => quality !== 'good') ?? {}
  return [`${cause} ${detail}`, words.test(detail)] as const
}
const quiet = ({ entries }: Watched) =>
  [`${entries.length} ledger entries in ${WATCHED_MS / 1000} s`, entries.length <= FEW_ENTRIES] as const

const devices: Readonly<Record<string, Device>> = {
  unit: {
    row: 'wire M01',
    input: 'another unit answers',
    behaviour: { lie: 'wrong-unit' },
    profile: 'spread',
    judge: says(/in the place of unit/),
  },
  byte: {
    row: 'wire M03',
    input: 'a byte too many, counted',
    behaviour: { lie: 'byte-too-many' },
    profile: 'spread',
    judge: allGood,
  },
  sum: {
    row: 'wire M03b',
    input: 'a checksum behind each answer',
    behaviour: { lie: 'checksum-behind' },
    profile: 'spread',
    judge: allGood,
  },
  busy: {
    row: 'wire M05',
    input: 'every fourth request is answered busy',
    behaviour: { busyEvery: 4 },
    profile: 'block',
    judge: quiet,
  },
  closes: {
    row: 'wire M06',
    input: 'closes after each answer',
    behaviour: { closesAfterAnswer: true },
    profile: 'spread',
    judge: quiet,
  },
  idle: {
    row: 'wire M07',
    input: 'closes what is idle for 0.5 s, polled every second',
    behaviour: { closesIdleMs: 500 },
    profile: 'block',
    judge: quiet,
  },
  own: {
    row: 'wire M09',
    input: 'transactions of its own',
    behaviour: { lie: 'own-transactions' },
    profile: 'spread',
    judge: says(/transaction/),
  },
  deaf: {
    row: 'wire M15',
    input: 'silent to more than ten registers',
    behaviour: { deafOver: 10 },
    profile: 'block',
    judge: allGood,
  },
  failed: {
    row: 'wire M15b',
    input: 'exception 4 to what reads over register 5',
    behaviour: { failing: [5] },
    profile: 'block',
    judge: (watched) => [`${goodOf(watched)} of ${watched.signals.length} signals are good`, goodOf(watched) === 22],
  },
  strays: {
    row: 'wire M24',
    input: 'a stray byte before each answer',
    behaviour: { strays: true },
    profile: 'spread',
    judge: allGood,
  },
  slow: {
    row: 'wire M31',
    input: 'ten ranges every second, 170 ms an answer',
    behaviour: { delayMs: 170 },
    profile: 'spread',
    judge({ signals }) {
      const unsent = signals.filter(({ detail = '' }) => detail.includes('not sent')).length
      return [`${unsent} of ${signals.length} are never asked for`, unsent === 0]
    },
  },
}

export async function oddDevices(scope: Scope): Promise<Seen[]> {
  const api = await readAll(scope)
  await pause(SETTLED_MS)
  const from = await api.head()
  await pause(WATCHED_MS)
  const entries = await api.entries(from)
  return lookAt(
    Object.entries(devices).map(([id, { row, input, judge }]) => ({
      row,
      input,
      async look() {
        const { signals } = await signalsOf(api, id)
        return judge({ signals, entries: entries.filter((entry) => JSON.stringify(entry).includes(`"${id}`)) })
      },
    })),
  )
}

async function signalsOf(api: Api, id: string) {
  const { status, body } = await api.call<{ signals: Signal[] }>('GET', `/machines/${id}/signals`, {
    token: technician,
  })
  if (status !== 200) throw new Error(`signals: ${status} ${JSON.stringify(body)}`)
  return body
}

let technician = ''

/** A gateway that reads all of them. */
async function readAll(scope: Scope): Promise<Api> {
  const folder = join(scope.folder, 'devices')
  mkdirSync(join(folder, 'profiles'), { recursive: true })
  for (const [profile, count, step] of [
    ['spread', 10, 10],
    ['block', 23, 1],
  ] as const)
    writeFileSync(join(folder, 'profiles', `${profile}.yaml`), stringify(profileOf(profile, count, step)))
  const links: Record<string, object> = {}
  for (const [id, { behaviour }] of Object.entries(devices)) {
    const server = await startChild<ModbusAsk>('modbus-server.ts', 0)
    scope.defer(() => server.kill())
    const values = Array.from({ length: 100 }, (_, index) => index)
    await server.ask({ kind: 'load', ranges: [{ unit: 1, table: 'holding', start: 0, values }] })
    await server.ask({ kind: 'behave', behaviour })
    links[id] = { protocol: 'modbus', transport: 'tcp', host: '127.0.0.1', port: server.port, timeoutMs: 1000 }
  }
  const dataDir = join(folder, 'data')
  const port = await freePort()
  const machines = Object.entries(devices).map(([id, { profile }]) => [
    id,
    { name: { en: id }, owner: 'huajian', devices: { io: { profile, link: id, unit: 1 } }, state: 'io' },
  ])
  const text = stringify({
    ...{ site: 'devices', timezone: 'Asia/Shanghai', dataDir },
    api: { listen: `127.0.0.1:${port}` },
    trust: {
      issuers: [{ issuer: 'https://nobody.example', audience: 'latchkey:devices', jwks: 'http://127.0.0.1:9/keys' }],
    },
    // So that a link that is lost again and again is tried again and again.
    bounds: { reconnectMax: '2s' },
    links,
    machines: Object.fromEntries(machines),
  })
  const auditor = await addKey(dataDir, { role: 'auditor', name: 'trial' }, [], Date.now())
  technician = (await addKey(dataDir, { role: 'technician', name: 'Wang' }, [], Date.now())).text
  const gateway = createGateway({ ...scope, folder }, 'devices', text)
  await gateway.start()
  return createApi(`http://127.0.0.1:${port}`, { platform: async () => technician, auditor: auditor.text })
}

const profileOf = (profile: string, count: number, step: number) => ({
  ...{ profile, maker: 'Odd', model: 'O1', source: { document: 'None', page: '1' }, protocol: 'modbus', rung: 'reads' },
  signals: Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `r${index}`,
      { address: { table: 'holding', address: index * step, type: 'u16' }, poll: '1s' },
    ]),
  ),
  state: { kind: 'threshold', signal: 'r0', above: 20, below: 10, on: 'Executing', off: 'NotExecuting' },
})
