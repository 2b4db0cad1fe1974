/**
 * `latchkey apply <site.yaml>`: puts another site file in place of the one that a running gateway has, while it runs.
 * First it shows what differs and what will be done; with `--yes`, or once a person says so, it is applied as a whole
 * or not at all. `--rollback` brings back what was in force. `latchkey config history` lists who changed what.
 * Ends 0 when it was applied, shown or is in force already, 1 when it was not, 130 after Ctrl-C.
 * Read next: front/api/configuration/configuration.ts, control/apply/plan.ts (what waits, and what needs a restart).
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Changed, changedWords } from '../core/ground/changed.ts'
import { oneLine } from '../core/ground/text.ts'
import { type DrillCliIo, question, STOPPED } from './drill-io.ts'
import { type Gateway, GatewayRefusal } from './gateway-client.ts'
import { type Reach, reached } from './reached.ts'

/** Between two tries while a machine is in use, ms. */
const TRY_EVERY_MS = 2000
/** Characters of a hash by which a person recognises it. */
const SHORT = 12

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
