/**
 * `latchkey clock <site.yaml>`: what the clock of this host shows, what it is held against, and since when. With
 * `--accept --reason "…"` and the gateway stopped, a person says that the clock is right: that is recorded with who and
 * why, and the gateway goes by it from its next start. It sets no clock.
 * Read next: core/ground/wall.ts (what is believed), decisions/008-steps-of-the-clock.md.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { SiteConfig } from '../../config/site.ts'
import { type Clock, createClock } from '../control/host/clock.ts'
import { openDataDir } from '../control/host/data-dir.ts'
import { logOf, readLogKeys } from '../control/host/log-key.ts'
import { LEDGER } from '../control/host/names.ts'
import { writerOptions } from '../control/host/writer-options.ts'
import type { ClockState, Entry, EntryDraft } from '../core/ground/entry.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { EPOCH_FLOOR_MS } from '../core/ground/wall.ts'
import { openWriter } from '../ledger/store/database.ts'
import { createReader, type Reader } from '../ledger/store/reader.ts'
import { createWriter } from '../ledger/store/writer.ts'
import { type Io, withSite } from './site.ts'

type ClockOptions = {
  readonly accept?: boolean | undefined
  readonly reason?: string | undefined
  /** Who says so. */
  readonly by?: string | undefined
  readonly json?: boolean | undefined
}

/** The exit code: 0 the clock is trusted, 1 it is not, or nothing could be said or done. */
export function clockCommand(sitePath: string, options: ClockOptions, { stdout, ...io }: Io): Promise<number> {
  return withSite(sitePath, io, (config) => {
    if (options.accept) accept(config, options)
    const seen = look(config)
    stdout.write(options.json ? `${JSON.stringify(seen)}\n` : linesOf(seen))
    return seen.state === 'relative' ? 1 : 0
  })
}

type Seen = {
  readonly shows: string
  /** No trusted time is below it. */
  readonly floor: string
  readonly state: ClockState
  readonly text: string
  /** The newest change that was recorded. */
  readonly last?: { readonly entry: number; readonly at: string } & Entry['body']['data']
}

function look(config: SiteConfig): Seen {
  const reader = createReader(pathOf(config))
  try {
    const clock = createClock(reader.lastTime())
    const now = clock.now()
    const last = lastChange(reader)
    return {
      shows: new Date(now.ms).toISOString(),
      floor: new Date(clock.floorMs(now)).toISOString(),
      state: clock.state(now),
      text: clock.text(now),
      ...(last === undefined ? {} : { last: { entry: last.seq, at: last.body.at, ...last.body.data } }),
    }
  } finally {
    reader.close()
  }
}

function lastChange(reader: Reader): Entry | undefined {
  const seq = reader.lastOf('ClockChanged', reader.head().nextSeq)
  return seq === undefined ? undefined : reader.entries(seq, 1)[0]
}

function linesOf({ shows, floor, state, text, last }: Seen): string {
  const lines = [`shows  ${shows}`, `floor  ${floor}`, `state  ${state}`]
  if (last !== undefined) lines.push(`since  ${last.at}, entry ${last.entry}`)
  return `${[...lines, text].join('\n')}\n`
}

function accept(config: SiteConfig, { reason = '', by = 'command' }: ClockOptions): void {
  for (const [name, text] of Object.entries({ reason, by }))
    if (!/^[^\p{C}]{1,500}$/u.test(text) || text.trim() === '')
      throw refused(`--${name} must say ${name === 'by' ? 'who' : 'why'}, in 500 characters at most`)
  const path = pathOf(config)
  const dir = openDataDir(config.dataDir, config.site)
  try {
    const writer = createWriter(openWriter(path), { ...writerOptions(config), log: logOf(readLogKeys(dir.log.path)) })
    try {
      const entry = acceptedEntry(createClock({}), { reason, by })
      writer.commit([[{ kind: 'entry', entry }]])
      writer.checkpoint(entry.at.wallMs)
    } finally {
      writer.close()
    }
  } finally {
    dir.unlock()
  }
}

/** The person vouches for the time of the entry that says so. */
function acceptedEntry(clock: Clock, who: { readonly reason: string; readonly by: string }): EntryDraft {
  const now = clock.now()
  if (now.ms < EPOCH_FLOOR_MS)
    throw refused(`the clock shows ${new Date(now.ms).toISOString()}: it has not been set; set it first`)
  const at = { ...clock.stamp(now), clock: 'synchronised' } as const
  const data = { stepMs: 0, state: at.clock, floor: new Date(now.ms).toISOString(), ...who }
  return { kind: 'ClockChanged', version: 1, at, data }
}

function pathOf({ dataDir }: SiteConfig): string {
  const path = join(dataDir, LEDGER)
  if (!existsSync(path)) throw refused(`there is no ledger at ${path}; run the gateway first`)
  return path
}

function refused(message: string): GatewayError {
  return new GatewayError('config', 'clock', message)
}
