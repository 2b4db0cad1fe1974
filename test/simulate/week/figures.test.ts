/** Figures of a week from a few entries, worked out by hand. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Entry, EntryKind, JsonObject } from '../../../gateway/core/ground/entry.ts'
import { assumptions } from './assumptions.ts'
import { figuresOf, quotient } from './figures.ts'
import { readAssumptions } from './other-assumptions.ts'
import { ordersOf } from './people.ts'

const MONDAY_MS = Date.UTC(2026, 0, 4, 16)
const at = (minute: number) => new Date(MONDAY_MS + minute * 60_000).toISOString()

let seq = 0
function entry(minute: number, kind: EntryKind, machine: string, data: JsonObject, session?: string): Entry {
  const envelope = { seq: seq++, kind, machine, ...(session === undefined ? {} : { session }) }
  const body = {
    ...envelope,
    v: 1,
    site: 'week',
    at: at(minute),
    clock: 'synchronised',
    boot: 'b',
    mono: '1',
    data,
  } as const
  return { ...envelope, atMs: MONDAY_MS + minute * 60_000, timeNs: '', body }
}

const energy = (total: string) => ({ meter: 'saw-1/energy.energy', unit: 'Wh', epoch: 1, at: 0, total })

/** Asked for at the 480th minute, unlocked at `from`, ended at `to`; it worked half of the time. */
function used(booking: string, from: number, to: number, pieces: number, reason = 'Local'): Entry[] {
  const session = `s-${booking}`
  const ms = (to - from) * 60_000
  return [
    entry(480, 'BookingPut', 'saw-1', { booking }),
    entry(from, 'UnlockIntended', 'saw-1', { booking }, session),
    entry(from, 'UnlockConfirmed', 'saw-1', {}, session),
    entry(
      to,
      'SessionEnded',
      'saw-1',
      {
        booking,
        stoppedReason: reason,
        startedAt: at(from),
        endedAt: at(to),
        begin: [],
        end: [energy('4000')],
        clocks: { bookedMs: ms, occupiedMs: ms, poweredMs: ms, executingMs: ms / 2 },
        use: [{ meter: 'saw-1/plc.cycles', unit: 'cycles', quantity: String(pieces) }],
      },
      session,
    ),
  ]
}

describe('the figures of a world', () => {
  const entries = [
    ...used('b1', 490, 550, 40),
    ...used('b2', 550, 610, 21, 'TimeLimitReached'),
    entry(700, 'BookingCancelled', 'saw-1', { booking: 'b3', reason: 'no-show' }),
    entry(1439, 'MeterSampled', 'saw-1', { meters: [energy('4575')] }),
  ]
  const figures = figuresOf(entries, 'shared', 1, assumptions)

  it('count what the ledger says', () => {
    expect(figures).toMatchObject({ sessions: 2, noShows: 1, cancelled: 0, cutByTheEnd: 1 })
    expect(figures.kinds.saw).toMatchObject({ machines: 1, sessions: 2, pieces: 61, energyWh: 4575, mostAtOnce: 1 })
  })

  it('are rounded once', () => {
    // 120 of 840 minutes, half of them working; 4575 Wh and 120 minutes for 61 pieces.
    expect(figures.kinds.saw).toMatchObject({ utilisation: '14.3', working: '7.1' })
    expect(figures.kinds.saw).toMatchObject({ energyPerPieceWh: '75.0', minutesPerPiece: '1.97' })
  })

  it('wait from the first put to the unlock', () => {
    expect(figures.kinds.saw.waits).toEqual({
      uses: 2,
      meanMinutes: '40.0',
      medianMinutes: '10.0',
      tenthMinutes: '70.0',
      mostMinutes: '70.0',
    })
  })

  it('are nothing where nothing was used', () => {
    expect(figures.kinds.booth).toMatchObject({ machines: 0, pieces: 0, energyPerPieceWh: '0.0', utilisation: '0.0' })
  })
})

describe('a quotient', () => {
  it.each([
    [1, 8, 2, '0.13'],
    [-1, 8, 2, '-0.13'],
    [5, 0, 1, '0.0'],
    [10, 5, 0, '2'],
  ])('%i / %i with %i decimals is %s', (top, bottom, digits, text) => {
    expect(quotient(top, bottom, digits)).toBe(text)
  })
})

describe('the orders of a week', () => {
  it('are the same for one seed, and others for another', () => {
    expect(ordersOf(1, 7, assumptions)).toEqual(ordersOf(1, 7, assumptions))
    expect(ordersOf(2, 7, assumptions)).not.toEqual(ordersOf(1, 7, assumptions))
  })

  it('come on working days, one at least for each firm', () => {
    const orders = ordersOf(3, 7, assumptions)
    expect(new Set(orders.map(({ firm }) => firm)).size).toBe(assumptions.firms)
    expect(orders.every(({ atMs }) => atMs < MONDAY_MS + 6 * 86_400_000)).toBe(true)
  })
})

describe('other assumptions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-week-'))
  const path = join(folder, 'other.json')
  const read = (value: unknown) => {
    writeFileSync(path, JSON.stringify(value))
    return readAssumptions(path)
  }

  it('take the place of those they name', () => {
    const merged = read({ firms: 12, models: { own: { saw: { price: 1 } } } })
    expect(merged).toMatchObject({ firms: 12, models: { own: { saw: { price: 1, floor: 22 } } } })
  })

  it.each([
    [{ firm: 12 }, 'firm is not known; there are firms, '],
    [{ firms: '12' }, 'firms must be a number'],
    [{ models: { own: { saw: { price: -1 } } } }, 'models.own.saw.price must be a number that is not below 0'],
    [[], 'the file must be an object'],
  ])('%j is refused by its name', (value, says) => {
    expect(read(value)).toContain(says)
  })

  it('that cannot be read say so', () => {
    rmSync(folder, { recursive: true })
    expect(readAssumptions(path)).toContain('cannot be read')
  })
})
