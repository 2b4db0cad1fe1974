/**
 * The command line: which words there are. Each command hands over to one file in cli/, loaded only when it is called.
 * Read next: cli/run.ts (the gateway), cli/site.ts (what the commands about one site share).
 */
import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { SinksTask } from './cli/sinks.ts'
import type { TrustTask } from './cli/trust.ts'
import { benchWords } from './words/bench.ts'
import { configurationWords, entryNumber } from './words/configuration.ts'
import { pairWords } from './words/pair.ts'
import { profileWords } from './words/profile.ts'
import { shippingWords } from './words/shipping.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

type Json = { readonly json: boolean }
type RunOptions = { readonly log: string; readonly new: boolean; readonly listen?: string; readonly box?: string }
type Who = { readonly by?: string; readonly reason?: string }
type DrillFlags = Json & {
  readonly conformance: boolean
  readonly key?: string
  readonly reason: string
  readonly yes: boolean
  readonly byHand: boolean
  readonly powerCycle: boolean
  readonly report?: string
}

const program = new Command('latchkey')
  .description('Edge gateway for shared machines')
  .version(version)
  .showHelpAfterError()

onSite(program, 'run', 'run the gateway of a site')
  .addOption(
    new Option('--log <level>', 'least level of the log on stderr')
      .choices(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info'),
  )
  .option('--new', 'there is no site file yet: begin one, and add links and machines on the bench', false)
  .option('--listen <host:port>', 'with --new: where the API listens; else 127.0.0.1:8080')
  .option('--box <name>', 'of a pair: which box this is; else the one whose address this host has')
  .action(async (site: string, { log, new: isNew, listen, box }: RunOptions) => {
    const { runCommand } = await import('./cli/run.ts')
    const begin = isNew ? { begin: { ...(listen === undefined ? {} : { listen }) } } : {}
    process.exit(await runCommand(site, { version, level: log, ...begin, ...(box === undefined ? {} : { box }) }))
  })

onSite(program, 'check', 'check a site file and the profiles it uses; opens no socket')
  .option('--json', 'faults or summary as JSON', false)
  .option('--print', 'print the resolved configuration, secrets left out', false)
  .action(async (site: string, options: Json & { print: boolean }) => {
    const { checkCommand } = await import('./cli/check.ts')
    process.exitCode = await checkCommand(site, options, process)
  })

configurationWords(program, onSite)
shippingWords(program, onSite, version)
pairWords(program, onSite)

program
  .command('drill')
  .description('prove that a machine locks itself: by a running gateway, or with --conformance without one')
  .argument('<gateway>', 'url of the gateway, e.g. http://127.0.0.1:8080; with --conformance the site file')
  .argument('<machine>', 'id of the machine')
  .option('--conformance', 'hold the PLC against the rules of the lease block; no gateway may run', false)
  .option('--key <key>', 'key of a technician; or LATCHKEY_KEY in the environment')
  .option('--reason <text>', 'why; recorded with the person', 'fail-safe drill')
  .option('--yes', 'nobody is near the machine', false)
  .option('--by-hand', 'with --conformance: also the emergency stop and the key switch, asking a person', false)
  .option('--power-cycle', 'with --conformance: also over a power cycle of the PLC, asking a person', false)
  .option('--report <file>', 'with --conformance: where the report goes')
  .option('--json', 'as JSON', false)
  .action(async (target: string, machine: string, options: DrillFlags) => {
    if (!options.conformance) {
      const { drillCommand } = await import('./cli/drill.ts')
      process.exitCode = await drillCommand(target, machine, options, process)
      return
    }
    const { conformanceCommand } = await import('./cli/conformance.ts')
    const stopping = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
    process.exit(await conformanceCommand(target, machine, options, process, stopping.signal))
  })

const profile = profileWords(program)

benchWords(program, profile)

const keys = program.command('keys').description('keys of local people: technicians, owners, auditors')

onSite(keys, 'add', 'make a key; it is shown once')
  .addOption(
    new Option('--role <role>', 'what the person may do')
      .choices(['technician', 'owner', 'auditor'])
      .makeOptionMandatory(),
  )
  .requiredOption('--name <name>', 'the person, recorded with what they do')
  .option('--owner <id>', 'with role owner: whose machines')
  .option('--machines <ids>', 'technician or owner: only these machines, with commas between')
  .option('--json', 'as JSON', false)
  .action((site: string, options: Record<string, unknown>) => runKeys('add', site, options))

onSite(keys, 'list', 'keys, without their secrets')
  .option('--json', 'as JSON', false)
  .action((site: string, options: Json) => runKeys('list', site, options))

onSite(keys, 'revoke', 'end a key for ever')
  .argument('<id>', 'id of the key, as listed')
  .option('--json', 'as JSON', false)
  .action((site: string, id: string, options: Json) => runKeys('revoke', site, { ...options, id }))

onSite(
  keys,
  'rotate-log',
  'replace the key that signs the ledger: first both sign, then with --finish the new one alone',
)
  .option('--finish', 'retire the old key', false)
  .option('--json', 'as JSON', false)
  .action((site: string, { finish, json }: Json & { finish: boolean }) =>
    runLogKeys(finish ? 'finish' : 'begin', site, { json }),
  )

onSite(keys, 'show-log', 'public keys of the ledger, as lines for --key of verify and mirror')
  .option('--json', 'as JSON', false)
  .action((site: string, options: Json) => runLogKeys('show', site, options))

onSite(
  program.command('ledger').description('the ledger of a site'),
  'restart',
  'begin a new log in place of one that contradicts what it signed, or whose key is lost; with the gateway stopped',
)
  .requiredOption('--reason <text>', 'why; recorded as the first entry')
  .option('--json', 'as JSON', false)
  .action(async (site: string, options: Json & { reason: string }) => {
    const { restartCommand } = await import('./cli/ledger.ts')
    process.exitCode = await restartCommand(site, options, process)
  })

onSite(program, 'clock', 'what the clock shows, what it is held against, and since when')
  .option('--accept', 'it is right: go by it from the next start on; with the gateway stopped', false)
  .option('--reason <text>', 'with --accept: why; recorded')
  .option('--by <name>', 'with --accept: who says so; recorded')
  .option('--json', 'as JSON', false)
  .action(async (site: string, options: Json & { accept: boolean; reason?: string; by?: string }) => {
    const { clockCommand } = await import('./cli/clock.ts')
    process.exitCode = await clockCommand(site, options, process)
  })

const trust = program.command('trust').description('certificates of the links: whom the gateway trusts, and who it is')

onSite(trust, 'list', 'every certificate, what is wrong with it and what to do')
  .option('--link <link>', 'of this link alone')
  .option('--json', 'as JSON', false)
  .action((site: string, options: Json & { link?: string }) => runTrust({ do: 'list', ...options }, site))

onSite(trust, 'approve', 'trust a server; a running gateway takes it within seconds')
  .argument('<link>', 'the link, as the site file names it')
  .argument('<certificate>', 'its thumbprint or the beginning of it, as listed; or a file, DER or PEM')
  .option('--despite <faults...>', 'accept these faults of it: uri-differs, host-differs, wrong-usage', [])
  .action((site: string, link: string, which: string, { despite }: { despite: string[] }) =>
    runTrust({ do: 'approve', link, which, despite }, site),
  )

onSite(trust, 'reject', 'trust a server no more; a connection to it ends within seconds')
  .argument('<link>', 'the link, as the site file names it')
  .argument('<certificate>', 'its thumbprint or the beginning of it, as listed')
  .action((site: string, link: string, which: string) => runTrust({ do: 'reject', link, which }, site))

onSite(trust, 'renew', 'make a new certificate for a link; the server has to trust it')
  .argument('<link>', 'the link, as the site file names it')
  .action((site: string, link: string) => runTrust({ do: 'renew', link }, site))

const sinks = program
  .command('sinks')
  .description('how far brokers and stores are behind, and what they refused for good')

sinks
  .command('status', { isDefault: true })
  .description('how far each is behind, its rate, and how much is set aside')
  .argument('<site.yaml>', 'site file')
  .option('--json', 'as JSON', false)
  .action((site: string, options: Json) => runSinks({ do: 'status', overMs: 1000, ...options }, site))

onSite(sinks, 'prepare', 'make the database or bucket of influx, with its retention').action(async (site: string) => {
  const { prepareCommand } = await import('./cli/prepare.ts')
  process.exitCode = await prepareCommand(site, process)
})

onSite(
  sinks,
  'clear',
  'clear what the broker retains of a gateway that is taken away; with the gateway stopped',
).action(async (site: string) => {
  const { clearCommand } = await import('./cli/clear.ts')
  process.exitCode = await clearCommand(site, process)
})

onSite(sinks, 'list', 'what is set aside, and why')
  .option('--json', 'as JSON', false)
  .action((site: string, options: Json) => runSinks({ do: 'list', ...options }, site))

onSite(sinks, 'show', 'one entry that is set aside, whole')
  .argument('<seq>', 'its number, as listed', entryNumber)
  .action((site: string, seq: number) => runSinks({ do: 'show', seq }, site))

onSite(sinks, 'release', 'send again from the first entry that a sink has set aside; with the gateway stopped')
  .argument('<sink>', 'mqtt, sparkplug or influx, as listed')
  .option('--reason <text>', 'why; recorded')
  .option('--by <name>', 'who does it; recorded')
  .action((site: string, sink: string, who: Who) => runSinks({ do: 'release', sink, ...who }, site))

onSite(sinks, 'drop', 'give up what a sink has set aside; the ledger keeps it; with the gateway stopped')
  .argument('<sink>', 'mqtt, sparkplug or influx, as listed')
  .argument('<seq>', 'its number, as listed', entryNumber)
  .option('--reason <text>', 'why; recorded')
  .option('--by <name>', 'who does it; recorded')
  .action((site: string, sink: string, seq: number, who: Who) => runSinks({ do: 'drop', sink, seq, ...who }, site))

onSite(
  program.command('tenants').description('tenants of the platform, as this site knows them'),
  'erase',
  'forget who a tenant was, with the gateway stopped; what was used stays under a pseudonym',
)
  .argument('<tenant>', 'id of the tenant at the platform')
  .action(async (site: string, tenant: string) => {
    const { eraseCommand } = await import('./cli/tenants.ts')
    process.exitCode = await eraseCommand(site, tenant, process)
  })

onSite(program, 'export', 'write the evidence of a site to one file: entries, checkpoints, receipts')
  .argument('<file>', 'file to write')
  .addOption(new Option('--log <id>', 'a log that has ended, by its folder below logs').argParser(logId))
  .option('--json', 'as JSON', false)
  .action(async (site: string, file: string, options: Json & { log?: string }) => {
    const { exportCommand } = await import('./cli/export.ts')
    process.exitCode = await exportCommand(site, file, options, process)
  })

onSite(program, 'statement', 'what uses cost in a period, and who gets it')
  .requiredOption('--from <time>', 'uses that ended at or after, RFC 3339 with a zone')
  .requiredOption('--to <time>', 'and before')
  .option('--tenant <id>', 'only this tenant, as the platform names it')
  .option('--owner <id>', 'only machines of this owner')
  .option('--csv', 'as CSV', false)
  .action(
    async (site: string, options: { from: string; to: string; tenant?: string; owner?: string; csv: boolean }) => {
      const { statementCommand } = await import('./cli/statement.ts')
      process.exitCode = await statementCommand(site, options, process)
    },
  )

program
  .command('mirror')
  .description('keep a copy of the signed tree of a gateway, and refuse one that contradicts it')
  .argument('<url>', 'the gateway, e.g. http://127.0.0.1:8080')
  .argument('<dir>', 'folder of the copy')
  .requiredOption('--key <vkey...>', 'public keys of the log, got by another way than from the gateway')
  .option('--json', 'as JSON', false)
  .action(async (url: string, dir: string, options: Json & { key: string[] }) => {
    const { mirrorCommand } = await import('./cli/mirror.ts')
    process.exitCode = await mirrorCommand(url, dir, options, process)
  })

program
  .command('verify')
  .description('check a receipt or an evidence file; needs no gateway, no site file and no network')
  .argument('<file>', 'receipt or evidence file')
  .requiredOption('--key <vkey...>', 'public keys of the log, or files of them, got by another way than the file')
  .option('--held <checkpoint...>', 'checkpoints kept outside; the log must go on from each')
  .option('--thorough', 'also parse entries that say nothing about use', false)
  .option('--json', 'as JSON', false)
  .action(async (file: string, options: Json & { key: string[]; held?: string[]; thorough: boolean }) => {
    const { verifyCommand } = await import('./cli/verify.ts')
    process.exitCode = await verifyCommand(file, { ...options, keys: options.key }, process)
  })

await program.parseAsync()

function onSite(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).argument('<site.yaml>', 'site file')
}

async function runKeys(action: 'add' | 'list' | 'revoke', site: string, options: object): Promise<void> {
  const { keysCommand } = await import('./cli/keys.ts')
  process.exitCode = await keysCommand(action, site, options, process)
}

async function runLogKeys(action: 'begin' | 'finish' | 'show', site: string, options: Json): Promise<void> {
  const { logKeysCommand } = await import('./cli/log-keys.ts')
  process.exitCode = await logKeysCommand(action, site, options, process)
}

async function runTrust(task: TrustTask, site: string): Promise<void> {
  const { trustCommand } = await import('./cli/trust.ts')
  process.exitCode = await trustCommand(site, task, process)
}

async function runSinks(task: SinksTask, site: string): Promise<void> {
  const { sinksCommand } = await import('./cli/sinks.ts')
  process.exitCode = await sinksCommand(site, task, process)
}

function logId(text: string): string {
  if (!/^[0-9a-z-]{1,32}$/.test(text)) throw new InvalidArgumentError('It is the name of a folder below logs.')
  return text
}
