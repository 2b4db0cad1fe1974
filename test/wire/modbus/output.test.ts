/**
 * One output of an I/O module on the wire: written by the function the profile names, alone, and not believed on an
 * echo.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Link } from '../../../adapters/adapter.ts'
import { modbusAdapter } from '../../../adapters/modbus/link.ts'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { makeLink, open, rejection } from '../../support/links.ts'
import type { ModbusAsk, ModbusRequest } from '../../support/modbus-server.ts'

const device = { unit: 1 }
const coil = { table: 'coil', address: 3, type: 'bool' }
const register = { table: 'holding', address: 7, type: 'u16' }

let server: ChildServer<ModbusAsk>
beforeAll(async () => {
  server = await startChild('modbus-server.ts', 0)
})
beforeEach(async () => {
  await server.ask({ kind: 'behave-usually' })
  await server.ask({
    kind: 'load',
    ranges: [
      { unit: 1, table: 'coil', start: 0, values: [1, 1, 1, 0, 1, 1] },
      { unit: 1, table: 'holding', start: 6, values: [77, 0, 78] },
    ],
  })
  await server.ask({ kind: 'journal' })
})
afterAll(() => server?.kill())

async function opened(): Promise<Link> {
  const link = makeLink(modbusAdapter, { transport: 'tcp', host: '127.0.0.1', port: server.port, timeoutMs: 400 })
  await open(link)
  return link
}
const written = async () => ((await server.ask({ kind: 'journal' })) as ModbusRequest[]).filter(({ values }) => values)
const cells = (table: 'coil' | 'holding', start: number, count: number) =>
  server.ask({ kind: 'peek', unit: 1, table, start, count })

describe('an output', () => {
  it.each([
    ['a coil', coil, 5, 'coil', 0, [1, 1, 1, 1, 1, 1]],
    ['a coil among many', { ...coil, write: 15 }, 15, 'coil', 0, [1, 1, 1, 1, 1, 1]],
    ['a register', register, 6, 'holding', 6, [77, 1, 78]],
    ['a register as a block', { ...register, write: 16 }, 16, 'holding', 6, [77, 1, 78]],
  ] as const)(
    'that is %s is written in one request, and nothing beside it',
    async (_name, address, code, table, start, after) => {
      const link = await opened()
      await link.write({ id: 'o', address, device, words: [1] })
      expect(await written()).toEqual([{ unit: 1, code, start: address.address, count: 1, values: [1] }])
      expect(await cells(table, start, after.length)).toEqual(after)
      const [reading] = await link.read([{ id: 'o', address, device, intervalMs: 1000 }])
      expect(Number(reading?.value)).toBe(1)
      await link.write({ id: 'o', address, device, words: [0] })
      expect(await cells(table, address.address, 1)).toEqual([0])
    },
  )

  it.each([
    ['an input', { ...coil, table: 'discrete' }, [1]],
    ['one bit of a register', { ...register, type: 'bool', bit: 2 }, [1]],
    ['two words for one output', coil, [1, 0]],
    ['a coil by a function for registers', { ...coil, write: 16 }, [1]],
    ['a register by a function for coils', { ...register, write: 5 }, [1]],
  ])('is refused before a byte is sent: %s', async (_name, address, words) => {
    const link = await opened()
    const error = await rejection(link.write({ id: 'o', address, device, words }))
    expect(error).toMatchObject({ outcome: 'unsent', retriable: false })
    expect(await written()).toEqual([])
  })

  it.each([coil, register])('whose answer names another address is not taken as written', async (address) => {
    const link = await opened()
    await server.ask({ kind: 'behave', behaviour: { lie: 'wrong-echo' } })
    expect(await rejection(link.write({ id: 'o', address, device, words: [1] }))).toMatchObject({ outcome: 'unknown' })
  })

  it('that the module refuses is refused, and one whose answer is undecided is unknown', async () => {
    const link = await opened()
    for (const [exception, outcome] of [
      [1, 'refused'],
      [4, 'unknown'],
    ] as const) {
      await server.ask({ kind: 'behave', behaviour: { exception } })
      expect(await rejection(link.write({ id: 'o', address: coil, device, words: [1] }))).toMatchObject({ outcome })
    }
  })
})
