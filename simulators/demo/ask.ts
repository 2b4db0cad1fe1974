/**
 * How the demo asks: HTTP requests with a deadline, the judge of a machine, the booking platform, and waits. Every wait
 * is a poll with a deadline; its failure names what was expected and what was seen last.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { asJson } from '../faces/http-face.ts'

type Answer = Readonly<{ status: number; body: unknown }>

/** The part of a judge's view that the demo looks at. */
export type Judge = Readonly<{
  producedUnits: number
  partCounter: number
  startPermission: boolean
  cycleRunning: boolean
  outputEdges: readonly Readonly<{ atMs: number; on: boolean; cause: string; token: number }>[]
  lease: Readonly<{ state: string; ownerToken: number; highestToken: number }>
}>

/** Something was not as it should be. */
export class Unmet extends Error {
  readonly expected: string
  readonly seen: string
  constructor(expected: string, seen: string) {
    super(`expected ${expected}; seen ${seen}`)
    this.expected = expected
    this.seen = seen
  }
}

const askWithinMs = 10_000
/** Well below the rate limit of the API for one principal. */
const pollEveryMs = 200
const shownChars = 600

/** A gateway on a busy computer sheds reads; one is asked again for so long. */
const busyWithinMs = 30_000
const busyPauseMs = 500

export async function ask(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  options: { readonly token?: string; readonly body?: unknown } = {},
): Promise<Answer> {
  for (let waitedMs = 0; ; waitedMs += busyPauseMs) {
    const answer = await askOnce(method, url, options)
    const isShed = method === 'GET' && (answer.body as { code?: unknown } | undefined)?.code === 'busy'
    if (!isShed || waitedMs >= busyWithinMs) return answer
    await pause(busyPauseMs)
  }
}

async function askOnce(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  options: { readonly token?: string; readonly body?: unknown },
): Promise<Answer> {
  const { token, body } = options
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(askWithinMs),
  })
  const text = await response.text()
  return { status: response.status, body: asJson(text) }
}

/** The body of the answer; throws unless the status is the expected one. */
export async function expectStatus(status: number, what: string, answer: Promise<Answer>): Promise<unknown> {
  const { status: seen, body } = await answer
  if (seen === status) return body
  throw new Unmet(`${what} to answer ${status}`, `${seen} ${show(body)}`)
}

export async function askJudge(control: string): Promise<Judge> {
  return (await expectStatus(200, 'the judge', ask('GET', `${control}/judge`))) as Judge
}

/** One act of the person at the machine. */
export async function operate(control: string, act: Readonly<Record<string, boolean>>): Promise<void> {
  await expectStatus(200, 'the operator', ask('POST', `${control}/operator`, { body: act }))
}

/** A token of the platform itself, valid for a few minutes. */
export async function serviceToken(platform: string): Promise<string> {
  return tokenOf(await expectStatus(200, 'the platform', ask('POST', `${platform}/service-token`)))
}

export type Booking = Readonly<{ id: string; machine: string; tenant: string; start: string; end: string }>

/** The tenant's token for a booking. */
export async function bookingToken(platform: string, { id, ...booking }: Booking): Promise<string> {
  const body = { booking: id, ...booking }
  return tokenOf(await expectStatus(200, 'the platform', ask('POST', `${platform}/tokens`, { body })))
}

function tokenOf(body: unknown): string {
  const { token } = body as { token?: unknown }
  if (typeof token === 'string') return token
  throw new Unmet('a token of the platform', show(body))
}

/** Asks until the answer is accepted, and again when asking fails. The failure shows the last answer. */
export async function until<T>(
  expected: string,
  withinMs: number,
  asking: () => Promise<T> | T,
  accept: (value: T) => boolean,
  shown: (value: T) => unknown = (value) => value,
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    let seen: string
    try {
      const value = await asking()
      if (accept(value)) return value
      seen = show(shown(value))
    } catch (error) {
      seen = error instanceof Error ? error.message : String(error)
    }
    if (performance.now() > deadline) throw new Unmet(`${expected} within ${withinMs / 1000} s`, seen)
    await pause(pollEveryMs)
  }
}

/** Asks for `forMs`; every answer must be accepted. */
export async function throughout<T>(
  expected: string,
  forMs: number,
  asking: () => Promise<T>,
  accept: (value: T) => boolean,
  shown: (value: T) => unknown,
): Promise<void> {
  const deadline = performance.now() + forMs
  do {
    const value = await asking()
    if (!accept(value)) throw new Unmet(`${expected} for ${forMs / 1000} s`, show(shown(value)))
    await pause(pollEveryMs)
  } while (performance.now() < deadline)
}

/** A value on one line, cut where it is long. */
export function show(value: unknown): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')).slice(0, shownChars)
}
