/**
 * The control face of a machine simulator: `GET /judge` tells the truth, `POST /operator` is the person at the
 * machine, `POST /fault` breaks things. A body must be understood whole, or it is refused with 400 and changes nothing.
 */

import type { ModuleAct } from '../machine/io-machine.ts'
import type { Machine, MachineFault, Operator } from '../machine/machine.ts'
import type { Door } from './door.ts'
import { type Answer, asRecord, type HttpFace, openHttpFace, refuse } from './http-face.ts'

/** One protocol face, as faults see it. */
export type FaultTarget = Readonly<{ name: string; door: Door; refuseWrites(count: number): void }>

type WireFault = Readonly<
  | { kind: 'cut'; ms: number | undefined }
  | { kind: 'heal' }
  | { kind: 'freeze'; ms: number; logic: 'run' | 'stop' }
  | { kind: 'refuse-write'; count: number }
>
type Parsed<T> = { ok: true; value: T } | { ok: false; error: string }
type Body = Readonly<Record<string, unknown>>

const maxFaultMs = 3_600_000
const maxUnits = 1_000_000

export function openControlFace(
  host: string,
  port: number,
  machine: Pick<Machine, 'operate' | 'suffer' | 'holdLogic' | 'judge'>,
  targets: readonly FaultTarget[],
  /** The I/O module of the machine, if it has one. */
  module?: (act: ModuleAct) => void,
): Promise<HttpFace> {
  let healing: NodeJS.Timeout | undefined

  /** The PLC runs again before the wires carry again, so that its timers are right for what waited. */
  async function healWires(doors: readonly Door[]): Promise<void> {
    clearTimeout(healing)
    machine.holdLogic(false)
    await Promise.all(doors.map((door) => door.heal()))
  }

  async function breakWire(fault: WireFault, hit: readonly FaultTarget[]): Promise<void> {
    const all = targets.map(({ door }) => door)
    if (fault.kind === 'heal') {
      for (const target of targets) target.refuseWrites(0)
      return healWires(all)
    }
    if (fault.kind === 'refuse-write') {
      for (const target of hit) target.refuseWrites(fault.count)
      return
    }
    const doors = hit.map(({ door }) => door)
    await healWires(fault.kind === 'cut' ? all.filter((door) => !doors.includes(door)) : all)
    for (const door of doors) fault.kind === 'cut' ? door.cut() : door.freeze()
    if (fault.kind === 'freeze') machine.holdLogic(fault.logic === 'stop')
    if (fault.ms !== undefined) healing = setTimeout(() => void healWires(all), fault.ms).unref()
  }

  async function takeFault(body: unknown): Promise<Answer> {
    const record = asRecord(body)
    if (!record) return refuse(400, 'the body must be a JSON object with a kind')
    const parsed = parseFault(record)
    if (!parsed.ok) return refuse(400, parsed.error)
    const names = targets.map(({ name }) => name)
    const { face } = record
    if (face !== undefined && !names.includes(String(face)))
      return refuse(400, `face must be one of ${names.join(', ')}`)
    const fault = parsed.value
    if (fault.kind === 'reset-counter' || fault.kind === 'machine-fault' || fault.kind === 'plc-restart')
      machine.suffer(fault)
    else await breakWire(fault, face === undefined ? targets : targets.filter(({ name }) => name === face))
    return { status: 200, body: { done: fault.kind } }
  }

  return openHttpFace(host, port, {
    'GET /judge': () => ({ status: 200, body: machine.judge() }),
    'POST /operator': (body) => {
      const parsed = parseOperator(body)
      if (!parsed.ok) return refuse(400, parsed.error)
      machine.operate(parsed.value)
      return { status: 200, body: { done: parsed.value.kind } }
    },
    'POST /fault': takeFault,
    ...(module === undefined
      ? {}
      : {
          'POST /module': (body: unknown) => {
            const parsed = parseModule(body)
            if (!parsed.ok) return refuse(400, parsed.error)
            module(parsed.value)
            return { status: 200, body: { done: parsed.value.kind } }
          },
        }),
  })
}

/** One act in one body: `{"pressStart":true}`, `{"mode":"local"}`, … */
export function parseOperator(body: unknown): Parsed<Operator> {
  const record = asRecord(body)
  const keys = record ? Object.keys(record) : []
  const key = keys[0]
  if (!record || key === undefined || keys.length !== 1)
    return bad(`the body must be an object with one of ${operatorKeys}`)
  const value = record[key]
  const flag = typeof value === 'boolean' ? value : undefined
  const needFlag = bad(`${key} must be true or false`)
  switch (key) {
    case 'pressStart':
      return flag === true ? good({ kind: 'press-start' }) : bad('pressStart must be true')
    case 'autoStart':
      return flag === undefined ? needFlag : good({ kind: 'auto-start', on: flag })
    case 'emergencyStop':
      return flag === undefined ? needFlag : good({ kind: 'emergency-stop', pressed: flag })
    case 'guardOpen':
      return flag === undefined ? needFlag : good({ kind: 'guard', open: flag })
    case 'mode':
      if (value !== 'local' && value !== 'remote' && value !== 'maintenance')
        return bad('mode must be local, remote or maintenance')
      return good({ kind: 'mode', mode: value })
    case 'power':
      return value === 'on' || value === 'off'
        ? good({ kind: 'power', on: value === 'on' })
        : bad('power must be on or off')
    case 'produce':
      return isWhole(value, 1, maxUnits)
        ? good({ kind: 'produce', units: value })
        : bad(`produce must be a whole number from 1 to ${maxUnits}`)
    default:
      return bad(`${key} is unknown; there are ${operatorKeys}`)
  }
}

