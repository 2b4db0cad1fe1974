/** What `latchkey check` says of a profile that can be used: notes stand in the file of the profile, too. */
import { afterAll, expect, it } from 'vitest'
import { edit, openFolder, plcProfile } from './site-folder.ts'

const folder = openFolder()
afterAll(() => folder.remove())

const meter = 'parts: { kind: register, signal: parts, unit: pcs, wrapAt: "4294967296", maxRate: "10" }'
const notesOf = (more: string) => {
  const { summary } = folder.good({ 'profiles/plc.yaml': edit(plcProfile, meter, more) })
  return summary.notes.filter(({ file }) => file.endsWith('plc.yaml')).map(({ code, line }) => [code, line])
}

it.each([
  [
    'cleared by a write',
    'parts: { kind: register, signal: parts, unit: pcs, maxRate: "10", resets: by-write }',
    ['meter-clearable'],
  ],
  [
    'of a job',
    'parts: { kind: register, signal: parts, unit: pcs, maxRate: "10", resets: per-job }',
    ['meter-clearable'],
  ],
  ['of 1 kWh', 'parts: { kind: register, signal: parts, unit: Wh, perCount: 1000, maxRate: "10" }', ['meter-coarse']],
  ['of 100 Wh', 'parts: { kind: register, signal: parts, unit: Wh, perCount: 100, maxRate: "10" }', []],
  ['whose wrap is unknown', 'parts: { kind: register, signal: parts, unit: pcs, maxRate: "10", wrapAt: unknown }', []],
])('a counter %s', (_, more, codes) => {
  expect(notesOf(more)).toEqual(codes.map((code) => [code, 13]))
})

it('a counter whose wrap is unknown is counted without one', () => {
  const more = 'parts: { kind: register, signal: parts, unit: pcs, maxRate: "10", wrapAt: unknown, resets: by-write }'
  const { config } = folder.good({ 'profiles/plc.yaml': edit(plcProfile, meter, more) })
  const found = config.machines[0]!.meters.find(({ id }) => id.endsWith('plc.parts'))
  expect(found).toMatchObject({ wrapUnknown: true, resets: 'to-zero' })
  expect(found).not.toHaveProperty('wrapAt')
})
