/**
 * A gateway of the workshop that runs, as a technician sees it: health, the live signals and meters with a key, the log
 * on the terminal. Read next: wiring.ts, commissioning.ts, which mend by what it says.
 */
import { startLatchkey } from '../../../support/gateway.ts'
import { found, type Scope } from '../../../support/proof.ts'
import { env } from './chapter.ts'

export type Shop = {
  readonly url: string
  /** What health says that somebody should look at. */
  notes(): Promise<readonly string[]>
  /** The note that says so; rejects with all of them when none comes. */
  note(says: RegExp): Promise<RegExpExecArray>
  /** Nothing in health says so any more. */
  silent(says: RegExp): Promise<boolean>
  /** Anything of the API, with the key of the technician or another credential. */
  get<T>(path: string, key: string): Promise<T>
  text(path: string, key: string): Promise<string>
  /** SIGTERM; SIGKILL. */
  stop(): Promise<void>
  kill(): Promise<void>
}

const NOTE_MS = 30_000
const READY_MS = 60_000
/** A gateway that has just started has no time for reads at first, and says so. */
const BUSY_MS = 10_000

/** Starts `latchkey run`; resolves when it listens. `more`: further variables of the environment. */
export async function openShop(scope: Scope, path: string, more: Readonly<Record<string, string>> = {}): Promise<Shop> {
  const variables = Object.entries({ ...env, ...more }).map(([name, value]) => `${name}=${value}`)
  const running = startLatchkey(['run', path], { wrap: ['env', ...variables] })
  scope.defer(() => running.kill())
  const { url } = await running.ready<{ url: string }>(READY_MS)
  const notes = async () => {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(10_000) })
    return ((await response.json()) as { notes: string[] }).notes
  }
  const text = async (path: string, key: string) => {
    const headers = { authorization: `Bearer ${key}` }
    const ask = () => fetch(`${url}/v1${path}`, { headers, signal: AbortSignal.timeout(10_000) })
    const inTime = async () => {
      const response = await ask()
      return response.status === 503 ? undefined : response
    }
    const response = await found(inTime, BUSY_MS, `GET ${path}: still busy`)
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`)
    return response.text()
  }
  return {
    url,
    notes,
    async note(says) {
      let seen: readonly string[] = []
      return found(
        async () => {
          seen = await notes()
          return seen.map((note) => says.exec(note)).find((match) => match !== null)
        },
        NOTE_MS,
        () => `health never says ${says}; it says ${JSON.stringify(seen, null, 1)}`,
      )
    },
    silent: (says) =>
      found(async () => !(await notes()).some((note) => says.test(note)) || undefined, NOTE_MS, '').catch(() => false),
    async get<T>(path: string, key: string) {
      return JSON.parse(await text(path, key)) as T
    },
    text,
    stop: () => running.kill('SIGTERM'),
    kill: () => running.kill(),
  }
}
