/**
 * What somebody may do to a statement file, by a seed: bytes changed, parts of it dropped, doubled or taken from
 * another file, tariffs and receipts changed; and what a gateway that lies may sign. Each must be found. Read next:
 * statement-file.ts.
 */
import canonicalize from 'canonicalize'
import type { Statement } from '../../../gateway/core/billing/statement.ts'
import type { JsonObject } from '../../../gateway/core/ground/entry.ts'
import { random } from '../../ledger/verify/shop/random.ts'
import { type Choose, chooseBy } from './any-tariff.ts'
import { statementFile } from './statement-file.ts'

type Lie = { readonly what: string; readonly text: string }
type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
/** A value, and a way to put another in its place. */
type Leaf = {
  readonly path: string
  readonly value: Json
  readonly put: (value: Json) => void
  readonly drop: () => void
}

const USES = 6

export function* statementLies(many: number): Generator<Lie> {
  for (let seed = 1; seed <= many; seed++) {
    const choose = chooseBy(random(seed))
    const story = 1 + (seed % 40)
    const kinds = [changedByte, changedLeaf, changedLeaf, foreignPart, signedLie, signedLie, signedCredit]
    const lie = choose.pick(kinds)(choose, story)
    if (lie !== undefined) yield { ...lie, what: `seed ${seed}: ${lie.what}` }
  }
}

function changedByte({ whole, pick }: Choose, story: number): Lie {
  const { text } = fileOf(story)
  const at = whole(0, text.length - 2)
  const other = pick([...'0123456789abcXYZ"{},:-'].filter((char) => char !== text[at]))
  return { what: `byte ${at} is ${other}`, text: text.slice(0, at) + other + text.slice(at + 1) }
}

/** Anything in the file, also within the entries. */
function changedLeaf(choose: Choose, story: number): Lie {
  const file = JSON.parse(fileOf(story).text) as { [key: string]: Json }
  const leaf = choose.pick(leavesOf(file, ''))
  if (leaf.path.endsWith('.body') && choose.chance(0.9)) {
    const body = JSON.parse(leaf.value as string) as Json
    const inner = choose.pick(leavesOf(body, ''))
    change(choose, inner)
    leaf.put(canonicalize(body)!)
    return { what: `${leaf.path}${inner.path}`, text: `${canonicalize(file)}\n` }
  }
  change(choose, leaf)
  return { what: leaf.path, text: `${canonicalize(file)}\n` }
}

/** A receipt or an entry is missing, doubled, or of another log's story. */
function foreignPart({ pick, whole, chance }: Choose, story: number): Lie | undefined {
  const file = JSON.parse(fileOf(story).text) as { [key: string]: Json[] }
  const other = JSON.parse(fileOf(story === 1 ? 2 : story - 1).text) as { [key: string]: Json[] }
  const name = pick(['receipts', 'proven'])
  const list = file[name]!
  if (list.length === 0) return undefined
  const at = whole(0, list.length - 1)
  const foreign = other[name]![at % Math.max(1, other[name]!.length)]
  if (chance(0.4)) list.splice(at, 1)
  else if (chance(0.5)) list.splice(at, 0, list[at]!)
  else if (foreign !== undefined) list[at] = foreign
  else return undefined
  return { what: `${name} ${at} of ${list.length}`, text: `${canonicalize(file)}\n` }
}

/** A gateway that signs a statement which its own entries do not bear out. */
function signedLie(choose: Choose, story: number): Lie | undefined {
  let what: string | undefined
  const { text } = statementFile(story, USES, (statement) => {
    const lie = JSON.parse(JSON.stringify(statement)) as Json
    // The heading is taken as it is, unless a use does not fit it.
    const leaves = leavesOf(lie, '').filter(({ path }) => !['.site', '.from', '.to'].includes(path))
    if (leaves.length === 0) return statement
    const leaf = choose.pick(leaves)
    change(choose, leaf)
    what = `signed: ${leaf.path}`
    return lie as unknown as Statement
  })
  return what === undefined ? undefined : { what, text }
}

/** A gateway that signs a credit which nobody, or only one person, has made of the use. */
function signedCredit({ pick }: Choose, story: number): Lie | undefined {
  let what: string | undefined
  const { text } = statementFile(story, USES, undefined, (credits) => {
    const approval = credits.findLast(({ kind }) => kind === 'CreditApproved')
    const proposal = credits.find(({ kind, data }) => kind === 'CreditProposed' && data.id === approval?.data.id)
    if (approval === undefined || proposal === undefined) return credits
    const { by, reduce } = proposal.data as { by: JsonObject; reduce: readonly JsonObject[] }
    const [one, number] = [
      { ...approval.data, by },
      { ...approval.data, number: Number(approval.data.number) + 1 },
    ]
    const more = reduce.map((each) => ({ ...each, quantity: `${each.quantity}000000` }))
    const [forged, data, said] = pick([
      [approval, one, 'one person'],
      [approval, number, 'one is missing before it'],
      ...(more.length === 0 ? [] : [[proposal, { ...proposal.data, reduce: more }, 'more units'] as const]),
    ])
    what = `signed credit: ${said}`
    return credits.map((each) => (each === forged ? { ...each, data } : each))
  })
  return what === undefined ? undefined : { what, text }
}

const files = new Map<number, { readonly text: string }>()

function fileOf(story: number) {
  const known = files.get(story) ?? statementFile(story, USES)
  files.set(story, known)
  return known
}

function leavesOf(value: Json, path: string): Leaf[] {
  if (value === null || typeof value !== 'object') return []
  return Object.keys(value).flatMap((key): Leaf[] => {
    const holder = value as { [key: string]: Json }
    const own = holder[key]!
    const put = (other: Json) => {
      holder[key] = other
    }
    const drop = () => void (Array.isArray(value) ? value.splice(Number(key), 1) : delete holder[key])
    const inner = leavesOf(own, `${path}.${key}`)
    return inner.length > 0 ? inner : [{ path: `${path}.${key}`, value: own, put, drop }]
  })
}

function change({ chance, pick }: Choose, { value, put, drop }: Leaf): void {
  if (chance(0.15)) return drop()
  if (typeof value === 'number') return put(value + pick([1, 1000, 60_000]))
  if (typeof value === 'boolean') return put(!value)
  if (typeof value !== 'string') return put('more')
  const digit = /\d(?=\D*$)/.exec(value)
  if (digit === null) return put(`${value}x`)
  const at = digit.index
  put(value.slice(0, at) + String((Number(value[at]) + pick([1, 5, 9])) % 10) + value.slice(at + 1))
}
