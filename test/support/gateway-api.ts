/**
 * A client of the gateway's HTTP interface, as a platform, a tenant or an auditor would write one. Knows no code of it.
 */
import { found, nowMs, pause } from './proof.ts'

/** A gateway that was held still has no time for reads at first, ms. */
const BUSY_MS = 10_000

export type Answer<T = Record<string, unknown>> = {
  readonly status: number
  readonly type: string
  readonly body: T
}

export type Machine = {
  readonly availability: { readonly state: string; readonly reason?: string }
  readonly itemState: string
  readonly access: string
  readonly commissioning?: { readonly state: string; readonly due?: string }
  readonly session?: string
}

export type Session = {
  readonly id: string
  readonly machine: string
  readonly status: string
  readonly use: readonly { readonly meter: string; readonly quantity: string }[]
  readonly suspendedReason?: string
  readonly stoppedReason?: string
  readonly incomplete?: true
}

export type Meter = {
  readonly meter: string
  readonly total: string
  readonly raw?: string
  readonly session: string
  readonly unassigned: string
  readonly disputed: string
  readonly conserved: boolean
}

export type LedgerEntry = {
  readonly seq: number
  readonly kind: string
  readonly machine?: string
  readonly session?: string
  readonly at: string
  /** Monotonic ns, decimal text: the clock of the judges. */
  readonly mono: string
  readonly data: Readonly<Record<string, unknown>>
}

export type Call = {
  readonly token?: string
  /** Sent as JSON; `text` is sent as it is. */
  readonly body?: unknown
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A credential that is asked for with each request. */
export type Credentials = { readonly platform: () => Promise<string>; readonly auditor: string }

export type Api = ReturnType<typeof createApi>

const PAGE = 1000

export function createApi(url: string, credentials: Credentials) {
  async function call<T = Record<string, unknown>>(
    method: string,
    path: string,
    options: Call = {},
  ): Promise<Answer<T>> {
    const { token, body, headers } = options
    const text = options.text ?? (body === undefined ? undefined : JSON.stringify(body))
    const response = await fetch(`${url}/v1${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
      signal: AbortSignal.timeout(30_000),
    })
    const answer = await response.text()
    const type = response.headers.get('content-type') ?? ''
    return { status: response.status, type, body: (type.includes('json') ? JSON.parse(answer) : answer) as T }
  }

  /** What must succeed. */
  /** Tries again, as it is told to, while the gateway has no time for reads. */
  async function get<T>(path: string, token: string): Promise<T> {
    let { status, body } = await call<T>('GET', path, { token })
    for (const endMs = nowMs() + BUSY_MS; status === 503 && nowMs() < endMs; ) {
      await pause(200)
      ;({ status, body } = await call<T>('GET', path, { token }))
    }
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`)
    return body
  }

  const api = {
    url,
    call,
    /** Of the platform. */
    token: credentials.platform,
    machine: async (id: string) => get<Machine>(`/machines/${id}`, await credentials.platform()),
    session: async (id: string) => get<Session>(`/sessions/${id}`, await credentials.platform()),
    async meter(id: string): Promise<Meter> {
      const { meters } = await get<{ meters: Meter[] }>('/meters', credentials.auditor)
      const meter = meters.find((line) => line.meter === id)
      if (meter === undefined) throw new Error(`there is no meter ${id}`)
      return meter
    },
    /** All entries from a sequence on. */
    async entries(from = 0): Promise<LedgerEntry[]> {
      const all: LedgerEntry[] = []
      for (let next = from; ; ) {
        const page = await get<{ entries: LedgerEntry[]; next: number; head: number }>(
          `/ledger/entries?from=${next}&limit=${PAGE}`,
          credentials.auditor,
        )
        all.push(...page.entries)
        if (page.next >= page.head || page.entries.length === 0) return all
        next = page.next
      }
    },
    /** The next sequence. */
    head: async () => (await get<{ head: number }>('/ledger/entries?from=0&limit=1', credentials.auditor)).head,
    unlock: (machine: string, token: string, headers: Readonly<Record<string, string>> = {}) =>
      call<Session & { code?: string }>('POST', `/machines/${machine}/unlock`, { token, body: {}, headers }),
    /** By the platform, which may end every session. */
    end: async (session: string) =>
      call<Session & { code?: string }>('POST', `/sessions/${session}/end`, {
        token: await credentials.platform(),
        body: {},
      }),

    /** Unlocks or fails. */
    async unlocked(machine: string, token: string): Promise<Session> {
      const { status, body } = await api.unlock(machine, token)
      if (status !== 200) throw new Error(`unlock of ${machine}: ${status} ${JSON.stringify(body)}`)
      return body
    },
    /** Ends and waits until the end readings are in. */
    async ended(session: string, withinMs = 15_000): Promise<Session> {
      await api.end(session)
      return api.untilSession(session, (seen) => seen.status === 'ended', withinMs)
    },
    untilSession(id: string, is: (session: Session) => boolean, withinMs: number): Promise<Session> {
      let last: Session | undefined
      return found(
        async () => {
          last = await api.session(id)
          return is(last) ? last : undefined
        },
        withinMs,
        () => `session ${id} is still ${JSON.stringify(last)}`,
      )
    },
    untilMachine(id: string, is: (machine: Machine) => boolean, withinMs: number): Promise<Machine> {
      let last: Machine | undefined
      return found(
        async () => {
          last = await api.machine(id)
          return is(last) ? last : undefined
        },
        withinMs,
        () => `${id} is still ${last?.availability.state} ${last?.availability.reason ?? ''} ${last?.access}`,
      )
    },
    untilAvailable: (id: string, withinMs = 15_000) =>
      api.untilMachine(id, ({ availability }) => availability.state === 'Available', withinMs),
  }
  return api
}
