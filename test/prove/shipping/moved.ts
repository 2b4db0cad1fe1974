/**
 * A box is lost, and another one takes its place from a backup of any moment: no token is spent twice, no fencing token
 * is given twice, what was signed stays good, and the box before, back again, unlocks nothing. Backups are taken beside
 * a gateway at work; each is restored into a folder of its own and judged against all that happened until the box was
 * lost. One of each life is then started in earnest, and the next life is its.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { backupCommand, backupKeyCommand } from '../../../gateway/cli/keep/backup.ts'
import { restoreCommand } from '../../../gateway/cli/keep/restore.ts'
import { mirror } from '../../../gateway/cli/mirror.ts'
import { verifyCommand } from '../../../gateway/cli/verify.ts'
import { counterOf } from '../../../gateway/core/interlock/lease.ts'
import { authoriseUnlock } from '../../../gateway/core/permission/permission.ts'
import { keyLines } from '../../../gateway/ledger/log/log-keys.ts'
import { createReader } from '../../../gateway/ledger/store/reader.ts'
import { createGateway, type Gateway } from '../../support/gateway.ts'
import { createApi } from '../../support/gateway-api.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { startMosquitto } from '../../support/mosquitto.ts'
import { untilSuperseded } from '../../support/outside.ts'
import { freePort } from '../../support/ports.ts'
import { found, pause, randomBetween } from '../../support/proof.ts'
import { type Checks, createChecks, type Item, type Run } from '../item.ts'
import { cutShort } from './cut-short.ts'

/** Of the issuer, in the site files of restored boxes: its clock is ours. */
const TOLERANCE_MS = 1000

type Use = { readonly jti: string; readonly iatMs: number; readonly booking: string; readonly session: string }
type Life = { readonly gateway: Gateway; readonly dataDir: string; readonly generation: number }
type Trial = Run & {
  readonly plant: Plant
  readonly brokerUrl: string
  readonly checks: Checks
  readonly keyPath: string
  readonly line: string
}
type Receipt = { readonly path: string; readonly keys: readonly string[] }

export const moved: Item = {
  name: 'moved',
  async run(run) {
    const { quick, scope, say } = run
    const checks = createChecks(say)
    const broker = await startMosquitto()
    scope.defer(() => broker.remove())
    const plant = await startPlant(scope, {
      site: 'moved',
      machines: { 'spray-booth': 1 },
      cycleMs: 200,
      autoStart: true,
      mqtt: { url: broker.url, version: 5 },
    })
    const keyPath = join(scope.folder, 'backups.pem')
    const out: string[] = []
    backupKeyCommand(keyPath, { ...quietly, stdout: { write: (text) => out.push(text) } })
    const trial: Trial = { ...run, plant, brokerUrl: broker.url, checks, keyPath, line: out.join('').trim() }

    const [lives, moments] = quick ? [1, 5] : [5, 40]
    const receipts: Receipt[] = []
    let life: Life = { gateway: plant.gateway, dataDir: plant.dataDir, generation: 0 }
    for (let generation = 0; generation < lives; generation += 1) {
      const { files, uses } = await live(trial, life, moments, receipts)
      await life.gateway.kill()
      const highest = (await plant.machines[0]!.simulator.judge()).lease.highestToken
      for (const [index, file] of files.entries())
        await judge(trial, life, file, `${generation}-${index}`, uses, highest)
      say(`life ${generation}: ${files.length} backups restored, ${uses.length} uses`)
      life = await takeOver(trial, life, files[randomBetween(0, files.length - 1)]!, uses)
    }
    await tornApart(trial, life, quick ? 1 : 20)
    for (const { path, keys } of receipts)
      checks.check('a receipt stays good', (await verifyCommand(path, { keys }, quietly)) === 0, path)
    return checks.verdict(`${lives * moments} moments, ${lives} boxes moved, ${receipts.length} receipts`)
  },
}

const quietly = { stdout: { write: () => true }, stderr: { write: () => true }, env: process.env }

