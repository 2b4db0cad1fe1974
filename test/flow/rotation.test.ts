/**
 * The key that signs the ledger is replaced: what was signed before stays good, and what comes after is the same log.
 */
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mirror } from '../../gateway/cli/mirror.ts'
import { newLogKey } from '../../gateway/control/host/log-key.ts'
import { verifyBundle, verifyReceipt } from '../../gateway/ledger/verify/verifier.ts'
import { startLatchkey } from '../support/gateway.ts'
import type { Plant } from '../support/gateway-plant.ts'
import { startPlant } from '../support/gateway-plant.ts'
import { startMosquitto } from '../support/mosquitto.ts'
import { until } from '../support/process.ts'
import { realPart } from '../support/real.ts'
import { fileScope } from './plant.ts'

const scope = fileScope('rotation')
const withBroker = realPart('mosquitto')

async function latchkey(...args: string[]): Promise<{ code: number | null; output: string }> {
  const process = startLatchkey(args)
  const { code } = await process.exited
  return { code, output: process.output() }
}

/** The lines it prints. */
async function keys(action: 'rotate-log' | 'show-log', site: string, ...more: string[]): Promise<string[]> {
  const { code, output } = await latchkey('keys', action, site, '--json', ...more)
  if (code !== 0) throw new Error(output)
  return (JSON.parse(output.split('\n').find((line) => line.startsWith('{'))!) as { keys: string[] }).keys
}

const bare = (line: string) => line.split(' ')[0]!
const sizeOf = (note: string) => Number(note.split('\n')[1])

/** One use; its receipt, once it is signed for. */
async function receiptOfUse({ api, machine }: Plant): Promise<string> {
  const { id } = await api.unlocked('booth-1', await machine('booth-1').token())
  await api.ended(id)
  let text = ''
  await until(
    async () => {
      const answer = await fetch(`${api.url}/v1/sessions/${id}/receipt`, {
        headers: { authorization: `Bearer ${await machine('booth-1').token()}` },
      })
      text = await answer.text()
      return answer.status === 200
    },
    10_000,
    'there is no receipt',
  )
  return text
}

const ready = async ({ api }: Plant) => (await (await fetch(`${api.url}/health/ready`)).json()) as { notes: string[] }

