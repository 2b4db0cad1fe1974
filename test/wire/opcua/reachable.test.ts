/** A server that was away is tried as soon as it is back; one that is there and refuses is not hurried. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { opcuaAdapter } from '../../../adapters/opcua/link.ts'
import { isSamePlace, placeOf } from '../../../adapters/opcua/place.ts'
import { recogniseServer } from '../../../adapters/opcua/servers.ts'
import { linkDeps, makeLink, open, rejection } from '../../support/links.ts'
import { freePort } from '../../support/ports.ts'
import { until } from '../../support/process.ts'

async function listen(port: number, onConnect: () => void): Promise<void> {
  const server = createServer((socket) => {
    onConnect()
    socket.destroy()
  })
  onTestFinished(() => void server.close())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

describe('a link that waits for its next try', () => {
  it('is woken when somebody listens again', async () => {
    const port = await freePort()
    const link = makeLink(opcuaAdapter, { endpoint: `opc.tcp://127.0.0.1:${port}`, security: 'None' }, linkDeps())
    expect((await rejection(open(link))).message).toContain('nothing accepts connections there')
    let woken = false
    void link.whenMended!(new AbortController().signal).then(() => {
      woken = true
    })
    await pause(1500)
    expect(woken).toBe(false)
    await listen(port, () => undefined)
    await until(() => woken, 10_000, 'nobody woke it')
  })

  it('is not woken by one that listens all the time, and says no', async () => {
    const port = await freePort()
    let connections = 0
    await listen(port, () => {
      connections += 1
    })
    const link = makeLink(opcuaAdapter, { endpoint: `opc.tcp://127.0.0.1:${port}`, security: 'None' }, linkDeps())
    await rejection(open(link))
    const before = connections
    const over = new AbortController()
    const waits = link.whenMended!(over.signal).then(
      () => 'woken',
      () => 'not woken',
    )
    await pause(1500)
    over.abort()
    expect(await waits).toBe('not woken')
    expect(connections).toBe(before)
  })
})

describe('a place', () => {
  it.each([
    ['opc.tcp://plc.plant:4841/ua', 'plc.plant', 4841],
    ['opc.tcp://10.1.0.11', '10.1.0.11', 4840],
    ['opc.tcp://10.1.0.11:80', '10.1.0.11', 80],
    ['opc.tcp://[::1]:4840', '::1', 4840],
    ['nonsense', '', 4840],
  ])('%s is %s, %i', (endpoint, host, port) => expect(placeOf(endpoint)).toEqual({ host, port }))

  it('is the same under another path, and another under another port', () => {
    expect(isSamePlace('opc.tcp://plc:4840/a', 'opc.tcp://PLC')).toBe(true)
    expect(isSamePlace('opc.tcp://plc:4840', 'opc.tcp://plc:4841')).toBe(false)
  })
})

describe('a server', () => {
  it.each([
    ['urn:SIMATIC.S7-1500.OPC-UA.Application:PLC_1', 'Siemens S7-1200 and S7-1500'],
    ['http://www.siemens.com/simatic-s7-opcua', 'Siemens S7-1200 and S7-1500'],
    ['CODESYSSPV3/3S/IecVarAccess', 'CODESYS V3'],
    ['SinumerikVarProvider', 'Siemens SINUMERIK'],
    ['urn:BeckhoffAutomation:Ua:PLC1', 'Beckhoff TwinCAT 3 TF6100'],
    ['http://br-automation.com/OpcUa/PLC/PV/', 'B&R Automation Runtime'],
    ['urn:host:Kepware.KEPServerEX.V6:UA Server', 'Kepware KEPServerEX'],
    ['urn:inductiveautomation:ignition:opcua:server', 'Inductive Automation Ignition'],
    ['urn:host:OPCUA:SimulationServer', 'Prosys Simulation Server'],
    ['urn:open62541.server.application', 'open62541'],
  ])('with %s is %s', (uri, name) => {
    expect(recogniseServer(['http://opcfoundation.org/UA/', uri])?.name).toBe(name)
  })

  it('that nobody knows is none', () => expect(recogniseServer(['http://opcfoundation.org/UA/'])).toBeUndefined())
})
