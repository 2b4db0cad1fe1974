/** What the commands of the bench share: Ctrl-C, and one line for what they cannot do. Read next: link.ts. */
import { GatewayError } from '../../core/ground/failure.ts'
import { oneLine } from '../../core/ground/text.ts'
import { STOPPED } from '../drill-io.ts'
import type { Io } from '../site.ts'

/** The exit code of `work`; 1 when it throws a GatewayError, 130 after Ctrl-C. */
export async function runBench(
  json: boolean,
  io: Pick<Io, 'stdout' | 'stderr'>,
  signal: AbortSignal,
  work: () => number | Promise<number>,
): Promise<number> {
  try {
    return await work()
  } catch (error) {
    if (signal.aborted) return STOPPED
    if (!(error instanceof GatewayError) || error.code === 'invariant') throw error
    if (json) io.stdout.write(`${JSON.stringify({ ok: false, message: error.message })}\n`)
    else for (const line of error.message.split('\n')) io.stderr.write(`${oneLine(line)}\n`)
    return 1
  }
}
