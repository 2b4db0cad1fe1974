/** The files that come with the gateway load; what a good site is noted for; secrets stay where they are needed. */
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { profileNames } from '../../config/catalogue.ts'
import { redact } from '../../config/resolve/redact.ts'
import { edit, goodAt, goodSite, openFolder } from './site-folder.ts'

const config = join(import.meta.dirname, '../../config')
const secrets = {
  LATCHKEY_MQTT_PASSWORD: 'hunter2',
  LATCHKEY_INFLUX_PASSWORD: 'hunter3',
  LATCHKEY_ROUTER_PASSWORD: 'hunter4',
}
const folder = openFolder()
afterAll(() => folder.remove())

describe('the files that come with the gateway', () => {
  it('loads the demo: simulated, unlockable where the profile has a lease', () => {
    const { config: demo, summary } = goodAt(join(config, 'sites/demo.yaml'))
    expect(demo.machines.map(({ id, simulated, interlock }) => [id, simulated, interlock?.link])).toEqual([
      ['spray-booth-1', true, 'booth-plc'],
      ['panel-saw-1', true, undefined],
      ['microscope-1', true, 'lab-opcua'],
    ])
    expect(demo.mqtt).toMatchObject({ version: 4, clientId: 'latchkey-demo', keepaliveMs: 15_000 })
    expect(demo.dataDir).toBe(join(config, '../data/demo'))
    expect(demo.machines[0]!.meters.map(({ id, gating }) => [id, gating])).toEqual([
      ['spray-booth-1/plc.parts', true],
      ['spray-booth-1/plc.running', false],
      ['spray-booth-1/energy.energy', false],
    ])
    expect(summary.notes).toEqual([])
  })

  it('loads the example of a real site, with its secrets from the environment', () => {
    const { config: real, summary } = goodAt(join(config, 'sites/prep-centre.yaml'), secrets)
    expect(real.mqtt?.password).toBe('hunter2')
    expect(real.machines.map(({ simulated }) => simulated)).toEqual([false, false])
    expect(summary.notes.map(({ code }) => code)).toEqual(['drill-needed', 'interlock-open'])
  })

  it('loads the example of a machine without a PLC, whose meter shows what it does', () => {
    const { config: retrofit, summary } = goodAt(join(config, 'sites/retrofit.yaml'))
    const [planer] = retrofit.machines
    expect(planer?.state).toMatchObject({ kind: 'threshold', signal: 'planer-1/energy.power', above: 300 })
    expect(planer?.signals.filter(({ required }) => required).map(({ id }) => id)).toEqual(['planer-1/energy.power'])
    expect(summary.notes.map(({ code }) => code)).toEqual(['drill-needed', 'interlock-open'])
  })

  it.each(profileNames([join(config, 'profiles')]))('loads the profile %s', (name) => {
    const isOpcua = name.endsWith('-opcua') || ['sim-instrument', 'sim-panel-saw'].includes(name)
    const place = isOpcua ? 'link: saw-link, root: "nsu=urn:x;s=B"' : 'link: plc-bus, unit: 2'
    const { config: site } = folder.good({
      'site.yaml': edit(goodSite, '      saw:', `      more: { profile: ${name}, ${place} }\n      saw:`),
    })
    expect(site.machines[0]!.devices.more?.profile).toBe(name)
    expect(site.machines[0]!.simulated).toBe(name.startsWith('sim-'))
    // The pages show them in two languages.
    const shown = [...site.machines[0]!.signals, ...site.machines[0]!.meters]
    expect(shown.filter(({ title, titles }) => title !== undefined && titles?.zh === undefined)).toEqual([])
  })
})

describe('secrets', () => {
  it('are not in the printed configuration, the summary or the identity', () => {
    const { config: real, summary } = goodAt(join(config, 'sites/prep-centre.yaml'), secrets)
    const printed = JSON.stringify([redact(real), summary])
    expect(printed).not.toMatch(/hunter/)
    expect(printed.match(/"password":"\*\*\*"/g)).toHaveLength(3)
    expect(
      JSON.stringify(real, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)).match(/hunter/g),
    ).toHaveLength(3)
  })
})

describe('notes', () => {
  const trust = goodSite.slice(goodSite.indexOf('trust:'), goodSite.indexOf('mqtt:'))
  it.each([
    ['no-issuers', trust, '', 1],
    ['no-mqtt', 'mqtt: { url: mqtt://127.0.0.1:1883, version: 4 }\n', '', 1],
    ['drill-needed', 'site: test', 'site: test', 22],
    ['link-unused', '      saw: { profile: saw, link: saw-link, root: "nsu=urn:x;s=Saw" }\n', '', 13],
    ['api-exposed', '"127.0.0.1:0"', '"0.0.0.0:0", plaintext: accepted', 5],
    ['language-unknown', 'name: { en: Booth 1 }', 'name: { cn: 喷漆房 }', 16],
    ['interlock-open', 'host: 127.0.0.1', 'host: 10.1.0.5', 22],
    [
      'opcua-open',
      '"opc.tcp://127.0.0.1:4840", security: None',
      '"opc.tcp://10.1.0.5:4840", security: None, unprotected: read-only',
      13,
    ],
  ])('%s', (code, from, to, line) => {
    const { summary } = folder.good({ 'site.yaml': edit(goodSite, from, to) })
    expect(summary.notes.map((note) => [note.code, note.line])).toContainEqual([code, line])
  })

  it('none of no-mqtt where Sparkplug publishes', () => {
    const [mqtt, sparkplug] = [
      'mqtt: { url: mqtt://127.0.0.1:1883, version: 4 }',
      'sparkplug: { url: mqtt://127.0.0.1, group: g }',
    ]
    const { summary } = folder.good({ 'site.yaml': edit(goodSite, mqtt, sparkplug) })
    expect(summary.notes.map(({ code }) => code)).not.toContain('no-mqtt')
  })

  it('device-shared, when two profiles read one device', () => {
    const { summary } = folder.good({
      'site.yaml': edit(
        goodSite,
        '      saw:',
        '      more: { profile: eastron-sdm630, link: plc-bus, unit: 1 }\n      saw:',
      ),
    })
    expect(summary.notes.map(({ code, line, column }) => [code, line, column])).toContainEqual(['device-shared', 20, 7])
  })
})
