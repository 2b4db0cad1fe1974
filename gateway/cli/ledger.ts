/**
 * `latchkey ledger restart <site.yaml> --reason "…"`: begins a new log, with the gateway stopped. It names the old one and
 * its last checkpoint in its first entry; the old one stays, and is exported with `export --log <id>`.
 * Read next: control/host/new-log.ts.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'
import type { SiteConfig } from '../../config/site.ts'
import { createClock } from '../control/host/clock.ts'
import { takeLock } from '../control/host/data-dir.ts'
import { completeNewLog, isReady, type NewLog, prepareNewLog } from '../control/host/new-log.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { keyLines } from '../ledger/log/log-keys.ts'
import { createReader } from '../ledger/store/reader.ts'

export type LedgerIo = {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The exit code: 0 done, 1 not. */
export async function restartCommand(
  sitePath: string,
  options: { readonly reason: string; readonly json?: boolean | undefined },
  io: LedgerIo,
): Promise<number> {
  const loaded = loadSite(sitePath, io.env)
  if (loaded.kind === 'faults') {
    for (const fault of loaded.faults) io.stderr.write(`${faultLine(fault)}\n`)
    return 1
  }
  try {
    const made = restart(loaded.config, options.reason)
    const keys = keysOf(loaded.config)
    io.stdout.write(options.json ? `${JSON.stringify({ ...made, keys })}\n` : `${keys.join('\n')}\n`)
    for (const line of made === undefined ? ['A restart that was cut short is complete.'] : linesOf(made))
      io.stderr.write(`${line}\n`)
    io.stderr.write(
      'Hand the line above to everybody who checks; a mirror of the old log is continued in another folder.\n',
    )
    return 0
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    io.stderr.write(`${error.message}\n`)
    return 1
  }
}

/** Undefined when one that was begun before has been completed. */
function restart({ dataDir, site, machines, bounds }: SiteConfig, reason: string): NewLog | undefined {
  if (!/^[^\p{C}]{1,500}$/u.test(reason) || reason.trim() === '')
    throw refused('--reason must say why, in 500 characters')
  if (!existsSync(join(dataDir, 'ledger.sqlite')) && !isReady(dataDir))
    throw refused(`there is no ledger in ${dataDir}`)
  const lock = takeLock(join(dataDir, 'lock'), 'a gateway. Stop it first')
  try {
    const simulated = new Set(machines.filter((machine) => machine.simulated).map(({ id }) => id))
    const stamp = (floorMs: number | undefined) => {
      const clock = createClock(floorMs)
      return clock.stamp(clock.now())
    }
    const made = isReady(dataDir)
      ? undefined
      : prepareNewLog(dataDir, { site, reason, writer: { site, simulated, samples: bounds.samples }, stamp })
    completeNewLog(dataDir)
    return made
  } finally {
    lock.close()
  }
}

function keysOf({ dataDir }: SiteConfig): string[] {
  const reader = createReader(join(dataDir, 'ledger.sqlite'))
  try {
    return keyLines(reader.logKeys())
  } finally {
    reader.close()
  }
}

function linesOf({ archive, origin, previous, undelivered, unsigned }: NewLog): string[] {
  return [
    `The log is ${origin} now. ${previous.origin} ends with ${previous.entries} entries; it is in logs/${archive}, and: latchkey export <site.yaml> <file> --log ${archive}`,
    ...(unsigned === undefined ? [] : [`Its newest entries stay unsigned: ${unsigned}`]),
    ...undelivered.map(({ sink, entries }) => `${entries} entries of it never reached ${sink}.`),
  ]
}

function refused(message: string): GatewayError {
  return new GatewayError('config', 'ledger', message)
}
