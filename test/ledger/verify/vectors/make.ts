/**
 * The committed vectors: small files of evidence, good and bad, each with the keys to check it and the verdict a
 * verifier must come to. In any language: `vectors.json` names them all. Made again by `node
 * test/ledger/verify/vectors/make.ts`.
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

/** One session on each of two machines, one of them simulated; a wrap, a reset, a gap, a refusal. */
function story(seed: number, sign: (log: Log) => void): Log & { readonly sessions: Readonly<Record<string, string>> } {
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

export function vectors(): { files: Files; list: Vector[] } {
  const files: Files = new Map()
  const list: Vector[] = []
  const add = (
    file: string,
    content: Uint8Array | string,
    vector: Omit<Vector, 'file' | 'kind' | 'held'> & { held?: string[] },
  ) => {
    files.set(file, content)
    const kind = file.endsWith('.receipt') ? 'receipt' : 'bundle'
    list.push({ file, kind, held: [], ...vector })
  }
  const good = story(1, (log) => void log.checkpoint([key.signer]))
  const saw = '0195e3a0-0000-7000-8000-000000000001'
  const booth = '0195e3a0-0000-7000-8000-000000000003'
  const keys = [key.vkey]
  const [first, , last] = [...good.notes.keys()] as [number, number, number]
  const receipt = good.receipt(saw)
  const lines = good.bundleLines()
  const text = lines.join('')

  const { sessions } = good
  add('good.evidence', text, { what: 'a whole log', keys, ok: true, fault: null, sessions })
  add('good.receipt', receipt, { what: 'the receipt of a session of it', keys, ok: true, fault: null })
  add('good-simulated.receipt', good.receipt(booth), {
    what: 'a receipt from a simulated machine',
    keys,
    ok: true,
    fault: null,
  })

  const used = /"quantity":"(\d+)"/.exec(text)![0]!
  const more = used.replace(/\d(?=")/, (digit) => String((Number(digit) + 1) % 10))
  const bad = { keys, ok: false }
  add('tampered.evidence', text.replace(used, more), {
    ...bad,
    what: 'one digit of a quantity is another',
    fault: 'use-exceeds-meter',
  })
  add('tampered.receipt', receipt.replace(used.replaceAll('"', '\\"'), more.replaceAll('"', '\\"')), {
    ...bad,
    what: 'one digit of a quantity is another',
    fault: 'inclusion-wrong',
  })
  add('dropped.evidence', lines.filter((_line, at) => at !== 8).join(''), {
    ...bad,
    what: 'an entry is missing',
    fault: 'sequence-wrong',
  })
  add('swapped.evidence', [...lines.slice(0, 8), lines[9], lines[8], ...lines.slice(10)].join(''), {
    ...bad,
    what: 'two entries changed places',
    fault: 'sequence-wrong',
  })
  add('truncated.evidence', text.slice(0, Math.floor(text.length / 2)), {
    ...bad,
    what: 'the file ends in the middle',
    fault: 'truncated',
  })
  add(
    'unsigned.evidence',
    lines
      .filter((line, at) => at !== lines.length - 2 || !line.startsWith('{"checkpoint"'))
      .join('')
      .replace('"checkpoints":3', '"checkpoints":2'),
    {
      ...bad,
      what: 'the newest checkpoint is missing',
      fault: 'entries-unsigned',
    },
  )

  // The same first session, then another story, signed by the same key: only who holds a checkpoint can tell.
  files.set('held.checkpoint', good.notes.get(last)![0]!)
  add('rolled-back.evidence', good.bundle(first), {
    ...bad,
    what: 'a good log that is shorter than a checkpoint kept outside',
    held: ['held.checkpoint'],
    fault: 'rolled-back',
  })
  const fork = createLog(SITE, ORIGIN, new Set(['spray-booth']))
  for (const body of good.bodies.slice(0, first)) fork.appendBody(body)
  for (const body of good.bodies.slice(first)) fork.appendBody(body.replace('"mono":"', '"mono":"9'))
  fork.checkpoint([key.signer])
  add('forked.evidence', fork.bundle(), {
    ...bad,
    what: 'another past than that of a checkpoint kept outside',
    held: ['held.checkpoint'],
    fault: 'forked',
  })

  const resigned = story(1, (log) => void log.checkpoint([stranger.signer]))
  add('re-signed.evidence', resigned.bundle(), { ...bad, what: 'signed with another key', fault: 'signature-missing' })

  // A new key from the second checkpoint on, the old one until the third.
  let times = 0
  const rotated = story(1, (log) => {
    times += 1
    log.checkpoint(times === 1 ? [key.signer] : times === 2 ? [key.signer, nextKey.signer] : [nextKey.signer])
  })
  const [, second] = [...rotated.notes.keys()] as [number, number]
  const handOver = [`${key.vkey} until=${second + 1}`, `${nextKey.vkey} from=${second}`]
  add('key-rotated.evidence', rotated.bundle(), {
    what: 'a new key takes over',
    keys: handOver,
    ok: true,
    fault: null,
    sessions,
  })
  add('key-rotated.receipt', rotated.receipt(saw), {
    what: 'a receipt from after it',
    keys: handOver,
    ok: true,
    fault: null,
  })
  add('key-kept.evidence', good.bundle(), {
    what: 'the old key signs on when it may no longer',
    keys: handOver,
    ok: false,
    fault: 'signature-missing',
  })
  add(
    'key-unhanded.evidence',
    rotated
      .bundleLines()
      .join('')
      .replace(checkpointLine(rotated.notes.get(second)![0]!), checkpointLine(handOverAlone(rotated, second))),
    {
      what: 'the new key takes over without the old one vouching for it',
      keys: handOver,
      ok: false,
      fault: 'signature-missing',
    },
  )

  const witnessed = story(
    1,
    (log) =>
      void log.checkpoint([
        { signer: key.signer, at: 0 },
        { signer: witness.signer, at: 1_772_431_200 },
      ]),
  )
  add('witnessed.evidence', witnessed.bundle(), {
    what: 'a witness signed each checkpoint, too',
    keys: [key.vkey, `${witness.vkey} from=0`],
    ok: true,
    fault: null,
    sessions,
  })
  return { files, list }
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
