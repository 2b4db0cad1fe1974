/**
 * The page "Integrate in an hour", run as it stands: its snippets in one shell, its programs as files, against a
 * gateway, a broker and a simulated machine. What comes of it is held against what the machine did.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { startMosquitto } from '../../support/mosquitto.ts'
import { freePort } from '../../support/ports.ts'
import { runProcess } from '../../support/process.ts'
import { found } from '../../support/proof.ts'
import { type Checks, createChecks, type Item } from '../item.ts'

const ROOT = join(import.meta.dirname, '../../..')
const PAGE = join(ROOT, 'gateway/INTEGRATE.md')
const HOOK = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
const HOOK_ENV = '$' + '{env:LATCHKEY_TRIAL_HOOK}'
const SITE = 'integrate'
const MACHINE = 'booth-1'
const RECORD_MS = 20_000

type Snippet = { readonly language: string; readonly file: string | undefined; readonly text: string }
type Used = { readonly meter: string; readonly quantity: string }

export const integrate: Item = {
  name: 'integrate',
  async run({ scope, say }) {
    const checks = createChecks(say)
    const [broker, hookPort] = await Promise.all([startMosquitto(), freePort()])
    scope.defer(() => broker.remove())
    process.env.LATCHKEY_TRIAL_HOOK = HOOK
    const hook = { url: `http://127.0.0.1:${hookPort}/`, secret: HOOK_ENV, privateNetwork: 'accepted', retryMax: '1s' }
    const plant = await startPlant(scope, {
      site: SITE,
      machines: { 'spray-booth': 1 },
      cycleMs: 400,
      autoStart: true,
      people: { technician: { role: 'technician', name: 'trial' } },
      mqtt: { url: broker.url, version: 5 },
      webhooks: { platform: hook },
    })
    // Within the checkout, so that the programs find their packages.
    const folder = join(ROOT, 'dist', `integrate-${process.pid}`)
    mkdirSync(folder, { recursive: true })
    scope.defer(() => rmSync(folder, { recursive: true, force: true }))
    const snippets = snippetsOf(readFileSync(PAGE, 'utf8'))
    for (const { file, text } of snippets) if (file !== undefined) writeFileSync(join(folder, file), text)
    const commands = snippets.filter(({ language }) => language === 'sh').map(({ text }) => text)
    say(`${commands.length} snippets and ${snippets.filter(({ file }) => file).length} programs`)
    const env = {
      ...process.env,
      ...{ GATEWAY: plant.api.url, TOKEN: await plant.platform.serviceToken(), BROKER: broker.url, SITE, MACHINE },
      ...{ HOOK, HOOK_PORT: String(hookPort) },
    }
    await runProcess('bash', ['-euo', 'pipefail', '-c', commands.join('\n')], { cwd: folder, env })
    const read = (name: string) => readFileSync(join(folder, name), 'utf8')
    await judge(checks, plant, read)
    await judgeRecord(checks, plant, JSON.parse(read('session.json')) as { id: string })
    return checks.verdict(`${commands.length} snippets run`)
  },
}

/** Fenced blocks; a name behind the language is that of a file. */
function snippetsOf(page: string): Snippet[] {
  return [...page.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(([, language, file, text]) => ({
    language: language!,
    file,
    text: text!,
  }))
}

async function judge(checks: Checks, { machine }: Plant, read: (name: string) => string): Promise<void> {
  const { simulator, unitMeter } = machine(MACHINE)
  const session = JSON.parse(read('session.json')) as { id: string; status: string; use: Used[] }
  const booking = JSON.parse(read('booking.json')) as Record<string, unknown>
  const unitsOf = (use: readonly Used[]) => use.find(({ meter }) => meter === unitMeter)?.quantity
  const { producedUnits } = await simulator.judge()
  checks.check('the machine made something', producedUnits > 0, producedUnits)
  checks.check('the session has it all', unitsOf(session.use) === String(producedUnits), session.use)
  checks.check('the rest of the booking is given back', booking.status === 'ended' && 'putEnd' in booking, booking)
  const calendar = read('calendar.ics')
  const isThere = /^BEGIN:VCALENDAR\r\n.*\nUID:order-4711@integrate\r\n.*\nEND:VCALENDAR\r\n$/s.test(calendar)
  checks.check('the calendar has the booking', isThere, calendar)
  const followed = read('followed.txt')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line || '{}') as { session?: string; use?: Used[] })
    .filter((each) => each.session === session.id)
  checks.check('the follower saw its end once', followed.length === 1, followed)
  checks.check('with the same units', unitsOf(followed[0]?.use ?? []) === String(producedUnits), followed)
  const receipt = JSON.parse(read('receipt.json')) as { session: string; entries: { body: string }[] }
  const sealed = receipt.entries.map(({ body }) => JSON.parse(body) as { kind: string; data: { use?: Used[] } })
  const ended = sealed.find(({ kind }) => kind === 'SessionEnded')
  checks.check('the receipt agrees', unitsOf(ended?.data.use ?? []) === String(producedUnits), ended?.data.use)
  const hooked = read('hooked.txt').split('\n')
  for (const type of ['unlock.confirmed', 'session.ended', 'booking.put'])
    checks.check(`the webhook posted ${type}`, hooked.includes(`latchkey.${type}.v1`), hooked.slice(-8))
}

/** What was posted is on record after the gateway was killed. */
async function judgeRecord(checks: Checks, { api, gateway, key }: Plant, session: { id: string }): Promise<void> {
  const ended = (await api.entries()).find((entry) => entry.kind === 'SessionEnded' && entry.session === session.id)
  await gateway.kill()
  await gateway.start()
  const path = `/webhooks/platform/deliveries?entry=${ended?.seq}`
  type Delivery = { readonly type: string; readonly tries: number; readonly taken: boolean }
  // Just started, it may be too busy for reads.
  const answered = async () => {
    const { status, body } = await api.call<{ deliveries: Delivery[] }>('GET', path, { token: key('technician') })
    return status === 200 ? body.deliveries : undefined
  }
  const deliveries = await found(answered, RECORD_MS, 'nobody says what was delivered')
  checks.check('its delivery is on record after a kill', deliveries.length === 1 && deliveries[0]!.taken, deliveries)
}
