/**
 * An I/O module with one output, which permits the start of a machine, and a watchdog, which drops the output when it
 * is not written for a time. A feedback contact shows what the output really switches. Pure: events carry the time.
 * It knows nothing of gateways, sessions or tokens, as a real module does not. Next: io-machine.ts.
 *
 *   off ──written on──► on ──written off──► off
 *                        └── watchdog over ──► off, until it is written on again
 *                        └── power cycle ──► off, or as it was (`powerUp: hold`)
 */

export type Module = Readonly<{
  /** What the module believes its output to be; it is read back. */
  output: boolean
  /** 0: the watchdog is off. */
  watchdogMs: number
  /** What restarts the watchdog: a write of the output, or any request, as on many modules. */
  fedBy: 'writes' | 'requests'
  powerUp: 'off' | 'hold'
  /** Counts power cycles. */
  bootId: number
  powered: boolean
  /** Whether the relay contact still follows its coil. */
  contact: 'follows' | 'stuck-on' | 'stuck-off'
  /** The feedback shows the opposite of the contact. */
  feedbackLies: boolean
  fedAtMs: number
  /** How often the watchdog has dropped the output. */
  drops: number
}>

/** What happens to the module, or to its setting. */
export type ModuleAct = Readonly<
  | { kind: 'tick' }
  | { kind: 'request' }
  | { kind: 'write'; on: boolean }
  | { kind: 'restart' }
  | { kind: 'power'; on: boolean }
  | { kind: 'watchdog'; ms: number }
  | { kind: 'contact'; contact: Module['contact'] }
  | { kind: 'feedback'; lies: boolean }
  | { kind: 'power-up'; powerUp: Module['powerUp'] }
  | { kind: 'fed-by'; fedBy: Module['fedBy'] }
>
/** An act with its time, in monotonic milliseconds. */
export type ModuleEvent = Readonly<{ atMs: number }> & ModuleAct

export const newModule: Module = {
  output: false,
  watchdogMs: 5000,
  fedBy: 'writes',
  powerUp: 'off',
  bootId: 1,
  powered: true,
  contact: 'follows',
  feedbackLies: false,
  fedAtMs: 0,
  drops: 0,
}

/** What the output really switches: the permission of the machine. */
export function contactOf({ powered, output, contact }: Module): boolean {
  if (contact !== 'follows') return contact === 'stuck-on'
  return powered && output
}

export const feedbackOf = (module: Module) => contactOf(module) !== module.feedbackLies

export function step(before: Module, event: ModuleEvent): Module {
  const module = lapse(before, event.atMs)
  switch (event.kind) {
    case 'tick':
      return module
    case 'request':
      return module.fedBy === 'requests' ? { ...module, fedAtMs: event.atMs } : module
    case 'write':
      return { ...module, output: event.on, fedAtMs: event.atMs }
    case 'restart':
      return boot(module, event.atMs)
    case 'power':
      return event.on && !module.powered ? boot(module, event.atMs) : { ...module, powered: event.on }
    case 'watchdog':
      return { ...module, watchdogMs: event.ms, fedAtMs: event.atMs }
    case 'contact':
      return { ...module, contact: event.contact }
    case 'feedback':
      return { ...module, feedbackLies: event.lies }
    case 'power-up':
      return { ...module, powerUp: event.powerUp }
    case 'fed-by':
      return { ...module, fedBy: event.fedBy }
  }
}

/** The watchdog is judged first, so that a write that waited on the wire finds the output as time has left it. */
function lapse(module: Module, atMs: number): Module {
  const over = module.watchdogMs > 0 && atMs - module.fedAtMs >= module.watchdogMs
  return module.output && over ? { ...module, output: false, drops: module.drops + 1 } : module
}

function boot(module: Module, atMs: number): Module {
  const output = module.powerUp === 'hold' && module.output
  return { ...module, powered: true, output, bootId: module.bootId + 1, fedAtMs: atMs }
}
