/** Who stands behind a pseudonym: known as long as its row is there, and by nothing else on the disk. */
import { createHmac } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { occurrences } from '../../../gateway/cli/tenants.ts'
import { adoptKeyed, createPseudonyms } from '../../../gateway/control/commands/pseudonyms.ts'
import type { Change } from '../../../gateway/core/machine/change.ts'
import { ERASED, refuseErasure } from '../../../gateway/core/permission/erasure.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'
import { createReader } from '../../../gateway/ledger/store/reader.ts'
import { createWriter } from '../../../gateway/ledger/store/writer.ts'
import { NOW_MS, session } from '../../front/api/rows.ts'

const TENANT = 'zhongmu-woodworks'
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'latchkey-pseudonyms-'))
  folders.push(made)
  return made
}
const booking = (over: object = {}) => ({
  id: 'b-9',
  version: 1,
  machine: 'saw-1',
  tenant: TENANT,
  startMs: NOW_MS - 7_200_000,
  endMs: NOW_MS - 3_600_000,
  limits: {},
  status: 'ended' as const,
  source: 'push' as const,
  ...over,
})

describe('a pseudonym', () => {
  it('is the same for a tenant, random, and durable with the entry that needs it', () => {
    const changes: Change[] = []
    const first = createPseudonyms([], (change) => void changes.push(change))
    const ref = first.of(TENANT)
    expect(ref).toMatch(/^t-[\w-]{22}$/)
    expect(first.of(TENANT)).toBe(ref)
    expect(changes).toEqual([{ kind: 'pseudonym', tenant: TENANT, ref }])
    expect(createPseudonyms([{ tenant: TENANT, ref }], () => undefined).of(TENANT)).toBe(ref)
    expect(createPseudonyms([], () => undefined).of(TENANT)).not.toBe(ref)
  })

  it('made with the key of an older gateway stays, and the key goes once its rows are durable', () => {
    const path = join(folder(), 'pseudonym.key')
    const key = Buffer.alloc(32, 5)
    writeFileSync(path, key)
    const changes: Change[] = []
    const { rows, dropKey } = adoptKeyed(path, [TENANT], (change) => void changes.push(change))
    const ref = `t-${createHmac('sha256', key).update(TENANT).digest('base64url').slice(0, 22)}`
    expect(rows).toEqual([{ tenant: TENANT, ref }])
    expect(changes).toEqual([{ kind: 'pseudonym', tenant: TENANT, ref }])
    expect(existsSync(path)).toBe(true)
    dropKey()
    expect(existsSync(path)).toBe(false)
    expect(adoptKeyed(path, [TENANT], () => undefined).rows).toEqual([])
  })
})

describe('a tenant', () => {
  it.each([
    ['has an open session', [], [session({ tenant: TENANT })], false],
    ['has a booking that has not ended', [booking({ status: 'held', endMs: NOW_MS + 1 })], [], false],
    ['has a booking that was cancelled', [booking({ status: 'cancelled', endMs: NOW_MS + 1 })], [], true],
    ['has bookings and sessions that are over', [booking()], [session({ tenant: TENANT, status: 'ended' })], true],
    ['is not the one who uses the machine', [], [session()], true],
  ] as const)('who %s', (_what, bookings, sessions, erasable) => {
    expect(refuseErasure(TENANT, bookings, sessions, NOW_MS) === undefined).toBe(erasable)
  })

  it('who is erased is in no byte of the file, and neither is what was written over before', async () => {
    const path = join(folder(), 'ledger.sqlite')
    const writer = createWriter(openWriter(path), { site: 's', simulated: new Set() })
    const other = { ...booking(), id: 'b-10', tenant: 'someone-else' }
    writer.commit([[{ kind: 'pseudonym', tenant: TENANT, ref: 't-1' }]])
    const ids = Array.from({ length: 300 }, (_, index) => `01900000-0000-7000-8000-${String(index).padStart(12, '0')}`)
    for (const [index, id] of ids.entries()) {
      const used = session({ id, tenant: TENANT, tenantRef: 't-1', jti: `${TENANT}-${index}`, status: 'open' })
      writer.commit([[{ kind: 'session', session: used }]])
      // grows, and so moves within its page or to another one
      writer.commit([
        [{ kind: 'session', session: { ...used, status: 'ended', suspendedReason: 'x'.repeat(index * 9) as 'cut' } }],
      ])
    }
    writer.commit([
      [
        { kind: 'booking', booking: booking() },
        { kind: 'booking', booking: other },
      ],
    ])
    writer.commit([[{ kind: 'tenant-erased', tenant: TENANT }]])
    expect(await occurrences(path, TENANT)).toBe(0)
    expect(await occurrences(`${path}-wal`, TENANT)).toBe(0)
    const reader = createReader(path)
    expect(reader.pseudonyms()).toEqual([])
    expect(reader.session(ids[0]!)).toMatchObject({ tenant: ERASED, tenantRef: 't-1' })
    expect(reader.session(ids[0]!)).not.toHaveProperty('jti')
    expect(reader.sessions({ tenant: TENANT, limit: 1 })).toEqual([])
    expect([reader.booking('b-9')?.tenant, reader.booking('b-10')?.tenant]).toEqual([ERASED, 'someone-else'])
    expect(await occurrences(path, 'someone-else')).toBeGreaterThan(0)
    reader.close()
    writer.close()
  })
})
