/** The commands, and the mistakes that people make in a site file. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startLatchkey } from '../../support/gateway.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { until } from '../../support/process.ts'
import { pause, type Scope } from '../../support/proof.ts'
import { lookAt, type Probe, type Seen } from './probe.ts'

const START_MS = 20_000
const LOCKED_MS = 8000
/** A refusal that a person can read, characters. */
const SHORT = 400
const ESCAPE = '\u001b'

const site = `site: hall
timezone: Asia/Shanghai
dataDir: ./data
api: { listen: "127.0.0.1:0" }
trust: { issuers: [{ issuer: https://p.example, audience: "latchkey:hall", jwks: https://p.example/keys }] }
links:
  bus: { protocol: modbus, transport: tcp, host: 127.0.0.1, port: 502 }
  press: { protocol: opcua, endpoint: "opc.tcp://127.0.0.1:4840", security: None }
machines:
  mill:
    name: { en: Mill }
    owner: huajian
    devices: { energy: { profile: energy, link: bus, unit: 1 } }
    state: energy
  press:
    name: { en: Press }
    owner: huajian
    devices: { scope: { profile: sim-instrument, link: press, root: "nsu=urn:latchkey:sim;s=Instrument" } }
    state: scope
`
const energy = `profile: energy
maker: Acme
model: E1
source: { document: Manual, page: "7" }
protocol: modbus
rung: meters
signals:
  total: { address: { table: holding, address: 0, type: u32 }, unit: kWh, scale: 0.01 }
  power: { address: { table: holding, address: 2, type: u16 }, unit: W }
meters:
  energy: { kind: register, signal: total, unit: Wh, perCount: 10, maxRate: "10" }
state: { kind: threshold, signal: power, above: 20, below: 10, on: Executing, off: NotExecuting }
`

type Mistake = { readonly row: string; readonly input: string; readonly from: string; readonly to: string }
const mistakes: readonly Mistake[] = [
  {
    row: 'people mistake 10',
    input: 'a root by the index of its namespace',
    from: 'nsu=urn:latchkey:sim;s=',
    to: 'ns=2;s=',
  },
  { row: 'people mistake 11', input: 'the host 192.168.1.300', from: 'host: 127.0.0.1', to: 'host: 192.168.1.300' },
  { row: 'people 4', input: 'perCount 1 where it is 10', from: 'perCount: 10', to: 'perCount: 1' },
]

export async function commands(scope: Scope): Promise<Seen[]> {
  const folder = join(scope.folder, 'commands')
  return lookAt([...checks(folder), secretless(folder), ...(await running(scope))])
}

/** `latchkey` with these arguments, waited for. */
async function latchkey(...args: string[]): Promise<{ code: number | null; output: string }> {
  const command = startLatchkey(args)
  const { code } = await command.exited
  return { code, output: command.output() }
}

function written(folder: string, text: string, profile = energy): string {
  mkdirSync(join(folder, 'profiles'), { recursive: true })
  writeFileSync(join(folder, 'profiles', 'energy.yaml'), profile)
  const path = join(folder, 'site.yaml')
  writeFileSync(path, text)
  return path
}

function checks(folder: string): Probe[] {
  const check = (text: string, profile?: string) => latchkey('check', written(folder, text, profile))
  return [
    ...mistakes.map(({ row, input, from, to }) => ({
      row,
      input: `check: ${input}`,
      async look() {
        const { code, output } = await check(site.replace(from, to), energy.replace(from, to))
        const fault = output.split('\n').find((line) => /:\d+:\d+ /.test(line))
        return [code === 0 ? 'good' : `${fault?.split(': ')[0]?.split(' ').at(-1)}`, code === 1] as const
      },
    })),
    {
      row: 'security L4',
      input: 'check: a key that steers the terminal',
      async look() {
        const { output } = await check(`${site}"\\e]0;x\\a": 1\n`)
        const isRaw = output.includes(ESCAPE)
        return [isRaw ? 'printed as it is' : 'printed without', !isRaw]
      },
    },
    {
      row: 'security L5',
      input: 'check: half a surrogate pair in a text',
      async look() {
        const { code, output } = await check(site.replace('en: Mill', 'en: "\\uD800"'))
        const isStack = /\n\s+at /.test(output)
        return [isStack ? 'a stack' : `${code}, in words`, !isStack && code === 1]
      },
    },
  ]
}

const secretless = (folder: string): Probe => ({
  row: 'people 6',
  input: 'keys list, without the password of the store',
  async look() {
    const influx = 'influx: { url: http://127.0.0.1:8086, database: x, username: u, password: "$' + '{env:NOT_SET}" }\n'
    const { code, output } = await latchkey('keys', 'list', written(folder, `${site}${influx}`))
    return [
      `ends with ${code} ${code === 0 ? '' : (output.split('\n')[0] ?? '')}`,
      code === 0 || !output.includes('NOT_SET'),
    ]
  },
})

async function running(scope: Scope): Promise<Probe[]> {
  const people = { technician: { role: 'technician', name: 'Wang' } } as const
  const plant = await startPlant(scope, { site: 'bander', machines: { 'edge-bander': 1 }, cycleMs: 600_000, people })
  return [endsAtOnce(plant), secondGateway(plant), renamed(plant)]
}

const endsAtOnce = (plant: Plant): Probe => ({
  row: 'people 1',
  input: 'a technician ends a session while the machine behind an output runs on',
  async look() {
    const { id, simulator, token } = plant.machine('bander-1')
    const { id: session } = await plant.api.unlocked(id, await token())
    await simulator.operate({ autoStart: true })
    await plant.api.untilMachine(id, ({ itemState }) => itemState === 'Executing', 20_000)
    await plant.api.call('POST', `/sessions/${session}/end`, { token: plant.key('technician'), body: {} })
    await pause(LOCKED_MS)
    const { startPermission } = await simulator.judge()
    return [`the output is ${startPermission ? 'on' : 'off'} after ${LOCKED_MS / 1000} s`, !startPermission]
  },
})

const secondGateway = (plant: Plant): Probe => ({
  row: 'people 15',
  input: 'a second gateway on the same data',
  async look() {
    const { output } = await latchkey('run', plant.gateway.sitePath)
    return [`${output.length} characters: ${output}`, output.length < SHORT]
  },
})

const renamed = (plant: Plant): Probe => ({
  row: 'people 21',
  input: 'the site under another name, on the same data',
  async look() {
    await plant.gateway.stop()
    const text = startLatchkey(['run', renamedSite(plant)])
    let ended: number | null | undefined
    void text.exited.then(({ code }) => {
      ended = code
    })
    const isReady = () => text.output().includes('"ready":true')
    await until(() => ended !== undefined || isReady(), START_MS, 'neither ready nor ended').catch(() => undefined)
    await text.kill()
    return [
      ended === undefined || isReady() ? 'it starts' : `ends with ${ended}: ${text.output().slice(0, 120)}`,
      ended === 1,
    ]
  },
})

function renamedSite({ gateway, site: name }: Plant): string {
  const path = gateway.sitePath.replace(`${name}.yaml`, 'renamed.yaml')
  writeFileSync(path, readFileSync(gateway.sitePath, 'utf8').replace(`site: ${name}`, 'site: renamed'))
  return path
}
