/** Who had a machine and what was seen, from entries; and the file of it, which proves itself. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EntryDraft, JsonObject } from '../../../../gateway/core/ground/entry.ts'
import { createSigner, formatVkey } from '../../../../gateway/ledger/evidence/note.ts'
import { verifyTimeline } from '../../../../gateway/ledger/verify/verifier.ts'
import { type Bench, createBench, LOG_ORIGIN } from '../bench.ts'

const vkey = formatVkey(createSigner(LOG_ORIGIN, new Uint8Array(32).fill(3)).key)
const BEGUN = Date.UTC(2026, 10, 20, 8)
const MINUTE_MS = 60_000
const time = (minute: number) => new Date(BEGUN + minute * MINUTE_MS).toISOString()
const span = (from: number, to: number) => `from=${time(from)}&to=${time(to)}`
const photos = [{ sha256: 'ab'.repeat(32), type: 'image/png', bytes: 7 }]
const report = (text: string, more: JsonObject = {}): JsonObject => ({
  ...{ id: 'r', severity: 'note', text, photos: [], cause: 'person', blocks: false, by: { role: 'tenant' }, ...more },
})
const intent = (tenant: string): JsonObject => ({ booking: `b-${tenant}`, tenant, token: '19', begin: [] })
const end = (tenant: string): JsonObject => ({
  ...{ booking: `b-${tenant}`, tenant, stoppedReason: 'Local', startedAt: null, endedAt: time(0), begin: [], end: [] },
  use: [],
})

const CLEAN = { question: 'clean', text: { en: 'Is it clean?' }, answer: 'no', outside: true }
const found = [{ sha256: 'cd'.repeat(32), type: 'image/png', bytes: 7 }]

/** Two uses, with what was said before, between and after. */
const STORY: readonly [number, EntryDraft['kind'], JsonObject, string?][] = [
  [0, 'InspectionRecorded', { passed: true, note: 'clean', by: { role: 'technician' } }],
  [10, 'UnlockIntended', intent('t-1'), 's-1'],
  [20, 'AvailabilityChanged', { to: 'Unknown', reason: 'link-down:plc' }, 's-1'],
  [25, 'AvailabilityChanged', { to: 'InUse', reason: 'session' }, 's-1'],
  [40, 'SessionEnded', end('t-1'), 's-1'],
  [42, 'AnswersGiven', { when: 'after', tenant: 't-1', by: { role: 'tenant' }, answers: [CLEAN] }, 's-1'],
  [45, 'ReportMade', report('the guard is bent', { photos })],
  [47, 'ReportMade', report('and scratched', { photos: found, by: { role: 'tenant', tenant: 't-2' } })],
  [50, 'UnlockIntended', intent('t-2'), 's-2'],
  [51, 'UnlockRefused', { token: '19', reason: 'busy' }, 's-2'],
  [55, 'UnlockIntended', intent('t-2'), 's-3'],
  [60, 'ReportMade', report('it was so before'), 's-3'],
]

let bench: Bench
const keys = new Map<string, string>()
const get = (url: string, who = 'auditor', machine = 'saw-1') =>
  bench.app.inject({ url: `/v1/machines/${machine}/${url}`, headers: { authorization: `Bearer ${keys.get(who)}` } })

beforeAll(async () => {
  bench = await createBench()
  keys.set('auditor', (await bench.addKey('auditor', 'Chen')).key.text)
  keys.set('owner', (await bench.addKey('owner', 'Li', 'huajian')).key.text)
  for (const [minute, kind, data, session] of STORY)
    bench.commit({
      kind: 'entry',
      entry: {
        ...{ kind, version: 1, machine: 'saw-1', data, ...(session && { session }) },
        at: { wallMs: BEGUN + minute * MINUTE_MS, monoNs: '1', bootId: 'b', clock: 'synchronised' },
      },
    })
  bench.sign()
})
afterAll(() => bench.close())

describe('the timeline', () => {
  it('says who had the machine, how it was left and found, and what nobody saw', async () => {
    const { holdings, unknown } = (await get(`timeline?${span(0, 100)}`)).json()
    const short = holdings.map(
      ({ who, tenant, from, to, seen }: Record<string, string> & { seen: { text: string }[] }) => [
        ...[who, tenant, from, to].map((each) => each ?? '-'),
        ...seen.map(({ text }) => text),
      ],
    )
    expect(short).toEqual([
      ['nobody', '-', time(0), time(10), 'passed: clean'],
      ['tenant', 't-1', time(10), time(40)],
      ['nobody', '-', time(40), time(50), 'after: clean no', 'the guard is bent', 'and scratched'],
      ['tenant', 't-2', time(50), time(51)],
      ['nobody', '-', time(51), time(55)],
      ['tenant', 't-2', time(55), '-', 'it was so before'],
    ])
    expect(unknown).toEqual([{ from: time(20), to: time(25), reason: 'link-down:plc' }])
    expect(holdings[2].seen[1].photos).toEqual([photos[0]!.sha256])
  })

  it('has how a use was left beside how the next found it', async () => {
    const { handOvers } = (await get(`timeline?${span(0, 100)}`)).json()
    expect(handOvers).toEqual([
      {
        left: { session: 's-1', tenant: 't-1', at: time(42), answers: [CLEAN], photos: [photos[0]!.sha256] },
        found: { session: 's-3', tenant: 't-2', answers: [], photos: ['cd'.repeat(32)] },
      },
    ])
  })

  it('says whose a use was that began before', async () => {
    const { holdings } = (await get(`timeline?${span(30, 48)}`)).json()
    expect(holdings.map(({ who, tenant }: Record<string, string>) => [who, tenant])).toEqual([
      ['tenant', 't-1'],
      ['nobody', undefined],
    ])
  })

  it('is of the owner, and of no other', async () => {
    expect((await get(`timeline?${span(0, 1)}`, 'owner')).statusCode).toBe(200)
    expect((await get(`timeline?${span(0, 1)}`, 'owner', 'press-1')).statusCode).toBe(403)
  })

  it.each([span(1, 1), span(2, 1), `from=${time(0)}&to=2027-11-20T08:00:00Z`])('%s is refused', async (query) =>
    expect((await get(`timeline?${query}`)).statusCode).toBe(400),
  )

  it('as a file proves itself, and any change of it is found', async () => {
    const { body: file, statusCode } = await get(`timeline/file?${span(0, 100)}`)
    expect(statusCode).toBe(200)
    const { faults, facts } = verifyTimeline(file, [vkey])
    // The entries of this test say less than a gateway does.
    expect(faults.map(({ code }) => code).filter((code) => code !== 'entry-malformed')).toEqual([])
    expect(facts.entries).toBe(STORY.length)
    const codes = (text: string) => verifyTimeline(text, [vkey]).faults.map(({ code }) => code)
    expect(codes(file.replace('the guard is bent', 'the guard is fine'))).toContain('inclusion-wrong')
    expect(codes(file.replace('"machine":"saw-1"', '"machine":"saw-2"'))).toContain('timeline-stray')
    expect(codes(file.replace(`"from":"${time(0)}"`, `"from":"${time(30)}"`))).toContain('timeline-stray')
    expect(codes(`${file}x`)).toEqual(['format'])
  })
})
