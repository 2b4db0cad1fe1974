/** `latchkey clock`: what a technician sees of a clock, and how one that is right and below the floor is accepted. */
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clockCommand } from '../../gateway/cli/clock.ts'
import { createClock } from '../../gateway/control/host/clock.ts'
import { openDataDir } from '../../gateway/control/host/data-dir.ts'
import type { ClockState, EntryDraft, JsonObject } from '../../gateway/core/ground/entry.ts'
import { openWriter } from '../../gateway/ledger/store/database.ts'
import { createReader } from '../../gateway/ledger/store/reader.ts'
import { createWriter } from '../../gateway/ledger/store/writer.ts'
import { openFolder } from '../config/site-folder.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const sitePath = () => join(folder.path, 'site.yaml')
const dataDir = () => join(folder.path, 'data')
let folder: ReturnType<typeof openFolder>

beforeEach(() => {
  folder = openFolder()
  folder.write({})
})
afterEach(() => folder.remove())

type Written = readonly [inMs: number, clock: ClockState, changed?: JsonObject]

/** The gateway ran before, and wrote these entries, so many ms from now. */
function ran(...entries: readonly Written[]): void {
  const dir = openDataDir(dataDir(), 'test')
  const writer = createWriter(openWriter(dir.ledgerPath), { site: 'test', simulated: new Set() })
  const drafts = entries.map(([inMs, clock, changed]): EntryDraft => {
    const at = { wallMs: Date.now() + inMs, monoNs: '1', bootId: 'an older boot', clock }
    return { kind: changed ? 'ClockChanged' : 'LinkLost', version: 1, at, data: changed ?? {} }
  })
  writer.commit([drafts.map((entry) => ({ kind: 'entry', entry }))])
  writer.close()
  dir.unlock()
}

async function clock(options: Parameters<typeof clockCommand>[1] = {}) {
  let output = ''
  const out = { write: (text: string) => (output += text) }
  const code = await clockCommand(sitePath(), options, { stdout: out, stderr: out, env: {} })
  return { code, output }
}

/** What a gateway would make of its clock if it were started now. */
function stateNow(): ClockState {
  const reader = createReader(join(dataDir(), 'ledger.sqlite'))
  try {
    const made = createClock(reader.lastTime())
    return made.state(made.now())
  } finally {
    reader.close()
  }
}

const at = (inMs: number) => new Date(Date.now() + inMs).toISOString()

describe('what the ledger knows of the time', () => {
  it.each<[string, ClockState, readonly Written[]]>([
    ['nothing but what was just written', 'synchronised', [[-1000, 'synchronised']]],
    ['something of an hour ago', 'informative', [[-HOUR, 'synchronised']]],
    ['something of an hour from now', 'relative', [[HOUR, 'synchronised']]],
    [
      'a time ahead that was never believed',
      'synchronised',
      [
        [-1000, 'synchronised'],
        [400 * DAY, 'informative'],
        [-500, 'synchronised'],
      ],
    ],
    [
      'a time far behind, which says nothing',
      'synchronised',
      [
        [-1000, 'synchronised'],
        [-400 * DAY, 'relative'],
      ],
    ],
    [
      'a floor that went back with the clock',
      'synchronised',
      [
        [DAY, 'synchronised'],
        [-1000, 'synchronised', { stepMs: -DAY, state: 'synchronised', floor: at(-1000) }],
      ],
    ],
    [
      'a step that was written before floors were',
      'relative',
      [
        [DAY, 'synchronised'],
        [-1000, 'synchronised', { stepMs: -DAY, state: 'synchronised' }],
      ],
    ],
  ])('%s: %s', (_name, state, entries) => {
    ran(...entries)
    expect(stateNow()).toBe(state)
  })
})

describe('latchkey clock', () => {
  it('shows the clock, what it is held against, and since when, and ends with 1 while it is not trusted', async () => {
    ran([2 * DAY, 'synchronised'], [0, 'relative', { stepMs: -2 * DAY, state: 'relative', floor: at(2 * DAY) }])
    const { code, output } = await clock()
    expect(code).toBe(1)
    expect(output).toMatch(
      /^shows {2}\S+Z\nfloor {2}\S+Z\nstate {2}relative\nsince {2}\S+Z, entry 1\n.*no new unlock.*--accept/,
    )
    const seen = JSON.parse((await clock({ json: true })).output)
    expect(Date.parse(seen.floor) - Date.parse(seen.shows)).toBeGreaterThan(2 * DAY - 60_000)
    expect(seen).toMatchObject({ state: 'relative', last: { entry: 1, stepMs: -2 * DAY } })
  })

  it('accepts a clock that is right, and says who and why in the ledger', async () => {
    ran([2 * DAY, 'synchronised'])
    expect(stateNow()).toBe('relative')
    const { code, output } = await clock({ accept: true, reason: 'it showed Friday; checked by phone', by: 'Wang' })
    expect([code, output]).toEqual([0, expect.stringContaining('is believed')])
    expect(stateNow()).toBe('synchronised')
    const reader = createReader(join(dataDir(), 'ledger.sqlite'))
    const [entry] = reader.entries(1, 1)
    reader.close()
    expect(entry).toMatchObject({
      kind: 'ClockChanged',
      body: {
        clock: 'synchronised',
        data: { by: 'Wang', reason: 'it showed Friday; checked by phone', floor: entry!.body.at },
      },
    })
  })

  it.each([
    ['says why', { accept: true }, /--reason must say why/],
    ['has a name that can be read', { accept: true, reason: 'x', by: '\u0000' }, /--by must say who/],
  ])('accepts nothing unless somebody %s', async (_name, options, message) => {
    ran([2 * DAY, 'synchronised'])
    expect(await clock(options)).toEqual({ code: 1, output: expect.stringMatching(message) })
    expect(stateNow()).toBe('relative')
  })

  it('accepts nothing beside a running gateway, and shows all the same', async () => {
    ran([2 * DAY, 'synchronised'])
    const running = openDataDir(dataDir(), 'test')
    expect(await clock({ accept: true, reason: 'x' })).toEqual({ code: 1, output: expect.stringMatching(/is held by/) })
    expect((await clock()).output).toMatch(/state {2}relative/)
    running.unlock()
  })

  it('says so when there is no ledger yet', async () => {
    expect(await clock()).toEqual({
      code: 1,
      output: expect.stringMatching(/there is no ledger at .*run the gateway first/),
    })
  })
})
