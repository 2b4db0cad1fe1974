/**
 * What people and accidents do to a pair: they open the address of the spare, apply a configuration, hand over ten
 * times in a row, start a box with another key, another site or another past, flood its link, fill its disk, kill it.
 * Asked is that the site works on, that no two boxes work, that the spare says what keeps it, and that it never takes
 * over with another configuration than that in force.
 * Read next: pair-floor.ts, two-boxes.ts (boxes and cables), pair.ts (losses), gateway/decisions/031-a-pair.md.
 */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { found, goFirst, nowMs, pause } from '../../support/proof.ts'
import { bookingNow } from '../../support/simulators.ts'
import { createChecks, type Item } from '../item.ts'
import {
  applyName,
  countAll,
  type Floor,
  inStep,
  inStepOnce,
  keptBy,
  latchkey,
  tails,
  told,
  tookOver,
  WITHIN_MS,
  whyOf,
  works,
} from './pair-floor.ts'
import { seenInBrowser } from './pair-seen.ts'
import { type Box, startTwoBoxes } from './two-boxes.ts'

type Story = (floor: Floor, isQuick: boolean) => Promise<void>

export const pairFaults: Item = {
  name: 'pair-faults',
  async run({ quick, scope, say }) {
    goFirst()
    const checks = createChecks(say)
    const two = await startTwoBoxes(scope, 7)
    const [active, spare] = two.boxes
    const floor: Floor = { scope, two, checks, say, active, spare }
    active.start()
    spare.start()
    await inStep(floor)
    const told: string[] = []
    for (const [name, story] of Object.entries(quick ? QUICK : STORIES)) {
      const atMs = nowMs()
      say(name)
      const fault = await story(floor, quick).then(
        () => undefined,
        (error: Error) => `${error.message} ${error.cause ?? ''}`,
      )
      checks.check(`${name}: comes to its end`, fault === undefined, fault)
      if (fault !== undefined) break
      told.push(`${name} ${((nowMs() - atMs) / 1000).toFixed(0)} s`)
    }
    return checks.verdict(told.join(', '))
  },
}

/* ── the stories ── */

const page: Story = async (floor) => {
  const { active, spare, checks, two } = floor
  const shown = await fetch(`${spare.api.url}/`)
  const text = await shown.text()
  checks.check('page: in two languages', text.includes('本机是备机') && text.includes('This box is the spare'), text)
  checks.check(
    'page: 503, so that a proxy finds the other one',
    shown.status === 503 && (await fetch(active.api.url)).ok,
  )
  const [machine] = two.machines
  const before = await machine!.simulator.judge()
  const refused = await fetch(`${spare.api.url}/v1/machines/${machine!.id}/unlock`, { method: 'POST', body: '{}' })
  const body = (await refused.json()) as { code: string; active: { url: string } }
  checks.check(
    'page: everything else names the active box',
    body.code === 'spare' && body.active.url === active.api.url,
    body,
  )
  const after = await machine!.simulator.judge()
  checks.check('page: and changes nothing', after.accepted.length === before.accepted.length)
  const metrics = await (await fetch(`${spare.api.url}/metrics`)).text()
  await latchkey(floor, 'pair', 'status', active.sitePath, '--gateway', active.api.url)
  checks.check('page: metrics', metrics.includes('latchkey_pair_could_take_over 1'), metrics)
}

const applied: Story = async (floor) => {
  const { active, spare, checks } = floor
  await applyName(floor, 'applied')
  const inForce = (await told(active))?.configuration
  await found(
    () => (readFileSync(spare.sitePath, 'utf8') === readFileSync(active.sitePath, 'utf8') ? true : undefined),
    WITHIN_MS,
    () => `applied: the spare has other files: ${tails(floor.two)}`,
  )
  await inStep(floor)
  checks.check('applied: the spare has it in force', (await told(spare))?.configuration === inForce)
}

/** The active box is lost in the moment after it has applied something. */
const appliedAndLost: Story = async (floor) => {
  const { active, checks } = floor
  await applyName(floor, 'applied and lost')
  await active.kill()
  const text = readFileSync(active.sitePath, 'utf8')
  await tookOver(floor)
  const { active: now, spare: lost } = floor
  checks.check('applied and lost: by what was applied', readFileSync(now.sitePath, 'utf8') === text)
  const { machines } = await now.api
    .machine(floor.two.machines[0]!.id)
    .then((machine) => ({ machines: JSON.stringify(machine) }))
  checks.check('applied and lost: shown so', machines.includes('applied and lost'), machines)
  lost.start()
  await inStep(floor)
}

