/**
 * The gateway as a process: `latchkey run` of a site file, killed, stopped and started again on the same folder.
 * Read next: gateway-api.ts (its HTTP interface), gateway-plant.ts (with machines around it).
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gatewayFile } from './built.ts'
import { startProcess, type TestProcess, until } from './process.ts'
import { nowMs, type Scope } from './proof.ts'

/** On a busy computer, and one that is slow. */
const READY_MS = 60_000
/** It gives what is under way some seconds; a busy computer takes its time. */
const STOP_MS = 20_000
const root = new URL('../..', import.meta.url).pathname

export type Gateway = {
  readonly sitePath: string
  /** Resolves when the API listens. */
  start(): Promise<void>
  /** SIGKILL; monotonic ms of the moment. */
  kill(): Promise<number>
  /** SIGSTOP, and its end. */
  freeze(): Promise<void>
  thaw(): void
  /** SIGTERM, or another signal; how it ended. Rejects when it goes on. */
  stop(signal?: NodeJS.Signals): Promise<{ readonly code: number | null }>
  output(): string
  pid(): number
}

/** How it is started. */
export type StartedBy = {
  /** A command, with its arguments, that runs it. */
  readonly wrap?: readonly string[] | undefined
  /** The file of the command, when it is not `gatewayFile`. */
  readonly file?: string | undefined
}

/** `latchkey` with these arguments, not waited for. */
export function startLatchkey(
  args: readonly string[],
  { wrap = [], file = gatewayFile() }: StartedBy = {},
): TestProcess {
  const [command, ...rest] = [...wrap, process.execPath, file, ...args]
  return startProcess(command!, rest, { cwd: root })
}

export function createGateway(scope: Scope, site: string, text: string, by: StartedBy = {}): Gateway {
  const sitePath = join(scope.folder, `${site}.yaml`)
  writeFileSync(sitePath, text)
  let running: TestProcess | undefined
  /** What former lives wrote, for the message of a failing test. */
  let before = ''
  scope.defer(() => running?.kill())
  return {
    sitePath,
    async start() {
      before = `${before}${running?.output() ?? ''}`.slice(-65_536)
      running = startLatchkey(['run', sitePath], by)
      await running.ready(READY_MS)
    },
    async kill() {
      const atMs = nowMs()
      await running?.kill()
      return atMs
    },
    freeze: async () => running?.freeze(),
    thaw: () => running?.thaw(),
    async stop(signal: NodeJS.Signals = 'SIGTERM') {
      if (running === undefined) throw new Error('the gateway was never started')
      let gone = false
      void running.kill(signal).then(() => {
        gone = true
      })
      await until(() => gone, STOP_MS, `the gateway does not end after ${signal}: ${running.output()}`)
      return { code: (await running.exited).code }
    },
    output: () => `${before}${running?.output() ?? ''}`,
    pid() {
      if (running === undefined) throw new Error('the gateway was never started')
      return running.pid
    },
  }
}
