/** How both drills talk to the person who runs them: the question before, one line per step. */
import { createInterface } from 'node:readline/promises'
import { oneLine } from '../core/ground/text.ts'
import type { Io } from './site.ts'

export type DrillCliIo = Io & {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  /** Ctrl-C. */
  once?(signal: 'SIGINT', stop: () => void): unknown
}

/** The exit code after Ctrl-C, as a shell has it. */
export const STOPPED = 130

/** The machine is unlocked several times, so a person has to have looked at it. */
export async function agreed(machine: string, yes: boolean, io: DrillCliIo): Promise<boolean> {
  if (yes) return true
  io.stderr.write(
    `The drill unlocks ${machine} several times for some seconds, and cuts its link. Nobody may be near it, and no work in it.\n`,
  )
  if (io.stdin.isTTY !== true) {
    io.stderr.write('Confirm that with --yes.\n')
    return false
  }
  return (await question(`Type ${machine} to begin: `, io)) === machine
}

export async function question(text: string, io: DrillCliIo): Promise<string> {
  const lines = createInterface({ input: io.stdin, output: process.stderr })
  try {
    return (await lines.question(text)).trim()
  } finally {
    lines.close()
  }
}

const WIDTH = 20

export function stepLine({ step, passed, detail }: { step: string; passed: boolean; detail: string }): string {
  return oneLine(`${passed ? 'ok    ' : 'FAILED'} ${step.padEnd(WIDTH)} ${detail}`)
}
