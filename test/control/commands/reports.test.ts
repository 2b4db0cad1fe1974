/** A report with a photo, over HTTP, to the ledger and back; and who may not. */
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { barePhoto } from '../../../gateway/front/api/photos/pixels.ts'
import { entries } from '../../../gateway/reference/entries.ts'
import { type Bench, createBench } from '../../front/api/bench.ts'
import { tenantToken } from '../../front/api/credentials.ts'
import { faultIn } from '../../support/described.ts'
import { startCommands } from './bench.ts'

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const PICTURE = picture(10)

let bench: Bench
let technician: string
let auditor: string

const call = (method: 'GET' | 'POST', url: string, token: string, payload?: object) =>
  bench.app.inject({
    method,
    url: `/v1/machines${url}`,
    headers: { authorization: `Bearer ${token}` },
    ...(payload && { payload }),
  })

beforeAll(async () => {
  bench = await createBench()
  technician = (await bench.addKey('technician', 'Wang')).key.text
  auditor = (await bench.addKey('auditor', 'Chen')).key.text
  bench.answer((await startCommands(bench)).take)
})
afterAll(() => bench.close())

it('is kept with its photo, whose pixels alone are shown again, until it is closed', async () => {
  const made = await call('POST', '/saw-1/reports', technician, {
    ...{ severity: 'stop', text: 'the guard is bent', photos: [PICTURE] },
  })
  expect(made.statusCode).toBe(201)
  const { reports } = (await call('GET', '/saw-1/reports', await tenantToken())).json()
  const bare = barePhoto(Buffer.from(PICTURE, 'base64'))!.bytes
  const sha256 = createHash('sha256').update(bare).digest('hex')
  expect(bare.includes('here')).toBe(false)
  expect(reports).toMatchObject([
    { id: made.json().id, severity: 'stop', blocks: true, state: 'open', by: 'technician', photos: [{ sha256 }] },
  ])
  const photo = await call('GET', `/saw-1/photos/${sha256}`, auditor)
  expect(photo.headers['content-type']).toBe('image/png')
  expect(photo.rawPayload.equals(bare)).toBe(true)
  expect((await call('GET', `/press-1/photos/${sha256}`, auditor)).statusCode).toBe(404)
  const closed = await call('POST', `/saw-1/reports/${made.json().id}`, technician, {
    state: 'closed',
    text: 'new guard',
  })
  expect(closed.statusCode).toBe(204)
  expect((await call('GET', '/saw-1/reports', technician)).json()).toEqual({ reports: [] })
  for (const { kind, body } of bench.deps.reader.entries(0, 100))
    if (kind === 'ReportMade' || kind === 'ReportChanged')
      expect(faultIn(entries[kind].data, body.data)).toBeUndefined()
})

it.each<[string, number, object]>([
  [
    'what is no picture',
    400,
    { severity: 'note', text: 'a scratch', photos: [Buffer.from('hello').toString('base64')] },
  ],
  ['more than three', 400, { severity: 'note', text: 'a scratch', photos: [PICTURE, PICTURE, PICTURE, PICTURE] }],
  ['another word', 400, { severity: 'bad', text: 'a scratch' }],
  [
    'more than the disk may hold',
    503,
    { severity: 'note', text: 'a scratch', photos: [1, 2, 3].map((more) => picture(2_000_000 + more)) },
  ],
])('%s is refused: %i', async (_, status, body) =>
  expect((await call('POST', '/saw-1/reports', technician, body)).statusCode).toBe(status),
)

it('a tenant without a booking there, and an auditor, make none', async () => {
  const body = { severity: 'note', text: 'a scratch' }
  expect((await call('POST', '/press-1/reports', await tenantToken(), body)).statusCode).toBe(403)
  expect((await call('POST', '/saw-1/reports', auditor, body)).statusCode).toBe(403)
})

it('a photo of a report that is refused takes no room, and one of a report that was taken stays', async () => {
  const folder = join(bench.deps.config.dataDir, 'photos')
  const names = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? entry.name : []))
  const body = { severity: 'note', text: 'a scratch', photos: [PICTURE, picture(900_000)] }
  for (let times = 0; times < 3; times++)
    expect((await call('POST', '/press-1/reports', await tenantToken(), body)).statusCode).toBe(403)
  await expect.poll(names).toEqual([shaOf(PICTURE)])
  // One photo of two reports at once, of which one is taken.
  const own = picture(50)
  const both = await Promise.all([auditor, technician].map((key) => report(key, own)))
  expect(both).toEqual([403, 201])
  expect(await report(auditor, own)).toBe(403)
  expect(await report(technician, picture(60))).toBe(201)
  expect(names()).toContain(shaOf(own))
})

const report = async (key: string, photo: string) =>
  (await call('POST', '/saw-1/reports', key, { severity: 'note', text: 'a scratch', photos: [photo] })).statusCode

const shaOf = (text: string) =>
  createHash('sha256')
    .update(barePhoto(Buffer.from(text, 'base64'))!.bytes)
    .digest('hex')

/** A PNG with a comment in it. */
function picture(bytes: number): string {
  const chunk = (name: string, body: Buffer) => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(body.length)
    head.write(name, 4, 'latin1')
    return Buffer.concat([head, body, Buffer.alloc(4)])
  }
  const parts = [
    chunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])),
    chunk('tEXt', Buffer.from('here')),
    chunk('IDAT', Buffer.alloc(bytes)),
    chunk('IEND', Buffer.alloc(0)),
  ]
  return Buffer.concat([PNG, ...parts]).toString('base64')
}
