/**
 * The one address of the demo: the pages of the gateway as they are, and on each of them a strip by which a person
 * books, looks as somebody else, and acts at the simulated machines. The gateway knows nothing of it: what is asked of
 * it is passed on, and the strip is put into its pages here.
 * Next: strip/strip.ts (what runs in the browser), plant.ts (what stands behind it).
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { asJson, asRecord } from '../faces/http-face.ts'
import { ask, bookingToken, expectStatus, serviceToken } from './ask.ts'
import type { Plant, PlantMachine } from './plant.ts'
import { host, orZero } from './site.ts'

const port = 8079
const bookedMs = 60 * 60_000
const leastLeftMs = 5 * 60_000
const mostBodyBytes = 4_096
const keyWithinMs = 30_000
const roles = ['technician', 'auditor', 'owner'] as const
const latchkey = resolve(import.meta.dirname, '../../gateway/latchkey.js')
const folder = join(import.meta.dirname, 'strip')

type Lobby = Readonly<{ url: string; close(): void }>
type Answer = Readonly<{ status: number; type: string; text: string }>
/** So that more time can be tried. */
const terms = { lateStopMinutes: 30 }

type Booked = Readonly<{ id: string; machine: string; tenant: string; start: string; end: string }>

export async function openLobby(plant: Plant): Promise<Lobby> {
  const strip = createStrip(plant)
  const server = createServer((asked, answer) => {
    if (!asked.url?.startsWith('/demo/')) return passOn(plant.api, asked, answer)
    strip(asked)
      .catch((error: unknown) => json(500, { error: String(error) }))
      .then(({ status, type, text }) =>
        answer.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text),
      )
  })
  const free = await orZero(port)
  await new Promise<void>((done, fail) => server.once('error', fail).listen(free, host, done))
  const address = server.address()
  const at = address !== null && typeof address === 'object' ? address.port : free
  return {
    url: `http://${host}:${at}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** As it was asked and answered; into a page of the console the strip is put. */
function passOn(api: string, asked: IncomingMessage, answer: ServerResponse): void {
  const { hostname, port: to } = new URL(api)
  const headers = { ...asked.headers, 'accept-encoding': 'identity' }
  const onward = request({ host: hostname, port: to, method: asked.method, path: asked.url, headers }, (come) => {
    const isPage = come.headers['content-security-policy']?.includes('trusted-types') === true
    if (!isPage || come.statusCode !== 200) {
      answer.writeHead(come.statusCode ?? 502, come.headers)
      come.pipe(answer)
      return
    }
    const { 'content-length': _, etag: __, ...rest } = come.headers
    answer.writeHead(200, { ...rest, 'cache-control': 'no-store' })
    let page = ''
    come.setEncoding('utf8')
    come.on('data', (text: string) => {
      page += text
    })
    come.on('end', () => answer.end(page.replace('</head>', `${tags}</head>`)))
  })
  onward.once('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()))
  answer.once('close', () => onward.destroy())
  asked.pipe(onward)
}

const tags = '<link rel="stylesheet" href="/demo/strip.css"><script type="module" src="/demo/strip.js"></script>'

/** The booking, if it may be used and some of it is left: a tenant may have given the rest back. */
async function stillThere(plant: Plant, known: Booked | undefined, now: number): Promise<Booked | undefined> {
  if (known === undefined) return undefined
  const token = await serviceToken(plant.platform)
  const body = await expectStatus(200, 'the API', ask('GET', `${plant.api}/v1/bookings/${known.id}`, { token }))
  const { status, end } = body as { status: string; end: string }
  return ['held', 'used'].includes(status) && Date.parse(end) - now > leastLeftMs ? known : undefined
}

type Named = { readonly machines: Readonly<Record<string, { readonly name?: Readonly<Record<string, string>> }>> }

function createStrip(plant: Plant): (asked: IncomingMessage) => Promise<Answer> {
  const machines = new Map([plant.booth, plant.saw, plant.instrument].map((machine) => [machine.id, machine]))
  const site = parse(readFileSync(plant.sitePath, 'utf8')) as Named
  const named = [...machines.keys()].map((id) => ({ id, name: site.machines[id]?.name ?? {} }))
  const booked = new Map<string, Booked>()
  const keys = new Map<string, string>()

  async function book(machine: PlantMachine): Promise<Answer> {
    const now = Date.now()
    const known = await stillThere(plant, booked.get(machine.id), now)
    const booking = known ?? {
      ...{ id: `demo-${now}`, machine: machine.id, tenant: 'acme-paint' },
      ...{ start: new Date(now).toISOString(), end: new Date(now + bookedMs).toISOString() },
    }
    if (booking !== known)
      await expectStatus(
        201,
        'the platform',
        ask('POST', `${plant.platform}/bookings`, { body: { ...booking, terms } }),
      )
    booked.set(machine.id, booking)
    return json(200, { link: `/m/${machine.id}#token=${await bookingToken(plant.platform, booking)}` })
  }

  async function keyFor(role: string): Promise<Answer> {
    if (!roles.some((each) => each === role)) return json(400, { error: `role must be one of ${roles.join(', ')}` })
    const known = keys.get(role) ?? (await newKey(plant, role))
    keys.set(role, known)
    return json(200, { key: known })
  }

  return async (asked) => {
    const [path = ''] = (asked.url ?? '').split('?')
    if (path === '/demo/strip.js') return { status: 200, type: 'text/javascript; charset=utf-8', text: script() }
    if (path === '/demo/strip.css') return { status: 200, type: 'text/css; charset=utf-8', text: style() }
    // A page of somebody else in the same browser may not act at the machines.
    if (asked.headers['sec-fetch-site'] !== undefined && asked.headers['sec-fetch-site'] !== 'same-origin')
      return json(403, { error: 'only the pages of this demo may ask' })
    if (asked.method === 'GET' && path === '/demo/machines') return json(200, { machines: named })
    const body = asRecord(asJson(await readBody(asked))) ?? {}
    const machine = machines.get(String(body.machine))
    if (asked.method !== 'POST') return json(405, { error: 'it takes POST' })
    if (path === '/demo/key') return keyFor(String(body.role))
    if (machine === undefined) return json(404, { error: 'there is no such machine' })
    if (path === '/demo/book') return book(machine)
    if (path === '/demo/judge') return passed(ask('GET', `${machine.control}/judge`))
    if (path === '/demo/operate') return passed(ask('POST', `${machine.control}/operator`, { body: body.act }))
    if (path === '/demo/break') return passed(ask('POST', `${machine.control}/fault`, { body: body.fault }))
    return json(404, { error: 'no such path' })
  }
}

async function passed(answer: ReturnType<typeof ask>): Promise<Answer> {
  const { status, body } = await answer
  return json(status, body)
}

/** A key of the gateway's own making; it is taken over within a second. */
async function newKey({ sitePath }: Plant, role: string): Promise<string> {
  const owner = role === 'owner' ? ['--owner', 'huajian'] : []
  const args = [latchkey, 'keys', 'add', sitePath, '--role', role, '--name', `Demo ${role}`, ...owner]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: keyWithinMs })
  return stdout.trim()
}

const script = () => stripTypeScriptTypes(readFileSync(join(folder, 'strip.ts'), 'utf8'))
const style = () => readFileSync(join(folder, 'strip.css'), 'utf8')

async function readBody(asked: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of asked) {
    text += String(chunk)
    if (text.length > mostBodyBytes) throw new Error('the body is too large')
  }
  return text
}

const json = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json',
  text: `${JSON.stringify(body)}\n`,
})
