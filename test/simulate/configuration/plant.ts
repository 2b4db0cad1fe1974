/**
 * What stands in the hall whatever the site file says of it: a device at each place of each link, a PLC or an output at
 * each, and a counter in each of its registers, all in virtual time. It knows nothing of meters or machines.
 */
import type { Block, Point } from '../../../adapters/adapter.ts'
import type { Moment } from '../../../gateway/core/ground/moment.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import { powerUp, step } from '../../../simulators/machine/lease.ts'
import { fromPlc, type Lease, permissionOf } from '../../../simulators/machine/lease-state.ts'

type Device = {
  lease: Lease
  /** An output, and until when its module keeps it on. */
  on: boolean
  untilMs: number
  /** Seconds in which it has worked: each of its counters has gone on by so many. */
  worked: number
}
type Address = { readonly type?: string; readonly node?: string; readonly address?: number }

export type Plant = ReturnType<typeof createPlant>

/** What the module of an output shows of its watchdog, ms; a coil has none. */
const WATCHDOG_MS = 5000

export function createPlant() {
  const devices = new Map<string, Device>()
  let nowMs = 0
  /** Whether work is done wherever it is permitted. */
  let busy = true

  function deviceAt(link: string, place: unknown): Device {
    const key = `${link} ${JSON.stringify(place)}`
    const known = devices.get(key)
    if (known !== undefined) return known
    const { lease } = powerUp({ bootId: 0, highestToken: 0 }, 'remote', nowMs, 7)
    const device = { lease, on: false, untilMs: 0, worked: 0 }
    devices.set(key, device)
    return device
  }

  function pass(ms: number): void {
    nowMs += ms
    for (const device of devices.values()) {
      device.lease = step(device.lease, { kind: 'tick', atMs: nowMs }).lease
      if (nowMs >= device.untilMs) device.on = false
      if (busy) device.worked += ms / 1000
    }
  }

  return {
    pass,
    set busy(is: boolean) {
      busy = is
    },
    write(link: string, { device: place, words }: Block): void {
      const device = deviceAt(link, place)
      if (words.length > 1) device.lease = step(device.lease, { kind: 'write', words, atMs: nowMs }).lease
      else {
        device.on = words[0] === 1
        device.untilMs = nowMs + WATCHDOG_MS
      }
    },
    read(link: string, { id, address, device: place }: Point, { ms, ns }: Moment): Reading {
      const device = deviceAt(link, place)
      const value = shownBy(device, `${link} ${JSON.stringify(place)}`, id, address as Address)
      const raw = typeof value === 'number' && Number.isInteger(value) ? { raw: BigInt(value) } : {}
      return { point: id, quality: 'good', value, ...raw, readAtMs: ms, readAtNs: ns }
    },
  }

  function shownBy(device: Device, key: string, id: string, address: Address): NonNullable<Reading['value']> {
    const [, part] = id.split('#')
    if (part !== undefined) return interlockPart(device, part, address)
    const name = id.slice(id.lastIndexOf('.') + 1)
    const isWorking = busy && (permissionOf(device.lease) || device.on)
    if (address.type === 'bool') return false
    if (name === 'stateWord') return isWorking ? 3 : 2
    if (name === 'itemState') return busy ? 3 : 2
    if (name === 'modeWord') return 1
    if (name === 'operationMode') return 3
    if (name === 'serialNumber') return hash(key)
    if (name === 'power') return busy ? 4000 : 100
    const counts = (hash(`${key} ${address.node ?? address.address}`) % 50_000) + Math.floor(device.worked)
    if (address.type === 'f32') return Math.fround(counts / 100)
    return address.type === 'u16' ? counts % 65_536 : counts
  }

  function interlockPart(device: Device, part: string, { type }: Address): NonNullable<Reading['value']> {
    if (part === 'interlock') return type === 'words' ? fromPlc(device.lease, nowMs, 0) : device.on
    if (part.endsWith('.feedback')) return device.on
    if (part.endsWith('.boot')) return 1
    return part.endsWith('.watchdog') ? WATCHDOG_MS / 100 : 0
  }
}

/** FNV-1a, 31 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 0x01000193)
  return value >>> 1
}
