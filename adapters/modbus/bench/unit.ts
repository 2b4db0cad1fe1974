/**
 * One unit under a scan: whether something answers for it, what it says of itself, and what single values of it are. It
 * remembers what it has read, since many profiles look at the same registers, and asks on another connection when the
 * device has closed one. Read next: ask.ts, identify.ts.
 */
import { decode } from '../decode.ts'
import type { ModbusAddress } from '../options.ts'
import { isBitTable, sizeOf } from '../plan.ts'
import type { Asked, Asker } from './ask.ts'
import { IDENTIFY, identificationOf, readRequest, SERVER_ID, serverIdOf, wordsOf } from './identify.ts'
import type { RegisterTable } from './places.ts'

export type UnitUnderScan = {
  /** Any answer counts, a refusal too; but not that of a gateway on the way, that the unit does not answer it. */
  isThere(): Promise<boolean>
  /** By name; empty when the device does not know the functions for it. */
  identity(): Promise<Readonly<Record<string, string>>>
  /** The words, or undefined when they are refused or nothing comes. */
  words(table: RegisterTable, start: number, count: number): Promise<readonly number[] | undefined>
  /** Undefined: refused, silent, or no value of that type. */
  value(address: unknown): Promise<number | string | undefined>
}

/** Answers of a gateway in the place of a unit. */
const PATH = [10, 11]
const TRIES = 2

/** `dial`: the connection in use, or another when that one is over. */
export function unitUnderScan(unit: number, dial: () => Promise<Asker>): UnitUnderScan {
  const known = new Map<string, Promise<readonly number[] | undefined>>()
  const ask = async (pdu: readonly number[]): Promise<Asked> => {
    let answer: Asked = { kind: 'silent' }
    for (let tries = 0; tries < TRIES; tries++) {
      answer = await (await dial()).ask(unit, pdu)
      if (answer.kind !== 'lost') return answer
    }
    return answer
  }
  const read = async (table: RegisterTable, start: number, count: number) => {
    const first = await ask(readRequest(table, start, count))
    // Something answers for this unit, so that silence is no answer yet.
    const answer = first.kind === 'silent' ? await ask(readRequest(table, start, count)) : first
    return answer.kind === 'answer' ? wordsOf(answer.data, count) : undefined
  }
  const words: UnitUnderScan['words'] = (table, start, count) => {
    const key = `${table}/${start}/${count}`
    const asked = known.get(key) ?? read(table, start, count)
    known.set(key, asked)
    return asked
  }
  return {
    words,
    async isThere() {
      for (const table of ['holding', 'input'] as const) {
        const answer = await ask(readRequest(table, 0, 1))
        if (answer.kind === 'answer') return true
        if (answer.kind === 'exception') return !PATH.includes(answer.code)
      }
      return false
    },
    async identity() {
      const said = await ask(IDENTIFY)
      const id = await ask(SERVER_ID)
      const server = id.kind === 'answer' ? serverIdOf(id.data) : undefined
      const basic = said.kind === 'answer' ? identificationOf(said.data) : {}
      return server === undefined ? basic : { ...basic, serverId: server }
    },
    async value(given) {
      const address = given as ModbusAddress
      if (isBitTable(address.table)) return undefined
      const found = await words(address.table as RegisterTable, address.address, sizeOf(address))
      const decoded = found === undefined ? undefined : decode(address, found)
      if (decoded?.quality !== 'good' || typeof decoded.value === 'object') return undefined
      return typeof decoded.value === 'string' ? decoded.value : Number(decoded.value)
    },
  }
}
