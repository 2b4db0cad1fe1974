/**
 * What people watch a gateway by: promtool takes its metrics and the rules, each rule fires in a story of its own and
 * none at a gateway that is well, and what `latchkey support` writes holds no secret and nobody's name.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { parse, stringify } from 'yaml'
import { supportCommand } from '../../../gateway/cli/support.ts'
import { metricsOf } from '../../../gateway/front/spare/metrics.ts'
import { needPackages } from '../../support/apt.ts'
import { startPlant } from '../../support/gateway-plant.ts'
import type { Scope } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'

const RULES = resolve(import.meta.dirname, '..', '..', '..', 'gateway', 'ship', 'watch', 'alerts.yaml')

/** Series, in minutes, by which an alert fires. */
const series: Readonly<Record<string, string | readonly string[]>> = {
  GatewayAway: 'up{job="latchkey"} 0x600',
  GatewayNotReady: 'latchkey_ready 0x600',
  GatewayRestarts: 'latchkey_started_timestamp_seconds 0+1x600',
  WorkRefused: 'latchkey_short{resource="memory"} 1x600',
  LinkDown: 'latchkey_link_up{link="plc"} 0x600',
  MachineUnknown: 'latchkey_machine_state{machine="saw",state="Unknown"} 1x600',
  MeterSilent: 'latchkey_meters_silent{machine="saw"} 1x600',
  DrillDue: 'latchkey_machine_drill_due_timestamp_seconds{machine="saw"} 86400x600',
  PlatformSilent: 'latchkey_platform_contact_age_seconds{site="shop"} 1000x600',
  SinkBehind: 'latchkey_sink_behind_seconds{sink="mqtt"} 1000x600',
  EntriesParked: 'latchkey_sink_parked{sink="mqtt"} 2x600',
  SamplesDropped: 'latchkey_sample_drops_total{sink="mqtt"} 0+1x600',
  DiskFilling: 'latchkey_disk_free_bytes 900000000-100000x600',
  PairAlone: 'latchkey_pair_followed 0x600',
  PairBehind: 'latchkey_pair_behind_seconds 60x600',
  PairTakenOver: [
    'latchkey_pair_active{site="shop",box="left"} 1x530 0x70',
    'latchkey_pair_active{site="shop",box="right"} 0x530 1x70',
  ],
  PairIdle: 'latchkey_pair_active{site="shop",box="left"} 0x600',
}

const SPARE = { site: 'shop', version: '1', instance: 'i' }
const STANDS_BY = { role: 'spare', box: 'right', other: 'left', term: 1 } as const

/** When each story is looked at: the alert that waits longest waits for six hours. */
const EVALUATED = '9h'

export const watched: Item = {
  name: 'watched',
  async run({ scope, say }) {
    const checks = createChecks(say)
    needPackages(['prometheus'])
    const judged = (what: string, { code, output }: Awaited<ReturnType<typeof promtool>>) =>
      checks.check(what, code === 0, output.slice(0, 1500))
    judged('promtool takes the rules', await promtool(['check', 'rules', RULES]))

    const { groups } = parse(readFileSync(RULES, 'utf8')) as { groups: { rules: { alert: string }[] }[] }
    const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert))
    checks.check('each alert has its story', isDeepStrictEqual(alerts, Object.keys(series)), alerts)
    const fired = await firedIn(
      scope,
      alerts.map((alert) => ({ alerts: [alert], series: [series[alert] ?? ''].flat() })),
    )
    for (const alert of alerts) checks.check(`${alert} fires`, fired.includes(alert), fired)

    const secrets = ['Wang-Li-the-technician', 'p4ssword-of-nobody', 'acme-tenant-name']
    const plant = await startPlant(scope, {
      site: 'watched',
      machines: { 'spray-booth': 1 },
      people: { wang: { role: 'technician', name: secrets[0]! } },
    })
    await plant.api.ended((await plant.api.unlocked('booth-1', await plant.machines[0]!.token())).id)
    const metrics = await (await fetch(`${plant.api.url}/metrics`)).text()
    judged('promtool takes the metrics', await promtool(['check', 'metrics'], metrics))
    const spare = metricsOf({ ...SPARE, configurationId: '' }, { ...STANDS_BY, why: 'absent' })
    judged('promtool takes the metrics of a spare', await promtool(['check', 'metrics'], spare))
    const asItIs = ['up{job="latchkey"} 1', ...metrics.split('\n').filter((line) => /^latchkey_/.test(line))]
    const needless = await firedIn(scope, [{ alerts, series: asItIs.map((line) => `${line}x600`) }])
    checks.check('none fires at a gateway that is well', needless.length === 0, needless)
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

type Story = { readonly alerts: readonly string[]; readonly series: readonly string[] }

/** Which of the alerts fire in one of the stories, each of which is a time of its own. */
async function firedIn(scope: Scope, stories: readonly Story[]): Promise<string[]> {
  const path = join(scope.folder, 'stories.yaml')
  // What is expected is nothing, so that what fires is told.
  const tests = stories.map(({ alerts, series }) => ({
    interval: '1m',
    input_series: series.map((line) => {
      const space = line.indexOf(' ', line.indexOf('}') + 1)
      return { series: line.slice(0, space), values: line.slice(space + 1) }
    }),
    alert_rule_test: alerts.map((alertname) => ({ eval_time: EVALUATED, alertname, exp_alerts: [] })),
  }))
  writeFileSync(path, stringify({ rule_files: [RULES], evaluation_interval: '5m', tests }))
  const { output } = await promtool(['test', 'rules', path])
  return [...new Set([...output.matchAll(/alertname="(\w+)"/g)].map(([, name]) => name!))]
}

async function promtool(
  args: readonly string[],
  input = '',
): Promise<{ readonly code: number; readonly output: string }> {
  const child = spawn('promtool', args)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code, output }
}
