/**
 * The copy that a spare keeps: the files of the active box, and its ledger, change by change. A copy takes the place of
 * what was there when it is whole; entries that the pair does not have, such as those of a box that was held still, are
 * put aside as evidence and never shown as part of the log.
 * Read next: copy.ts (who sends it), spare.ts.
 */
import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { constants } from 'node:sqlite'
import { GatewayError } from '../../core/ground/failure.ts'
import { openReader, openWriter } from '../../ledger/store/database.ts'
import { syncFolder, writeWhole } from '../host/files.ts'
import { LEDGER } from '../host/names.ts'
import { filesIn, WATCHED_FOLDERS } from './copy.ts'
import type { Frame, Hello } from './wire.ts'

export type Kept = {
  /** What is there of the run of the active box; undefined: nothing that goes on. */
  readonly has: Hello['follow']
  /** A box is called: files that it sends wait for its copy. */
  begin(): void
  /** Stored up to this change. */
  n(): number
  takeFile(frame: Extract<Frame, { kind: 'file' }>, bytes: Buffer): void
  takeGone(path: string): void
  /** The copy is whole, and takes effect; where entries that only this box had are put, if there were any. */
  takeCopied(frame: Extract<Frame, { kind: 'copied' }>): string | undefined
  takeChanges(n: number, bytes: Buffer): void
  /** The texts of a configuration, which the ledger may put in force. */
  takeConfiguration(id: string, bytes: Buffer): void
  /** Nothing goes on from here: the next copy is a whole one. */
  forget(): void
  close(): void
}

const COPY = 'pair-copy'
/** The ledger itself last: while it is gone, what is beside it would be taken for a part of the next one. */
const SIDES = ['-wal', '-shm', '']
const { SQLITE_CHANGESET_ABORT, SQLITE_CHANGESET_OMIT } = constants

/** `goesOn`: what is here already, from a spare of this process. */
export function createKept(dataDir: string, goesOn?: Hello['follow']): Kept {
  const copy = join(dataDir, COPY)
  let db = goesOn && openWriter(join(dataDir, LEDGER))
  let has = goesOn
  let isWhole = false
  /** Changes up to here may be in the copy already. */
  let looseTo = 0
  const close = () => {
    db?.close()
    db = undefined
  }
  return {
    get has() {
      return has
    },
    begin() {
      isWhole = false
      rmSync(copy, { recursive: true, force: true })
    },
    n: () => has?.n ?? 0,
    takeFile({ path, first }, bytes) {
      const isLive = isWhole && path !== LEDGER
      const to = join(isLive ? dataDir : copy, ownPath(path))
      mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
      if (isLive) writeWhole(to, bytes)
      else if (first) writeFileSync(to, bytes, { mode: 0o600 })
      else appendFileSync(to, bytes)
    },
    takeGone(path) {
      if (WATCHED_FOLDERS.some((folder) => ownPath(path).startsWith(`${folder}/`)))
        rmSync(join(dataDir, path), { force: true })
    },
    takeCopied({ run, from, to }) {
      isWhole = true
      if (has?.run === run && has.n === from && from === to) return undefined
      close()
      has = undefined
      const tail = putInPlace(dataDir, copy)
      db = openWriter(join(dataDir, LEDGER))
      has = { run, n: from }
      looseTo = to
      return tail
    },
    takeChanges(n, bytes) {
      if (db === undefined || has === undefined || n !== has.n + 1)
        throw new GatewayError('pair', 'follow', `change ${n} does not follow ${has?.n}`)
      const onConflict = () => (n <= looseTo ? SQLITE_CHANGESET_OMIT : SQLITE_CHANGESET_ABORT)
      if (bytes.length > 0 && !db.applyChangeset(bytes, { onConflict }))
        throw new GatewayError('pair', 'follow', `change ${n} does not fit what is here`)
      has = { ...has, n }
    },
    takeConfiguration(id, bytes) {
      if (!/^[0-9a-f]{64}$/.test(id)) throw new GatewayError('pair', 'follow', 'a configuration that cannot be')
      mkdirSync(join(dataDir, 'configurations'), { recursive: true, mode: 0o700 })
      writeWhole(join(dataDir, 'configurations', `${id}.json`), bytes.toString('utf8'))
    },
    forget() {
      has = undefined
    },
    close,
  }
}

/** A path that leads out of the folder is none of ours. */
function ownPath(path: string): string {
  if (path === normalize(path) && !/^(?:\/|\.\.)/.test(path)) return path
  throw new GatewayError('pair', 'follow', `a file that cannot be: ${path.slice(0, 200)}`)
}

function putInPlace(dataDir: string, copy: string): string | undefined {
  const own = join(dataDir, LEDGER)
  let tail: string | undefined
  if (existsSync(own)) {
    if (isApart(own, join(copy, LEDGER))) {
      tail = join(dataDir, 'apart', new Date().toISOString().replaceAll(':', '-'))
      mkdirSync(tail, { recursive: true, mode: 0o700 })
    }
  }
  for (const side of SIDES.filter((each) => existsSync(own + each))) {
    if (tail === undefined) rmSync(own + side)
    else renameSync(own + side, join(tail, LEDGER + side))
  }
  const copied = new Set(filesIn(copy))
  for (const path of WATCHED_FOLDERS.flatMap((folder) => filesIn(dataDir, folder)))
    if (!copied.has(path)) rmSync(join(dataDir, path))
  for (const path of copied) {
    mkdirSync(dirname(join(dataDir, path)), { recursive: true, mode: 0o700 })
    renameSync(join(copy, path), join(dataDir, path))
  }
  rmSync(copy, { recursive: true })
  syncFolder(dataDir)
  return tail
}

/** Whether the own ledger has entries that the other one does not have. */
function isApart(own: string, other: string): boolean {
  const newest = lastLeaf(own)
  if (newest === undefined) return false
  const db = openReader(other)
  try {
    const there = db.prepare('SELECT leaf FROM entry WHERE seq = ?').get(newest.seq) as { leaf: Uint8Array } | undefined
    return there === undefined || !Buffer.from(there.leaf).equals(newest.leaf)
  } finally {
    db.close()
  }
}

function lastLeaf(path: string): { readonly seq: number; readonly leaf: Uint8Array } | undefined {
  const db = openWriter(path)
  try {
    return db.prepare('SELECT seq, leaf FROM entry ORDER BY seq DESC LIMIT 1').get() as
      | { seq: number; leaf: Uint8Array }
      | undefined
  } finally {
    db.close()
  }
}
