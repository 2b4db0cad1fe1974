/**
 * What people watch a gateway by: promtool takes its metrics and the rules, each rule fires in a story of its own, and
 * what `latchkey support` writes holds no secret and nobody's name.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse, stringify } from 'yaml'
import { supportCommand } from '../../../gateway/cli/support.ts'
import { needPackages } from '../../support/apt.ts'
import { startPlant } from '../../support/gateway-plant.ts'
import { createChecks, type Item } from '../item.ts'

const RULES = resolve(import.meta.dirname, '..', '..', '..', 'gateway', 'ship', 'watch', 'alerts.yaml')

/** A series for two days, in minutes, by which an alert fires; of the others the plain form does. */
const series: Readonly<Record<string, string>> = {
  GatewayAway: 'up{job="latchkey"} 0x3000',
  GatewayNotReady: 'latchkey_ready 0x3000',
  GatewayRestarts: 'latchkey_started_timestamp_seconds 0+1x3000',
  WorkRefused: 'latchkey_short{resource="memory"} 1x3000',
  LinkDown: 'latchkey_link_up{link="plc"} 0x3000',
  MachineUnknown: 'latchkey_machine_state{machine="saw",state="Unknown"} 1x3000',
  MeterSilent: 'latchkey_meters_silent{machine="saw"} 1x3000',
  DrillDue: 'latchkey_machine_drill_due_timestamp_seconds{machine="saw"} 86400x3000',
  PlatformSilent: 'latchkey_platform_contact_age_seconds{site="shop"} 1000x3000',
  SinkBehind: 'latchkey_sink_behind_seconds{sink="mqtt"} 1000x3000',
  EntriesParked: 'latchkey_sink_parked{sink="mqtt"} 2x3000',
  SamplesDropped: 'latchkey_sample_drops_total{sink="mqtt"} 0+1x3000',
  DiskFilling: 'latchkey_disk_free_bytes 900000000-100000x3000',
  PairAlone: 'latchkey_pair_followed 0x3000',
}

export const watched: Item = {
  name: 'watched',
  async run({ scope, say }) {
    const checks = createChecks(say)
    needPackages(['prometheus'])
    const promtool = (args: readonly string[], input?: string) =>
      spawnSync('promtool', args, { encoding: 'utf8', ...(input === undefined ? {} : { input }) })
    const judged = (what: string, { status, stdout, stderr }: ReturnType<typeof promtool>) =>
      checks.check(what, status === 0, `${stdout}${stderr}`.slice(0, 1500))
    judged('promtool takes the rules', promtool(['check', 'rules', RULES]))

    const { groups } = parse(readFileSync(RULES, 'utf8')) as { groups: { rules: { alert: string }[] }[] }
    const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert))
    for (const alert of alerts) {
      const text = series[alert]
      checks.check(`there is a story for ${alert}`, text !== undefined)
      if (text === undefined) continue
      const path = join(scope.folder, `${alert}.yaml`)
      writeFileSync(path, stringify(storyOf(alert, text)))
      const { stdout, stderr } = promtool(['test', 'rules', path])
      // What it expects is nothing, so that what it got is told.
      checks.check(`${alert} fires`, `${stdout}${stderr}`.includes(`alertname="${alert}"`), `${stdout}${stderr}`)
    }

    const secrets = ['Wang-Li-the-technician', 'p4ssword-of-nobody', 'acme-tenant-name']
    const plant = await startPlant(scope, {
      site: 'watched',
      machines: { 'spray-booth': 1 },
      people: { wang: { role: 'technician', name: secrets[0]! } },
    })
    await plant.api.ended((await plant.api.unlocked('booth-1', await plant.machines[0]!.token())).id)
    const metrics = await (await fetch(`${plant.api.url}/metrics`)).text()
    judged('promtool takes the metrics', promtool(['check', 'metrics'], metrics))
    const file = join(scope.folder, 'support.json.gz')
    const io = { stdout: { write: () => true }, stderr: { write: () => true }, env: process.env }
    checks.check(
      'support is written',
      (await supportCommand(plant.gateway.sitePath, file, { version: 'proof' }, io)) === 0,
    )
    const text = gunzipSync(readFileSync(file)).toString('utf8')
    const found = [...secrets, plant.key('wang'), plant.auditor, 'acme', 'huajian', hostName()].filter((word) =>
      text.includes(word),
    )
    checks.check('it holds no secret and no name', found.length === 0, found)
    checks.check(
      'it says enough',
      ['"software"', 'UnlockConfirmed', 'latchkey_ready', 'machines'].every((word) => text.includes(word)),
    )
    return checks.verdict(
      `${alerts.length} alerts, ${metrics.split('\n').length} lines of metrics, ${text.length} letters of support`,
    )
  },
}

const hostName = () => execFileSync('hostname', { encoding: 'utf8' }).trim()

function storyOf(alert: string, text: string): object {
  const space = text.lastIndexOf(' ')
  return {
    rule_files: [RULES],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: [{ series: text.slice(0, space), values: text.slice(space + 1) }],
        alert_rule_test: [{ eval_time: '48h', alertname: alert, exp_alerts: [] }],
      },
    ],
  }
}
