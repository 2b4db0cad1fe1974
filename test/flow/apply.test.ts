/** Another configuration is applied while the gateway runs, and the process dies in the middle of it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { applyCommand, historyCommand } from '../../gateway/cli/apply.ts'
import { until } from '../support/process.ts'
import { fileScope, withPlant } from './plant.ts'

const scope = fileScope('apply')
const plantOf = withPlant(scope, {
  site: 'apply',
  machines: { 'spray-booth': 2 },
  cycleMs: 300,
  autoStart: true,
  lease: '30s',
  // Its energy meter waits for a machine of its own.
  more: { 'booth-2': { devices: { plc: { profile: 'sim-spray-booth', link: 'booth-2-modbus', unit: 1 } } } },
  people: {
    wang: { role: 'technician', name: 'Wang Li' },
    some: { role: 'technician', name: 'Lin', machines: 'booth-1' },
  },
})

type Site = { machines: Record<string, Record<string, unknown>>; links: Record<string, Record<string, unknown>> }
type Applied = {
  applied: boolean
  changes: { what: string; from?: string; to?: string }[]
  steps: string[]
  needsRestart: string[]
  waits: { machine: string }[]
  code?: string
  detail?: string
  errors?: { path: string; message: string }[]
}

const siteNow = () => readFileSync(plantOf().gateway.sitePath, 'utf8')

function edited(edit: (site: Site) => void): string {
  const site = parse(siteNow()) as Site
  edit(site)
  return stringify(site)
}

const send = (body: object, headers = {}, who = 'wang') =>
  plantOf().api.call<Applied>('POST', '/configuration', { token: plantOf().key(who), body, headers })

const rename = (name: string) => (site: Site) => {
  site.machines['booth-1']!.name = { en: name }
}

test('a machine in use is renamed and its session goes on; the ledger says who, and the file is the one applied', async () => {
  const { api, machine, gateway, auditor } = plantOf()
  const booth = machine('booth-1')
  const session = await api.unlocked('booth-1', await booth.token())
  const from = await api.head()
  const site = edited(rename('Booth of the east'))

  const shown = await send({ site, dryRun: true })
  expect(shown).toMatchObject({ status: 200, body: { applied: false, steps: ['goes on with machine booth-1'] } })
  expect(readFileSync(gateway.sitePath, 'utf8')).not.toContain('east')

  const applied = await send({ site })
  expect(applied).toMatchObject({ status: 200, body: { applied: true, waits: [], needsRestart: [] } })
  expect(siteNow()).toBe(site)
  expect(existsSync(`${gateway.sitePath}.applying`)).toBe(false)
  const [entry] = (await api.entries(from)).filter(({ kind }) => kind === 'ConfigurationApplied')
  expect(entry?.data).toMatchObject({
    by: { role: 'technician', name: 'Wang Li' },
    changes: [{ what: 'machines.booth-1.name.en', from: 'booth-1', to: 'Booth of the east' }],
  })
  expect((await api.machine('booth-1')) as unknown).toMatchObject({
    name: { en: 'Booth of the east' },
    access: 'Unlocked',
  })
  expect((await api.session(session.id)).status).toBe('open')

  const listed = await api.call<{ configurations: object[] }>('GET', '/configuration/history', { token: auditor })
  expect(listed.body.configurations[0]).toMatchObject({ entry: entry!.seq, by: 'Wang Li', kept: true })
})

test('what would change a machine in use is refused with the session, and nothing is changed', async () => {
  const before = siteNow()
  const site = edited(({ machines }) => {
    machines['booth-1']!.owner = 'somebody'
    machines['booth-2']!.owner = 'somebody'
  })
  const refused = await send({ site })
  expect(refused).toMatchObject({ status: 409, body: { code: 'configuration-waits' } })
  expect(refused.body.detail).toMatch(/booth-1: session .* is open/)
  expect(siteNow()).toBe(before)
})

test('what only a restart takes over, what is faulty, old or not for this person is refused', async () => {
  const api = edited((site) => Object.assign(site, { timezone: 'Europe/Berlin' }))
  expect(await send({ site: api })).toMatchObject({ status: 409, body: { code: 'needs-restart', detail: 'timezone' } })
  const faulty = await send({ site: edited(({ machines }) => delete machines['booth-1']!.owner) })
  expect(faulty).toMatchObject({ status: 422, body: { code: 'configuration-faulty' } })
  expect(faulty.body.errors).toMatchObject([{ path: expect.stringMatching(/^apply\.yaml:\d+:\d+$/) }])
  const old = await send({ site: siteNow() }, { 'if-match': `"${'0'.repeat(64)}"` })
  expect(old).toMatchObject({ status: 412, body: { code: 'configuration-changed' } })
  expect(await send({ site: siteNow() }, {}, 'some')).toMatchObject({ status: 403 })
})

test('a machine that comes and goes on a link that another uses loses that one neither session nor unit, and comes back with its meters', async () => {
  const { api, machine } = plantOf()
  const { id: session } = await api.unlocked('booth-2', await machine('booth-2').token())
  const add = (site: Site) => {
    site.machines.power = {
      ...{ name: { en: 'Power' }, owner: 'huajian' },
      devices: { meter: { profile: 'abb-b23', link: 'booth-2-modbus', unit: 11 } },
      state: { kind: 'threshold', signal: 'meter.power', above: 300, below: 200, on: 'Executing', off: 'NotExecuting' },
    }
  }
  const from = await api.head()
  expect(await send({ site: edited(add) })).toMatchObject({ status: 200, body: { applied: true } })
  await api.untilMachine('power', ({ itemState }) => itemState !== 'Unknown', 10_000)
  await until(async () => Number((await api.meter('power/meter.energy')).total) > 0, 10_000, 'it counts nothing')
  const gone = await send({ site: edited(({ machines }) => delete machines.power) })
  expect(gone).toMatchObject({ status: 200, body: { applied: true } })
  expect((await api.call('GET', '/machines/power', { token: plantOf().auditor })).status).toBe(404)
  expect(await send({ site: edited(add) })).toMatchObject({ status: 200, body: { applied: true } })
  expect(Number((await api.meter('power/meter.energy')).total)).toBeGreaterThan(0)
  const entries = await api.entries(from)
  expect(entries.filter(({ kind }) => kind === 'LinkLost')).toEqual([])
  const others = entries.filter(({ kind, machine }) => kind === 'AvailabilityChanged' && machine !== 'power')
  expect(others.filter(({ data }) => data.state === 'Unknown')).toEqual([])
  expect((await api.ended(session)).use).toContainEqual(
    expect.objectContaining({
      meter: 'booth-2/plc.parts',
      quantity: String((await machine('booth-2').simulator.judge()).producedUnits),
    }),
  )
})

test('a configuration that was in force comes back', async () => {
  const { api } = plantOf()
  const entries = await api.entries()
  const first = entries.find(({ kind }) => kind === 'ConfigurationApplied')!
  const back = await send({ rollback: first.seq })
  expect(back).toMatchObject({ status: 200, body: { applied: true } })
  expect(siteNow()).not.toContain('east')
  const last = (await api.entries()).findLast(({ kind }) => kind === 'ConfigurationApplied')!
  expect(last.data).toMatchObject({ rollbackTo: first.seq, configurationId: first.data.configurationId })
  expect(await send({ rollback: 1_000_000 })).toMatchObject({ status: 404 })
})

test('the command shows what differs, applies it when told to, and lists who did', async () => {
  const file = join(scope.folder, 'new.yaml')
  writeFileSync(file, edited(rename('By command')))
  const command = async (run: typeof applyCommand, options: object) => {
    let said = ''
    const write = (text: string) => (said += text)
    const io = {
      stdin: process.stdin,
      stdout: { write },
      stderr: { write },
      env: { LATCHKEY_KEY: plantOf().key('wang') },
    }
    const code = await run(file, { yes: false, json: false, waitMs: 0, ...options }, io)
    return { code, said }
  }
  const shown = await command(applyCommand, {})
  expect(shown).toMatchObject({ code: 0, said: expect.stringMatching(/name\.en: .* → By command\n/) })
  expect(shown.said).toContain('Nothing was changed')
  expect(siteNow()).not.toContain('By command')
  expect(await command(applyCommand, { yes: true })).toMatchObject({ code: 0, said: expect.stringMatching(/Applied/) })
  expect(siteNow()).toContain('By command')
  expect((await command(applyCommand, { yes: true })).said).toContain('It is in force already.')
  expect((await command(historyCommand, {})).said).toMatch(/by Wang Li\n.*→ By command/)
  writeFileSync(
    file,
    edited((site) => Object.assign(site, { timezone: 'Europe/Berlin' })),
  )
  expect(await command(applyCommand, { yes: true })).toMatchObject({
    code: 1,
    said: expect.stringMatching(/only a restart takes this over: timezone/),
  })
})

test('killed after the commit, it comes up with what was applied; announced and not committed, with what was', async () => {
  const { api, gateway, dataDir } = plantOf()
  const before = siteNow()
  const site = edited(rename('After the commit'))
  expect((await send({ site })).body.applied).toBe(true)
  const last = (await api.entries()).findLast(({ kind }) => kind === 'ConfigurationApplied')!
  await gateway.kill()
  // As the disk is left between the commit and the files.
  writeFileSync(gateway.sitePath, before)
  const announce = (id: unknown, text: string) =>
    writeFileSync(`${gateway.sitePath}.applying`, JSON.stringify({ id, dataDir, files: { site: text, profiles: {} } }))
  announce(last.data.id, site)
  await gateway.start()
  expect(siteNow()).toBe(site)
  expect((await api.machine('booth-1')) as unknown).toMatchObject({ name: { en: 'After the commit' } })

  await gateway.kill()
  // As the disk is left before the commit.
  announce('00000000-0000-4000-8000-000000000000', before)
  await gateway.start()
  expect(siteNow()).toBe(site)
})
