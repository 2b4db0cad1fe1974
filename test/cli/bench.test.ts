/** The commands of the bench against a device: `scan`, `match` and `profile new`, as a technician uses them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readHosts, readUnits } from '../../gateway/cli/bench/hosts.ts'
import { type MatchOptions, matchCommand } from '../../gateway/cli/bench/match.ts'
import { profileNewCommand } from '../../gateway/cli/bench/profile-new.ts'
import { runBench } from '../../gateway/cli/bench/run.ts'
import { scanCommand } from '../../gateway/cli/bench/scan.ts'
import { type ChildServer, startChild } from '../support/child-server.ts'
import { temporaryFolder } from '../support/folder.ts'
import type { ModbusAsk } from '../support/modbus-server.ts'

let server: ChildServer<ModbusAsk>
beforeAll(async () => {
  server = await startChild('modbus-server.ts', 0)
})
afterAll(() => server?.kill())
beforeEach(() => server.ask({ kind: 'behave-usually' }))

type Io = ReturnType<typeof newIo>
function newIo() {
  const [out, err]: [string[], string[]] = [[], []]
  return {
    io: {
      stdout: { write: (text: string) => void out.push(text) },
      stderr: { write: (text: string) => void err.push(text) },
      env: {},
      stdin: new PassThrough(),
    },
    out: () => out.join(''),
    err: () => err.join(''),
    lines: () =>
      out
        .join('')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

const run = (seen: Io, work: (signal: AbortSignal) => Promise<number> | number, stop = new AbortController()) =>
  runBench(false, seen.io, stop.signal, () => work(stop.signal))

describe('hosts and units', () => {
  it('are those that were named, ranges among them', () => {
    expect(readHosts(['10.1.0.20-22:1502', 'plc.example'])).toEqual([
      { host: '10.1.0.20', port: 1502 },
      { host: '10.1.0.21', port: 1502 },
      { host: '10.1.0.22', port: 1502 },
      { host: 'plc.example', port: 502 },
    ])
    expect(readUnits('1-3, 7')).toEqual([1, 2, 3, 7])
  })

  it.each([
    [() => readHosts(['10.1.0.0-255', '10.1.1.1']), 'more than 256'],
    [() => readHosts(['10.1.0.9-2']), 'no range'],
    [() => readHosts(['10.1.0.9-10.1.1.20']), 'no range'],
    [() => readHosts(['10.1.0.9:70000']), 'no port'],
    [() => readUnits('1-300'), 'names no units'],
    [() => readUnits('all'), 'names no units'],
  ])('%s: %s', (read, why) => {
    expect(read()).toContain(why)
  })
})

const scanned = {
  units: '2,3',
  rate: 1000,
  timeoutMs: 80,
  map: false,
  stride: 32,
  block: 64,
  most: 6000,
  folder: '.',
  json: true,
}

describe('scan', () => {
  it('finds the units that answer, the profile that fits, and the registers', async () => {
    // Of an SDM630: voltage, frequency, power and import energy, as floats.
    const floats: Record<number, number> = { 52: 1200, 72: 1234.5 }
    const words = Array.from({ length: 100 }, (_, at) => {
      const view = new DataView(new ArrayBuffer(4))
      view.setFloat32(0, floats[at - (at % 2)] ?? 0)
      return view.getUint16(2 * (at % 2))
    })
    await server.ask({ kind: 'load', ranges: [{ unit: 2, table: 'input', start: 0, values: words }] })
    await server.ask({ kind: 'behave', behaviour: { silent: [3] } })
    const seen = newIo()
    expect(
      await run(seen, (signal) =>
        scanCommand([`127.0.0.1:${server.port}`], { ...scanned, map: true, stride: 512 }, seen.io, signal),
      ),
    ).toBe(0)
    expect(seen.lines()[0]).toMatchObject({
      ok: true,
      hosts: [{ units: [{ unit: 2, registers: [{ table: 'input', from: 0, to: 99 }], isWhole: true }] }],
    })
  })

  it('where nobody answers ends with 1 and says why', async () => {
    const seen = newIo()
    const port = server.port
    await server.ask({ kind: 'behave', behaviour: { silent: [2, 3] } })
    expect(
      await run(seen, (signal) => scanCommand([`127.0.0.1:${port}`, '127.0.0.1:1'], scanned, seen.io, signal)),
    ).toBe(1)
    expect(seen.lines()[0]).toMatchObject({
      ok: false,
      hosts: [{ units: [] }, { units: [], why: expect.stringContaining('ECONNREFUSED') }],
    })
  })

  it('says that a silent gateway path is no device', async () => {
    const seen = newIo()
    await server.ask({ kind: 'behave', behaviour: { unreached: [2, 3] } })
    expect(await run(seen, (signal) => scanCommand([`127.0.0.1:${server.port}`], scanned, seen.io, signal))).toBe(1)
  })
})

const options = (more: Partial<MatchOptions>): MatchOptions => ({
  rate: 1000,
  timeoutMs: 500,
  unit: 7,
  registers: 'holding:100-160',
  block: 30,
  samples: 10,
  name: 'energy',
  in: 'kWh',
  counter: true,
  json: true,
  ...more,
})

const load = (energy: number) => {
  const words = Array.from({ length: 50 }, (_, at) => (at * 7919 + 1234) & 0xffff)
  words.splice(20, 2, energy & 0xffff, energy >>> 16)
  return server.ask({ kind: 'load', ranges: [{ unit: 7, table: 'holding', start: 100, values: words }] })
}

describe('match', () => {
  /** Types each number once its value is loaded, and waits for what is said of it. */
  async function typed(seen: Io, more: Partial<MatchOptions>, values: readonly number[], stop?: AbortController) {
    const ended = run(seen, (signal) => matchCommand(`127.0.0.1:${server.port}`, options(more), seen.io, signal), stop)
    for (const [at, value] of values.entries()) {
      await load(value)
      seen.io.stdin.write(`${(value / 100).toFixed(2)}\n`)
      await expect.poll(() => seen.out().split('\n').length, { timeout: 5000 }).toBe(at + 2)
    }
    return ended
  }

  it('finds the register, writes it, and a profile is made of it', async () => {
    const folder = temporaryFolder()
    mkdirSync(folder, { recursive: true })
    const into = join(folder, 'signals.csv')
    const seen = newIo()
    expect(await typed(seen, { into }, [12_345_678, 12_345_679, 12_400_001])).toBe(0)
    expect(seen.lines().map(({ kind }) => kind)).toEqual(['several', 'several', 'one'])
    expect(readFileSync(into, 'utf8')).toBe(
      'name,table,address,type,order,scale,offset,unit,meter,step\nenergy,holding,0x78,u32,CDAB,0.01,0,kWh,yes,0.01\n',
    )
    const again = newIo()
    expect(await run(again, (signal) => matchCommand('127.0.0.1:1', options({ into }), again.io, signal))).toBe(1)
    expect(again.err()).toContain('has a signal "energy" already')

    const made = newIo()
    const about = { from: into, folder, maker: 'M', model: 'X', meter: [], base: 0, force: false, json: false }
    expect(await run(made, () => profileNewCommand('found', about, made.io))).toBe(0)
    expect(made.out()).toBe(`${folder}/profiles/found.yaml: good\n`)
    expect(await run(made, () => profileNewCommand('found', about, made.io))).toBe(1)
    expect(made.err()).toContain('is there already; --force replaces it')
  })

  it('after Ctrl-C has written nothing', async () => {
    const folder = temporaryFolder()
    mkdirSync(folder, { recursive: true })
    const into = join(folder, 'signals.csv')
    const seen = newIo()
    const stop = new AbortController()
    const ended = typed(seen, { into }, [12_345_678, 12_345_679], stop)
    await expect.poll(() => seen.out().split('\n').length, { timeout: 5000 }).toBe(3)
    stop.abort()
    expect(await ended).toBe(130)
    expect(existsSync(into)).toBe(false)
  })

  it.each<[string, Partial<MatchOptions>, string]>([
    ['no range', { registers: 'registers 0 to 9' }, 'is no range of registers'],
    ['too many', { registers: 'holding:0-65535' }, 'are more than 4000'],
    ['a bad name', { name: 'Total energy' }, 'is no name of a signal'],
  ])('refuses %s before it asks', async (_, more, why) => {
    const seen = newIo()
    expect(await run(seen, (signal) => matchCommand('127.0.0.1:1', options(more), seen.io, signal))).toBe(1)
    expect(seen.err()).toContain(why)
  })

  it('says when the unit does not answer', async () => {
    const seen = newIo()
    await server.ask({ kind: 'behave', behaviour: { silent: [7] } })
    seen.io.stdin.end('12.5\n')
    expect(
      await run(seen, (signal) =>
        matchCommand(`127.0.0.1:${server.port}`, options({ timeoutMs: 50 }), seen.io, signal),
      ),
    ).toBe(1)
    expect(seen.err()).toContain('unit 7')
  })
})

it('a profile is not made of a table without a row that can be read', async () => {
  const folder = temporaryFolder()
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 't.csv'), 'name,address,type\nx,nowhere,u16\n')
  const seen = newIo()
  const about = {
    from: join(folder, 't.csv'),
    folder,
    maker: 'M',
    model: 'X',
    meter: [],
    base: 0,
    force: false,
    json: false,
  }
  expect(await run(seen, () => profileNewCommand('x', about, seen.io))).toBe(1)
  expect(seen.err()).toContain('line 2: "nowhere" is no address')
  expect(existsSync(join(folder, 'profiles'))).toBe(false)
})
