/**
 * A technician who knows the site file and nothing else: runs `latchkey` like anybody, reads what it prints, and does
 * at the place it names what it says to do. Read next: written.ts (the mistakes in files), wired.ts (those at devices).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startLatchkey } from '../../../support/gateway.ts'
import type { Files } from './site.ts'

/** What `latchkey` printed, and how it ended. */
export type Printed = { readonly code: number | null; readonly text: string }

/** One fault as `check` prints it: where, and the words. Line and column count from 1. */
export type Said = { readonly file: string; readonly line: number; readonly column: number; readonly words: string }

export async function latchkey(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Printed> {
  const wrap = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const command = startLatchkey(args, wrap.length === 0 ? {} : { wrap: ['env', ...wrap] })
  const { code } = await command.exited
  return { code, text: command.output() }
}

export function writeFiles(folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

/** The faults of a `check`, in the order in which they are printed; the files by their path below `folder`. */
export function faultsIn({ text }: Printed, folder: string): Said[] {
  return text.split('\n').flatMap((line) => {
    const [, file, at, column, words] = /^(\S+):(\d+):(\d+) (.+)$/.exec(line.replace(`${folder}/`, '')) ?? []
    if (file === undefined || words === undefined || line.startsWith('note ')) return []
    return [{ file, line: Number(at), column: Number(column), words }]
  })
}

/** What becomes of the line at a place; undefined: it is taken away. `at`: where in the line. */
export type Change = (line: string, at: number) => string | undefined

/** Changes the line that is named in the file that is named. */
export function edit(folder: string, { file, line, column }: Said, change: Change): void {
  const path = join(folder, file)
  const lines = readFileSync(path, 'utf8').split('\n')
  const changed = change(lines[line - 1] ?? '', column - 1)
  lines.splice(line - 1, 1, ...(changed === undefined ? [] : [changed]))
  writeFileSync(path, lines.join('\n'))
}

/* ── what people do at a place when they are told to ── */

const VALUE = /^(?:"[^"]*"|\S*?(?=[\s,{}[\]]|:?$|: ))/

/** Writes this in the place of the word, or the value, that stands there. */
export const instead =
  (value: string): Change =>
  (line, at) =>
    line.slice(0, at) + line.slice(at).replace(VALUE, value)

/** Indents the line by so many spaces. */
export const indented =
  (spaces: number): Change =>
  (line) =>
    ' '.repeat(spaces) + line.trimStart()

/** Writes it otherwise, from there on. */
export const rewrite =
  (what: RegExp | string, to: string): Change =>
  (line, at) =>
    line.slice(0, at) + line.slice(at).replace(what, to)

/** Writes this at the end of the line. */
export const append =
  (text: string): Change =>
  (line) =>
    line + text

export const withoutLine: Change = () => undefined
