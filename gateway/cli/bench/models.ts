/**
 * `latchkey browse <site.yaml> <link> --models`: which companion models the machines behind an OPC UA server show, and
 * with --profile a profile to begin with, in profiles/ beside the site file. A person completes it. It only looks.
 * Ends 0 when a model was found, 1 when none was, 130 after Ctrl-C.
 * Read next: adapters/opcua/recognise.ts (what is recognised), browse.ts (the tree as it is).
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { recognise, stub } from '../../../adapters/opcua/recognise.ts'
import { oneLine } from '../../core/ground/text.ts'
import type { Io } from '../site.ts'
import { refused } from './ground.ts'
import { openBench } from './link.ts'

export type ModelsOptions = {
  readonly limit: number
  readonly rate: number
  readonly timeoutMs: number
  readonly json: boolean
  /** Name of the profile that is written. */
  readonly profile?: string | undefined
}

export async function modelsCommand(
  sitePath: string,
  linkId: string,
  node: string | undefined,
  options: ModelsOptions,
  io: Io,
  signal: AbortSignal,
): Promise<number> {
  const file = options.profile === undefined ? undefined : newProfile(sitePath, options.profile)
  const link = await openBench(linkId, { ...options, site: sitePath }, io, signal)
  try {
    if (link.walk === undefined) throw refused(`${link.where} has no nodes; use scan and match`)
    const nodes = await link.walk(node, options.limit)
    const found = recognise(nodes)
    const [nearest] = found
    if (file !== undefined && nearest !== undefined) write(file, stub(nearest, nodes, options.profile!))
    const written = file !== undefined && nearest !== undefined ? { profile: file } : {}
    if (options.json) io.stdout.write(`${JSON.stringify({ models: found, ...written })}\n`)
    else for (const line of linesOf(found, written)) io.stdout.write(`${oneLine(line)}\n`)
    return found.length > 0 ? 0 : 1
  } finally {
    await link.close()
  }
}

type Found = ReturnType<typeof recognise>[number]

function linesOf(found: readonly Found[], { profile }: { readonly profile?: string }): string[] {
  if (found.length === 0) return ['no companion model was recognised; browse shows the nodes as they are']
  return [
    ...found.map(({ model, standard, at }) => `${model} (${standard}), root: ${at === '' ? '/' : at}`),
    ...(profile === undefined
      ? []
      : [`${profile} is made of the first; complete it, and check it with latchkey profile check`]),
  ]
}

/** Where it goes; one that is there is never replaced. */
function newProfile(sitePath: string, name: string): string {
  if (!/^[a-z0-9-]{1,32}$/.test(name))
    throw refused(`"${name}" is no name of a profile; it is 1 to 32 of a-z, 0-9 and -`)
  const file = join(dirname(sitePath), 'profiles', `${name}.yaml`)
  if (existsSync(file)) throw refused(`${file} is there already; choose another name, or remove it`)
  return file
}

function write(file: string, profile: ReturnType<typeof stub>): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, stringify(profile), { flag: 'wx' })
}
