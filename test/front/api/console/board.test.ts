/**
 * The board as pages see it: a change reaches every page, also while another one opens; another configuration reaches
 * all; pictures of the site are for those who may see the board, and run nothing.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Bench, createBench } from '../bench.ts'
import { boardRow } from '../rows.ts'
import { machine } from '../site.ts'

const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
let bench: Bench
let url: string
beforeAll(async () => {
  bench = await createBench((config) => ({
    ...config,
    api: { ...config.api, board: 'states' },
    plan: join(config.dataDir, 'plan.svg'),
    machines: config.machines.map((each) => ({
      ...each,
      about: { contact: 'Desk', photo: join(config.dataDir, 'none.png'), place: { x: 10, y: 20 } },
    })),
  }))
  writeFileSync(bench.config.plan!, svg)
  show('Available')
  url = await bench.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => bench.close())

const show = (state: 'Available' | 'OutOfOrder') =>
  bench.setBoard(
    ...bench.config.machines.map(({ id }) =>
      boardRow(id, { availability: { state }, asOfNs: bench.clock.ns, maxAgeMs: 600_000 }),
    ),
  )

/** The text of a page's stream until it holds what is waited for. */
async function watch(headers: Record<string, string> = {}) {
  const controller = new AbortController()
  const { body } = await fetch(`${url}/console/live`, { signal: controller.signal, headers })
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
  return {
    async until(wanted: RegExp): Promise<string> {
      for (let text = ''; ; ) {
        if (wanted.test(text)) return text
        const { value, done } = await reader.read()
        if (done) throw new Error(`the stream ended after ${text}`)
        text += value
      }
    },
    /** Resolves when the gateway has ended it. */
    async gone(): Promise<true> {
      for (let last = false; !last; ) last = (await reader.read().catch(() => ({ done: true }))).done
      return true
    },
    end: () => controller.abort(),
  }
}

describe('the stream of the board', () => {
  it('tells a page what the opening of another one found', async () => {
    const first = await watch()
    await first.until(/event: beat/)
    show('OutOfOrder')
    const second = await watch()
    await second.until(/event: board.*OutOfOrder/s)
    await first.until(/event: card.*OutOfOrder/s)
    first.end()
    second.end()
  })

  it('ends with the sign-in of whoever opened it', async () => {
    const { key } = await bench.addKey('technician', 'Wang')
    const session = (method: string, headers: Record<string, string>) =>
      fetch(`${url}/console/session`, { method, headers: { origin: url, ...headers } })
    const { headers } = await session('POST', { authorization: `Bearer ${key.text}` })
    const cookie = headers.get('set-cookie')!.split(';')[0]!
    const stream = await watch({ cookie })
    await stream.until(/event: beat/)
    await session('DELETE', { cookie })
    expect(await stream.gone()).toBe(true)
  })

  it('has what people should know of a machine, and not where its photo is kept', async () => {
    const page = await watch()
    const text = await page.until(/event: beat/)
    expect(text).toContain('"about":{"contact":"Desk","photo":true,"place":{"x":10,"y":20}}')
    expect(text).not.toContain('none.png')
    page.end()
  })

  it('has the worst that is reported of a machine, and not what it says', async () => {
    const report = { text: 'Acme broke it', photos: [], cause: 'person', by: {}, atMs: 1, blocks: false } as const
    const reports = [
      { ...report, id: 'a', severity: 'note', state: 'open' },
      { ...report, id: 'b', severity: 'wrench', state: 'taken', expectedEndMs: Date.UTC(2026, 10, 24) },
    ] as const
    bench.commit({ kind: 'machine', row: { machine: 'saw-1', fencingCounter: 0, reports } })
    bench.clock.ns += 10_000_000_000n
    const page = await watch()
    const text = await page.until(/event: beat/)
    expect(text).toContain('"problem":{"severity":"wrench","state":"taken","expectedEnd":"2026-11-24T00:00:00.000Z"}')
    expect(text).not.toContain('Acme')
    page.end()
  })

  it('brings every machine when the configuration has become another one', async () => {
    const page = await watch()
    await page.until(/event: beat/)
    const config = bench.config as { machines: (typeof bench.config)['machines'] }
    config.machines = [...config.machines, machine('planer-9', 'huajian')]
    const text = await page.until(/event: board[^\n]*\n[^\n]*planer-9/)
    expect(text).toContain('saw-1')
    page.end()
  })
})

describe('a picture of the site', () => {
  const ask = (path: string, host = '127.0.0.1') => bench.app.inject({ url: path, headers: { host } })

  it('is shown as what it is, and runs no script where it is opened by itself', async () => {
    const answer = await ask('/console/plan')
    expect([answer.statusCode, answer.headers['content-type'], answer.body]).toEqual([200, 'image/svg+xml', svg])
    expect(answer.headers['content-security-policy']).toMatch(/default-src 'none'.*sandbox/)
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
  })

  it('is not there when its file is not, is too large, or the machine has none', async () => {
    const codes = [await ask('/console/photos/saw-1'), await ask('/console/photos/planer-9')]
    expect(codes.map(({ statusCode }) => statusCode)).toEqual([404, 404])
    writeFileSync(bench.config.plan!, Buffer.alloc(4_194_305))
    expect((await ask('/console/plan')).statusCode).toBe(404)
    writeFileSync(bench.config.plan!, svg)
  })

  it('is for nobody under a strange name, nor where the board is', async () => {
    expect((await ask('/console/plan', 'evil.example')).statusCode).toBe(401)
    const config = bench.config.api as { board: string }
    config.board = 'free'
    expect((await ask('/console/plan')).statusCode).toBe(401)
    config.board = 'states'
  })
})
