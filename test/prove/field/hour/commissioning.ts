/**
 * The last chapter: all is wired, and nobody is let in before it was shown that the machines lock themselves. Drills
 * fail for what is wrong at the machine, and pass; then a tenant unlocks, is metered, ends and has a receipt that
 * anyone can check. Read next: wiring.ts (what was before).
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answer, Machine, Session } from '../../../support/gateway-api.ts'
import { found } from '../../../support/proof.ts'
import { bookingNow, type Platform } from '../../../support/simulators.ts'
import { type Chapter, env } from './chapter.ts'
import { openShop, type Shop } from './shop.ts'
import { latchkey } from './technician.ts'
import { agrees, type Wiring } from './wiring.ts'

const COUNTS = 3
/** Wh per count of the B23. */
const WH = 10

export async function commissioning(
  chapter: Chapter,
  platform: Platform,
  { folder, technician, auditor }: Wiring,
): Promise<void> {
  const { checks, scope, devices } = chapter
  const path = join(folder, 'site.yaml')
  const shop = await openShop(scope, path)
  await agrees(chapter, shop, technician)
  const { meters } = await shop.get<Meters>('/meters', technician)
  checks.check('what every correction of a meter left behind adds up', meters.every(addsUp), meters)
  await setWatchdog(chapter, shop)
  const early = await unlock(shop, 'booth-1', await platform.token(bookingNow('early', 'booth-1')))
  checks.check(
    'an unlock before the drill',
    early.status === 409 && /has to run its drill: latchkey drill/.test(adviceOf(early)),
    early.body,
  )
  await wrongCalls(chapter, shop, { technician, auditor })
  await devices.wireContact(1)
  await devices.plc.operate({ mode: 'local' })
  const drill = (machine: string) =>
    latchkey(['drill', shop.url, machine, '--key', technician, '--yes', '--reason', 'taken into use'])
  const failed = await Promise.all([drill('planer-1'), drill('booth-1')])
  const swapped = /FAILED on-and-off +.*its contact \(feedback\) stays off: look which output and which input are wired/
  const local = /key switch is on local: turn it to (\w+)/ // at the first step of the drill, or before it begins
  await devices.wireContact(0)
  await devices.plc.operate({ mode: local.exec(failed[1].text)?.[1] ?? 'local' })
  await locked(shop, 'booth-1', technician) // the key was turned a moment ago, and the gateway has yet to read it
  const passed = await Promise.all([drill('planer-1'), drill('booth-1')])
  const ok = (index: 0 | 1, says: RegExp) =>
    failed[index].code === 1 && says.test(failed[index].text) && passed[index].code === 0
  checks.check('a drill with outputs that are wired crosswise', ok(0, swapped), [failed[0].text, passed[0].text])
  checks.check('a drill with the key switch on local', ok(1, local), [failed[1].text, passed[1].text])
  await use(chapter, shop, platform, path)
  await shop.stop()
}

const locked = (shop: Shop, machine: string, key: string) =>
  found(
    async () => (await shop.get<Machine>(`/machines/${machine}`, key)).access === 'Locked' || undefined,
    10_000,
    `${machine} is not locked`,
  )

type Meters = { readonly meters: readonly { readonly conserved: boolean; readonly state?: string }[] }
const addsUp = ({ conserved }: Meters['meters'][number]) => conserved

/** What the module has to be set to is said step by step. */
async function setWatchdog({ checks, devices }: Chapter, shop: Shop): Promise<void> {
  await shop.note(/^planer-1 lets nobody in: the watchdog of the module is off; set the module as its profile says/)
  await devices.setWatchdog(5000) // as the head of its profile says
  const says = /^planer-1 lets nobody in: the watchdog of the module is 5000 ms, and the site allows (\d+) ms/
  const [, allowed] = await shop.note(says)
  await devices.setWatchdog(Number(allowed))
  checks.check('a module whose watchdog is off, or too slow (people 27)', await shop.silent(/watchdog of the module/))
}

