/**
 * Plays the story of one booking in a plant of its own and reports one line per step. Next: story.ts.
 */
import { Unmet } from './ask.ts'
import { type Opening, openPlant } from './plant.ts'
import { setScene } from './scene.ts'
import { type Facts, type StepName, stepNames, story } from './story.ts'
import { type Watch, watch } from './watch.ts'

type Line = Readonly<
  | { step: StepName; ok: true; facts: Facts; atMs: number }
  | { step: StepName; ok: false; expected: string; seen: string; atMs: number }
>

type OnceOptions = Readonly<{
  stateDir: string
  /** Aborted, with the reason, to end the play early. */
  stop: AbortSignal
  say: (line: Line) => void
  onOpen: (opening: Opening) => void
}>

const cycleMs = 700
/** Longest time for all of it, the start of the plant included. */
const playWithinMs = 55_000

/** True when every step went as it should. The plant is closed in any case. */
export async function playOnce({ stateDir, stop, say, onOpen }: OnceOptions): Promise<boolean> {
  const startedAtMs = performance.now()
  const atMs = () => Math.round(performance.now() - startedAtMs)
  const late = setTimeout(() => over.abort(new Error(`it takes longer than ${playWithinMs / 1000} s`)), playWithinMs)
  const over = new AbortController()
  const stopped = rejectOn(AbortSignal.any([stop, over.signal]))
  let opening: Opening | undefined
  let seen: Watch | undefined
  let step: StepName = stepNames[0]
  try {
    opening = openPlant({
      stateDir,
      cycleMs,
      autoStart: false,
      async onBroker(url) {
        seen = await watch(url, 'latchkey/v1/#', 'reader')
      },
    })
    onOpen(opening)
    const orEnd = <T>(work: Promise<T>) => Promise.race([work, opening?.broken ?? stopped, stopped])
    const plant = await orEnd(opening.plant)
    if (!seen) throw new Error('the broker was never there')
    const scene = setScene(plant, seen, Date.now())
    for (step of stepNames) say({ step, ok: true, facts: await orEnd(story[step](scene)), atMs: atMs() })
    return true
  } catch (error) {
    const failed =
      error instanceof Unmet ? error : { expected: 'everything to start and to go on', seen: messageOf(error) }
    say({ step, ok: false, expected: failed.expected, seen: failed.seen, atMs: atMs() })
    for (const rest of stepNames.slice(stepNames.indexOf(step) + 1))
      say({ step: rest, ok: false, expected: 'to be tried', seen: `${step} failed`, atMs: atMs() })
    return false
  } finally {
    clearTimeout(late)
    await seen?.close().catch(() => undefined)
    await opening?.close()
  }
}

/** `ok <step> <facts> at=+1.2s`, or `fail <step> expected …; seen … at=+1.2s`. */
export function lineText(line: Line): string {
  const at = `at=+${(line.atMs / 1000).toFixed(1)}s`
  if (!line.ok) return `fail ${line.step} expected ${line.expected}; seen ${line.seen} ${at}`
  const facts = Object.entries(line.facts).map(([name, value]) => `${name}=${value}`)
  return ['ok', line.step, ...facts, at].join(' ')
}

function rejectOn(signal: AbortSignal): Promise<never> {
  const rejecting = new Promise<never>((_resolve, reject) => {
    const end = () => reject(signal.reason)
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
  })
  rejecting.catch(() => undefined)
  return rejecting
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
