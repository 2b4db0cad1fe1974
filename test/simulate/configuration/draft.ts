/**
 * A site and its profiles as a person would have them on the disk: plain data, changed in place and written as YAML.
 * Read next: base.ts (what it begins with), kinds.ts (what is changed in it).
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'

type Tree = { [name: string]: unknown }
export type Draft = { site: Tree; profiles: { [name: string]: Tree } }

/** Chance that can be had again. */
export type Dice = {
  below(most: number): number
  pick<T>(items: readonly T[]): T
  chance(probability: number): boolean
}

/** False when the draft has nothing that it could change. */
export type Edit = (draft: Draft, dice: Dice) => boolean
export type Kind = {
  readonly name: string
  readonly edit: Edit
  /** It must be refused: by the check of the files, or by the data folder as the gateway starts. */
  readonly refused?: 'check' | 'start'
}

export function diceOf(next: () => number): Dice {
  const below = (most: number) => Math.floor(next() * most)
  return { below, pick: (items) => items[below(items.length)]!, chance: (probability) => next() < probability }
}

/** `machines.booth.owner` of the site, or `profiles.sim-booth.meters` of the profiles. */
function root(draft: Draft, path: string): [Tree, string[]] {
  const [first, ...rest] = path.split('.') as [string, ...string[]]
  return first === 'profiles' ? [draft.profiles, rest] : [draft.site, [first, ...rest]]
}

export function get(draft: Draft, path: string): unknown {
  const [tree, names] = root(draft, path)
  return names.reduce<unknown>((at, name) => (at as Tree | undefined)?.[name], tree)
}

/** False when there is nothing that could hold it. */
export function set(draft: Draft, path: string, value: unknown): boolean {
  const [tree, names] = root(draft, path)
  const holder = names.slice(0, -1).reduce<unknown>((at, name) => (at as Tree | undefined)?.[name], tree)
  if (holder === undefined || holder === null) return false
  const name = names.at(-1)!
  if (value === undefined) delete (holder as Tree)[name]
  else (holder as Tree)[name] = value
  return true
}

/** Gives what stands there another name, in its place. */
export function rename(draft: Draft, path: string, from: string, to: string): boolean {
  const held = get(draft, path) as Tree | undefined
  if (held?.[from] === undefined || held[to] !== undefined) return false
  return set(
    draft,
    path,
    Object.fromEntries(Object.entries(held).map(([name, value]) => [name === from ? to : name, value])),
  )
}

export const reversed = (value: unknown): Tree => Object.fromEntries(Object.entries(value as Tree).reverse())

/** The site file, written with its profiles beside it. */
export function write(draft: Draft, folder: string): string {
  mkdirSync(join(folder, 'profiles'), { recursive: true })
  for (const [name, profile] of Object.entries(draft.profiles))
    writeFileSync(join(folder, 'profiles', `${name}.yaml`), stringify(profile))
  const path = join(folder, 'site.yaml')
  writeFileSync(path, stringify(draft.site))
  return path
}
