/**
 * The control face of a machine simulator. `GET /judge` reports what really happened, `POST /operator` acts as the
 * person at the machine, `POST /fault` breaks things, and `POST /module` changes the I/O module where there is one.
 * A body that is not understood whole is refused with 400 and changes nothing. Next: control-body.ts.
 */
import type { ModuleAct } from '../machine/io-module.ts'
import type { Simulated } from '../machine/simulated.ts'
import { parseFault, parseModule, parseOperator, type WireFault } from './control-body.ts'
import type { Door } from './door.ts'
import type { FaultTarget } from './face.ts'
import { type Answer, asRecord, type HttpFace, openHttpFace, type Parsed, type Route, refuse } from './http-face.ts'

/** A machine as this face needs it; with an I/O module it has `act`. */
export type Controlled = Simulated & Readonly<{ act?(act: ModuleAct): void }>

export function openControlFace(
  host: string,
  port: number,
  machine: Controlled,
  targets: readonly FaultTarget[],
): Promise<HttpFace> {
  const names = targets.map(({ name }) => name)
  const breakWire = createWires(machine, targets)

  async function takeFault(body: unknown): Promise<Answer> {
    const record = asRecord(body)
    if (!record) return refuse(400, 'the body must be a JSON object with a kind')
    const parsed = parseFault(record)
    if (!parsed.ok) return refuse(400, parsed.error)
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
    'POST /operator': actRoute(parseOperator, machine.operate),
    'POST /fault': takeFault,
    ...(machine.act === undefined ? {} : { 'POST /module': actRoute(parseModule, machine.act) }),
  })
}

function actRoute<T extends { kind: string }>(parse: (body: unknown) => Parsed<T>, act: (act: T) => void): Route {
  return (body) => {
    const parsed = parse(body)
    if (!parsed.ok) return refuse(400, parsed.error)
    act(parsed.value)
    return { status: 200, body: { done: parsed.value.kind } }
  }
}

type BreakWire = (fault: WireFault, hit: readonly FaultTarget[]) => Promise<void>

/** Breaks the wires of `hit`, and heals them after their time. A new cut or freeze heals the one before. */
function createWires(machine: Simulated, targets: readonly FaultTarget[]): BreakWire {
  const all = targets.map(({ door }) => door)
  let healing: NodeJS.Timeout | undefined

  /** Releases the logic before the wires, so that its timers are right for a write that waited. */
  async function heal(doors: readonly Door[]): Promise<void> {
    clearTimeout(healing)
    machine.holdLogic(false)
    await Promise.all(doors.map((door) => door.heal()))
  }

  return async (fault, hit) => {
    if (fault.kind === 'heal') {
      for (const target of targets) target.refuseWrites(0)
      return heal(all)
    }
    if (fault.kind === 'refuse-write') {
      for (const target of hit) target.refuseWrites(fault.count)
      return
    }
    const doors = hit.map(({ door }) => door)
    await heal(fault.kind === 'cut' ? all.filter((door) => !doors.includes(door)) : all)
    for (const door of doors) fault.kind === 'cut' ? door.cut() : door.freeze()
    if (fault.kind === 'freeze') machine.holdLogic(fault.logic === 'stop')
    if (fault.ms !== undefined) healing = setTimeout(() => void heal(all), fault.ms).unref()
  }
}