/** Tenants come and go, and backups are taken at any moment. */
async function live(
  { plant, checks, line, scope }: Trial,
  { gateway, dataDir, generation }: Life,
  moments: number,
  receipts: Receipt[],
): Promise<{ files: string[]; uses: Use[] }> {
  const uses: Use[] = []
  let isOver = false
  const using = (async () => {
    while (!isOver) uses.push(await use(plant, dataDir, scope.folder, receipts))
  })()
  const files: string[] = []
  for (let moment = 0; moment < moments; moment += 1) {
    await pause(randomBetween(0, 900))
    const file = join(scope.folder, `${generation}-${moment}.backup`)
    const options = { to: line, json: true, version: 'proof' }
    const said: string[] = []
    const io = { ...quietly, stderr: { write: (text: string) => said.push(text) } }
    checks.check('a backup is written', (await backupCommand(gateway.sitePath, file, options, io)) === 0, said)
    files.push(file)
  }
  isOver = true
  await using
  return { files, uses }
}

async function use(plant: Plant, dataDir: string, folder: string, receipts: Receipt[]): Promise<Use> {
  const { api } = plant
  const { id, token, booking } = plant.machines[0]!
  const text = await token()
  const { jti, iat } = JSON.parse(Buffer.from(text.split('.')[1]!, 'base64url').toString()) as {
    jti: string
    iat: number
  }
  const session = await api.unlocked(id, text)
  await pause(randomBetween(100, 700))
  await api.ended(session.id)
  const path = join(folder, `${session.id}.receipt`)
  const headers = { authorization: `Bearer ${plant.auditor}` }
  const ask = async () => {
    const answer = await fetch(`${api.url}/v1/sessions/${session.id}/receipt`, { headers })
    return answer.ok ? answer.text() : undefined
  }
  writeFileSync(path, await found(ask, 10_000, 'there is no receipt'))
  receipts.push({ path, keys: keysIn(dataDir) })
  return { jti, iatMs: iat * 1000, booking: booking.booking, session: session.id }
}

function keysIn(dataDir: string): string[] {
  const reader = createReader(join(dataDir, 'ledger.sqlite'))
  try {
    return keyLines(reader.logKeys())
  } finally {
    reader.close()
  }
}

/** The site file of another box: its own data folder. */
function siteOf(
  { gateway }: Life,
  dataDir: string,
  change: (site: Record<string, unknown>) => void = () => {},
): string {
  const site = parse(readFileSync(gateway.sitePath, 'utf8')) as Record<string, unknown> & {
    trust: { issuers: Record<string, unknown>[] }
  }
  site.dataDir = dataDir
  site.trust.issuers[0]!.clockTolerance = `${TOLERANCE_MS}ms`
  change(site)
  return stringify(site)
}

/** Beside the box that works now. */
async function tornApart({ checks, scope, line, keyPath }: Trial, life: Life, times: number): Promise<void> {
  const folder = join(scope.folder, 'box-torn')
  const [otherSite, otherData] = ['site.yaml', 'data'].map((name) => join(folder, name)) as [string, string]
  mkdirSync(folder)
  writeFileSync(otherSite, siteOf(life, otherData))
  const { gateway, dataDir } = life
  const file = join(scope.folder, 'torn.backup')
  await cutShort({ checks, times, site: gateway.sitePath, dataDir, otherSite, otherData, file, line, keyPath })
}

function restored(
  { checks, scope, keyPath }: Trial,
  life: Life,
  file: string,
  name: string,
): { folder: string; text: string } {
  const folder = join(scope.folder, `box-${name}`)
  mkdirSync(folder)
  const text = siteOf(life, join(folder, 'data'))
  writeFileSync(join(folder, 'site.yaml'), text)
  const said: string[] = []
  const io = { ...quietly, stderr: { write: (line: string) => said.push(line) } }
  const code = restoreCommand(join(folder, 'site.yaml'), file, { key: keyPath, check: false, json: true }, io)
  checks.check('it is restored', code === 0, said)
  return { folder: join(folder, 'data'), text }
}

