import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type VerifyCommandOptions, verifyCommand } from '../../../gateway/cli/verify.ts'
import type { Verdict } from '../../../gateway/ledger/verify/verdict.ts'
import { createLog, keyOf } from './shop/log.ts'
import { createShop } from './shop/shop.ts'
import type { Vector } from './vectors/make.ts'

const FOLDER = join(import.meta.dirname, 'vectors')
const list = JSON.parse(readFileSync(join(FOLDER, 'vectors.json'), 'utf8')) as Vector[]
const [good] = list as [Vector]
const temp = mkdtempSync(join(tmpdir(), 'latchkey-verify-'))
afterAll(() => rmSync(temp, { recursive: true, force: true }))

async function run(file: string, options: VerifyCommandOptions): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const code = await verifyCommand(file, options, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  })
  return { code, out, err }
}

describe('latchkey verify', () => {
  it.each(list.map((vector) => [vector.file, vector] as const))('comes to the verdict of %s', async (file, vector) => {
    const held = vector.held.map((each) => join(FOLDER, each))
    const { code, out } = await run(join(FOLDER, file), { keys: vector.keys, held, json: true })
    expect(code).toBe(vector.ok ? 0 : 1)
    const verdict = JSON.parse(out) as Verdict
    expect(verdict.ok).toBe(vector.ok)
    expect(verdict.kind).toBe(vector.kind)
    if (!vector.ok) expect(verdict.faults.map((fault) => fault.code)).toContain(vector.fault)
  })

  it('takes keys from a file, and says in lines what was found', async () => {
    const keys = join(temp, 'keys.txt')
    writeFileSync(keys, `# of the prep centre\n\n${good.keys[0]}\n`)
    const { code, out } = await run(join(FOLDER, good.file), { keys: [keys] })
    expect(code).toBe(0)
    expect(out).toMatch(/good\.evidence: good\n/)
    expect(out).toMatch(/panel-saw\/energy\.energy: 1220 Wh/)
    expect(out).toMatch(
      /\n {2}booked \d+:\d\d:\d\d \(PBT\), occupied \d+:\d\d:\d\d \(AUBT\), powered .* \(AUBT − ADOT\), executing .* \(APT\)\n/,
    )
    expect(out).toMatch(/spray-booth \(simulated, never billable\)/)
    expect(out).toMatch(/\n {2}booking \S+, tenant \S+\n/)
    expect(out).toMatch(/correction of entry \d+ on panel-saw: 30 Wh/)
    const bad = await run(join(FOLDER, 'tampered.evidence'), { keys: [keys] })
    expect(bad.code).toBe(1)
    expect(bad.out).toMatch(/NOT GOOD/)
    expect(bad.out).toMatch(/fault root-differs: The entries are not those that were signed \(at size \d+\)/)
  })

  it('says when it could not check', async () => {
    expect(await run(join(temp, 'nothing'), { keys: good.keys as string[] })).toMatchObject({ code: 2, out: '' })
    expect(await run(join(FOLDER, good.file), { keys: [], held: [join(temp, 'nothing')] })).toMatchObject({ code: 2 })
    expect((await run(join(FOLDER, good.file), { keys: [] })).code).toBe(1)
    expect((await run(join(FOLDER, good.file), { keys: ['nonsense'] })).out).toMatch(/fault key-malformed/)
  })

  it('lets nothing in the evidence steer the terminal', async () => {
    const origin = 'hall/77'
    const key = keyOf('terminal', origin)
    const log = createLog('hall', origin)
    const shop = createShop(log, { machines: ['saw'] })
    shop.start('1.0.0 \u001b[2J\u202e')
    log.checkpoint([key.signer])
    const file = join(temp, 'steering.evidence')
    writeFileSync(file, log.bundle())
    const { code, out } = await run(file, { keys: [key.vkey] })
    expect(code).toBe(0)
    expect(out).toContain('software 1.0.0 \ufffd[2J\ufffd')
  })

  it('reads a bundle larger than one piece', async () => {
    const origin = 'hall/78'
    const key = keyOf('large', origin)
    const log = createLog('hall', origin)
    const shop = createShop(log, { machines: ['saw', 'booth'], gapMs: 1e12 })
    shop.start()
    while (log.bodies.length < 6000) {
      shop.work('saw', 1)
      shop.sample('saw')
    }
    log.checkpoint([key.signer])
    const file = join(temp, 'large.evidence')
    writeFileSync(file, log.bundle())
    const { code, out } = await run(file, { keys: [key.vkey], json: true })
    expect(code).toBe(0)
    expect((JSON.parse(out) as Verdict).facts.entries).toBe(6000)
  })
})