const switched: Story = async (floor, isQuick) => {
  const { two, checks, say } = floor
  const [machine] = two.machines
  const use = await two.platform.token(bookingNow('use-switch', machine!.id))
  const tookMs: number[] = []
  const { body } = await floor.active.api.unlock(machine!.id, use)
  for (let count = 0; count < (isQuick ? 2 : 10); count += 1) {
    const atMs = nowMs()
    const { active } = floor
    const done = latchkey(floor, 'pair', 'switch', active.sitePath, '--gateway', active.api.url)
    await active.ended()
    await tookOver(floor)
    tookMs.push(nowMs() - atMs)
    active.start() // as its supervisor does
    await done
    await inStepOnce(floor)
  }
  say(`switch-overs took ${tookMs.join(', ')} ms`)
  checks.check('switched: each within 15 s', Math.max(...tookMs) < 15_000, tookMs)
  const ended = await floor.active.api
    .end(body.id)
    .then(() => floor.active.api.ended(body.id, 40_000))
    .catch((error: Error) => error.message)
  checks.check('switched: its session is known, and ends', typeof ended === 'object', ended)
  await countAll(floor)
}

/** A spare that comes with an older file, and lacks a secret that the new one names. */
const secretLacks: Story = async (floor) => {
  const { active, spare, checks } = floor
  await spare.stop()
  const site = parse(readFileSync(active.sitePath, 'utf8')) as Record<string, object>
  const before = readFileSync(active.sitePath, 'utf8')
  const secret = '$' + '{env:ONLY_HERE}'
  writeFileSync(active.sitePath, stringify({ ...site, webhooks: { hook: { url: 'https://hook.example/', secret } } }))
  const ONLY_HERE = `whsec_${'QUJD'.repeat(12)}`
  await found(async () => ((await told(active))?.pair.spare === 'absent' ? true : undefined), WITHIN_MS, 'it waits')
  await pause(6000) // alone
  await active.stop()
  active.start({ ONLY_HERE })
  await found(
    async () => ((await works(active)) ? true : undefined),
    WITHIN_MS,
    () => `it begins: ${active.output().slice(-1500)}`,
  )
  spare.start()
  await keptBy(floor, 'configuration')
  checks.check('a secret is missing: the file stays', readFileSync(spare.sitePath, 'utf8') === before)
  await spare.stop()
  spare.start({ ONLY_HERE })
  await inStep(floor)
  checks.check(
    'a secret is there: the file is taken over',
    readFileSync(spare.sitePath, 'utf8').includes('hook.example'),
  )
  await spare.stop()
  for (const { sitePath } of [active, spare]) writeFileSync(sitePath, before)
  await pause(6000)
  await active.stop()
  active.start()
  spare.start()
  await inStep(floor)
}

const otherKey: Story = async (floor) => {
  const { spare } = floor
  await spare.stop()
  spare.start({ LATCHKEY_PAIR_KEY: 'x'.repeat(40) })
  await keptBy(floor, 'key')
  await spare.stop()
  spare.start()
  await inStep(floor)
}

const otherSite: Story = async (floor) => {
  const { spare, checks } = floor
  await spare.stop()
  const text = readFileSync(spare.sitePath, 'utf8')
  const standing = readFileSync(join(spare.dataDir, 'pair.json'), 'utf8')
  writeFileSync(spare.sitePath, text.replace('site: pair', 'site: elsewhere'))
  spare.start()
  await keptBy(floor, 'site')
  checks.check('site: nothing of it is touched', readFileSync(join(spare.dataDir, 'pair.json'), 'utf8') === standing)
  await spare.stop()
  writeFileSync(spare.sitePath, text)
  spare.start()
  await inStep(floor)
}

/** Two boxes with the same past, two with a past that neither can go on from, and one that is ahead. */
const pasts: Story = async (floor) => {
  const { active, spare, two, checks } = floor
  const standingOf = ({ dataDir }: Box) => join(dataDir, 'pair.json')
  const stand = (box: Box, standing: object) => writeFileSync(standingOf(box), JSON.stringify(standing))
  await spare.stop()
  await active.kill()
  const [a, b] = two.boxes
  const keep = [a, b].map((box) => readFileSync(standingOf(box), 'utf8'))
  const both = async (why: string, ...boxes: Box[]) => {
    if (!a.runs()) a.start()
    b.start()
    for (const box of boxes)
      await found(
        async () => ((await whyOf(box)) === why ? true : undefined),
        WITHIN_MS,
        () => `${why}: ${tails(two)}`,
      )
    checks.check(`${why}: never two`, !((await works(a)) && (await works(b))))
    await a.stop()
    await b.stop()
  }
  stand(a, { term: 50, role: 'active', alone: false })
  stand(b, { term: 50, role: 'active', alone: false })
  await both('both', a, b)
  stand(a, { term: 51, role: 'spare', alone: false })
  stand(b, { term: 50, role: 'spare', alone: false })
  await both('apart', a, b)
  stand(a, { term: 50, role: 'active', alone: true })
  stand(b, { term: 51, role: 'active', alone: false })
  const ledger = readFileSync(join(b.dataDir, 'ledger.sqlite'))
  a.start() // it works already when the other one comes
  await found(
    async () => ((await works(a)) ? true : undefined),
    WITHIN_MS,
    () => `later: ${tails(two)}`,
  )
  await both('later', b)
  checks.check('later: its ledger is as it was', readFileSync(join(b.dataDir, 'ledger.sqlite')).equals(ledger))
  for (const [index, box] of [a, b].entries()) writeFileSync(standingOf(box), keep[index]!)
  stand(active, { ...JSON.parse(readFileSync(standingOf(active), 'utf8')), role: 'active', alone: true })
  active.start()
  spare.start()
  await inStep(floor)
}

