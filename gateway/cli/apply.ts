/**
 * `latchkey apply <site.yaml>`: puts another site file in place of the one that a running gateway has, while it runs.
 * First it shows what differs and what will be done; with `--yes`, or once a person says so, it is applied as a whole
 * or not at all. `--rollback` brings back what was in force. `latchkey config history` lists who changed what.
 * Ends 0 when it was applied, shown or is in force already, 1 when it was not, 130 after Ctrl-C.
 * Read next: front/api/configuration/configuration.ts, control/apply/plan.ts (what waits, and what needs a restart).
 */
import { setTimeout as pause } from 'node:timers/promises'
import { faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'
import type { SiteConfig, SiteFiles } from '../../config/site.ts'
import { type Changed, changedWords } from '../core/ground/changed.ts'
import { oneLine } from '../core/ground/text.ts'
import { parseKey } from '../front/api/caller/key.ts'
import { type DrillCliIo, question, STOPPED } from './drill-io.ts'
import { createClient, type Gateway, GatewayRefusal, isPlain } from './gateway-client.ts'
import { withoutSecrets } from './site.ts'

/** Of one answer: a site is judged, and hundreds of its changes are listed. */
const BOUNDS = { timeoutMs: 60_000, mostBytes: 16_777_216 } as const
/** Between two tries while a machine is in use, ms. */
const TRY_EVERY_MS = 2000
/** Characters of a hash by which a person recognises it. */
const SHORT = 12

type Reach = {
  /** Of the gateway; absent: as the site file says. */
  readonly gateway?: string | undefined
  readonly key?: string | undefined
  readonly json: boolean
}
export type ApplyOptions = Reach & {
  readonly yes: boolean
  /** Tries again for so long while a machine that it changes is in use, ms. */
  readonly waitMs: number
  readonly rollback?: number | undefined
}

type Answer = {
  readonly applied: boolean
  readonly from: string
  readonly configurationId: string
  readonly changes: readonly Changed[]
  readonly steps: readonly string[]
  readonly needsRestart: readonly string[]
  readonly waits: readonly { readonly machine: string; readonly why: string }[]
  readonly meters: readonly { readonly meter: string; readonly text: string }[]
}

export async function applyCommand(path: string, options: ApplyOptions, io: DrillCliIo): Promise<number> {
  return reached(path, options, io, async (gateway, files, fail) => {
    const { rollback } = options
    const wanted = rollback === undefined ? { site: files.site, profiles: files.profiles } : { rollback }
    const planned = await gateway<Answer>('POST', '/configuration', { ...wanted, dryRun: true })
    if (!options.json) io.stdout.write(linesOf(planned))
    if (planned.needsRestart.length > 0)
      return fail(`only a restart takes this over: ${planned.needsRestart.join(', ')}. Nothing was changed`, planned)
    if (planned.changes.length + planned.steps.length === 0)
      return done(planned, options, io, 'It is in force already.')
    if (planned.waits.length > 0 && options.waitMs === 0)
      return fail('a machine that it changes is in use; --wait waits for it. Nothing was changed', planned)
    if (!(await isAgreed(options, io))) return done(planned, options, io, 'Nothing was changed; --yes applies it.')
    const stopped = new AbortController()
    io.once?.('SIGINT', () => stopped.abort())
    const answer = await tried(gateway, wanted, planned.from, options.waitMs, io, stopped.signal)
    if (answer === undefined) return STOPPED
    return done(answer, options, io, `Applied: ${answer.configurationId.slice(0, SHORT)} is in force.`)
  })
}

type Earlier = {
  readonly entry: number
  readonly at: string
  readonly configurationId: string
  readonly by?: string
  readonly changes?: readonly Changed[]
  readonly more?: number
  readonly rollbackTo?: number
  readonly kept: boolean
}

export async function historyCommand(path: string, reach: Reach, io: DrillCliIo): Promise<number> {
  return reached(path, reach, io, async (gateway) => {
    const { configurations } = await gateway<{ configurations: Earlier[] }>('GET', '/configuration/history')
    io.stdout.write(
      reach.json ? `${JSON.stringify({ ok: true, configurations })}\n` : configurations.flatMap(earlierLines).join(''),
    )
    return 0
  })
}

type Fail = (message: string, more?: object) => number

/** Finds the gateway of a site file and asks it; every failure becomes a line, or an object with `--json`. */
async function reached(
  path: string,
  { gateway, key = undefined, json }: Reach,
  io: DrillCliIo,
  work: (client: Gateway, files: SiteFiles, fail: Fail) => Promise<number>,
): Promise<number> {
  const fail: Fail = (message, more = {}) => {
    if (json) io.stdout.write(`${JSON.stringify({ ok: false, message, ...more })}\n`)
    else io.stderr.write(`${oneLine(message)}\n`)
    return 1
  }
  const loaded = loadSite(path, withoutSecrets(io.env))
  if (loaded.kind === 'faults') {
    if (!json) for (const fault of loaded.faults) io.stderr.write(`${faultLine(fault)}\n`)
    return json ? fail('the site file has faults', { faults: loaded.faults }) : 1
  }
  const known = key ?? io.env.LATCHKEY_KEY
  if (known === undefined)
    return fail('give the key of a technician with --key, or LATCHKEY_KEY in the environment (latchkey keys add …)')
  if (parseKey(known) === undefined)
    return fail('this is no key of a gateway, which has the form lk_<id>_<secret>: copy it whole, as it was shown once')
  const url = gateway ?? urlOf(loaded.config)
  if (isPlain(url)) io.stderr.write(`The key goes to ${oneLine(url)} in the clear: who is on the way can read it.\n`)
  try {
    return await work(createClient(url, known, BOUNDS), loaded.files, fail)
  } catch (error) {
    const { errors = [], message } = error as Error & Partial<GatewayRefusal>
    if (!json) for (const each of errors) io.stderr.write(`${oneLine(`${each.path} ${each.message}`)}\n`)
    return fail(message, errors.length === 0 ? {} : { errors })
  }
}

/** Where a person on this host finds it. */
function urlOf({ api: { host, port, tls } }: SiteConfig): string {
  const here = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${tls === undefined ? 'http' : 'https'}://${here.includes(':') ? `[${here}]` : here}:${port}`
}

async function isAgreed({ yes, json }: ApplyOptions, io: DrillCliIo): Promise<boolean> {
  if (yes) return true
  if (json || io.stdin.isTTY !== true) return false
  return (await question('Type yes to apply it: ', io)) === 'yes'
}

/** Undefined after Ctrl-C. It is refused if somebody else has changed the configuration since it was shown. */
async function tried(
  gateway: Gateway,
  wanted: object,
  from: string,
  waitMs: number,
  io: DrillCliIo,
  stopped: AbortSignal,
): Promise<Answer | undefined> {
  const untilMs = performance.now() + waitMs
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await gateway<Answer>('POST', '/configuration', wanted, { 'if-match': `"${from}"` })
    } catch (error) {
      const isInUse = error instanceof GatewayRefusal && error.code === 'configuration-waits'
      if (!isInUse || performance.now() > untilMs) throw error
      if (isFirst) io.stderr.write(`${oneLine(error.message)}\n`)
      await pause(TRY_EVERY_MS, undefined, { signal: stopped }).catch(() => undefined)
      if (stopped.aborted) return undefined
    }
  }
}

