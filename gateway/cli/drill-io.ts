/** What both drills say to the person who runs them: the question before, a line a step. */
import { createInterface } from 'node:readline/promises'

export type DrillCliIo = {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  /** Ctrl-C. */
  once?(signal: 'SIGINT', stop: () => void): unknown
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The machine is unlocked several times: a person has to have looked. */
export async function agreed(machine: string, yes: boolean, io: DrillCliIo): Promise<boolean> {
  if (yes) return true
  io.stderr.write(
    `The drill unlocks ${machine} several times for some seconds, and cuts its link. Nobody may be near it, no work in it.\n`,
  )
  if (io.stdin.isTTY !== true) {
    io.stderr.write('Say so with --yes.\n')
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
  return `${passed ? 'ok    ' : 'FAILED'} ${step.padEnd(WIDTH)} ${detail}`
}
