/**
 * A technician's hour: from an empty folder to a machine that a tenant has used and been billed for, with every mistake
 * of the list made on the way and mended by what the tool says, and by nothing else. The devices are emulated and are
 * processes: an Eastron SDM630, an ABB B23, an I/O module, an OPC UA press with its own certificates, a PLC with the
 * lease block. The bounded form makes one mistake of writing in four, and leaves out what has to be waited for: further
 * starts, the drills, the tenant.
 * Read next: hour/writing.ts, hour/starting.ts, hour/wiring.ts, hour/commissioning.ts (its chapters).
 */
import { freePort } from '../../support/ports.ts'
import { startProcess } from '../../support/process.ts'
import type { Scope } from '../../support/proof.ts'
import { startPlatform } from '../../support/simulators.ts'
import { createChecks, type Item } from '../item.ts'
import type { Chapter } from './hour/chapter.ts'
import { commissioning } from './hour/commissioning.ts'
import { startDevices } from './hour/devices.ts'
import { filesOf, type Ports } from './hour/site.ts'
import { starting } from './hour/starting.ts'
import { wiring } from './hour/wiring.ts'
import { writing } from './hour/writing.ts'

const root = new URL('../../..', import.meta.url).pathname

export const hour: Item = {
  name: 'hour',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const [api, platformPort, broker] = [await freePort(), await freePort(), await freePort()]
    const platformOf = () =>
      startPlatform(scope, 'latchkey:workshop', `http://127.0.0.1:${api}`, undefined, platformPort)
    const [devices, platform] = await Promise.all([startDevices(scope), platformOf(), startBroker(scope, broker)])
    const ports: Ports = { api, platform: platformPort, broker, ...devices.ports }
    const chapter: Chapter = { scope, checks, devices, files: filesOf(ports) }
    if (quick) await Promise.all([writing(chapter, 4), starting(chapter), wiring(chapter, ports, 1)])
    else {
      say('writing')
      await writing(chapter)
      say('starting')
      await starting(chapter)
      say('wiring')
      const workshop = await wiring(chapter, ports)
      say('commissioning')
      await commissioning(chapter, platform, workshop)
    }
    return checks.verdict('mistakes are mended from what the tool says; 5 devices, 3 machines')
  },
}

async function startBroker(scope: Scope, port: number): Promise<void> {
  const broker = startProcess(process.execPath, ['simulators/broker.ts', '--port', String(port)], { cwd: root })
  scope.defer(() => broker.kill())
  await broker.ready()
}
