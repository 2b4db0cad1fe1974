/** What is measured: the gateway as a process of its own, or a bare program in its place. */
import { join } from 'node:path'
import { BUILT } from '../../gateway/build.ts'
import { startLatchkey } from '../support/gateway.ts'
import type { TestProcess } from '../support/process.ts'
import type { Bench } from './pair.ts'
import { startBare } from './program.ts'

export type Subject = {
  readonly pid: number
  /** Throws when it ended on its own, with its last words. */
  mustRun(): void
  end(signal?: NodeJS.Signals): Promise<void>
}

const READY_MS = 90_000

/** `latchkey run`, as an image has it; resolves when it says that it is ready. */
export async function startGateway({ scope }: Bench, sitePath: string): Promise<Subject & { readonly url: string }> {
  const gateway = startLatchkey(['run', sitePath], { file: join(BUILT, 'latchkey.js') })
  scope.defer(() => gateway.kill())
  let ended = false
  void gateway.exited.then(() => {
    ended = true
  })
  const { url } = await gateway.ready<{ url: string }>(READY_MS).catch((error: Error) => {
    throw ended ? lastWords(gateway) : error
  })
  return {
    url,
    pid: gateway.pid,
    mustRun() {
      if (ended) throw lastWords(gateway)
    },
    end: (signal) => gateway.kill(signal),
  }
}

export async function startBareSubject({ scope }: Bench, name: string, options: object): Promise<Subject> {
  const { pid, end, mustRun } = await startBare(scope, name, options)
  return { pid, end, mustRun }
}

/** What a gateway that ended itself wrote last, as far as it says why. */
function lastWords(gateway: TestProcess): Error {
  const fatal = gateway.output().match(/"level":60.*?"message":"([^"]*)"/)
  return new Error(`the gateway ended itself: ${fatal?.[1] ?? gateway.output().trim().split('\n').at(-1)}`)
}
