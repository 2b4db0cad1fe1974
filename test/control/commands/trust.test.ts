/** What a technician asks for at the bench, decided by the control thread: who may, and what is recorded of it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { readCertificate } from '../../../adapters/opcua/certificate.ts'
import { opcuaDesk } from '../../../adapters/opcua/desk.ts'
import { onBench } from '../../../gateway/control/commands/bench.ts'
import { linkFolder } from '../../../gateway/control/host/data-dir.ts'
import type { Command, TrustChange } from '../../../gateway/core/command/command.ts'
import { judgeAcceptance } from '../../../gateway/core/drill/acceptance.ts'
import type { EntryDraft } from '../../../gateway/core/ground/entry.ts'
import type { Principal } from '../../../gateway/core/permission/principal.ts'
import { holdDraft } from '../../support/described.ts'
import { plantAuthority } from '../../support/opcua-certificates.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

const options = { endpoint: 'opc.tcp://plc.plant:4840', security: 'SignAndEncrypt' }
const links = [
  { id: 'saw', protocol: 'opcua', options },
  { id: 'bus', protocol: 'modbus', options: {} },
]
const technician = { role: 'technician', id: 'Wang', key: 'k' } as unknown as Principal
const ofOne = { ...technician, machines: ['press-1'] } as unknown as Principal
const owner = { role: 'owner', id: 'huajian', key: 'o' } as unknown as Principal

let recorded: EntryDraft[]
beforeEach(() => {
  recorded = []
})

type Asked = Parameters<typeof onBench>[0]
const ask = (command: Command) =>
  onBench(command as Asked, {
    config: { dataDir, links, machines: [] } as unknown as Parameters<typeof onBench>[1]['config'],
    machines: new Map([['saw-1', {}]]),
    links: new Map(),
    record: (kind, data, machine) => {
      const at = { wallMs: 0, monoNs: '1', bootId: 'b', clock: 'synchronised' } as const
      recorded.push({ kind, version: 1, at, data, ...(machine === undefined ? {} : { machine }) })
      holdDraft(recorded.at(-1)!)
    },
    flush: async () => undefined,
  })

describe('whom a link trusts', () => {
  const change = (more: Partial<TrustChange>, principal = technician) =>
    ask({ kind: 'trust', principal, change: { link: 'saw', what: 'renew', reason: 'as agreed', ...more } })

  it('is for technicians of all machines alone', async () => {
    for (const principal of [owner, ofOne])
      for (const command of [ask({ kind: 'trust', principal }), change({}, principal)])
        expect(await command).toMatchObject({ kind: 'refused', refusal: { code: 'forbidden' } })
    expect(recorded).toEqual([])
  })

  it('is changed by a thumbprint, recorded with the person, and shown', async () => {
    const folder = linkFolder(dataDir, 'saw')
    mkdirSync(folder, { recursive: true })
    const bytes = readFileSync(
      plantAuthority(join(dataDir, 'plant')).issue('PLC', { hosts: ['plc.plant'] }).certificateFile,
    )
    const { thumbprint } = readCertificate(bytes)!
    opcuaDesk.approve(folder, bytes, [])
    opcuaDesk.reject(folder, thumbprint)
    expect(await change({ what: 'approve', thumbprint, despite: ['uri-differs'] })).toMatchObject({
      kind: 'trust',
      links: [
        { link: 'saw', items: expect.arrayContaining([expect.objectContaining({ place: 'trusted', thumbprint })]) },
      ],
    })
    expect(recorded.map(({ kind, data }) => [kind, data])).toEqual([
      [
        'TrustChanged',
        { link: 'saw', what: 'approve', thumbprint, despite: ['uri-differs'], by: 'Wang', reason: 'as agreed' },
      ],
    ])
    expect(await change({ what: 'reject', thumbprint })).toMatchObject({ kind: 'trust' })
    expect(recorded).toHaveLength(2)
  })

  it.each<[string, Partial<TrustChange>]>([
    ['of a link without certificates', { link: 'bus' }],
    ['of a link that is not there', { link: 'nothing' }],
    ['with a certificate that is not there', { what: 'approve', thumbprint: 'AB'.repeat(20) }],
    ['with an empty thumbprint', { what: 'reject' }],
  ])('%s is refused, and nothing is recorded', async (_, more) => {
    expect(await change(more)).toMatchObject({ kind: 'refused', refusal: { code: 'not-found' } })
    expect(recorded).toEqual([])
  })
})

describe('an acceptance', () => {
  const acceptance = judgeAcceptance({
    ...{ label: 'K7QM', configurationId: 'ab'.repeat(32), software: '0.1.0' },
    devices: [{ alias: 'energy', profile: 'abb-b23', link: 'meter-bus', at: '{"unit":11}' }],
    says: [{ signal: 'saw-1/energy.serial', value: '04711' }],
    lock: { drill: 'commissioned', due: '2027-11-27T14:09:38.757Z', failSafe: true },
    readings: [
      {
        signal: 'saw-1/energy.import',
        shown: '1234.5',
        reported: '1234.56',
        reportedIn: 'kWh',
        ageMs: 400,
        agrees: true,
      },
    ],
    counted: ['saw-1/energy.import'],
  })
  const accept = (machine: string, principal = technician) =>
    ask({ kind: 'accept', principal, machine, acceptance, reason: 'handed over to the owner' })

  it('is recorded whole, with the person', async () => {
    expect(await accept('saw-1')).toMatchObject({ kind: 'recorded' })
    expect(recorded).toMatchObject([
      { kind: 'AcceptanceRecorded', machine: 'saw-1', data: { ...acceptance, accepted: true, by: 'Wang' } },
    ])
  })

  it.each([
    ['of a machine that is not there', 'mill-1', technician, 'not-found'],
    ['by an owner', 'saw-1', owner, 'forbidden'],
    ['by a key of another machine', 'saw-1', ofOne, 'forbidden'],
  ])('%s is refused', async (_, machine, principal, code) => {
    expect(await accept(machine, principal)).toMatchObject({ kind: 'refused', refusal: { code } })
    expect(recorded).toEqual([])
  })
})
