/**
 * Lies in the form of an entry, in corrections and in clocks: names that are no JSON, entries nested without end,
 * fields nobody knows.
 * Read next: lies.test.ts, shop/lie.ts.
 */
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../gateway/ledger/evidence/canonical.ts'
import { type Body, check, codes, ORIGIN, type Row, SITE, shopOf } from './shop/lie.ts'
import { createLog } from './shop/log.ts'

describe('a lie that is signed', () => {
  it('in names that are no JSON is found without parsing every entry', () => {
    for (const [from, to] of [
      ['"machine":"saw"', '"machine":"saw\\"'],
      ['"machine":"saw"', '"machine":"s\tw"'],
    ] as const) {
      const { log, shop } = shopOf()
      shop.sample('saw')
      log.appendBody(log.bodies.pop()!.replace(from, to))
      const lie = createLog(SITE, ORIGIN)
      for (const body of log.bodies) lie.appendBody(body)
      expect(codes(check(lie))).toEqual(['entry-malformed'])
    }
  })

  it('in names that are not ASCII moves the time of the log on all the same', () => {
    const { log, shop } = shopOf(['锯'])
    shop.pass(60_000)
    shop.sample('锯')
    const verdict = check(log)
    expect(verdict.faults).toEqual([])
    expect(verdict.facts.lastAt).toBe((JSON.parse(log.bodies.at(-1)!) as { at: string }).at)
  })

  it('in an entry nested without end is a fault, not a crash', () => {
    const { log } = shopOf()
    const depth = 30_000
    const body = log.bodies.at(-1)!.replace('"data":{', `"data":{"a":${'['.repeat(depth)}${']'.repeat(depth)},`)
    log.appendBody(body.replace(/"seq":\d+/, `"seq":${log.bodies.length}`))
    expect(codes(check(log, { thorough: true }))).toEqual(['entry-malformed'])
  })

  it('in a correction that leaves units where they are, or moves those of another unit, is found', () => {
    const lies: ((adjust: Row) => void)[] = [
      (adjust) => Object.assign(adjust, { to: 'session' }),
      (adjust) => Object.assign(adjust, { unit: 'MWh' }),
      (adjust) => Object.assign(adjust, { meter: 'saw/plc.nothing' }),
    ]
    for (const alter of lies) {
      const { log, shop } = shopOf()
      const session = shop.unlock('saw')
      shop.work('saw', 5)
      shop.end('saw')
      shop.correct('saw', session, log.bodies.length - 1, 'saw/energy.energy', '10')
      const lie = createLog(SITE, ORIGIN)
      for (const text of log.bodies) {
        const body = JSON.parse(text) as Body
        if (body.kind === 'Correction') alter((body.data.adjust as unknown as Row[])[0]!)
        lie.appendBody(canonicalJson(body))
      }
      expect(codes(check(lie))).toEqual(['correction-wrong'])
    }
  })

  it('a correction that gives back more than there was', () => {
    const { log, shop } = shopOf()
    const session = shop.unlock('saw')
    shop.work('saw', 5)
    shop.end('saw')
    const original = log.bodies.length - 1
    shop.correct('saw', session, original, 'saw/energy.energy', '10')
    expect(check(log).faults).toEqual([])
    expect(check(log).facts.meters[0]).toMatchObject({ meter: 'saw/energy.energy', corrected: '-10' })
    shop.correct('saw', session, original, 'saw/energy.energy', '99999')
    expect(codes(check(log))).toEqual(['correction-wrong'])
  })

  it('a field or a text beyond what is known is told, and refused where it is not canonical', () => {
    const { log, shop } = shopOf()
    shop.record('GatewayStopped', { reason: 'x' })
    const body = log.bodies.at(-1)!
    const at = log.bodies.length
    const next = body.replace(/"seq":\d+/, `"seq":${at}`)
    log.appendBody(next.replace('"v":1}', '"v":1,"zone":"x"}'))
    expect(check(log)).toMatchObject({
      ok: true,
      notes: expect.arrayContaining([expect.objectContaining({ code: 'field-unknown' })]),
    })
    for (const odd of [
      next.replace(`"seq":${at}`, `"seq":${at + 1} `),
      next.replace(`"seq":${at}`, `"seq":0${at + 1}`),
      next.replace('"data":', '"data": '),
      `${next.slice(0, -1)},"a":1}`,
    ]) {
      const lie = createLog(SITE, ORIGIN)
      for (const each of log.bodies) lie.appendBody(each)
      lie.appendBody(odd)
      expect(codes(check(lie, { thorough: true }))).toEqual(['entry-malformed'])
    }
  })

  it('a wall clock that goes back is no fault', () => {
    const { log, shop } = shopOf()
    shop.pass(-60_000)
    shop.record('ClockChanged', { stepMs: -60_000, state: 'informative' })
    expect(check(log)).toMatchObject({
      ok: true,
      notes: expect.arrayContaining([expect.objectContaining({ code: 'clock-back' })]),
    })
  })
})
