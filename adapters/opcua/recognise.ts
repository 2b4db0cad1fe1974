/**
 * Which companion models a machine shows, from the nodes that were browsed below it, and a profile to begin with: only
 * signals that are there, with the type that the server says. A person completes it, and climbs the ladder with it.
 * Pure. Read next: models.ts.
 */
import type { BrowsedNode } from '../adapter.ts'
import { MODELS, type Model, type ModelSignal, type ModelState } from './models.ts'
import { pathOf, stepsOf } from './paths.ts'

/** `at`: the path of the machine, below which the paths of the model begin. */
type Found = { readonly model: string; readonly standard: string; readonly at: string }

/** The nearest model of each machine comes first. */
export function recognise(nodes: readonly BrowsedNode[]): Found[] {
  return MODELS.flatMap((model) => {
    const machines = nodes.flatMap(({ path }) => (model.sign.test(path) ? [machineOf(model, path)] : []))
    return [...new Set(machines)].map((at) => ({ model: model.name, standard: model.standard, at }))
  })
}

/** What stands before the part of the path that is of the model. */
function machineOf({ sign, signals }: Model, path: string): string {
  const starts = Object.values(signals)
    .flatMap(({ paths }) => paths)
    .map((known) => known.split('/')[1]!)
  const first = starts.map((start) => path.indexOf(`/${start}`)).filter((index) => index >= 0)
  return path.slice(0, Math.min(...first, path.search(sign)))
}

/** A profile as plain data; undefined: there is no such model. `name`: of the profile. */
export function stub(
  found: Found,
  nodes: readonly BrowsedNode[],
  name: string,
): Readonly<Record<string, unknown>> | undefined {
  const model = MODELS.find((one) => one.name === found.model)
  if (model === undefined) return undefined
  const here = new Map(
    nodes.flatMap(({ path, type }) =>
      path.startsWith(`${found.at}/`) ? [[path.slice(found.at.length), type] as const] : [],
    ),
  )
  const all = Object.entries(model.signals).flatMap(([key, signal]) => {
    const path = pathHere(signal, here)
    return path === undefined ? [] : [[key, signalOf(signal, path, here.get(path))] as const]
  })
  const has = (key: string | undefined) => all.some(([known]) => known === key)
  const state = model.states.find((rule) => namesOf(rule).every(has))
  const used = new Set(state === undefined ? [] : namesOf(state))
  const otherwise = new Set(model.states.flatMap(namesOf))
  // Of several ways to say the state one is enough.
  const signals = all.filter(([key]) => used.has(key) || !otherwise.has(key))
  const meters = Object.fromEntries(model.counters.filter(has).map((key) => [key, meterOf(key, model.signals[key]!)]))
  return {
    profile: name,
    maker: 'any',
    model: model.standard,
    source: { document: model.standard, page: 'NodeSet' },
    protocol: 'opcua',
    rung: 'reads',
    signals: Object.fromEntries(signals),
    ...(state === undefined ? {} : { state }),
    ...(has(model.modes?.signal) ? { mode: model.modes } : {}),
    ...(has(model.emergencyStop) ? { emergencyStop: model.emergencyStop } : {}),
    ...(has(model.fault) ? { fault: model.fault } : {}),
    ...(Object.keys(meters).length === 0 ? {} : { meters }),
  }
}

function namesOf(rule: ModelState): string[] {
  return rule.kind === 'map' ? [rule.signal] : rule.levels.map(({ signal }) => signal)
}

/** A `*` stands for one step, such as the name that a maker gave a unit. */
function pathHere({ paths }: ModelSignal, here: ReadonlyMap<string, unknown>): string | undefined {
  for (const wanted of paths) {
    if (here.has(wanted)) return wanted
    if (!wanted.includes('*')) continue
    const steps = stepsIn(wanted)
    const found = [...here.keys()].find((path) => {
      const given = stepsIn(path)
      return given.length === steps.length && steps.every((step, index) => step === '/*' || step === given[index])
    })
    if (found !== undefined) return found
  }
  return undefined
}

/** Each step as text. */
const stepsIn = (path: string) => (stepsOf(path) ?? []).map((step) => pathOf([step]))

function signalOf({ type, unit, title }: ModelSignal, path: string, nodeType: string | undefined) {
  return {
    title,
    address: { node: path, type: type ?? OURS[nodeType ?? ''] ?? 'integer' },
    ...(unit === undefined ? {} : { unit }),
  }
}

/** Integers by the names that a server gives them; an abstract one may hold any. */
const OURS: Readonly<Record<string, string>> = {
  Byte: 'u8',
  UInt16: 'u16',
  UInt32: 'u32',
  UInt64: 'u64',
  Int16: 'i16',
  Int32: 'i32',
  Int64: 'i64',
}

/** No NodeSet says when a counter starts again: a fall is taken for that, and never for units. */
function meterOf(signal: string, { unit, title }: ModelSignal) {
  return { kind: 'register', title, signal, unit, resets: 'to-zero', maxRate: '10' }
}
