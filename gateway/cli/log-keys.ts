/**
 * `latchkey keys rotate-log <site.yaml> [--finish]` and `keys show-log`. The key that signs the ledger is replaced in
 * two steps, days apart, so that everybody who checks has the new one in time. The first makes a new key, and both
 * sign; the second retires the old one and deletes its private half. Beside a running gateway the change goes through
 * `log.key`, which it watches; otherwise the command records it itself. The same command completes a step that was cut
 * short.
 * Read next: ledger/log/log-keys.ts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { SiteConfig } from '../../config/site.ts'
import { createClock } from '../control/host/clock.ts'
import { writeWhole } from '../control/host/files.ts'
import { takeLock } from '../control/host/lock.ts'
import { logOf, newLogKey, readLogKeys } from '../control/host/log-key.ts'
import { LEDGER, LOCK, LOG_KEY } from '../control/host/names.ts'
import { writerOptions } from '../control/host/writer-options.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { keyLines, type LogKey, stepsFor } from '../ledger/log/log-keys.ts'
import { openWriter } from '../ledger/store/database.ts'
import { createReader } from '../ledger/store/reader.ts'
import { createWriter } from '../ledger/store/writer.ts'
import { type Io, withSite } from './site.ts'

/** A running gateway looks at the file every second. */
const TAKEN_WITHIN_MS = 30_000
const ASK_MS = 100

type LogKeysAction = 'begin' | 'finish' | 'show'

const advice = {
  begin:
    'Both keys sign now. Hand these lines to everybody who checks this log, by another way than the log itself; then: latchkey keys rotate-log --finish',
  finish: 'The new key signs alone. Hand these lines to everybody who checks this log; they replace the ones before.',
} as const

/** The exit code: 0 done, 1 not. */
export function logKeysCommand(
  action: LogKeysAction,
  sitePath: string,
  { json }: { readonly json?: boolean | undefined },
  io: Io,
): Promise<number> {
  return withSite(sitePath, io, async (config) => {
    if (action !== 'show') await rotate(action, config)
    const lines = keyLines(listed(config))
    io.stdout.write(json ? `${JSON.stringify({ keys: lines })}\n` : `${lines.join('\n')}\n`)
    if (action !== 'show') io.stderr.write(`${advice[action]}\n`)
    return 0
  })
}

async function rotate(action: 'begin' | 'finish', config: SiteConfig): Promise<void> {
  const path = join(config.dataDir, LOG_KEY)
  if (!existsSync(path)) throw refused(`there is no ${path}; run the gateway first`)
  const lock = takeLock(join(config.dataDir, 'log.key.lock'), 'another command')
  try {
    if (action === 'begin') addKey(path, listed(config))
    else retireOld(path, listed(config))
    await takenOver(config, path)
    // A key that has signed for the last time is of use to nobody but a thief.
    if (action === 'finish') dropRetiring(path)
  } finally {
    lock.close()
  }
}

function addKey(path: string, list: readonly LogKey[]): void {
  const isRetired = (vkey: string) => list.some((key) => key.vkey === vkey && key.until !== undefined)
  // A hand-over before this one was cut short after its last entry.
  if (readLogKeys(path).some(({ vkey }) => isRetired(vkey))) dropRetiring(path)
  if (openKeys(list).length > 1) throw refused('a hand-over has begun; end it with --finish')
  const [held, ...more] = readLogKeys(path)
  // Otherwise the new key is in the file, but not in the log yet: this command was cut short before.
  if (more.length === 0 && !held!.retiring)
    writeWhole(path, readFileSync(path, 'utf8') + newLogKey(held!.signer.key.name))
}

function retireOld(path: string, list: readonly LogKey[]): void {
  if (readLogKeys(path).some(({ retiring }) => retiring)) return
  const [old, ...more] = openKeys(list)
  if (old === undefined || more.length === 0) throw refused('no hand-over has begun; begin one without --finish')
  rewrite(path, (line, { vkey }) => (vkey === old.vkey ? `${line} retiring` : line))
}

const openKeys = (list: readonly LogKey[]) => list.filter(({ until }) => until === undefined)

function dropRetiring(path: string): void {
  rewrite(path, (line, { retiring }) => (retiring ? undefined : line))
}

type Held = ReturnType<typeof readLogKeys>[number]

function rewrite(path: string, change: (line: string, key: Held) => string | undefined): void {
  const keys = readLogKeys(path)
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  const changed = lines.flatMap((line, index) => change(line, keys[index]!) ?? [])
  writeWhole(path, changed.map((line) => `${line}\n`).join(''))
}

/** Waits until the running gateway has recorded the change, or records it here when none runs. */
async function takenOver(config: SiteConfig, path: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < TAKEN_WITHIN_MS; waitedMs += ASK_MS) {
    if (stepsFor(listed(config), readLogKeys(path)).length === 0) return
    const alone = lockIfFree(config.dataDir)
    if (alone === undefined) await pause(ASK_MS)
    else {
      try {
        recordHere(config, path)
      } finally {
        alone.close()
      }
    }
  }
  throw refused('the gateway has not taken the change over yet; give the same command again')
}

function recordHere(config: SiteConfig, path: string): void {
  const ledgerPath = join(config.dataDir, LEDGER)
  const held = readLogKeys(path)
  const reader = createReader(ledgerPath)
  const clock = createClock(reader.lastTime())
  reader.close()
  const writer = createWriter(openWriter(ledgerPath), { ...writerOptions(config), log: logOf(held) })
  try {
    writer.takeKeys(held, clock.stamp(clock.now()))
    writer.checkpoint(Date.now())
  } finally {
    writer.close()
  }
}

function lockIfFree(dataDir: string): ReturnType<typeof takeLock> | undefined {
  try {
    return takeLock(join(dataDir, LOCK), 'a gateway')
  } catch (error) {
    if (error instanceof GatewayError) return undefined
    throw error
  }
}

function listed({ dataDir }: SiteConfig): readonly LogKey[] {
  const path = join(dataDir, LEDGER)
  if (!existsSync(path)) throw refused(`there is no ledger at ${path}; run the gateway first`)
  const reader = createReader(path)
  try {
    return reader.logKeys()
  } finally {
    reader.close()
  }
}

function refused(message: string): GatewayError {
  return new GatewayError('config', 'keys', message)
}
