/**
 * The keys of a log: which of them sign at which size, and the file of their private halves. A hand-over begins with an
 * entry KeyAdded (role `log`): every checkpoint that covers it bears both signatures. It ends with KeyRevoked: every
 * checkpoint that covers that bears the new signature alone. The entries announce the hand-over and prove nothing; a
 * verifier receives the list another way, as lines `<vkey> [from=<size>] [until=<size>]`.
 * Pure: it reads and writes no file. Read next: ledger/evidence/trust.ts (what a verifier makes of the list), log.ts.
 */
import { formatVkey, parseSkey, type Signer } from '../evidence/note.ts'
import { nodeSigning } from './native.ts'

/** Valid for from ≤ size < until. */
export type LogKey = { readonly vkey: string; readonly from?: number; readonly until?: number }

/** A private key as the file has it. A retiring key signs until the entry that revokes it. */
export type HeldKey = { readonly signer: Signer; readonly vkey: string; readonly retiring: boolean }

export type KeyStep = { readonly kind: 'add' | 'retire'; readonly vkey: string }

const RETIRING = ' retiring'

/** Lines `PRIVATE+KEY+… [retiring]`; the reason as a string when one of them cannot be used. */
export function parseKeysFile(text: string): HeldKey[] | string {
  const keys: HeldKey[] = []
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const retiring = line.endsWith(RETIRING)
    const signer = parseSkey(retiring ? line.slice(0, -RETIRING.length) : line, nodeSigning)
    if (signer.kind === 'refused') return signer.reason
    keys.push({ signer: signer.value, vkey: formatVkey(signer.value.key), retiring })
  }
  const names = new Set(keys.map(({ signer }) => signer.key.name))
  return keys.length === 0 ? 'it is empty' : names.size > 1 ? 'its keys are of different logs' : keys
}

export const keyFileLine = (skey: string, retiring = false): string => `${skey}${retiring ? RETIRING : ''}\n`

/** The steps that the file asks for and the log has not taken yet. A key is retired only while another one stays. */
export function stepsFor(listed: readonly LogKey[], held: readonly HeldKey[]): KeyStep[] {
  const open = (vkey: string) => listed.some((key) => key.vkey === vkey && key.until === undefined)
  const added = held.filter(({ vkey, retiring }) => !retiring && listed.every((key) => key.vkey !== vkey))
  const stays = held.some(({ vkey, retiring }) => !retiring && open(vkey))
  const retired = stays ? held.filter(({ vkey, retiring }) => retiring && open(vkey)) : []
  return [
    ...added.map(({ vkey }): KeyStep => ({ kind: 'add', vkey })),
    ...retired.map(({ vkey }): KeyStep => ({ kind: 'retire', vkey })),
  ]
}

/** The list after a step whose entry is the last one below `size`. */
export function afterStep(listed: readonly LogKey[], { kind, vkey }: KeyStep, size: number): LogKey[] {
  return kind === 'add'
    ? [...listed, { vkey, from: size }]
    : listed.map((key) => (key.vkey === vkey ? { ...key, until: size } : key))
}

export const signsAt = ({ from = 0, until = Number.POSITIVE_INFINITY }: LogKey, size: number): boolean =>
  from <= size && size < until

/** Lines as the option `--key` of `latchkey verify` takes them. */
export function keyLines(listed: readonly LogKey[]): string[] {
  return listed.map(({ vkey, from, until }) =>
    [vkey, ...(from === undefined ? [] : [`from=${from}`]), ...(until === undefined ? [] : [`until=${until}`])].join(
      ' ',
    ),
  )
}
