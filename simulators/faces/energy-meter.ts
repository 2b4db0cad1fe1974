/**
 * A three-phase energy meter with the published map of the ABB B23/B24: user manual 2CMC485003M0201 rev. A,
 * section 9.3, p. 86 ff. It serves three quantities. A request that touches any other register is refused with
 * exception 2, so that a client that merges requests over gaps fails. It has function 3 only; nothing can be written.
 */
import { split } from '../machine/lease-block.ts'
import { illegalAddress, illegalFunction, type Unit } from './modbus-face.ts'

/** What the meter measures: energy in whole mWh, power in whole W. */
type Measured = Readonly<{ energyMWh: bigint; powerW: number }>

const activeImportAddress = 0x5000
const activePowerAddress = 0x5b14
const serialNumberAddress = 0x8900

export function energyMeter(serialNumber: number, measure: () => Measured): Unit {
  return {
    readHolding(address, count) {
      const registers = registersOf(serialNumber, measure())
      const words: number[] = []
      for (let at = address; at < address + count; at += 1) {
        const word = registers.get(at)
        if (word === undefined) return { exception: illegalAddress }
        words.push(word)
      }
      return words
    },
    readInput: () => ({ exception: illegalFunction }),
    write: () => ({ exception: illegalAddress }),
  }
}

function registersOf(serialNumber: number, measured: Measured): ReadonlyMap<number, number> {
  const registers = new Map<number, number>()
  const put = (address: number, words: readonly number[]) => {
    for (const [index, word] of words.entries()) registers.set(address + index, word)
  }
  put(activeImportAddress, words64(measured.energyMWh / mWhPerHundredthKWh))
  put(activePowerAddress, split(measured.powerW * 100))
  put(serialNumberAddress, split(serialNumber))
  return registers
}

/** 0.01 kWh. */
const mWhPerHundredthKWh = 10_000n

function words64(value: bigint): number[] {
  return [48n, 32n, 16n, 0n].map((shift) => Number((value >> shift) & 0xffffn))
}
