/**
 * `latchkey ledger restart <site.yaml> --reason "…"`: begins a new log, with the gateway stopped. Its first entry names
 * the old log and its last checkpoint. The old log stays, and can be exported with `export --log <id>`.
 * Read next: control/host/new-log.ts.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { SiteConfig } from '../../config/site.ts'
import { createClock } from '../control/host/clock.ts'
import { takeLock } from '../control/host/lock.ts'
import { LEDGER, LOCK } from '../control/host/names.ts'
import { completeNewLog, isReady, type NewLog, prepareNewLog } from '../control/host/new-log.ts'
import { writerOptions } from '../control/host/writer-options.ts'
import { GatewayError } from '../core/ground/failure.ts'
import type { KnownTime } from '../core/ground/wall.ts'
import { keyLines } from '../ledger/log/log-keys.ts'
import { createReader } from '../ledger/store/reader.ts'
import { type Io, withSite } from './site.ts'

type RestartOptions = { readonly reason: string; readonly json?: boolean | undefined }

/** The exit code: 0 done, 1 not. */
export function restartCommand(sitePath: string, { reason, json }: RestartOptions, io: Io): Promise<number> {
  return withSite(sitePath, io, (config) => {
    const made = restart(config, reason)
    const keys = keysOf(config)
    io.stdout.write(json ? `${JSON.stringify({ ...made, keys })}\n` : `${keys.join('\n')}\n`)
    for (const line of made === undefined ? ['The restart that was cut short is complete.'] : linesOf(made))
      io.stderr.write(`${line}\n`)
    io.stderr.write(
      'Hand the line above to everybody who checks the log. A mirror of the old log goes on in another folder.\n',
    )
    return 0
  })
}

/** Undefined when a restart that was cut short has been completed. */
function restart(config: SiteConfig, reason: string): NewLog | undefined {
  const { dataDir, site } = config
  if (!/^[^\p{C}]{1,500}$/u.test(reason) || reason.trim() === '')
    throw refused('--reason must say why, in 500 characters at most')
  if (!existsSync(join(dataDir, LEDGER)) && !isReady(dataDir)) throw refused(`there is no ledger in ${dataDir}`)
  const lock = takeLock(join(dataDir, LOCK), 'a gateway. Stop it first')
  try {
    const made = isReady(dataDir)
      ? undefined
      : prepareNewLog(dataDir, { site, reason, writer: writerOptions(config), stamp })
    completeNewLog(dataDir)
    return made
  } finally {
    lock.close()
  }
}

function stamp(known: KnownTime) {
  const clock = createClock(known)
  return clock.stamp(clock.now())
}

function keysOf({ dataDir }: SiteConfig): string[] {
  const reader = createReader(join(dataDir, LEDGER))
  try {
    return keyLines(reader.logKeys())
  } finally {
    reader.close()
  }
}

function linesOf({ archive, origin, previous, undelivered, unsigned }: NewLog): string[] {
  return [
    `The log is ${origin} now. ${previous.origin} ends with ${previous.entries} entries; it is in logs/${archive}. To export it: latchkey export <site.yaml> <file> --log ${archive}`,
    ...(unsigned === undefined ? [] : [`Its newest entries stay unsigned: ${unsigned}`]),
    ...undelivered.map(({ sink, entries }) => `${entries} of its entries never reached ${sink}.`),
  ]
}

function refused(message: string): GatewayError {
  return new GatewayError('config', 'ledger', message)
}
