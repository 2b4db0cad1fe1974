/** What the gateway answers, as far as the pages look at it. A test holds them against the schemas. */

export type Availability = {
  readonly state: string
  readonly reason?: string
  readonly detail?: string
  readonly freeAt?: string
  readonly freeUntil?: string
  readonly asOf?: string
  readonly maxAgeMs: number
}

type Machine = {
  readonly id: string
  readonly name: Readonly<Record<string, string>>
  readonly owner: string
  readonly simulated: boolean
  readonly availability: Availability
  readonly itemState: string
  readonly mode: string
  readonly access: string
  readonly failSafe?: boolean
  readonly commissioning?: { readonly state: string; readonly due?: string }
  readonly session?: string
}

type Span = { readonly start: string; readonly end: string }

export type Card = {
  readonly machine: Machine
  readonly kind: string
  readonly about?: {
    readonly contact?: string
    readonly manual?: string
    readonly photo?: true
    readonly place?: { readonly x: number; readonly y: number }
  }
  readonly maintenance: boolean
  readonly silent: number
  /** The worst that is reported of it and not closed. */
  readonly problem?: Pick<Report, 'severity' | 'state' | 'expectedEnd'>
  readonly now?: Span & { readonly begun: boolean }
  readonly next?: Span
}

export type Beat = {
  readonly now: number
  readonly asOf: readonly number[]
  readonly power?: readonly (number | null)[]
  readonly head?: number
}

export type Role = 'platform' | 'tenant' | 'owner' | 'technician' | 'auditor'

export type Viewer = {
  readonly site: string
  readonly timezone: string
  readonly version: string
  readonly board: 'nobody' | 'free' | 'states'
  /** There is a picture of the floor. */
  readonly plan: boolean
  readonly idleMs: number
  readonly logKeys: readonly string[]
  readonly role?: Role
  readonly id?: string
  readonly until?: string
  readonly booking?: Span & {
    readonly id: string
    readonly machine: string
    readonly pin: boolean
    readonly session?: string
  }
}

export type DaySpan = {
  readonly kind: 'booking' | 'use'
  readonly start: string
  readonly end?: string
  readonly who?: string
  readonly own?: true
}
export type Day = {
  readonly from: string
  readonly to: string
  readonly machines: readonly { readonly id: string; readonly spans: readonly DaySpan[] }[]
}

export type Problem = {
  readonly code: string
  readonly title: string
  readonly status: number
  readonly advice: { readonly en: string; readonly zh: string }
  readonly detail?: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
  readonly instance: string
}

type Quantity = { readonly meter: string; readonly unit: string; readonly quantity: string }

/** As `GET /v1/machines/{id}/calendar` has it. */
export type Calendar = {
  readonly availableTimeslots: readonly { readonly startFrom: string; readonly endBefore: string }[]
}

export type Subscription = {
  readonly id: string
  readonly machine?: string
  readonly name?: string
  readonly made: string
}

export type Session = {
  readonly id: string
  readonly machine: string
  readonly booking: string
  readonly tenant?: string
  readonly status: string
  readonly startedAt?: string
  readonly endedAt?: string
  readonly bookedUntil: string
  readonly use: readonly Quantity[]
  readonly clocks?: {
    readonly bookedMs: number
    readonly occupiedMs: number
    readonly poweredMs: number
    readonly executingMs: number
  }
  readonly warned?: { readonly endsAt: string }
  readonly lockedBy?: string
  readonly suspendedReason?: string
  readonly stoppedReason?: string
  readonly notMetered?: readonly string[]
  readonly simulated: boolean
}

export type Signal = {
  readonly id: string
  readonly title?: string
  readonly titles?: Readonly<Record<string, string>>
  readonly unit?: string
  readonly quality: 'good' | 'uncertain' | 'bad'
  readonly value?: number | boolean | string | readonly number[]
  readonly cause?: string
  readonly detail?: string
  readonly ageMs?: number
  /** A meter counts by it. */
  readonly counts?: true
}

export type Meter = {
  readonly meter: string
  readonly machine: string
  readonly title?: string
  readonly titles?: Readonly<Record<string, string>>
  readonly kind: string
  readonly unit: string
  readonly epoch: number
  readonly firstRaw?: string
  readonly raw?: string
  readonly total: string
  readonly counted?: string
  readonly session: string
  readonly unassigned: string
  readonly disputed: string
  readonly conserved: boolean
  readonly at?: string
  readonly counting: boolean
  readonly reason?: string
}

export type UsageReading = {
  readonly raw?: string
  readonly total: string
  readonly epoch: number
  readonly at: string
}
export type UsageLine = {
  readonly session: string
  readonly machine: string
  readonly owner: string
  readonly booking: string
  readonly tenant?: string
  readonly tenantRef: string
  readonly status: string
  readonly startedAt?: string
  readonly endedAt?: string
  readonly meter: string
  readonly unit: string
  readonly quantity: string
  readonly begin?: UsageReading
  readonly end?: UsageReading
  readonly entries?: readonly number[]
  readonly simulated: boolean
}

