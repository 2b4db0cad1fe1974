/**
 * The committed vectors: small files of evidence, good and bad, each with the keys to check it and the verdict that a
 * verifier in any language must come to. `vectors.json` lists them all. `node test/ledger/verify/vectors/make.ts` and
 * `npm run format` make them again.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkpointLine } from '../../../../gateway/ledger/evidence/bundle.ts'
import type { FaultCode } from '../../../../gateway/ledger/verify/verdict.ts'
import { createLog, keyOf, type Log } from '../shop/log.ts'
import { createShop } from '../shop/shop.ts'

export type Vector = {
  readonly file: string
  readonly what: string
  readonly kind: 'bundle' | 'receipt'
  readonly keys: readonly string[]
  /** Files with checkpoints kept outside. */
  readonly held: readonly string[]
  readonly ok: boolean
  /** The first fault; others may follow from it. */
  readonly fault: FaultCode | null
  /** Good ones: units charged to sessions, by meter. */
  readonly sessions?: Readonly<Record<string, string>>
}

const SITE = 'prep-centre'
const ORIGIN = 'prep-centre/5f1d2c3b4a596877'
const key = keyOf('vector key', ORIGIN)
const nextKey = keyOf('vector key after it', ORIGIN)
const stranger = keyOf('vector stranger', ORIGIN)
const witness = keyOf('vector witness', 'witness.example/w1', 'witness')

type Files = Map<string, Uint8Array | string>
/** `sessions`: units charged to sessions, by meter. */
type Story = Log & { readonly sessions: Readonly<Record<string, string>> }

/** One session on each of two machines, one of them simulated; a wrap, a reset, a gap, a refusal. */
function story(seed: number, sign: (log: Log) => void): Story {
  const log = createLog(SITE, ORIGIN, new Set(['spray-booth']))
  const shop = createShop(log, { machines: ['panel-saw', 'spray-booth'], seed, accounts: true })
  shop.start()
  shop.work('panel-saw', 3)
  const saw = shop.unlock('panel-saw')
  shop.work('panel-saw', 8)
  shop.sample('panel-saw')
  shop.gap('panel-saw', 4n, 'session')
  const used = new Map(shop.end('panel-saw'))
  const sawEnded = log.bodies.length - 1
  sign(log)
  shop.work('spray-booth', 2)
  shop.unlock('spray-booth', 'refused')
  shop.unlock('spray-booth')
  shop.work('spray-booth', 5)
  shop.reset('spray-booth/plc.parts', 2n, 'session')
  for (const [meter, units] of shop.end('spray-booth')) used.set(meter, units)
  sign(log)
  shop.correct('panel-saw', saw, sawEnded, 'panel-saw/energy.energy', '30')
  shop.enterByHand('panel-saw')
  shop.work('panel-saw', 60)
  shop.sample('panel-saw')
  sign(log)
  const sessions = Object.fromEntries([...used].sort().map(([meter, units]) => [meter, String(units)]))
  return { ...log, sessions }
}

type Add = (
  file: string,
  content: Uint8Array | string,
  vector: Omit<Vector, 'file' | 'kind' | 'held'> & { readonly held?: readonly string[] },
) => void

const SAW_SESSION = '0195e3a0-0000-7000-8000-000000000001'
const BOOTH_SESSION = '0195e3a0-0000-7000-8000-000000000003'
const keys = [key.vkey]
const good = { keys, ok: true, fault: null }
const bad = { keys, ok: false }

export function vectors(): { files: Files; list: Vector[] } {
  const files: Files = new Map()
  const list: Vector[] = []
  const add: Add = (file, content, vector) => {
    files.set(file, content)
    list.push({ file, kind: file.endsWith('.receipt') ? 'receipt' : 'bundle', held: [], ...vector })
  }
  const whole = story(1, (log) => void log.checkpoint([key.signer]))
  addWhole(add, whole)
  addAltered(add, whole)
  addHistories(files, add, whole)
  addHandOver(add, whole)
  addWitnessed(add, whole)
  addUnits(add)
  return { files, list }
}

function addWhole(add: Add, whole: Story): void {
  const { sessions } = whole
  add('good.evidence', whole.bundle(), { what: 'a whole log', ...good, sessions })
  add('good.receipt', whole.receipt(SAW_SESSION), { what: 'the receipt of a session of it', ...good })
  const simulated = whole.receipt(BOOTH_SESSION)
  add('good-simulated.receipt', simulated, { what: 'a receipt from a simulated machine', ...good })
}

