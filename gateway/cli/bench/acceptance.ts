/**
 * `latchkey acceptance <url> <machine>`: has a running gateway put its readings beside what a person reads off the
 * displays, and record that with identities, drill and label. What is written is the signed report, which
 * `latchkey verify` checks. The gateway reads; this command only asks.
 * Ends 0 when the machine was accepted, 1 when something differs or is missing (that is recorded too), 130 after
 * Ctrl-C (then nothing was recorded).
 * Read next: core/drill/acceptance.ts (what agrees), front/api/machines/acceptance.ts.
 */
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { readDisplay } from '../../../adapters/modbus/bench/display.ts'
import type { Acceptance } from '../../core/drill/acceptance.ts'
import { oneLine } from '../../core/ground/text.ts'
import { parseKey } from '../../front/api/caller/key.ts'
import { STOPPED } from '../drill-io.ts'
import { createClient, type Gateway, isPlain } from '../gateway-client.ts'
import { refused } from './ground.ts'
import type { MatchIo } from './match.ts'

export type AcceptanceOptions = {
  /** `signal=shown`, the signal with or without its machine. */
  readonly read: readonly string[]
  readonly reason: string
  readonly out?: string | undefined
  readonly key?: string | undefined
  readonly json: boolean
}

/** `counts`: a meter counts by it. */
type Signal = { readonly id: string; readonly unit?: string; readonly counts?: true }
type Shown = { readonly signal: string; readonly shown: string; readonly unit?: string }
type Recorded = Acceptance & { readonly id: string }

/** A checkpoint follows an entry within seconds. */
const SIGNED_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 500

export async function acceptanceCommand(
  url: string,
  machine: string,
  options: AcceptanceOptions,
  io: MatchIo,
  signal: AbortSignal,
): Promise<number> {
  const gateway = createClient(url, keyOf(options.key ?? io.env.LATCHKEY_KEY))
  if (isPlain(url)) io.stderr.write(`The key goes to ${oneLine(url)} in the clear: who is on the way can read it.\n`)
  const { signals } = await gateway<{ signals: Signal[] }>('GET', `/machines/${machine}/signals`).catch(orSay)
  const readings = options.read.length > 0 ? options.read.map((text) => givenAs(text, machine, signals)) : undefined
  const shown = readings ?? (await askFor(signals, io, signal))
  if (signal.aborted) return STOPPED
  const body = { reason: options.reason, readings: shown }
  const recorded = await gateway<Recorded>('POST', `/machines/${machine}/acceptance`, body).catch(orSay)
  const out = options.out ?? `${machine}-acceptance.json`
  writeFileSync(out, await signedFile(gateway, machine, recorded.id))
  if (options.json) io.stdout.write(`${JSON.stringify({ ok: recorded.accepted, file: out, ...recorded })}\n`)
  else io.stdout.write(`${linesOf(machine, recorded, out).map(oneLine).join('\n')}\n`)
  return recorded.accepted ? 0 : 1
}

function keyOf(key: string | undefined): string {
  if (key === undefined)
    throw refused('give the key of a technician with --key, or LATCHKEY_KEY in the environment (latchkey keys add …)')
  if (parseKey(key) === undefined)
    throw refused(
      'this is no key of a gateway, which has the form lk_<id>_<secret>: copy it whole, as it was shown once',
    )
  return key
}

function orSay(error: Error): never {
  throw refused(error.message)
}

/* ── what the displays show ── */

function givenAs(text: string, machine: string, signals: readonly Signal[]): Shown {
  const [name = '', display = ''] = text.split(/=(.*)/s)
  const found = signals.find(({ id }) => id === name || id === `${machine}/${name}`)
  if (found === undefined)
    throw refused(`${machine} has no signal "${name}"; it has ${signals.map(({ id }) => id).join(', ')}`)
  const read = readAs(found, display)
  if (typeof read === 'string') throw refused(read)
  return read
}

/** A number and its unit as a person types them; or why it cannot be read. */
function readAs({ id, unit }: Signal, text: string): Shown | string {
  const read = readDisplay(text)
  if (typeof read === 'string') return read
  const [, given] = /([\p{L}°%µ³²/·]+)\s*$/u.exec(text.normalize('NFC')) ?? []
  const digits = Math.round(-Math.log10(read.step))
  const shown = read.value.toFixed(digits)
  return { signal: id, shown, ...(given === undefined || given === unit ? {} : { unit: given }) }
}

/** Each counter, one after the other; an empty line leaves one out, which the report says. */
async function askFor(signals: readonly Signal[], io: MatchIo, signal: AbortSignal): Promise<Shown[]> {
  const left = signals.filter(({ counts }) => counts)
  const lines = createInterface({ input: io.stdin, signal })
  const shown: Shown[] = []
  ask(left[0], io)
  if (left.length === 0) lines.close()
  for await (const line of lines) {
    const read = line.trim() === '' ? undefined : readAs(left[0]!, line)
    if (typeof read === 'string') io.stderr.write(`${oneLine(read)}\n`)
    else {
      if (read !== undefined) shown.push(read)
      left.shift()
    }
    if (left.length === 0) break
    ask(left[0], io)
  }
  lines.close()
  return shown
}

function ask(signal: Signal | undefined, io: MatchIo): void {
  if (signal === undefined) return
  const unit = signal.unit === undefined ? '' : `, in ${signal.unit}`
  io.stderr.write(`${oneLine(`${signal.id}: what does the display show${unit}?`)} (nothing: leave out) `)
}

/* ── the report ── */

async function signedFile(gateway: Gateway, machine: string, id: string): Promise<string> {
  const untilMs = performance.now() + SIGNED_WITHIN_MS
  for (;;) {
    const file = await gateway<object>('GET', `/machines/${machine}/acceptance`).catch(() => undefined)
    // Canonical JSON comes back from JSON.parse in its own order, so that this is it byte for byte.
    const text = file === undefined ? '' : `${JSON.stringify(file)}\n`
    if (text.includes(id)) return text
    if (performance.now() > untilMs)
      throw refused(
        `it is recorded, and no checkpoint has signed it yet: fetch it later at /v1/machines/${machine}/acceptance`,
      )
    await pause(LOOK_EVERY_MS)
  }
}

function linesOf(
  machine: string,
  { accepted, missing, label, devices, says, lock, readings }: Recorded,
  out: string,
): string[] {
  return [
    `${machine}: ${accepted ? 'accepted' : 'NOT accepted'}; label ${label}`,
    ...devices.map(({ alias, profile, link, at }) => `device ${alias}: ${profile} on ${link} ${at}`),
    ...says.map(({ signal, value }) => `${signal}: ${value}`),
    lock.drill === 'no-lock'
      ? 'it has no lock'
      : `drill: ${lock.drill}${lock.due === undefined ? '' : `, due again ${lock.due.slice(0, 10)}`}`,
    ...readings.map(({ signal, shown, unit, reported = 'nothing', reportedIn = '', agrees, why }) => {
      const display = `display ${shown} ${unit ?? reportedIn}`.trim()
      return `${agrees ? 'ok    ' : 'DIFFERS'} ${signal}: ${display}, read ${reported} ${reportedIn}${why === undefined ? '' : `: ${why}`}`
    }),
    ...missing.map((signal) => `MISSING ${signal}: nobody compared it with its display`),
    `the signed report is in ${out}; latchkey verify checks it`,
  ]
}
