/** The demo as a person starts it: one booking from end to end, and what it says and leaves behind when that fails. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runProcess, startProcess, type TestProcess, until } from '../support/process.ts'
import { realPart } from '../support/real.ts'

const demo = join(import.meta.dirname, '../../simulators/demo.ts')
const steps = ['booking', 'locked', 'unlock', 'units', 'lapse', 'end', 'relock', 'mqtt', 'record']
const startMs = 40_000

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-demo-test-'))
  folders.push(folder)
  return folder
}

const play = (folder: string) => startProcess(process.execPath, [demo, '--once', '--state-dir', folder])

/** The first two words of each line: how it went, and which step. */
function lines(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => /^(ok|fail) .* at=\+\d+\.\d+s$/.test(line))
    .map((line) => line.split(' ').slice(0, 2).join(' '))
}

type State = { booth?: { control: string }; processes: Record<string, number> }

/** What the demo says of itself, once `accept` is content with it. */
async function stateOf(run: TestProcess, folder: string, accept: (state: State) => boolean): Promise<State> {
  const path = join(folder, 'demo.json')
  const read = (): State => JSON.parse(readFileSync(path, 'utf8'))
  let ended = false
  void run.exited.then(() => {
    ended = true
  })
  await until(() => ended || (existsSync(path) && accept(read())), startMs, 'the demo has not started')
  if (ended) throw new Error(`the demo ended: ${run.output()}`)
  return read()
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z'
  } catch {
    return false
  }
}

describe.skipIf(!realPart('curl'))('the demo by hand', () => {
  it('prints commands that can be pasted: what is made is used, and a stop is seen', { timeout: 120_000 }, async () => {
    const run = startProcess(process.execPath, [demo, '--state-dir', newFolder()])
    try {
      await until(() => run.output().includes('mosquitto_sub'), startMs, 'the demo prints nothing to paste')
      const printed = run.output()
      const paste = printed.slice(printed.indexOf('# book '), printed.indexOf('# everything that happened'))
      expect(paste.match(/^curl|^SESSION|^TENANT/gm)?.length).toBeGreaterThan(8)
      const said = (await runProcess('bash', ['-eu', '-c', paste])).split('\n')
      expect(
        said.some((line) => /"status":"open".*"use":\[\{"meter"/.test(line)),
        said.join('\n'),
      ).toBe(true)
      expect(
        said.some((line) => line.includes('"reason":"emergency-stop"')),
        said.join('\n'),
      ).toBe(true)
      expect(
        said.some((line) => /"status":"(finishing|ended)"/.test(line)),
        said.join('\n'),
      ).toBe(true)
    } finally {
      await run.kill('SIGINT')
    }
  })
})

describe('the demo played once', () => {
  it('plays a booking in nine steps, each confirmed by the judge of the machine', { timeout: 70_000 }, async () => {
    const run = play(newFolder())
    const { code } = await run.exited
    expect(lines(run.output()), run.output()).toEqual(steps.map((step) => `ok ${step}`))
    expect(code).toBe(0)
    expect(run.output()).toMatch(/^ok unlock plc\.state=enabled token=\d+ /m)
  })

  it('fails at the unlock when the machine refuses to be written, and leaves no process', {
    timeout: 60_000,
  }, async () => {
    const folder = newFolder()
    const run = play(folder)
    const { booth, processes } = await stateOf(run, folder, (state) => state.booth !== undefined)
    const body = JSON.stringify({ kind: 'refuse-write' })
    expect((await fetch(`${booth?.control}/fault`, { method: 'POST', body })).status).toBe(200)
    const { code } = await run.exited
    const failed = steps.slice(2).map((step) => `fail ${step}`)
    expect(lines(run.output()), run.output()).toEqual(['ok booking', 'ok locked', ...failed])
    expect(run.output()).toMatch(
      /^fail unlock expected unlock to answer 200; seen (409|504) .*"code":"(machine-refused|unconfirmed)"/m,
    )
    expect(code).toBe(1)
    expect(Object.values(processes).filter(lives)).toEqual([])
  })

  it('leaves no process behind when it is killed while it starts', { timeout: 60_000 }, async () => {
    const folder = newFolder()
    const run = play(folder)
    const names = ['broker', 'demo', 'instrument', 'panel-saw', 'platform', 'spray-booth', 'warden']
    const { processes } = await stateOf(run, folder, (state) => names.every((name) => name in state.processes))
    await run.kill('SIGKILL')
    await until(() => !Object.values(processes).some(lives), 10_000, 'a process of the demo is still there')
  })

  it('fails at the first step where it may not write', async () => {
    const run = play('/dev/null/state')
    const { code } = await run.exited
    expect(lines(run.output()), run.output()).toEqual(steps.map((step) => `fail ${step}`))
    expect(run.output()).toContain('/dev/null/state cannot be written')
    expect(code).toBe(1)
  })
})