/** Nothing that was given until the box was lost can be given again. */
async function judge(trial: Trial, life: Life, file: string, name: string, uses: readonly Use[], highest: number) {
  const { checks, plant } = trial
  const { folder } = restored(trial, life, file, name)
  const reader = createReader(join(folder, 'ledger.sqlite'))
  try {
    const counter = reader.machines().find(({ machine }) => machine === plant.machines[0]!.id)?.fencingCounter ?? 0
    const isUsed = reader.machines().length > 0
    checks.check('fencing tokens go on above all that were given', !isUsed || counter > counterOf(highest), [
      counter,
      highest,
    ])
    checks.check('no session is open', reader.sessions({ onlyOpen: true, limit: 1 }).length === 0)
    const tokensFromMs = reader.restoredAtMs()! + TOLERANCE_MS
    const spent = new Map(reader.usedTokens().map(({ jti, session }) => [jti, session]))
    const bookings = reader.bookings(0, 1000)
    for (const { jti, iatMs, booking } of uses) {
      const { start, end, tenant, machine } = plant.machines[0]!.booking
      const times = { startMs: Date.parse(start), endMs: Date.parse(end), expMs: Date.parse(end), issuedAtMs: iatMs }
      const claims = { issuer: 'i', tenant, jti, booking, version: 1, machine, limits: {}, ...times }
      const known = { bookings, spentBy: (id: string) => spent.get(id), acceptSigned: true, room: true, tokensFromMs }
      const verdict = authoriseUnlock({ role: 'tenant', id: tenant, issuer: 'i', claims }, machine, undefined, known)
      checks.check(
        'a token that was spent stays spent',
        'code' in verdict && verdict.code === 'token-replayed',
        verdict,
      )
    }
  } finally {
    reader.close()
  }
}

/** The restored box in earnest, on the same port; and then the box before, back beside it. */
async function takeOver(trial: Trial, before: Life, file: string, uses: readonly Use[]): Promise<Life> {
  const { plant, checks, scope } = trial
  const { id, token, simulator } = plant.machines[0]!
  const spent = await token()
  const generation = before.generation + 1
  const { folder, text } = restored(trial, before, file, `life-${generation}`)
  const gateway = createGateway(scope, `moved-${generation}`, text)
  await gateway.start()
  // A connection to the box before is found to be over by the first question on it.
  const isThere = () =>
    fetch(`${plant.api.url}/health/live`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    )
  await found(isThere, 30_000, 'the restored box does not answer')
  await plant.api.untilMachine(id, ({ availability }) => availability.state !== 'Unknown', 30_000)
  const refused = await plant.api.unlock(id, spent)
  checks.check('a token from before is refused', refused.body.code === 'token-replayed', refused.body)
  await Promise.all([pause(2 * TOLERANCE_MS + 1000), untilSuperseded(trial.brokerUrl, plant.site)])
  await back(trial, before, 'before the new one has unlocked anything', true)
  const { producedUnits } = await simulator.judge()
  const session = await plant.api.unlocked(id, await token())
  await pause(1000)
  const ended = await plant.api.ended(session.id)
  const parts = Number(ended.use.find(({ meter }) => meter.endsWith('parts'))?.quantity)
  const made = (await simulator.judge()).producedUnits - producedUnits
  checks.check('the new box unlocks and meters', parts === made && made > 0, [parts, made])
  await back(trial, before, 'without a broker', false)
  const copy = join(scope.folder, `mirror-${generation}`)
  const seen = await mirror(plant.api.url, copy, keysIn(folder)).then(
    () => true,
    (error: Error) => error.message,
  )
  checks.check('a mirror follows the new log', seen === true, seen)
  checks.check('uses are not forgotten', uses.length > 0)
  return { gateway, dataDir: folder, generation }
}

/** The box before starts once more, elsewhere. */
async function back({ plant, checks, scope }: Trial, before: Life, when: string, withBroker: boolean): Promise<void> {
  const port = await freePort()
  const text = siteOf(before, before.dataDir, (site) => {
    site.api = { ...(site.api as object), listen: `127.0.0.1:${port}` }
    if (!withBroker) delete site.mqtt
  })
  const old = createGateway(scope, `old-${before.generation}-${withBroker}`, text)
  await old.start()
  const api = createApi(`http://127.0.0.1:${port}`, { platform: plant.platform.serviceToken, auditor: plant.auditor })
  await api.untilMachine(plant.machines[0]!.id, ({ availability }) => availability.state !== 'Unknown', 30_000)
  const { id, token } = plant.machines[0]!
  const notes = () => fetch(`${api.url}/health/ready`).then((health) => health.text())
  let answer = await api.unlock(id, await token())
  if (answer.status === 200 && (await notes()).includes('did not answer within')) {
    // A start waits for the broker for some seconds alone, which a busy computer may need; then it looks each minute.
    await api.ended(answer.body.id)
    await found(async () => (await notes()).includes('contradicts') || undefined, 90_000, 'it never finds the word')
    answer = await api.unlock(id, await token())
  }
  const isShut = answer.body.code === 'ledger-unproven'
  checks.check(`the box before unlocks nothing, ${when}`, isShut, `${JSON.stringify(answer.body)} ${await notes()}`)
  await old.kill()
}
