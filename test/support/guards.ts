/**
 * All guards with the name under which `test/shrinking.txt` forgives their faults. Read next: layers.ts, tidy.ts, and
 * shrink.ts, which takes what is mended off the list.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { againstRows, circles, strangeHands } from './layers.ts'
import type { Fault } from './shrinking.ts'
import { PRODUCT, readSources, type Source } from './source.ts'
import { longComments, longFiles, longFunctions, lostNames, untaken } from './tidy.ts'

export const LAYERS = {
  order: againstRows,
  circle: circles,
  hands: strangeHands,
} satisfies Record<string, (sources: readonly Source[]) => Fault[]>

export const TIDY = {
  'long comment': longComments,
  'lost name': lostNames,
  'long function': longFunctions,
  'long file': longFiles,
  untaken,
} satisfies Record<string, (sources: readonly Source[], files: ReadonlySet<string>) => Fault[]>

export const isProduct = ({ file }: Source): boolean => PRODUCT.some((folder) => file.startsWith(`${folder}/`))

export const readAll = (root: string): Source[] => readSources(root, [...PRODUCT, 'test'])

/** Every file that a comment may name. */
export function filesOf(root: string): Set<string> {
  const below = [...PRODUCT, 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  return new Set([...readdirSync(root), ...below])
}
