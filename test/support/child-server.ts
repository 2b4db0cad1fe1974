/**
 * Starts a test server as a process of its own, so that it can be frozen and killed like a real device.
 * The child answers `{ id, ask }` with `{ id, answer }` and says `{ ready: port }` once. Read next: modbus-server.ts.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { until } from './process.ts'

export type ChildServer<Ask> = {
  readonly port: number
  ask(ask: Ask): Promise<unknown>
  /** SIGSTOP: the process is there, its sockets are open, nothing answers. Resolves when the kernel has stopped it. */
  freeze(): Promise<void>
  thaw(): void
  /** SIGKILL: resolves when it is gone. Idempotent. */
  kill(): Promise<void>
}

type FromChild = { ready?: number; id?: number; answer?: unknown; error?: string }
type Waiting = { resolve(answer: unknown): void; reject(error: Error): void }

/** `file`: the server, beside this one. `args` go to its command line, the port first. */
export async function startChild<Ask>(
  file: string,
  port: number,
  args: readonly string[] = [],
): Promise<ChildServer<Ask>> {
  const child = fork(new URL(file, import.meta.url), [String(port), ...args], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let complaints = ''
  child.stderr?.on('data', (text) => {
    complaints = `${complaints}${text}`.slice(-4000)
  })
  // Even one that is frozen ends with the test.
  const killAtExit = () => child.kill('SIGKILL')
  process.once('exit', killAtExit)
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  const bound = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code, signal) => {
      process.off('exit', killAtExit)
      const error = new Error(`${file} ended (${code ?? signal}): ${complaints}`)
      reject(error)
      for (const ask of waiting.values()) ask.reject(error)
      waiting.clear()
    })
    child.on('message', ({ ready, id, answer, error }: FromChild) => {
      if (ready !== undefined) resolve(ready)
      if (id === undefined) return
      const ask = waiting.get(id)
      waiting.delete(id)
      if (error === undefined) ask?.resolve(answer)
      else ask?.reject(new Error(`${file}: ${error}`))
    })
  })
  return {
    port: bound,
    ask(ask) {
      const id = ++lastId
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        child.send({ id, ask })
      })
    },
    async freeze() {
      child.kill('SIGSTOP')
      await until(async () => (await stateOf(child)) === 'T', 5000, `${file} was not stopped`)
    },
    thaw: () => void child.kill('SIGCONT'),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** In the child: answers every ask of the parent. */
export function serveParent(port: number, handle: (ask: never) => unknown): void {
  process.on('message', async ({ id, ask }: { id: number; ask: never }) => {
    try {
      process.send?.({ id, answer: await handle(ask) })
    } catch (error) {
      process.send?.({ id, error: String(error instanceof Error ? error.stack : error) })
    }
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({ ready: port })
}

async function stateOf(child: ChildProcess): Promise<string | undefined> {
  const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0]
}
