/**
 * One generated life of a counter, from a seed: what it made, what a gateway was shown of it, and what the totals must
 * be. The truth is kept here and judges the kernel; nothing of the kernel is used to make it.
 *
 * A reading may be torn, late, doubled or missing; the gateway may restart, with its state through the ledger's JSON;
 * the counter wraps, is reset or exchanged. Of what nobody could tell apart the truth makes nothing: a reset happens
 * where it cannot look like growth or a wrap, a torn value is none the machine could have reached.
 */
import type { RegisterMeterConfig } from '../../gateway/core/ground/config.ts'
import { type Account, CONFIRMATIONS, counted, type MeterState, newMeter } from '../../gateway/core/meter/meter.ts'
import { stepRegister } from '../../gateway/core/meter/register.ts'
import { fromJson, toJson } from '../../gateway/ledger/store/json.ts'

export type Verdict = {
  /** What went wrong, or undefined. */
  readonly fault: string | undefined
  readonly readings: number
  /** What happened, by name as the truth knows it. */
  readonly events: Readonly<Record<string, number>>
}

/** Mulberry32: 32 bits of state, enough to name a history by its seed. */
function random(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const MODULI: readonly (bigint | undefined)[] = [
  10_000n, // bcd16
  65_536n, // u16
  100_000_000n, // bcd32
  4_294_967_296n, // u32
  1_000_000n, // a drum of six digits in a u32
  18_446_744_073_709_551_616n, // u64
  undefined,
]
const RESETS = ['never', 'to-zero', 'per-session'] as const
const ACCOUNTS: readonly Account[] = ['session', 'unassigned', 'disputed']
const POLL_MS = 500
const GAP_MS = 3000

export function runHistory(seed: number): Verdict {
  const next = random(seed)
  const below = (end: number) => Math.floor(next() * end)
  const pick = <T>(list: readonly T[]) => list[below(list.length)]!
  const events: Record<string, number> = {}
  const happened = (name: string) => {
    events[name] = (events[name] ?? 0) + 1
  }

  const hasIdentity = next() < 0.5
  const resets = pick(RESETS)
  // What goes back to zero with every use never comes to its modulus.
  const wrapAt = resets === 'per-session' ? undefined : pick(MODULI)
  const config: RegisterMeterConfig = {
    kind: 'register',
    id: 'm/a.parts',
    machine: 'm',
    signal: 'm/a.parts',
    unit: 'pcs',
    perCount: BigInt(pick([1, 1, 10, 1000])),
    ...(wrapAt === undefined ? {} : { wrapAt }),
    maxRate: BigInt(pick([1, 3, 10])),
    resets,
    ...(hasIdentity ? { identity: 'm/a.serial' } : {}),
    gating: true,
  }

  /* ── the truth ── */
  const modulus = wrapAt ?? 2n ** 70n
  let serial = 1
  let shown = startValue()
  let made = 0n
  let lost = 0n
  const byAccount = { session: 0n, unassigned: 0n, disputed: 0n }
  let account: Account = 'session'
  /** What was made since the last reading that could be believed at once, or since the reset after it. */
  let since = 0n
  /** A new epoch is due: the readings seen of it in a row, and what was made since the first of them. */
  let broken: { kind: 'reset' | 'other'; seen: number; made: bigint; raw: bigint; atMs: number } | undefined

  /* ── the gateway ── */
  let ms = 1_000_000
  let boot = 1
  let bootMs = ms
  let state: MeterState = newMeter(config, 'boot-1')
  let readings = 0
  let accepted: { raw: bigint; ms: number } | undefined
  let epochsDue = 1
  const booked = { session: 0n, unassigned: 0n, disputed: 0n }
  let fault: string | undefined

  const steps = 5 + below(40)
  for (let index = 0; index < steps && fault === undefined; index += 1) {
    const waitMs = waitOf()
    ms += waitMs
    produce(waitMs)
    event()
    if (next() < 0.07) torn()
    if (next() < 0.05) late()
    read()
    if (next() < 0.06) double()
    if (next() < 0.03) restart()
    if (broken === undefined && next() < 0.08) account = pick(ACCOUNTS)
  }
  // Whatever is still held comes to rest.
  for (let rest = 0; rest < CONFIRMATIONS + 1 && fault === undefined; rest += 1) {
    ms += POLL_MS
    read()
  }
  judge('at the end')
  return { fault, readings, events }

  function startValue(): bigint {
    const range = modulus > 2n ** 32n ? 2n ** 32n : modulus
    const low = (BigInt(below(2 ** 30)) * range) / 2n ** 30n
    const where = next()
    if (where < 0.3 && wrapAt !== undefined) return modulus - 1n - BigInt(below(50))
    if (where < 0.4) return 0n
    return where < 0.6 && modulus > 2n ** 60n ? modulus / 4n + low : low
  }

  function waitOf(): number {
    const kind = next()
    if (kind < 0.75) return POLL_MS + below(40) - 20
    if (kind < 0.92) return POLL_MS * (1 + below(12))
    happened('outage')
    return 10_000 + below(next() < 0.2 ? 2_400_000 : 600_000)
  }

  /** Never more than the rate allows for the time. */
  function produce(waitMs: number): void {
    const most = (Number(config.maxRate) * waitMs) / 1000
    const units = BigInt(Math.floor(most * (next() < 0.2 ? 0 : next() < 0.2 ? 1 : next())))
    made += units
    since += units
    if (broken !== undefined && broken.seen > 0) broken.made += units
    if (shown + units >= modulus) happened('wrap')
    shown = (shown + units) % modulus
  }

  /** A reset or an exchange, where what comes after cannot be taken for anything else. */
  function event(): void {
    if (accepted === undefined || broken !== undefined || next() > 0.06) return
    const room = BigInt(Math.ceil((Number(config.maxRate) * (ms - accepted.ms + 30_000_000)) / 1000)) + 100n
    if (hasIdentity && next() < 0.5) {
      happened('exchange')
      serial += 1
      shown = startValue()
      broken = { kind: 'other', seen: 0, made: 0n, raw: 0n, atMs: 0 }
      return
    }
    if (resets === 'never' || accepted.raw <= room) return
    if (wrapAt !== undefined && resets === 'to-zero' && wrapAt - accepted.raw <= room) return
    happened('reset')
    lost += since
    since = 0n
    shown = 0n
    broken = { kind: 'reset', seen: 0, made: 0n, raw: 0n, atMs: 0 }
  }

  /** A value that is half old and half new: far from anything the counter can have reached. */
  function torn(): void {
    if (accepted === undefined) return
    const far = BigInt(Math.ceil((Number(config.maxRate) * (ms - accepted.ms + 10_000)) / 1000)) + 10n
    const apart = (a: bigint, b: bigint) => {
      const up = (((a - b) % modulus) + modulus) % modulus
      return up < modulus - up ? up : modulus - up
    }
    const value = (BigInt(below(2 ** 30)) * (wrapAt ?? 2n ** 40n)) / 2n ** 30n
    if (apart(value, accepted.raw) <= far || apart(value, shown) <= far || value <= far) return
    happened('torn')
    deliver(value, ms)
    ms += 1
    if (broken !== undefined) broken.seen = 0
  }

  function late(): void {
    if (accepted === undefined || accepted.ms - 3 <= bootMs) return
    happened('late')
    deliver(accepted.raw, accepted.ms - below(3))
  }

  function restart(): void {
    happened('restart')
    state = fromJson<MeterState>(toJson(state))
    if (next() < 0.5) return
    // The computer too: the monotonic clock begins anew, wall time goes on.
    happened('reboot')
    boot += 1
    bootMs = ms
  }

  function deliver(raw: bigint, atMs: number): void {
    readings += 1
    const reading = {
      raw,
      ...(hasIdentity ? { identity: `serial-${serial}` } : {}),
      at: { ms: atMs, ns: BigInt(atMs - bootMs) * 1_000_000n + 1n },
      bootId: `boot-${boot}`,
    }
    const before = state
    try {
      const step = stepRegister(state, reading, config, account, GAP_MS)
      state = step.state
      booked[step.account] += step.delta
    } catch (error) {
      fault ??= `threw: ${String(error)}`
      return
    }
    if (state.total < before.total) fault ??= 'a total fell'
    const { session, unassigned, disputed } = state.accounts
    if (counted(state, config) !== session + unassigned + disputed) fault ??= 'an epoch does not add up'
  }

  function double(): void {
    happened('double')
    deliver(shown, ms)
    judge('after a double')
  }

  /** A true reading, and what it must have brought about. */
  function read(): void {
    deliver(shown, ms)
    if (accepted === undefined) {
      lost += since
      return believe()
    }
    const turned = canTurn(accepted.ms)
    if (turned && broken === undefined) {
      happened('turn')
      broken = { kind: 'other', seen: 0, made: 0n, raw: 0n, atMs: 0 }
    }
    if (broken !== undefined) {
      const follows = broken.seen > 0 && shown >= broken.raw && !canTurn(broken.atMs)
      broken = {
        ...broken,
        seen: follows ? broken.seen + 1 : 1,
        made: follows ? broken.made : 0n,
        raw: shown,
        atMs: ms,
      }
      if (broken.seen < CONFIRMATIONS) return
      epochsDue += 1
      if (broken.kind === 'other' || turned) {
        lost += since - broken.made
        since = broken.made
      }
      broken = undefined
    }
    byAccount[account] += since
    believe()
  }

  /** Long enough to have wrapped unseen. */
  function canTurn(sinceMs: number): boolean {
    return wrapAt !== undefined && config.maxRate * BigInt(ms - sinceMs) >= wrapAt * 1000n
  }

  function believe(): void {
    since = 0n
    accepted = { raw: shown, ms }
    judge('after a reading')
  }

  function judge(when: string): void {
    if (fault !== undefined || broken !== undefined) return
    const due = (made - lost - since) * config.perCount
    if (state.total !== due) fault = `${when}: the total is ${state.total}, made were ${due}`
    else if (state.epoch !== epochsDue) fault = `${when}: epoch ${state.epoch} instead of ${epochsDue}`
    for (const name of ACCOUNTS)
      if (booked[name] !== byAccount[name] * config.perCount)
        fault ??= `${when}: ${name} has ${booked[name]}, made were ${byAccount[name] * config.perCount}`
  }
}
