/**
 * `latchkey test <site.yaml>`: whether everything that a site file names is there and takes us: each link with its
 * signals, the broker, the store, the feed of bookings, the keys of the issuers, the clock. It writes nothing but one
 * message on the checkpoint topic of the broker, which is not retained, to see whether we may.
 * Where a gateway runs on the data folder, links are asked through it. Ends 0 when all is well, 1 when something is
 * not.
 * Read next: probe.ts, front/reach.ts.
 */
import { createClock } from '../../control/host/clock.ts'
import { oneLine } from '../../core/ground/text.ts'
import { type Finding, reached } from '../../front/reach.ts'
import type { Io } from '../site.ts'
import { siteOf } from './link.ts'
import { type ProbeOptions, probeCommand } from './probe.ts'

const MOST_DETAIL = 300

export async function testCommand(
  sitePath: string,
  options: Omit<ProbeOptions, 'plan'>,
  io: Io,
  signal: AbortSignal,
): Promise<number> {
  const config = siteOf(sitePath, io)
  const findings: Finding[] = []
  const tell = (finding: Finding) => {
    findings.push(finding)
    if (!options.json) io.stdout.write(`${oneLine(lineOf(finding))}\n`)
  }
  tell(clock())
  for await (const finding of reached(config)) {
    if (signal.aborted) return 130
    tell(finding)
  }
  for (const { id } of config.machines) tell(await machine(sitePath, id, options, io, signal))
  const isWell = findings.every(({ ok }) => ok)
  if (options.json) io.stdout.write(`${JSON.stringify({ ok: isWell, findings })}\n`)
  return isWell ? 0 : 1
}

function lineOf({ what, ok, detail }: Finding): string {
  return `${ok ? 'ok    ' : 'FAILED'} ${what}${detail === '' ? '' : `: ${detail.slice(0, MOST_DETAIL)}`}`
}

function clock(): Finding {
  const clock = createClock({})
  const now = clock.now()
  return { what: 'clock', ok: clock.state(now) !== 'relative', detail: clock.text(now) }
}

/** All its signals; the first that is not good is named. */
async function machine(
  sitePath: string,
  id: string,
  options: Omit<ProbeOptions, 'plan'>,
  io: Io,
  signal: AbortSignal,
): Promise<Finding> {
  const out: string[] = []
  const quiet = { ...io, stdout: { write: (text: string) => void out.push(text) } }
  const what = `machine ${id}`
  await probeCommand(sitePath, id, { ...options, plan: false, json: true }, quiet, signal)
  const { signals } = JSON.parse(out.join('')) as {
    signals: { signal: string; quality: string; cause?: string; detail?: string }[]
  }
  const bad = signals.filter(({ quality }) => quality !== 'good')
  if (bad.length === 0) return { what, ok: true, detail: `${signals.length} signals` }
  const { signal: name, cause = 'bad', detail = '' } = bad[0]!
  return {
    what,
    ok: false,
    detail: `${bad.length} of ${signals.length} signals are not good; ${name}: ${cause} ${detail}`,
  }
}
