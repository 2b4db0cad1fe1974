/** What an auditor gets from a running gateway holds without it: receipt, evidence bundle, mirror. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mirror } from '../../gateway/cli/mirror.ts'
import { readLogKeys } from '../../gateway/control/host/log-key.ts'
import { createSigner, formatVkey } from '../../gateway/ledger/evidence/note.ts'
import { verifyBundle, verifyReceipt } from '../../gateway/ledger/verify/verifier.ts'
import { startLatchkey } from '../support/gateway.ts'
import { until } from '../support/process.ts'
import { fileScope, withPlant } from './plant.ts'

const scope = fileScope('evidence')
const plantOf = withPlant(scope, { site: 'evidence', machines: { 'spray-booth': 1 }, cycleMs: 300, autoStart: true })

/** One use of the machine, ended; the session's id and what was made in it. */
async function use(): Promise<{ session: string; made: number }> {
  const { api, machine } = plantOf()
  const { simulator, token } = machine('booth-1')
  const before = (await simulator.judge()).producedUnits
  const session = await api.unlocked('booth-1', await token())
  await until(async () => (await simulator.judge()).producedUnits >= before + 3, 10_000, 'nothing is made')
  await api.ended(session.id)
  return { session: session.id, made: (await simulator.judge()).producedUnits - before }
}

const checkpoint = async () => {
  const answer = await plantOf().api.call<string>('GET', '/ledger/checkpoint')
  return answer.status === 200 ? answer.body : undefined
}

/** The public key that signs the log now, as it is handed over by another way than the file that it checks. */
const publicKey = (dataDir: string) => readLogKeys(join(dataDir, 'log.key')).find(({ retiring }) => !retiring)!.vkey

async function signedAfter(use: () => Promise<{ session: string; made: number }>) {
  const before = await checkpoint()
  const used = await use()
  await until(async () => (await checkpoint()) !== before, 5000, 'nothing is signed after the session')
  return used
}

test('a receipt, an export and a mirror agree with the machine, and each alteration is found', async () => {
  const { api, dataDir, gateway, machine } = plantOf()
  const vkey = publicKey(dataDir)
  const stranger = formatVkey(createSigner(vkey.split('+')[0]!, new Uint8Array(32).fill(1)).key)
  const { session, made } = await signedAfter(use)

  // The receipt, as the tenant gets it.
  const answer = await fetch(`${api.url}/v1/sessions/${session}/receipt`, {
    headers: { authorization: `Bearer ${await machine('booth-1').token()}` },
  })
  const receipt = await answer.text()
  const [, page] = /^<([^>]+)>; rel="help"/.exec(answer.headers.get('link') ?? '')!
  expect((await fetch(new URL(page!, answer.url))).headers.get('content-type')).toContain('text/html')
  const verdict = verifyReceipt(receipt, [vkey])
  expect(verdict.faults).toEqual([])
  expect(verdict.facts.sessions[0]?.use.find(({ meter }) => meter === machine('booth-1').unitMeter)?.quantity).toBe(
    String(made),
  )
  // Four clocks, the same in the answer and in what was signed.
  const { clocks } = (await api.session(session)) as { clocks?: Record<string, number> }
  expect(verdict.facts.sessions[0]?.clocks).toEqual(clocks)
  expect(clocks!.executingMs).toBeGreaterThan(0)
  expect(clocks!.executingMs).toBeLessThanOrEqual(clocks!.poweredMs!)
  expect(clocks!.poweredMs).toBeLessThanOrEqual(clocks!.occupiedMs!)
  expect(
    verifyReceipt(
      receipt.replace(/"quantity\\":\\"(\d+)/, (_all, n: string) => `"quantity\\":\\"${Number(n) + 1}`),
      [vkey],
    ).ok,
  ).toBe(false)
  expect(verifyReceipt(receipt, [stranger]).ok).toBe(false)

  // A mirror goes on with the log, and refuses another past.
  const folder = join(scope.folder, 'mirror')
  const first = await mirror(api.url, folder, [vkey])
  await signedAfter(use)
  const second = await mirror(api.url, folder, [vkey])
  expect(second.before).toBe(first.after)
  expect(second.after).toBeGreaterThan(first.after)
  await expect(mirror(api.url, join(scope.folder, 'stranger'), [stranger])).rejects.toThrow(/cannot be trusted/)
  const tile = join(folder, 'tile', '0', `000.p`, String(second.after))
  const bytes = readFileSync(tile)
  bytes[40] = bytes[40]! ^ 1
  writeFileSync(tile, bytes)
  await expect(mirror(api.url, folder, [vkey])).rejects.toThrow(/another past|do not make the tree/)

  // The export, beside the running gateway.
  const file = join(scope.folder, 'evidence.bundle')
  const exported = startLatchkey(['export', gateway.sitePath, file])
  expect((await exported.exited).code).toBe(0)
  const bundle = readFileSync(file)
  const whole = verifyBundle(bundle, [vkey])
  expect(whole.faults).toEqual([])
  expect(whole.facts.sessions).toHaveLength(2)
  bundle[Math.floor(bundle.length / 2)]! ^= 1
  expect(verifyBundle(bundle, [vkey]).ok).toBe(false)
}, 60_000)

test('the log goes on over a restart under the same name, and what was signed stays its beginning', async () => {
  const { api, dataDir, gateway } = plantOf()
  const vkey = publicKey(dataDir)
  const folder = join(scope.folder, 'restarted')
  await mirror(api.url, folder, [vkey])
  await gateway.kill()
  await gateway.start()
  await api.untilMachine('booth-1', ({ availability }) => availability.state === 'Reserved', 20_000)
  await signedAfter(use)
  const { before, after } = await mirror(api.url, folder, [vkey])
  expect(after).toBeGreaterThan(before)
}, 60_000)