/** Changed by somebody without the key. */
function addAltered(add: Add, whole: Story): void {
  const lines = whole.bundleLines()
  const text = lines.join('')
  const used = /"quantity":"(\d+)"/.exec(text)![0]!
  const more = used.replace(/\d(?=")/, (digit) => String((Number(digit) + 1) % 10))
  const what = 'one digit of a quantity is another'
  add('tampered.evidence', text.replace(used, more), { ...bad, what, fault: 'use-exceeds-meter' })
  const receipt = whole.receipt(SAW_SESSION).replace(used.replaceAll('"', '\\"'), more.replaceAll('"', '\\"'))
  add('tampered.receipt', receipt, { ...bad, what, fault: 'inclusion-wrong' })
  const dropped = lines.filter((_line, at) => at !== 8).join('')
  add('dropped.evidence', dropped, { ...bad, what: 'an entry is missing', fault: 'sequence-wrong' })
  const swapped = [...lines.slice(0, 8), lines[9], lines[8], ...lines.slice(10)].join('')
  add('swapped.evidence', swapped, { ...bad, what: 'two entries changed places', fault: 'sequence-wrong' })
  const half = text.slice(0, Math.floor(text.length / 2))
  add('truncated.evidence', half, { ...bad, what: 'the file ends in the middle', fault: 'truncated' })
  const unsigned = lines
    .filter((line, at) => at !== lines.length - 2 || !line.startsWith('{"checkpoint"'))
    .join('')
    .replace('"checkpoints":3', '"checkpoints":2')
  add('unsigned.evidence', unsigned, { ...bad, what: 'the newest checkpoint is missing', fault: 'entries-unsigned' })
}

/** Signed by the same key: only somebody who kept a checkpoint finds these. And one signed by another key. */
function addHistories(files: Files, add: Add, whole: Story): void {
  const [first, , last] = [...whole.notes.keys()] as [number, number, number]
  const held = ['held.checkpoint']
  files.set('held.checkpoint', whole.notes.get(last)![0]!)
  const shorter = 'a good log that is shorter than a checkpoint kept outside'
  add('rolled-back.evidence', whole.bundle(first), { ...bad, what: shorter, held, fault: 'rolled-back' })

  const fork = createLog(SITE, ORIGIN, new Set(['spray-booth']))
  for (const body of whole.bodies.slice(0, first)) fork.appendBody(body)
  for (const body of whole.bodies.slice(first)) fork.appendBody(body.replace('"mono":"', '"mono":"9'))
  fork.checkpoint([key.signer])
  const another = 'another past than that of a checkpoint kept outside'
  add('forked.evidence', fork.bundle(), { ...bad, what: another, held, fault: 'forked' })

  const resigned = story(1, (log) => void log.checkpoint([stranger.signer]))
  add('re-signed.evidence', resigned.bundle(), { ...bad, what: 'signed with another key', fault: 'signature-missing' })
}

/** A new key from the second checkpoint on, the old one until the third. */
function addHandOver(add: Add, whole: Story): void {
  let times = 0
  const rotated = story(1, (log) => {
    times += 1
    log.checkpoint(times === 1 ? [key.signer] : times === 2 ? [key.signer, nextKey.signer] : [nextKey.signer])
  })
  const [, second] = [...rotated.notes.keys()] as [number, number]
  const keys = [`${key.vkey} until=${second + 1}`, `${nextKey.vkey} from=${second}`]
  const { sessions } = whole
  add('key-rotated.evidence', rotated.bundle(), { what: 'a new key takes over', ...good, keys, sessions })
  add('key-rotated.receipt', rotated.receipt(SAW_SESSION), { what: 'a receipt from after it', ...good, keys })

  const missing = { keys, ok: false, fault: 'signature-missing' } as const
  add('key-kept.evidence', whole.bundle(), { what: 'the old key signs on when it may no longer', ...missing })
  const both = checkpointLine(rotated.notes.get(second)![0]!)
  const alone = rotated
    .bundleLines()
    .join('')
    .replace(both, checkpointLine(handOverAlone(rotated, second)))
  const unhanded = 'the new key takes over without the old one vouching for it'
  add('key-unhanded.evidence', alone, { what: unhanded, ...missing })
}

function addWitnessed(add: Add, { sessions }: Story): void {
  const signers = [
    { signer: key.signer, at: 0 },
    { signer: witness.signer, at: 1_772_431_200 },
  ]
  const witnessed = story(1, (log) => void log.checkpoint(signers))
  const keys = [key.vkey, `${witness.vkey} from=0`]
  add('witnessed.evidence', witnessed.bundle(), {
    what: 'a witness signed each checkpoint, too',
    ...good,
    keys,
    sessions,
  })
}

/** A meter counts in another unit for a while: each unit has a total of its own, which goes on where it stood. */
function addUnits(add: Add): void {
  const meter = 'panel-saw/energy.energy'
  const log = createLog(SITE, ORIGIN, new Set())
  const shop = createShop(log, { machines: ['panel-saw'], seed: 2, accounts: true })
  shop.start()
  for (const [unit, perCount] of [
    ['Wh', 10n],
    ['kWh', 2n],
    ['Wh', 5n],
  ] as const) {
    shop.reconfigure(meter, unit, perCount)
    shop.work('panel-saw', 3)
    shop.unlock('panel-saw')
    shop.work('panel-saw', 4)
    shop.end('panel-saw')
    shop.sample('panel-saw')
  }
  log.checkpoint([key.signer])
  add('other-unit.evidence', log.bundle(), { what: 'a meter that counts in another unit for a while', ...good })

  const left = log.bodies.findLast((body) => body.includes('"fromUnit":"kWh"'))!
  const more = left.replace(/"total":"(\d+)"/, (_, total) => `"total":"${BigInt(total) + 1n}"`)
  const moved = createLog(SITE, ORIGIN, new Set())
  for (const body of log.bodies) moved.appendBody(body === left ? more : body)
  moved.checkpoint([key.signer])
  const what = 'a total that has moved while the meter counted in another unit'
  add('moved-unit.evidence', moved.bundle(), { ...bad, what, fault: 'counter-differs' })
}

/** The note of a size without the old key's line. */
function handOverAlone(log: Log, size: number): string {
  const lines = log.notes.get(size)![0]!.split('\n')
  const old = lines.findIndex((line) => line.startsWith('—'))
  return lines.filter((_line, at) => at !== old).join('\n')
}

if (process.argv[1] === import.meta.filename) {
  const { files, list } = vectors()
  mkdirSync(import.meta.dirname, { recursive: true })
  for (const [file, content] of files) writeFileSync(join(import.meta.dirname, file), content)
  writeFileSync(join(import.meta.dirname, 'vectors.json'), `${JSON.stringify(list, null, 2)}\n`)
}