/** For half a minute, from the other end of the cable. */
const flooded: Story = async (floor, isQuick) => {
  const { active, spare, two, checks } = floor
  const { host, port } = two.linkOf(active)
  const script = `const net = require('node:net'), { randomBytes } = require('node:crypto');
    setInterval(() => { for (let i = 0; i < 20; i++) { const s = net.connect(${port}, '${host}');
      s.on('error', () => {}); s.write(randomBytes(2000)); setTimeout(() => s.destroy(), 800) } }, 50)`
  const [command, ...rest] = two.wrapOf(spare)
  const stranger = spawn(command!, [...rest, process.execPath, '-e', script], { stdio: 'ignore' })
  const endMs = nowMs() + (isQuick ? 5000 : 30_000)
  const away: string[] = []
  while (nowMs() < endMs) {
    const seen = await told(active)
    if (seen?.pair.spare !== 'follows') away.push(seen?.pair.spare ?? 'no answer')
    await pause(500)
  }
  stranger.kill('SIGKILL')
  checks.check('flooded: the spare follows all the time', away.length === 0, away)
  await inStep(floor)
}

const full: Story = async (floor) => {
  const { spare, active, checks } = floor
  await spare.stop()
  const kept = `${spare.dataDir}.kept`
  cpSync(spare.dataDir, kept, { recursive: true })
  const mount = (...args: string[]) => execFileSync('mount', [...args, spare.dataDir])
  mount('-t', 'tmpfs', '-o', 'size=64m', 'tmpfs')
  try {
    cpSync(join(kept, 'pair.json'), join(spare.dataDir, 'pair.json'))
    spare.start()
    await keptBy(floor, 'disk')
    mount('-o', 'remount,size=512m', 'tmpfs')
    await found(
      async () => ((await told(spare))?.pair.couldTakeOver ? true : undefined),
      90_000,
      'disk: it does not follow with room',
    )
    const free = Number(
      execFileSync('df', ['--output=avail', '-B1', spare.dataDir], { encoding: 'utf8' }).split('\n')[1],
    )
    execFileSync('fallocate', ['-l', String(free - 100_000), join(spare.dataDir, 'filler')])
    for (let count = 0; count < 40 && (await told(spare))?.pair.couldTakeOver; count += 1) {
      await active.api.call('POST', `/machines/${floor.two.machines[0]!.id}/maintenance`, {
        token: floor.two.technician,
        body: { on: count % 2 === 0, reason: 'x'.repeat(200) },
      })
      await pause(200)
    }
    await keptBy(floor, 'disk')
    checks.check('full: nothing of a copy stays', !existsSync(join(spare.dataDir, 'pair-copy', 'ledger.sqlite')))
  } finally {
    await spare.stop()
    execFileSync('umount', [spare.dataDir])
    rmSync(kept, { recursive: true, force: true })
  }
  await active.api.call('POST', `/machines/${floor.two.machines[0]!.id}/maintenance`, {
    token: floor.two.technician,
    body: { on: false, reason: 'over' },
  })
  spare.start()
  await inStep(floor)
}

const killedSpare: Story = async (floor, isQuick) => {
  const { spare, checks, active } = floor
  for (let count = 0; count < (isQuick ? 1 : 6); count += 1) {
    await spare.kill()
    spare.start()
    // Also while it takes its copy.
    await pause(count % 2 === 0 ? 0 : 900 + 300 * count)
    if (count % 2 === 1) {
      await spare.kill()
      spare.start()
    }
    await inStep(floor)
  }
  checks.check('spare killed: the active box works on', await works(active))
  await countAll(floor)
}

const STORIES: Readonly<Record<string, Story>> = {
  page,
  'in a browser': seenInBrowser,
  applied,
  'applied and lost': appliedAndLost,
  switched,
  'a secret is missing': secretLacks,
  'another key': otherKey,
  'another site': otherSite,
  pasts,
  flooded,
  'disk full': full,
  'spare killed': killedSpare,
}
const QUICK = { page, applied, switched }
