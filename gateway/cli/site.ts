/**
 * What the commands about one site share: they load its file, list its faults by line, and put what they cannot do into
 * one line. A failure that nobody expects is not caught. Read next: config/load.ts.
 */
import { faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'
import type { SiteConfig } from '../../config/site.ts'
import { GatewayError } from '../core/ground/failure.ts'

type Output = { write(text: string): unknown }

/** `process` is one. */
export type Io = {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The exit code of `work`; 1 when the site file has faults, or when `work` throws a GatewayError. */
export async function withSite(
  path: string,
  { stderr, env }: Pick<Io, 'stderr' | 'env'>,
  work: (config: SiteConfig) => number | Promise<number>,
): Promise<number> {
  const loaded = loadSite(path, env)
  if (loaded.kind === 'faults') {
    for (const fault of loaded.faults) stderr.write(`${faultLine(fault)}\n`)
    return 1
  }
  try {
    return await work(loaded.config)
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    stderr.write(`${error.message}\n`)
    return 1
  }
}
