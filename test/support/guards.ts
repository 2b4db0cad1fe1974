/**
 * All guards, each under the name by which `test/shrinking.txt` forgives its faults, and what they judge: the
 * repository, read once. Read next: the rules in layers.ts and tidy.ts, and shrink.ts, which shortens the list.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { againstRows, circles, strangeHands } from './layers.ts'
import type { Fault } from './shrinking.ts'
import { isProduct, PRODUCT, readSources, type Source } from './source.ts'
import { longComments, longFiles, longFunctions, lostInPages, lostNames, type Page, untaken } from './tidy.ts'

type Repository = {
  readonly sources: readonly Source[]
  readonly pages: readonly Page[]
  /** Every file that a comment or a page may name. */
  readonly files: ReadonlySet<string>
}
type Guards = Readonly<Record<string, (repository: Repository) => Fault[]>>

export const LAYERS: Guards = {
  order: ({ sources }) => againstRows(sources.filter(isProduct)),
  circle: ({ sources }) => circles(sources.filter(isProduct)),
  hands: ({ sources }) => strangeHands(sources),
}

export const TIDY: Guards = {
  'long comment': ({ sources }) => longComments(sources),
  'lost name': ({ sources, pages, files }) => [...lostNames(sources, files), ...lostInPages(pages, files)],
  'long function': ({ sources }) => longFunctions(sources),
  'long file': ({ sources }) => longFiles(sources),
  untaken: ({ sources }) => untaken(sources),
}

export function readRepository(root: string): Repository {
  const folders = [...PRODUCT, 'test']
  const below = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  const files = [...readdirSync(root), ...below]
  return {
    sources: readSources(root, folders),
    pages: files
      .filter((file) => file.endsWith('.md'))
      .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') })),
    files: new Set(files),
  }
}