function done(answer: Answer, { json }: ApplyOptions, io: DrillCliIo, words: string): number {
  io.stdout.write(json ? `${JSON.stringify({ ok: true, ...answer })}\n` : `${words}\n`)
  return 0
}

function linesOf({ changes, steps, meters, waits }: Answer): string {
  const lines = [
    ...changes.map(changedWords),
    ...steps.map((step) => `it ${step}`),
    ...meters.map(({ meter, text }) => `meter ${meter}: ${text}`),
    ...waits.map(({ machine, why }) => `waits for ${machine}: ${why}`),
  ]
  return lines.map((line) => `${oneLine(line)}\n`).join('')
}

function earlierLines({ entry, at, configurationId, by, changes = [], more, rollbackTo, kept }: Earlier): string[] {
  const who = by === undefined ? 'at a start' : `by ${by}`
  const back = rollbackTo === undefined ? '' : `, back to entry ${rollbackTo}`
  const head = `entry ${entry}  ${at}  ${configurationId.slice(0, SHORT)}  ${who}${back}${kept ? '' : ', not kept'}`
  const rest = more === undefined ? [] : [`and ${more} more`]
  return [head, ...[...changes.map(changedWords), ...rest].map((line) => `  ${line}`)].map(
    (line) => `${oneLine(line)}\n`,
  )
}