/** What is typed wrongly is said to be wrong, and nothing is drilled. */
async function wrongCalls(
  { checks }: Chapter,
  shop: Shop,
  { technician, auditor }: Pick<Wiring, 'technician' | 'auditor'>,
): Promise<void> {
  const rows: readonly [mistake: string, args: readonly string[], says: RegExp][] = [
    [
      'a drill without a key',
      [shop.url, 'planer-1', '--yes'],
      /give the key of a technician with --key, or LATCHKEY_KEY/,
    ],
    ['a drill without a word that nobody is near', [shop.url, 'planer-1', '--key', auditor], /Confirm that with --yes/],
    [
      'a drill at a port where no gateway is',
      ['http://127.0.0.1:9', 'planer-1', '--yes', '--key', auditor],
      /http:\/\/127\.0\.0\.1:9 does not answer/,
    ],
    [
      'a drill with the key of an auditor',
      [shop.url, 'planer-1', '--yes', '--key', auditor],
      /credential with the right role/,
    ],
    [
      'a drill with half a key (people 28)',
      [shop.url, 'planer-1', '--yes', '--key', technician.slice(0, 20)],
      /this is no key of a gateway, .* copy it whole/,
    ],
    [
      'a drill of a machine with a letter wrong (people 28)',
      [shop.url, 'plaener-1', '--yes', '--key', technician],
      /there is no machine "plaener-1" at this gateway; did you mean "planer-1"\?/,
    ],
  ]
  for (const [mistake, args, says] of rows) {
    const { code, text } = await latchkey(['drill', ...args])
    checks.check(mistake, code === 1 && says.test(text), text)
  }
}

async function use({ checks, devices, scope }: Chapter, shop: Shop, platform: Platform, path: string): Promise<void> {
  const token = () => platform.token(bookingNow('b-1', 'booth-1'))
  const elsewhere = await unlock(shop, 'planer-1', await token())
  checks.check(
    'a tenant at the wrong machine',
    elsewhere.status === 403 && /Go to the machine named in the booking/.test(adviceOf(elsewhere)),
    elsewhere.body,
  )
  const begun = await found(
    async () => {
      const answer = await unlock(shop, 'booth-1', await token())
      return answer.status === 200 ? answer.body : undefined
    },
    20_000,
    'the booth is never unlocked',
  )
  const permitted = (await devices.plc.judge()).startPermission
  await devices.plc.operate({ autoStart: true })
  for (let count = 0; count < COUNTS; count += 1) {
    await devices.work({ booth: 1 })
    await new Promise((resolve) => setTimeout(resolve, 1200))
  }
  await devices.plc.operate({ autoStart: false })
  await post(shop, `/sessions/${begun.id}/end`, await token())
  const ended = await found(
    async () => {
      const session = await shop.get<Session>(`/sessions/${begun.id}`, await platform.serviceToken())
      return session.status === 'ended' ? session : undefined
    },
    20_000,
    'the session does not end',
  )
  const used = new Map(ended.use.map(({ meter, quantity }) => [meter, quantity]))
  const { startPermission, producedUnits } = await devices.plc.judge()
  checks.check('a tenant unlocks, and the machine lets him start', permitted)
  checks.check('the session has ended, and the machine is locked', !startPermission)
  checks.check(
    'the session has what the devices counted',
    used.get('booth-1/energy.energy') === String(COUNTS * WH) &&
      used.get('booth-1/plc.cycles') === String(producedUnits) &&
      producedUnits > 0,
    [ended.use, producedUnits],
  )
  await receipt(checks, scope.folder, shop, begun.id, await token(), path)
}

async function receipt(
  checks: Chapter['checks'],
  folder: string,
  shop: Shop,
  session: string,
  token: string,
  path: string,
): Promise<void> {
  const file = join(folder, 'receipt.json')
  const keys = join(folder, 'log-keys')
  writeFileSync(keys, (await latchkey(['keys', 'show-log', path], env)).text)
  let verdict = ''
  const isGood = async () => {
    writeFileSync(file, await shop.text(`/sessions/${session}/receipt`, token))
    const { code, text } = await latchkey(['verify', file, '--key', keys])
    verdict = text
    return code === 0 || undefined
  }
  await found(isGood, 20_000, '').catch(() => undefined)
  const says = new RegExp(`receipt\\.json: good[^]*booth-1/energy\\.energy: ${COUNTS * WH} Wh`)
  checks.check('anybody can check the receipt', says.test(verdict), verdict)
}

type Refused = { readonly advice?: { readonly en?: string } }
const adviceOf = ({ body }: Answer<unknown>) => (body as Refused).advice?.en ?? ''

const unlock = (shop: Shop, machine: string, token: string) => post<Session>(shop, `/machines/${machine}/unlock`, token)

async function post<T>(shop: Shop, path: string, token: string): Promise<Answer<T>> {
  const response = await fetch(`${shop.url}/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
    signal: AbortSignal.timeout(30_000),
  })
  const type = response.headers.get('content-type') ?? ''
  return { status: response.status, type, body: (await response.json()) as T }
}