const moduleKeys = 'write, watchdogMs, contact, feedbackLies, powerUp, fedBy, restart, power'

/** One act at the I/O module in one body: `{"watchdogMs":0}`, `{"contact":"stuck-on"}`; `write` is somebody else's. */
export function parseModule(body: unknown): Parsed<ModuleAct> {
  const record = asRecord(body)
  const [key, ...more] = Object.keys(record ?? {})
  if (!record || key === undefined || more.length > 0)
    return bad(`the body must be an object with one of ${moduleKeys}`)
  const value = record[key]
  if (key === 'write' && typeof value === 'boolean') return good({ kind: 'write', on: value })
  if (key === 'watchdogMs' && isWhole(value, 0, maxFaultMs)) return good({ kind: 'watchdog', ms: value })
  if (key === 'contact' && (value === 'follows' || value === 'stuck-on' || value === 'stuck-off'))
    return good({ kind: 'contact', contact: value })
  if (key === 'feedbackLies' && typeof value === 'boolean') return good({ kind: 'feedback', lies: value })
  if (key === 'powerUp' && (value === 'off' || value === 'hold')) return good({ kind: 'power-up', powerUp: value })
  if (key === 'fedBy' && (value === 'writes' || value === 'requests')) return good({ kind: 'fed-by', fedBy: value })
  if (key === 'restart' && value === true) return good({ kind: 'restart' })
  if (key === 'power' && (value === 'on' || value === 'off')) return good({ kind: 'power', on: value === 'on' })
  return bad(`${key} is unknown or has a wrong value; there are ${moduleKeys}`)
}

const operatorKeys = 'pressStart, autoStart, emergencyStop, guardOpen, mode, power, produce'

/** The keys each kind of fault takes besides `kind`. Wire faults also take `face`. */
const faultKeys: Readonly<Record<string, readonly string[]>> = {
  cut: ['ms', 'face'],
  heal: [],
  freeze: ['ms', 'logic', 'face'],
  'refuse-write': ['count', 'face'],
  'reset-counter': ['to'],
  'machine-fault': ['active'],
  'plc-restart': [],
}

export function parseFault(body: Body): Parsed<MachineFault | WireFault> {
  const { kind, ms, logic = 'run', count, to = 0, active } = body
  const allowed = typeof kind === 'string' && Object.hasOwn(faultKeys, kind) ? faultKeys[kind] : undefined
  if (!allowed) return bad(`kind must be one of ${Object.keys(faultKeys).join(', ')}`)
  const unknown = Object.keys(body).find((key) => key !== 'kind' && !allowed.includes(key))
  if (unknown !== undefined)
    return bad(`${kind} does not take ${unknown}; it takes ${allowed.join(', ') || 'nothing else'}`)
  const needMs = bad(`ms must be a whole number from 1 to ${maxFaultMs}`)
  switch (kind) {
    case 'cut':
      return ms === undefined || isWhole(ms, 1, maxFaultMs) ? good({ kind, ms }) : needMs
    case 'freeze':
      if (!isWhole(ms, 1, maxFaultMs)) return needMs
      return logic === 'run' || logic === 'stop' ? good({ kind, ms, logic }) : bad('logic must be run or stop')
    case 'refuse-write':
      if (count === undefined) return good({ kind, count: Number.POSITIVE_INFINITY })
      return isWhole(count, 1, maxUnits)
        ? good({ kind, count })
        : bad(`count must be a whole number from 1 to ${maxUnits}`)
    case 'reset-counter':
      return isWhole(to, 0, 2 ** 32 - 1) ? good({ kind, to }) : bad('to must be a whole number from 0 to 4294967295')
    case 'machine-fault':
      return typeof active === 'boolean' ? good({ kind, active }) : bad('active must be true or false')
    case 'heal':
    case 'plc-restart':
      return good({ kind })
    default:
      return bad(`${String(kind)} is not a fault`)
  }
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}

function good<T>(value: T): { ok: true; value: T } {
  return { ok: true, value }
}

function bad(error: string): { ok: false; error: string } {
  return { ok: false, error }
}
