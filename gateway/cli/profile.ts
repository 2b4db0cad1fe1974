/**
 * `latchkey profile list [words…]`, `check <file>`, `export <name>` and `import <file>`: which devices are known, what
 * is wrong with a profile of one's own before any site uses it, and profiles as W3C Thing Descriptions, both ways.
 * Opens no socket and writes no file. Read next: config/catalogue.ts, config/thing/export.ts.
 */
import { existsSync } from 'node:fs'
import { stringify } from 'yaml'
import { judgeProfile, type Listed, listProfiles, openProfile, profileFolders } from '../../config/catalogue.ts'
import { openDocument } from '../../config/document/document.ts'
import { faultLine } from '../../config/document/fault.ts'
import { toThing } from '../../config/thing/export.ts'
import { fromThing } from '../../config/thing/import.ts'
import { oneLine } from '../core/ground/text.ts'
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

/** The exit code: 0 written to the output, 1 there is no such profile, or it has faults, or it speaks no Modbus. */
export function exportCommand(
  name: string,
  { base, folder }: { readonly base: string; readonly folder: string },
  io: Pick<Io, 'stdout' | 'stderr'>,
): number {
  const document = openProfile(profileFolders(folder), name, String)
  const faults = document === undefined ? [] : judgeProfile(document.file)
  const profile = document?.value as Readonly<Record<string, unknown>> | undefined
  if (profile === undefined || faults.length > 0 || profile.protocol !== 'modbus') {
    const why = profile === undefined ? `there is no profile "${name}"` : `"${name}" speaks ${String(profile.protocol)}`
    for (const line of faults.length > 0 ? faults.map(faultLine) : [`${why}; a device of Modbus can be exported`])
      io.stderr.write(`${line}\n`)
    return 1
  }
  io.stdout.write(`${JSON.stringify(toThing(profile, base), null, 2)}\n`)
  return 0
}

/** The exit code: 0 a profile is written to the output, 1 the file is no Thing Description of a Modbus device. */
export function importCommand(
  path: string,
  { name }: { readonly name: string },
  io: Pick<Io, 'stdout' | 'stderr'>,
): number {
  const { value, faults } = openDocument(path, path)
  const found = faults.length > 0 ? faults.map(faultLine).join('\n') : fromThing(value, name)
  if (typeof found === 'string') {
    io.stderr.write(`${found.startsWith(path) ? '' : `${path}: `}${found}\n`)
    return 1
  }
  for (const { property, why } of found.skipped) io.stderr.write(`${oneLine(`${property} is left out: ${why}`)}\n`)
  io.stdout.write(stringify(found.profile, { lineWidth: 0, aliasDuplicateObjects: false }))
  return 0
}

const LEGEND =
  'certainty: A manual and an independent program, M manual, B two independent sources, C one source, - nobody said'

function line({ profile, maker, model, protocol, certainty = '-', meters, interlock }: Listed): string {
  const does = [...(interlock === undefined ? [] : [`unlocks by ${interlock}`]), ...meters]
  return `${profile.padEnd(32)} ${certainty}  ${protocol.padEnd(6)}  ${maker} ${model}: ${does.join(', ') || 'read only'}`
}
