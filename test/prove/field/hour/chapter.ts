/**
 * What the chapters of the hour share: where they write, what they find, and whether a mistake was mended. Read next:
 * hour.ts, which puts them one after the other.
 */
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scope } from '../../../support/proof.ts'
import type { Checks } from '../../item.ts'
import type { Devices } from './devices.ts'
import { type Files, PASSWORD } from './site.ts'
import { writeFiles } from './technician.ts'

export type Chapter = {
  readonly scope: Scope
  readonly checks: Checks
  readonly devices: Devices
  /** The files when all is right. */
  readonly files: Files
}

/** What the technician has put into the environment; and what is compiled once, since it is started so often. */
export const env = {
  [PASSWORD]: 'a-secret-of-the-workshop',
  NODE_COMPILE_CACHE: join(tmpdir(), 'latchkey-hour-compiled'),
}

/** A new folder with these files. */
export function openFolder({ scope }: Pick<Chapter, 'scope'>, name: string, files: Files): string {
  const folder = join(scope.folder, name.replaceAll(/[^a-z0-9]+/gi, '-'))
  mkdirSync(folder)
  writeFiles(folder, files)
  return folder
}

/** Makes a mistake in files that are right: the one place where `from` stands becomes `to`. `▸` marks where. */
export function misplaced(files: Files, file: string, from: string, to: string): { files: Files; mark?: Mark } {
  const parts = (files[file] ?? '').split(from)
  if (parts.length !== 2) throw new Error(`"${from}" stands ${parts.length - 1} times in ${file}`)
  const text = parts.join(to)
  const at = text.indexOf('▸')
  const before = text.slice(0, at).split('\n')
  const mark = { line: before.length, column: (before.at(-1) ?? '').length + 1 }
  return { files: { ...files, [file]: text.replace('▸', '') }, ...(at < 0 ? {} : { mark }) }
}

export type Mark = { readonly line: number; readonly column: number }
