/**
 * `latchkey keys rotate-log <site.yaml> [--finish]` and `keys show-log`: the key that signs the ledger is replaced in two
 * steps, days apart, so that everybody who checks has the new one in time. The first makes a new key, and both sign; the
 * second retires the old one and takes its private half off the disk. Beside a running gateway the change goes through
 * `log.key`, which it watches; otherwise the command records it itself. A step that was cut short is taken up by the same
 * command again. Read next: ledger/log/log-keys.ts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'
import type { SiteConfig } from '../../config/site.ts'
import { createClock } from '../control/host/clock.ts'
import { takeLock } from '../control/host/data-dir.ts'
import { newLogKey, writeWhole } from '../control/host/files.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { keyLines, parseKeysFile, stepsFor } from '../ledger/log/log-keys.ts'
import { openWriter } from '../ledger/store/database.ts'
import { createReader } from '../ledger/store/reader.ts'
import { createWriter } from '../ledger/store/writer.ts'
import { writerOptions } from './stopped.ts'

/** A running gateway looks at the file every second. */
const TAKEN_WITHIN_MS = 30_000
const ASK_MS = 100

export type LogKeysIo = {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The exit code: 0 done, 1 not. */
export async function logKeysCommand(
  action: 'begin' | 'finish' | 'show',
  sitePath: string,
  options: { readonly json?: boolean | undefined },
  io: LogKeysIo,
): Promise<number> {
  const loaded = loadSite(sitePath, io.env)
  if (loaded.kind === 'faults') {
    for (const fault of loaded.faults) io.stderr.write(`${faultLine(fault)}\n`)
    return 1
  }
  try {
    const lines = action === 'show' ? keyLines(listed(loaded.config)) : await rotate(action, loaded.config)
    io.stdout.write(options.json ? `${JSON.stringify({ keys: lines })}\n` : `${lines.join('\n')}\n`)
    if (action !== 'show') io.stderr.write(`${advice[action]}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    io.stderr.write(`${error.message}\n`)
    return 1
  }
}

const advice = {
  begin:
    'Both keys sign now. Hand these lines to everybody who checks this log, by another way than the log itself; then: latchkey keys rotate-log --finish',
  finish: 'The new key signs alone. Hand these lines to everybody who checks this log; they replace the ones before.',
} as const

/** The list of keys after it. */
async function rotate(action: 'begin' | 'finish', config: SiteConfig): Promise<string[]> {
  const { dataDir } = config
  const path = join(dataDir, 'log.key')
  if (!existsSync(path)) throw refused(`there is no ${path}; run the gateway first`)
  const lock = takeLock(join(dataDir, 'log.key.lock'), 'another command')
  try {
    const list = listed(config)
    const open = list.filter(({ until }) => until === undefined)
    const retired = (vkey: string) => list.some((key) => key.vkey === vkey && key.until !== undefined)
    // a command before this one was cut short behind its last entry
    if (action === 'begin' && heldIn(path).some(({ vkey }) => retired(vkey))) writeWhole(path, marked(path, undefined))
    const held = heldIn(path)
    if (action === 'begin') {
      if (open.length > 1) throw refused('a hand-over has begun; end it with --finish')
      // a new key that is not in the log yet: the command before this one was cut short
      if (held.length === 1 && !held[0]!.retiring)
        writeWhole(path, readFileSync(path, 'utf8') + newLogKey(held[0]!.signer.key.name))
    } else {
      const old = open[0]
      const retiring = held.some((key) => key.retiring)
      if (!retiring && (open.length < 2 || old === undefined)) throw refused('no hand-over has begun')
      if (!retiring) writeWhole(path, marked(path, old!.vkey))
    }
    await takenOver(config, path)
    // what has signed for the last time is of use to nobody but a thief
    if (action === 'finish') writeWhole(path, marked(path, undefined))
    return keyLines(listed(config))
  } finally {
    lock.close()
  }
}

/** The file with one key marked as retiring, or without those that are. */
function marked(path: string, retiring: string | undefined): string {
  const keys = heldIn(path)
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  return lines
    .filter((_line, index) => retiring !== undefined || !keys[index]!.retiring)
    .map((line, index) => `${line}${retiring !== undefined && keys[index]!.vkey === retiring ? ' retiring' : ''}\n`)
    .join('')
}

/** By the gateway that runs, or here when none does. */
async function takenOver(config: SiteConfig, path: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < TAKEN_WITHIN_MS; waitedMs += ASK_MS) {
    if (stepsFor(listed(config), heldIn(path)).length === 0) return
    const alone = lockIfFree(config.dataDir)
    if (alone === undefined) await pause(ASK_MS)
    else {
      try {
        takeHere(config, path)
      } finally {
        alone.close()
      }
    }
  }
  throw refused('the gateway has not taken the change over yet; ask again with the same command')
}

function takeHere(config: SiteConfig, path: string): void {
  const file = join(config.dataDir, 'ledger.sqlite')
  const held = heldIn(path)
  const reader = createReader(file)
  const clock = createClock(reader.lastAtMs())
  reader.close()
  const writer = createWriter(openWriter(file), writerOptions(config, path))
  try {
    writer.takeKeys(held, clock.stamp(clock.now()))
    writer.checkpoint(Date.now())
  } finally {
    writer.close()
  }
}

function lockIfFree(dataDir: string): ReturnType<typeof takeLock> | undefined {
  try {
    return takeLock(join(dataDir, 'lock'), 'a gateway')
  } catch (error) {
    if (error instanceof GatewayError) return undefined
    throw error
  }
}

function listed({ dataDir }: SiteConfig) {
  const path = join(dataDir, 'ledger.sqlite')
  if (!existsSync(path)) throw refused(`there is no ledger at ${path}; run the gateway first`)
  const reader = createReader(path)
  try {
    return reader.logKeys()
  } finally {
    reader.close()
  }
}

function heldIn(path: string) {
  const keys = parseKeysFile(readFileSync(path, 'utf8'))
  if (typeof keys === 'string') throw refused(`${path} cannot be used: ${keys}`)
  return keys
}

function refused(message: string): GatewayError {
  return new GatewayError('config', 'keys', message)
}
