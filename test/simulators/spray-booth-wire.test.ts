/** The registers of the spray booth, and what it does with requests that are wrong. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { fromPlc, isRefused, open, start } from './booth-client.ts'
import { block } from './simulator.ts'

/** Sends bytes; what comes back until `count` bytes or the end of the connection. */
async function exchange(port: number, bytes: number[], count: number): Promise<number[]> {
  const socket = connect(port, '127.0.0.1')
  socket.write(Buffer.from(bytes))
  let answer = Buffer.alloc(0)
  for await (const chunk of socket) {
    answer = Buffer.concat([answer, chunk])
    if (answer.length >= count) break
  }
  socket.destroy()
  return [...answer]
}

test('only the ToPlc block can be written', async () => {
  const { booth, plc } = await start()
  for (const [address, count] of [
    [99, 1],
    [116, 1],
    [100, 17],
    [200, 1],
    [0, 1],
  ] as const) {
    expect(await isRefused(plc.writeRegisters(address, new Array<number>(count).fill(1)))).toBe(2)
  }
  expect(await isRefused(plc.readHoldingRegisters(299, 2))).toBe(2)
  const other = await open(booth.number('modbusPort'), 3)
  expect(await isRefused(other.readHoldingRegisters(0, 1))).toBe(11)
  expect((await booth.judge()).writeFrames).toMatchObject({
    count: 5,
    last: [{ outcome: 'exception 2' }, {}, {}, {}, {}],
  })
})

test('a block written in pieces counts when it is whole', async () => {
  const { booth, plc } = await start()
  const seen = await fromPlc(plc)
  const words = block({ seq: 9, command: 1, token: 16, echo: seen[13] ?? 0 })
  await plc.writeRegisters(100, words.slice(0, 8))
  expect((await booth.judge()).lease).toMatchObject({ state: 'locked', ignored: { torn: 1 } })
  await plc.writeRegisters(108, words.slice(8, 15))
  await plc.writeRegister(115, 9)
  expect((await booth.judge()).lease.state).toBe('enabled')
})

const frames: { name: string; bytes: number[]; answer: number[] }[] = [
  { name: 'an unknown function', bytes: [0, 1, 0, 0, 0, 3, 1, 43, 14], answer: [0, 1, 0, 0, 0, 3, 1, 0xab, 1] },
  { name: 'a read of nothing', bytes: [0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 0], answer: [0, 1, 0, 0, 0, 3, 1, 0x83, 3] },
  { name: 'a read of 126', bytes: [0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 126], answer: [0, 1, 0, 0, 0, 3, 1, 0x83, 3] },
  {
    name: 'a read past the last address',
    bytes: [0, 1, 0, 0, 0, 6, 1, 3, 255, 255, 0, 2],
    answer: [0, 1, 0, 0, 0, 3, 1, 0x83, 2],
  },
  {
    name: 'a read with a byte too much',
    bytes: [0, 1, 0, 0, 0, 7, 1, 3, 0, 0, 0, 1, 0],
    answer: [0, 1, 0, 0, 0, 3, 1, 0x83, 3],
  },
  {
    name: 'a write with a wrong byte count',
    bytes: [0, 1, 0, 0, 0, 9, 1, 16, 0, 100, 0, 1, 4, 0, 1],
    answer: [0, 1, 0, 0, 0, 3, 1, 0x90, 3],
  },
  {
    name: 'a write of two with the bytes of one',
    bytes: [0, 1, 0, 0, 0, 9, 1, 16, 0, 100, 0, 2, 2, 0, 1],
    answer: [0, 1, 0, 0, 0, 3, 1, 0x90, 3],
  },
  {
    name: 'a write with more bytes than it says',
    bytes: [0, 1, 0, 0, 0, 11, 1, 16, 0, 100, 0, 1, 2, 0, 1, 0, 1],
    answer: [0, 1, 0, 0, 0, 3, 1, 0x90, 3],
  },
  {
    name: 'a write past the last address',
    bytes: [0, 1, 0, 0, 0, 11, 1, 16, 255, 255, 0, 2, 4, 0, 1, 0, 1],
    answer: [0, 1, 0, 0, 0, 3, 1, 0x90, 2],
  },
  { name: 'a write without an end', bytes: [0, 1, 0, 0, 0, 3, 1, 16, 0], answer: [0, 1, 0, 0, 0, 3, 1, 0x90, 3] },
  { name: 'a short single write', bytes: [0, 1, 0, 0, 0, 4, 1, 6, 0, 100], answer: [0, 1, 0, 0, 0, 3, 1, 0x86, 3] },
  { name: 'another protocol', bytes: [0, 1, 0, 9, 0, 6, 1, 3, 0, 0, 0, 1], answer: [] },
  { name: 'a length of 1', bytes: [0, 1, 0, 0, 0, 1, 1, 3, 0, 0, 0, 1], answer: [] },
  { name: 'a length over 254', bytes: [0, 1, 0, 0, 1, 0, 1, 3, 0, 0, 0, 1], answer: [] },
  { name: 'text', bytes: [...Buffer.from('GET / HTTP/1.1\r\n\r\n')], answer: [] },
]

test('frames which are none are refused, or end their connection, and change nothing', async () => {
  const { booth, plc } = await start()
  const port = booth.number('modbusPort')
  for (const { name, bytes, answer } of frames) {
    expect([name, await exchange(port, bytes, 9)]).toEqual([name, answer])
  }
  const inPieces = connect(port, '127.0.0.1').setNoDelay(true)
  const answered = once(inPieces, 'data')
  for (const bytes of [
    [0, 7, 0, 0, 0],
    [6, 1, 3, 0],
    [1, 0, 1],
  ]) {
    inPieces.write(Buffer.from(bytes))
    await fromPlc(plc)
  }
  const [answer] = await answered
  inPieces.destroy()
  expect([...answer]).toEqual([0, 7, 0, 0, 0, 5, 1, 3, 2, 0, 1])
  expect((await booth.judge()).lease).toMatchObject({ state: 'locked', acknowledgedSeq: 0 })
})
