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

/**
 * What stands for a secret whose variable is not set, in a command that needs none. It has the form of each: of the key
 * of a webhook, and as long as that of a pair.
 */
const UNSET = `whsec_${Buffer.from('this secret is not set here').toString('base64')}`

/**
 * The environment of a command that opens no link and no broker: secrets that are not set do not keep it from its work.
 */
export function withoutSecrets(env: Io['env']): Io['env'] {
  return new Proxy(env, { get: (set, name) => (typeof name === 'string' ? set[name] || UNSET : undefined) })
}

/** A secret of this link is not in the environment. */
export function lacksSecrets({ links }: SiteConfig, link: string): boolean {
  return JSON.stringify(links.find(({ id }) => id === link)?.options ?? {}).includes(JSON.stringify(UNSET))
}

/** The exit code of `work`; 1 when the site file has faults, or when `work` throws a GatewayError. */
export async function withSite(
  path: string,
  { stderr, env }: Pick<Io, 'stderr' | 'env'>,
  work: (config: SiteConfig) => number | Promise<number>,
  secrets: 'needed' | 'unused' = 'unused',
): Promise<number> {
  const loaded = loadSite(path, secrets === 'needed' ? env : withoutSecrets(env))
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
