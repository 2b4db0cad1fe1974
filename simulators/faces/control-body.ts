/**
 * The bodies of the control face: an act of the person at the machine, an act at its I/O module, a fault. A body is
 * understood whole, or refused with the reason as a sentence. Pure. Next: control-face.ts, which carries them out.
 */
import type { ModuleAct } from '../machine/io-module.ts'
import type { MachineFault, Operator } from '../machine/simulated.ts'
import { asRecord, bad, good, type Parsed } from './http-face.ts'

/** A fault of the wire. Without `ms` a cut lasts until it is healed. */
export type WireFault = Readonly<
  | { kind: 'cut'; ms: number | undefined }
  | { kind: 'heal' }
  | { kind: 'freeze'; ms: number; logic: 'run' | 'stop' }
  | { kind: 'refuse-write'; count: number }
>

const maxFaultMs = 3_600_000
const maxUnits = 1_000_000

const operatorKeys = 'pressStart, autoStart, emergencyStop, guardOpen, mode, power, produce'

/** One act of the person at the machine: `{"pressStart":true}`, `{"mode":"local"}`, … */
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

/** One act at the I/O module: `{"watchdogMs":0}`, `{"contact":"stuck-on"}`, …; `write` is the write of a stranger. */
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

/** The control face reads `face` itself, since it knows the names. */
export function parseFault(body: Readonly<Record<string, unknown>>): Parsed<MachineFault | WireFault> {
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