test('receipts, mirror, export, the tiles and the check at the start go on over a change of the key', async () => {
  const broker = withBroker ? await startMosquitto() : undefined
  if (broker) scope.defer(() => broker.stop())
  const plant = await startPlant(scope, {
    site: 'rotation',
    machines: { 'spray-booth': 1 },
    cycleMs: 300,
    autoStart: true,
    ...(broker === undefined ? {} : { mqtt: { url: broker.url, version: 5 as const } }),
  })
  const { gateway, dataDir, api } = plant
  const site = gateway.sitePath
  const keyFile = join(dataDir, 'log.key')
  const folder = join(scope.folder, 'mirror')
  const before = await receiptOfUse(plant)
  const [old] = await keys('show-log', site)
  await mirror(api.url, folder, [old!])

  // Both keys, beside the running gateway.
  const both = await keys('rotate-log', site)
  expect(both).toEqual([old, expect.stringMatching(/ from=\d+$/)])
  expect(statSync(keyFile).mode & 0o777).toBe(0o600)
  expect((await latchkey('keys', 'rotate-log', site)).output).toMatch(/hand-over has begun/)
  const during = await receiptOfUse(plant)
  for (const receipt of [before, during]) {
    expect(verifyReceipt(receipt, both).faults).toEqual([])
    // who has not heard of it yet is not hindered
    expect(verifyReceipt(receipt, [old!]).faults).toEqual([])
  }
  expect(verifyReceipt(during, both).facts.checkpoints[0]?.signers).toHaveLength(2)
  await mirror(api.url, folder, both)
  await gateway.kill()
  await gateway.start()
  await api.untilMachine('booth-1', ({ availability }) => availability.state === 'Reserved', 20_000)

  // The new key alone, with the gateway stopped.
  await gateway.stop()
  const after = await keys('rotate-log', site, '--finish')
  expect(after).toEqual([expect.stringMatching(/ until=\d+$/), both[1]])
  expect(bare(after[0]!)).toBe(old)
  expect(readFileSync(keyFile, 'utf8').trim().split('\n')).toHaveLength(1)
  await gateway.start()
  await api.untilMachine('booth-1', ({ availability }) => availability.state === 'Reserved', 20_000)
  const anchored = broker === undefined ? 'unanchored' : undefined
  await until(
    async () => (await ready(plant)).notes.every((note) => !/held against/.test(note)),
    10_000,
    'the ledger was not held against the broker',
  )
  expect((await ready(plant)).notes.find((note) => /unanchored|contradicts/.test(note))?.slice(0, 10)).toBe(anchored)

  const latest = await receiptOfUse(plant)
  for (const receipt of [before, during, latest]) expect(verifyReceipt(receipt, after).faults).toEqual([])
  expect(verifyReceipt(latest, [old!]).ok).toBe(false)
  expect(verifyReceipt(latest, [bare(after[1]!)]).faults).toEqual([])
  const { before: held, after: size } = await mirror(api.url, folder, after)
  expect(size).toBeGreaterThan(held)

  const file = join(scope.folder, 'evidence.bundle')
  expect((await latchkey('export', site, file)).output).toContain(after[0])
  const whole = verifyBundle(readFileSync(file), after)
  expect(whole.faults).toEqual([])
  expect(new Set(whole.facts.checkpoints.map(({ signers }) => signers.length))).toEqual(new Set([1, 2]))
  expect(verifyBundle(readFileSync(file), [old!]).ok).toBe(false)
  const announced = (await api.entries()).filter(({ data }) => data.role === 'log')
  expect(announced.map(({ kind, data }) => [kind, data.key])).toEqual([
    ['KeyAdded', bare(after[1]!)],
    ['KeyRevoked', old],
  ])
  // each size is that of the tree with the entry that announces it
  expect(announced.map(({ seq }) => seq + 1)).toEqual([
    Number(/from=(\d+)/.exec(after[1]!)![1]),
    Number(/until=(\d+)/.exec(after[0]!)![1]),
  ])
  expect(sizeOf((await api.call<string>('GET', '/ledger/checkpoint')).body)).toBeGreaterThanOrEqual(size)

  // Cut short between any two steps, the same command goes on from there.
  await gateway.stop()
  const name = bare(after[1]!).split('+')[0]!
  appendFileSync(keyFile, newLogKey(name)) // the new key is in the file, and not in the log
  writeFileSync(`${keyFile}.part`, 'half a ke')
  const begun = await keys('rotate-log', site)
  expect(begun).toHaveLength(3)
  const lines = readFileSync(keyFile, 'utf8').trim().split('\n')
  expect(lines).toHaveLength(2)
  writeFileSync(keyFile, `${lines[0]} retiring\n${lines[1]}\n`) // marked, and not in the log
  const ended = await keys('rotate-log', site, '--finish')
  expect(ended[1]).toMatch(/from=\d+ until=\d+$/)
  writeFileSync(keyFile, `${lines[0]} retiring\n${lines[1]}\n`) // in the log, and still in the file
  expect(await keys('rotate-log', site, '--finish')).toEqual(ended)
  expect(readFileSync(keyFile, 'utf8').trim()).toBe(lines[1])
  writeFileSync(keyFile, `${lines[0]} retiring\n${lines[1]}\n`)
  expect(await keys('rotate-log', site)).toHaveLength(4)
  expect(existsSync(`${keyFile}.part`)).toBe(false)
  expect((await latchkey('export', site, file)).code).toBe(0)
  const lastLines = await keys('show-log', site)
  expect(verifyBundle(readFileSync(file), lastLines).faults).toEqual([])

  // A key that must sign and is gone is missed before anything is signed without it.
  writeFileSync(keyFile, `${lines[1]}\n`)
  await expect(gateway.start()).rejects.toThrow(/must sign this log and is not in log\.key/)
}, 300_000)
