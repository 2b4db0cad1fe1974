/** The page for auditors, as an auditor takes it: its commands run as they stand, one after the other. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startLatchkey } from '../support/gateway.ts'
import { runProcess, until } from '../support/process.ts'
import { realPart } from '../support/real.ts'
import { fileScope, withPlant } from './plant.ts'

const ROOT = join(import.meta.dirname, '../..')
const scope = fileScope('audit')

async function latchkey(...args: string[]): Promise<string> {
  const process = startLatchkey(args)
  if ((await process.exited).code !== 0) throw new Error(process.output())
  return process.output()
}

describe.skipIf(!realPart('curl'))('an auditor', () => {
  const plantOf = withPlant(scope, {
    site: 'audit',
    machines: { 'spray-booth': 1 },
    cycleMs: 300,
    autoStart: true,
    people: { wang: { role: 'technician', name: 'Wang Li' } },
  })

  test('goes through AUDIT.md from the first command to the last', { timeout: 120_000 }, async () => {
    const { api, auditor, gateway, key, machine } = plantOf()
    const { simulator, token, unitMeter } = machine('booth-1')
    const session = await api.unlocked('booth-1', await token())
    await until(async () => (await simulator.judge()).producedUnits >= 3, 10_000, 'nothing is made')
    await api.ended(session.id)
    const signed = async () => (await api.call('GET', `/sessions/${session.id}/receipt`, { token: auditor })).status
    await until(async () => (await signed()) === 200, 10_000, 'nothing is signed after the session')

    const page = readFileSync(join(ROOT, 'gateway', 'ledger', 'AUDIT.md'), 'utf8')
    const commands = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block!)
    expect(commands).toHaveLength(8)
    const shown = await latchkey('keys', 'show-log', gateway.sitePath, '--json')
    const { keys } = JSON.parse(shown.split('\n').find((line) => line.startsWith('{'))!) as { keys: string[] }
    const program = `latchkey() { '${process.execPath}' '${ROOT}/gateway/main.ts' "$@"; }`
    const said = await runProcess('bash', ['-eu', '-c', [program, ...commands].join('\n')], {
      cwd: scope.folder,
      env: { GATEWAY: api.url, AUDITOR_KEY: auditor, LOG_KEY: keys[0]!, SITE: gateway.sitePath },
    })

    expect(said).toMatch(/receipt\.json: good/)
    expect(said).toMatch(/evidence\.jsonl: good/)
    expect(said).toMatch(/forged\.json: NOT GOOD/)
    const made = (name: string) => readFileSync(join(scope.folder, name), 'utf8')
    expect(made('sessions.csv')).toContain(`${session.id},booth-1`)
    expect(made('meters.csv')).toContain(unitMeter)
    expect(made('entries.json')).toContain('Compared with the invoice of May')
    const built = join(ROOT, 'gateway', 'ledger', 'verify', 'page', 'latchkey-verify.html')
    expect(made('latchkey-verify.html') === readFileSync(built, 'utf8')).toBe(true)

    // What people do by hand, told to whoever reads the ledger.
    const wang = { token: key('wang') }
    const block = { start: '2036-01-01T08:00:00Z', end: '2036-01-01T09:00:00Z', reason: 'new floor' }
    expect((await api.call('PUT', '/machines/booth-1/blocks/floor', { ...wang, body: block })).status).toBe(201)
    expect((await api.call('DELETE', '/machines/booth-1/blocks/floor', wang)).status).toBe(204)
    const byHand = {
      ...{ meter: 'boards', unit: 'pcs', quantity: '7.5', reason: 'the gateway was away' },
      ...{ from: '2026-01-01T08:00:00Z', to: '2026-01-01T09:00:00Z' },
    }
    expect((await api.call('POST', '/machines/booth-1/manual-entries', { ...wang, body: byHand })).status).toBe(201)
    const list = JSON.parse(await latchkey('keys', 'list', gateway.sitePath, '--json')) as {
      id: string
      name: string
    }[]
    await latchkey('keys', 'revoke', gateway.sitePath, list.find(({ name }) => name === 'Wang Li')!.id)
    const kinds = async () => (await api.entries()).map(({ kind }) => kind)
    await until(async () => (await kinds()).includes('KeyRevoked'), 10_000, 'the key is still good')
    expect(await kinds()).toEqual(expect.arrayContaining(['BlockPut', 'BlockRemoved', 'ManualEntry', 'Correction']))
  })
})
