/**
 * `latchkey profile list [words…]` and `latchkey profile check <file>`: which devices are known, and what is wrong with
 * a profile of one's own, before any site uses it. Opens no socket and writes nothing.
 * Read next: config/catalogue.ts.
 */
import { existsSync } from 'node:fs'
import { judgeProfile, type Listed, listProfiles } from '../../config/catalogue.ts'
import { faultLine } from '../../config/document/fault.ts'
import type { Io } from './site.ts'

type ListOptions = {
  readonly json: boolean
  /** Where the site file is, or will be. */
  readonly folder: string
}

/** The exit code: 0 something is listed, 1 nothing is. */
export function listCommand(words: readonly string[], { json, folder }: ListOptions, io: Pick<Io, 'stdout'>): number {
  const found = listProfiles(folder, words)
  if (json) io.stdout.write(`${JSON.stringify({ profiles: found }, null, 2)}\n`)
  else if (found.length > 0) io.stdout.write(`${[...found.map(line), '', LEGEND].join('\n')}\n`)
  else
    io.stdout.write(
      `no profile holds ${words.map((word) => `"${word}"`).join(' and ')}; list shows all without words\n`,
    )
  return found.length > 0 ? 0 : 1
}

/** The exit code: 0 good, 1 faults. */
export function checkProfileCommand(
  path: string,
  { json }: { readonly json: boolean },
  io: Pick<Io, 'stdout' | 'stderr'>,
): number {
  if (!existsSync(path)) {
    io.stderr.write(`${path} is not there; name the file of a profile\n`)
    return 1
  }
  const faults = judgeProfile(path)
  const lines = faults.length === 0 ? [`${path}: good`] : faults.map(faultLine)
  io.stdout.write(json ? `${JSON.stringify({ ok: faults.length === 0, faults }, null, 2)}\n` : `${lines.join('\n')}\n`)
  return faults.length === 0 ? 0 : 1
}

const LEGEND =
  'certainty: A manual and an independent program, M manual, B two independent sources, C one source, - nobody said'

function line({ profile, maker, model, protocol, certainty = '-', meters, interlock }: Listed): string {
  const does = [...(interlock === undefined ? [] : [`unlocks by ${interlock}`]), ...meters]
  return `${profile.padEnd(32)} ${certainty}  ${protocol.padEnd(6)}  ${maker} ${model}: ${does.join(', ') || 'read only'}`
}
