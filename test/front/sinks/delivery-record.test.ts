/** What is kept of a webhook's tries: bounded, there after a kill, and never in the way of a delivery. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { openDeliveryRecord } from '../../../gateway/front/sinks/delivery-record.ts'
import { temporaryFolder } from '../../support/folder.ts'

let folder: string
const warned: string[] = []
const log = { warn: (_: object, text: string) => void warned.push(text) }
const open = (most: number) => openDeliveryRecord({ folder, id: 'hook', most, log })
const tried = (entry: number, status = 204) => ({ at: entry, id: `log-${entry}`, entry, type: 't', status, ms: 1 })
const entries = (attempts: readonly { readonly entry?: number }[]) => attempts.map(({ entry }) => entry)

beforeEach(() => {
  folder = temporaryFolder()
  warned.length = 0
})

describe('a record of deliveries', () => {
  it('keeps at least as many tries as were asked for, and at most twice as many, over restarts', async () => {
    for (let life = 0; life < 5; life += 1) {
      const record = open(10)
      for (let each = 0; each < 7; each += 1) await record.add(tried(7 * life + each))
      const kept = await record.all()
      expect(kept.length).toBeLessThanOrEqual(20)
      expect(entries(kept)).toEqual(Array.from({ length: kept.length }, (_, n) => 7 * life + 7 - kept.length + n))
      if (life > 1) expect(kept.length).toBeGreaterThanOrEqual(10)
      expect(record.recent().slice(-kept.length)).toEqual(kept)
    }
    expect(readdirSync(folder).sort()).toEqual(['hook.jsonl', 'hook.older.jsonl'])
  })

  it('passes over a line that was cut, and what comes next stands on a line of its own', async () => {
    await open(10).add(tried(0))
    appendFileSync(join(folder, 'hook.jsonl'), '{"at":1,"id":"log-')
    const record = open(10)
    await record.add(tried(2))
    expect(entries(await record.all())).toEqual([0, 2])
    expect(entries(open(10).recent())).toEqual([0, 2])
    expect(readFileSync(join(folder, 'hook.jsonl'), 'utf8').split('\n')).toHaveLength(4)
  })

  it('holds up nothing where the disk takes nothing, says so once, and goes on when it can', async () => {
    const record = open(10)
    rmSync(folder, { recursive: true })
    writeFileSync(folder, 'in its place')
    for (const entry of [0, 1]) await record.add(tried(entry))
    expect([warned.length, entries(record.recent())]).toEqual([1, [0, 1]])
    rmSync(folder)
    mkdirSync(folder)
    await record.add(tried(2))
    expect(entries(await record.all())).toEqual([2])
  })
})