export type Entry = {
  readonly seq: number
  readonly kind: string
  readonly at: string
  readonly machine?: string
  readonly session?: string
  readonly data: Readonly<Record<string, unknown>>
}

type Link = {
  readonly id: string
  readonly protocol: string
  readonly state: string
  readonly cause?: string
  readonly since: string
}
export type Ready = {
  readonly ready: boolean
  readonly notes: readonly string[]
  readonly clock: string
  readonly configuration: string
  readonly links: readonly Link[]
  readonly pair?: PairSight
}

/** Of a gateway on two boxes, as the active one sees it. */
export type PairSight = {
  readonly box: string
  readonly other: string
  readonly otherUrl?: string
  readonly term: number
  readonly spare: 'absent' | 'copies' | 'follows'
  readonly heardAgoMs?: number
  readonly behindMs?: number
  readonly behind?: number
}

export type DrillSight = {
  /** Since the drill began. */
  readonly atMs: number
  readonly kind: 'read' | 'silent' | 'write' | 'cut' | 'back'
  readonly state?: string
  readonly leaseLeftMs?: number
  readonly command?: string
  readonly heartbeat?: number
  readonly result?: string
}
export type Drill = {
  readonly machine: string
  readonly state: 'running' | 'passed' | 'failed' | 'broken-off'
  readonly step?: string
  readonly steps: readonly {
    readonly step: string
    readonly passed: boolean
    readonly detail: string
  }[]
  readonly relockMs?: number
  readonly sights: readonly DrillSight[]
}

export type Block = {
  readonly id: string
  readonly start: string
  readonly end: string
  readonly reason: string
  readonly by: string
}

export type TrendAnswer = {
  readonly from: string
  readonly stepMs: number
  readonly values: readonly (number | null)[]
}

export type MeterDay = {
  readonly unit: string
  readonly day: string
  readonly quantity: string
  readonly total: string
}

export type OpenProblem = {
  readonly kind: 'incomplete' | 'lapsed' | 'late' | 'counter' | 'inspection'
  readonly original: number
  readonly at: string
  readonly machine: string
  readonly session?: string
  readonly meter?: string
  readonly change?: string
}

type WebhookAnswer = { readonly status?: number; readonly error?: string; readonly ms: number }
export type WebhookAttempt = WebhookAnswer & {
  readonly at: string
  readonly id: string
  readonly entry?: number
  readonly type: string
}
/** What was answered is of the last try. */
export type WebhookDelivery = WebhookAnswer & {
  readonly id: string
  readonly entry?: number
  readonly type: string
  readonly tries: number
  readonly lastAt: string
  readonly stopped?: string
}
export type Webhook = {
  readonly id: string
  readonly host: string
  readonly connected: boolean
  readonly behind: number
  readonly parked: number
  readonly note?: string
  readonly attempts: readonly WebhookAttempt[]
}

type Share = { readonly party: string; readonly amount: string }
type BillLine = {
  readonly of: string
  readonly when: string
  readonly element?: string
  readonly why: string
  readonly from: string
  readonly meters: readonly { readonly meter: string; readonly begin: string; readonly end: string }[]
  readonly quantity: string
  readonly free: string
  readonly unit: string
  readonly price?: string
  readonly per?: string
  readonly amount: string
  readonly split: readonly Share[]
}
export type Bill = {
  readonly id: string
  readonly machine: string
  readonly tenant: string
  readonly tariff: string
  readonly currency: string
  readonly endedAt: string
  readonly lines: readonly BillLine[]
  readonly adjustments: readonly { readonly kind: string; readonly amount: string }[]
  readonly net: string
  readonly tax: string
  readonly total: string
  readonly split: readonly Share[]
}

export type EarlierConfiguration = {
  readonly entry: number
  readonly at: string
  readonly configurationId: string
  readonly by?: string
  readonly changes?: readonly { readonly what: string; readonly from?: string; readonly to?: string }[]
  readonly more?: number
  readonly rollbackTo?: number
}

export const severities = ['note', 'wrench', 'stop'] as const
export type Report = {
  readonly id: string
  readonly severity: (typeof severities)[number]
  readonly text: string
  readonly photos: readonly { readonly sha256: string }[]
  readonly by: string
  readonly at: string
  readonly state: 'open' | 'taken'
  readonly blocks: boolean
  readonly owner?: string
  readonly expectedEnd?: string
}

export type Cost = {
  readonly final: boolean
  readonly bill?: Bill
  readonly unbilled?: string
}

/** Until when a session may go on; the same twice says that it may not. */
export type Extension = {
  readonly bookedUntil: string
  readonly latest: string
}
