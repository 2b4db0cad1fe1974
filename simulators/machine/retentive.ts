/**
 * What a simulated machine remembers without power, in two files of the state directory. `plc.json` (boot count and
 * highest token) is replaced whole and synced to the disk before the PLC goes on. `counters.json` (units, time, energy)
 * is overwritten in place on every change: it survives a crash of the process, but not of the computer.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Retained } from './lease-state.ts'
import { newMachine, type Physics } from './physics.ts'

export type Retentive = Readonly<{
  retained: Retained
  /** The machine as it was left, without a running cycle. */
  physics: Physics
  keepPlc(retained: Retained): void
  keepCounters(physics: Physics): void
  close(): void
}>

/** Opens the memory in `dir`, which it makes if needed. Throws, naming the file, when it cannot be understood. */
export function openRetentive(dir: string): Retentive {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const plcPath = join(dir, 'plc.json')
  const countersPath = join(dir, 'counters.json')
  const plc = readRecord(plcPath)
  const counters = readRecord(countersPath)
  const retained = plc
    ? { bootId: whole(plc, 'bootId', plcPath), highestToken: whole(plc, 'highestToken', plcPath) }
    : { bootId: 0, highestToken: 0 }
  const physics = counters ? toPhysics(counters, countersPath) : newMachine
  const countersFile = openSync(countersPath, existsSync(countersPath) ? 'r+' : 'w+', 0o600)
  let lastText = ''
  return {
    retained,
    physics,
    keepPlc: (next) => replaceFile(plcPath, `${JSON.stringify(next)}\n`),
    keepCounters(next) {
      const text = countersText(next)
      if (text === lastText) return
      writeSync(countersFile, text, 0)
      lastText = text
    },
    close: () => closeSync(countersFile),
  }
}

/** Writes a new file, syncs it and renames it: after a power cut the old file or the new one is there, never a part. */
export function replaceFile(path: string, text: string): void {
  const beside = `${path}.new`
  const file = openSync(beside, 'w', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(beside, path)
}

/** All texts have the same length, so that overwriting in place leaves nothing of an older one. */
function countersText(physics: Physics): string {
  const { partCounter, producedUnits, runningMs, poweredMs, energyRestWms } = physics
  const energyMWh = physics.energyMWh.toString()
  const text = JSON.stringify({ partCounter, producedUnits, runningMs, poweredMs, energyMWh, energyRestWms })
  return `${text.padEnd(255)}\n`
}

function toPhysics(record: Record<string, unknown>, path: string): Physics {
  const { energyMWh } = record
  if (typeof energyMWh !== 'string' || !/^\d+$/.test(energyMWh)) throw broken(path, 'energyMWh')
  return {
    ...newMachine,
    partCounter: whole(record, 'partCounter', path),
    producedUnits: whole(record, 'producedUnits', path),
    runningMs: whole(record, 'runningMs', path),
    poweredMs: whole(record, 'poweredMs', path),
    energyMWh: BigInt(energyMWh),
    energyRestWms: whole(record, 'energyRestWms', path),
  }
}

function readRecord(path: string): Record<string, unknown> | undefined {
  if (!existsSync(path)) return undefined
  const text = readFileSync(path, 'utf8')
  if (text.trim() === '') return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (value !== null && typeof value === 'object') return { ...value }
  } catch {}
  throw broken(path, 'JSON')
}

function whole(record: Record<string, unknown>, key: string, path: string): number {
  const value = record[key]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw broken(path, key)
  return value
}

function broken(path: string, what: string): Error {
  return new Error(
    `${path}: ${what} cannot be read; a PLC without its memory must not run. Delete the file to start anew.`,
  )
}
