import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { nextBdSeq } from '../../../../gateway/front/sinks/sparkplug/birth-count.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-bdseq-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'bdseq.json')
const said: string[] = []
const log = { warn: (_fields: object, text: string) => void said.push(text) }

test('it begins at 0, and goes on over restarts in a circle of 256', async () => {
  expect([await nextBdSeq(path, log), await nextBdSeq(path, log)]).toEqual([0, 1])
  writeFileSync(path, '254')
  expect([await nextBdSeq(path, log), await nextBdSeq(path, log)]).toEqual([255, 0])
})

test.each(['', '-5', '{}', 'no number', '1.5'])('a spoilt file %j begins anew', async (text) => {
  writeFileSync(path, text)
  expect(await nextBdSeq(path, log)).toBe(0)
  expect(said).toEqual([])
})

test('a disk that takes nothing is said aloud, and costs no session', async () => {
  expect(await nextBdSeq(join(folder, 'nowhere', 'bdseq.json'), log)).toBe(0)
  expect(said).toHaveLength(1)
})
