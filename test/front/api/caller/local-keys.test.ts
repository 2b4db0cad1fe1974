/** Keys of local people: made once, kept hashed, good until revoked. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addKey, readKeys, revokeKey } from '../../../../gateway/cli/keys.ts'
import { hashKey, newKey, parseKey, verifyKey } from '../../../../gateway/front/api/caller/key.ts'
import { type Bench, createBench } from '../bench.ts'
import { NOW_MS } from '../rows.ts'

describe('a key', () => {
  test('is found good only with its own hash', async () => {
    const key = newKey()
    const hash = await hashKey(key.secret)
    expect(parseKey(key.text)).toEqual({ id: key.id, secret: key.secret })
    expect(hash).not.toContain(key.secret)
    expect(await verifyKey(key.secret, hash)).toBe(true)
    expect(await verifyKey(newKey().secret, hash)).toBe(false)
    expect(await hashKey(key.secret)).not.toBe(hash)
  })

  test.each([
    '',
    'scrypt$16384$8$1$$',
    'plain$secret',
    `scrypt$16383$8$1$${'a'.repeat(22)}$${'a'.repeat(43)}`,
    `scrypt$1048576$8$1$${'a'.repeat(22)}$${'a'.repeat(43)}`,
    `scrypt$16384$99$1$${'a'.repeat(22)}$${'a'.repeat(43)}`,
    `scrypt$0$8$1$${'a'.repeat(22)}$${'a'.repeat(43)}`,
  ])('is not good with the hash "%s", and does not cost much', async (hash) => {
    expect(await verifyKey(newKey().secret, hash)).toBe(false)
  })
})

describe('the server', () => {
  let bench: Bench
  beforeAll(async () => {
    bench = await createBench()
  })
  afterAll(() => bench.close())
  const call = (text: string) => bench.app.inject({ url: '/v1/machines', headers: { authorization: `Bearer ${text}` } })

  test('takes a key, also the second time, and no longer once it is revoked', async () => {
    const { key, row } = await bench.addKey('technician', 'Wang')
    expect([(await call(key.text)).statusCode, (await call(key.text)).statusCode]).toEqual([200, 200])
    bench.commit({ kind: 'key', row: { ...row, revokedAtMs: NOW_MS } })
    const refused = await call(key.text)
    expect([refused.statusCode, refused.json().code]).toEqual([401, 'unauthenticated'])
  })

  test('takes no other secret under a known id, also after the right one was remembered', async () => {
    const { key } = await bench.addKey('auditor', 'Chen')
    expect((await call(key.text)).statusCode).toBe(200)
    expect((await call(`lk_${key.id}_${newKey().secret}`)).statusCode).toBe(401)
    expect((await call(`lk_${key.id}_`)).statusCode).toBe(401)
    expect((await call(newKey().text)).statusCode).toBe(401)
  })

  test('lets few checks wait and says busy to the rest, without calling them failed', async () => {
    const { key } = await bench.addKey('auditor', 'Zhao')
    bench.denials.splice(0)
    const answers = await Promise.all(Array.from({ length: 40 }, () => call(`lk_${key.id}_${newKey().secret}`)))
    const codes = answers.map((answer) => answer.json().code)
    expect(new Set(codes)).toEqual(new Set(['unauthenticated', 'busy']))
    expect(codes.filter((code) => code === 'unauthenticated')).toHaveLength(18)
    expect(bench.denials).toHaveLength(18)
  })

  test('records the person with what a technician does', async () => {
    const { key } = await bench.addKey('technician', 'Sun Li')
    bench.answer(() => ({ kind: 'done' }))
    const response = await bench.app.inject({
      method: 'POST',
      url: '/v1/machines/saw-1/maintenance',
      headers: { authorization: `Bearer ${key.text}` },
      payload: { on: true, reason: 'new belt' },
    })
    expect(response.statusCode).toBe(204)
    expect(bench.commands.at(-1)).toEqual({
      kind: 'maintenance',
      principal: { role: 'technician', id: 'Sun Li', key: key.id },
      machine: 'saw-1',
      on: true,
      reason: 'new belt',
    })
  })
})

describe('the keys file', () => {
  let dir: string
  const machines = [
    { id: 'saw-1', owner: 'huajian' },
    { id: 'press-1', owner: 'other' },
  ]
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'latchkey-keysfile-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))
  const path = () => join(dir, 'keys.json')

  test('holds hashes for its user only; the key is given once', async () => {
    const { row, text } = await addKey(dir, { role: 'owner', name: 'Li', owner: 'huajian' }, machines, NOW_MS)
    expect(readKeys(dir)).toEqual([
      { id: row.id, role: 'owner', name: 'Li', owner: 'huajian', hash: row.hash, addedAtMs: NOW_MS },
    ])
    expect(statSync(path()).mode & 0o777).toBe(0o600)
    const { secret } = parseKey(text)!
    expect(readFileSync(path(), 'utf8')).not.toContain(secret)
    expect(await verifyKey(secret, row.hash)).toBe(true)
  })

  test('keeps the others, and what is revoked stays revoked', async () => {
    const first = await addKey(dir, { role: 'technician', name: 'Wang' }, machines, 1)
    await addKey(dir, { role: 'auditor', name: 'Chen' }, machines, 2)
    await revokeKey(dir, first.row.id, 3)
    expect(readKeys(dir).map(({ name, revokedAtMs }) => [name, revokedAtMs])).toEqual([
      ['Wang', 3],
      ['Chen', undefined],
    ])
    await expect(revokeKey(dir, first.row.id, 4)).rejects.toThrow('revoked already')
    await expect(revokeKey(dir, 'nobody', 4)).rejects.toThrow('no key nobody')
  })

  test('names the machines a key is for, each once', async () => {
    const { row } = await addKey(
      dir,
      { role: 'technician', name: 'Wang', machines: 'saw-1, press-1,saw-1' },
      machines,
      1,
    )
    expect(row.machines).toEqual(['press-1', 'saw-1'])
  })

  test.each([
    [{ role: 'tenant', name: 'x' }, '--role'],
    [{ role: 'technician' }, '--name'],
    [{ role: 'technician', name: 'a\nb' }, '--name'],
    [{ role: 'owner', name: 'Li' }, '--owner'],
    [{ role: 'technician', name: 'Li', owner: 'huajian' }, '--owner'],
    [{ role: 'owner', name: 'Li', owner: 'nobody' }, 'huajian'],
    [{ role: 'technician', name: 'Wang', machines: 'saw-1,mill-9' }, 'mill-9'],
    [{ role: 'owner', name: 'Li', owner: 'huajian', machines: 'press-1' }, 'press-1'],
    [{ role: 'auditor', name: 'Chen', machines: 'saw-1' }, '--machines'],
  ])('refuses %j and writes nothing', async (options, word) => {
    await expect(addKey(dir, options, machines, 1)).rejects.toThrow(word)
    expect(readKeys(dir)).toEqual([])
  })

  test('is not overwritten when it cannot be read, nor while another command writes it', async () => {
    writeFileSync(path(), 'oops')
    await expect(addKey(dir, { role: 'auditor', name: 'Chen' }, machines, 1)).rejects.toThrow('cannot be read')
    expect(readFileSync(path(), 'utf8')).toBe('oops')
    rmSync(path())
    writeFileSync(`${path()}.new`, '')
    await expect(addKey(dir, { role: 'auditor', name: 'Chen' }, machines, 1)).rejects.toThrow('another keys command')
    expect(readKeys(dir)).toEqual([])
  })
})
