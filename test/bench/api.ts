/**
 * The HTTP interface: answers per second, held against bare Fastify routes with the same JSON. Keys: `api_read` (one
 * machine, with a token), `api_list` (all of 200 machines). Read next: bare/requests.c, bare/routes.ts.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProcess } from '../support/process.ts'
import { pause } from '../support/proof.ts'
import { createCallers } from './callers.ts'
import { atLeast, compare, type Figure, type Group, interleave } from './pair.ts'
import { compile, startBare, startC } from './program.ts'
import { machineId, writeSite } from './site.ts'
import { startGateway } from './subject.ts'

const MACHINES = 200
const FLOATS = 20
/** The machines are there, and cost next to nothing. */
const POLL_MS = 10_000
const CONNECTIONS = 32
/** The most that the site file allows. */
const RATE_LIMIT = 100_000
const WARM_UP_MS = 500

const paths: Readonly<Record<string, { readonly aim: number; of(connection: number): string }>> = {
  api_read: { aim: 0.7, of: (connection) => `/v1/machines/${machineId(connection)}` },
  api_list: { aim: 0.6, of: () => '/v1/machines' },
}

export const api: Group = {
  keys: Object.keys(paths),
  async run(bench, wanted) {
    const { scope } = bench
    const shop = await startC(scope, 'machines', MACHINES, FLOATS)
    const callers = createCallers(scope.folder)
    const ports = shop.ready.ports as number[]
    const more = { trust: callers.trust, api: { listen: '127.0.0.1:0', rateLimit: RATE_LIMIT } }
    const gateway = await startGateway(
      bench,
      writeSite(scope.folder, 'api', { ports, floats: FLOATS, pollMs: POLL_MS, more }),
    )
    await pause(bench.settleMs)
    const answer = join(scope.folder, 'machines.json')
    writeFileSync(answer, await list(gateway.url, callers.token(0)))
    const bare = await startBare(scope, 'routes', { answer })
    const program = await compile('requests', scope.folder)
    const figures: Figure[] = []
    for (const [key, { aim, of }] of Object.entries(paths)) {
      if (!wanted.has(key)) continue
      const file = join(scope.folder, key)
      writeFileSync(
        file,
        Array.from({ length: CONNECTIONS }, (_, index) => `${of(index)} ${callers.token(index)}\n`).join(''),
      )
      const rate = (port: number) => async () => {
        await ask(program, port, WARM_UP_MS, file)
        return ask(program, port, bench.windowMs / 2, file)
      }
      const { pairs, notes } = await interleave(
        bench,
        rate(Number(new URL(gateway.url).port)),
        rate(bare.ready.port as number),
      )
      figures.push(compare(key, 'answers/s', pairs, atLeast(aim), { notes }))
    }
    return figures
  },
}

/** Answers per second. */
async function ask(program: string, port: number, ms: number, file: string): Promise<number> {
  const seen = JSON.parse(await runProcess(program, [String(port), String(ms), file])) as {
    answers: number
    ms: number
  }
  return (seen.answers * 1000) / seen.ms
}

async function list(url: string, token: string): Promise<string> {
  const response = await fetch(`${url}/v1/machines`, { headers: { authorization: `Bearer ${token}` } })
  const text = await response.text()
  if (!response.ok) throw new Error(`GET /v1/machines: ${response.status} ${text}`)
  return text
}
