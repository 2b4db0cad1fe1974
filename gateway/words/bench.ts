/**
 * The words of the bench: what a technician has who connects a machine. Each hands over to one file in cli/bench/.
 * Read next: main.ts (the other words), cli/bench/link.ts.
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { AcceptanceOptions } from '../cli/bench/acceptance.ts'
import type { BrowseOptions } from '../cli/bench/browse.ts'
import type { MatchOptions } from '../cli/bench/match.ts'
import type { ModelsOptions } from '../cli/bench/models.ts'
import type { ProbeOptions } from '../cli/bench/probe.ts'
import type { ProfileNewOptions } from '../cli/bench/profile-new.ts'
import type { RecordOptions } from '../cli/bench/record.ts'
import type { ScanOptions } from '../cli/bench/scan.ts'

type Models = Pick<ModelsOptions, 'profile'> & { readonly models: boolean }

const ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA']

export function benchWords(program: Command, profile: Command): void {
  profileNew(profile)
  probe(program)
  test(program)
  acceptance(program)
  scan(program)
  browse(program)
  match(program)
  record(program)
  replay(program)
}

function profileNew(profile: Command): void {
  profile
    .command('new')
    .description("make a profile from a register table in CSV: a maker's own, or the one that match writes")
    .argument('<name>', 'name of the profile')
    .requiredOption('--from <file>', 'register table in CSV, or what browse --json wrote')
    .option('--folder <path>', 'where the site file is; the profile goes to profiles/ in it', '.')
    .option('--maker <name>', 'who makes the device', 'not known')
    .option('--model <name>', 'which device', 'not known')
    .option('--document <title>', 'where the addresses come from')
    .option('--page <text>', 'page or clause of it')
    .option('--meter <signals...>', 'signals that are counters to be metered', [])
    .option('--only <signals...>', 'these signals alone')
    .addOption(new Option('--table <table>', 'where a row does not say it').choices(['holding', 'input']))
    .addOption(
      new Option('--base <number>', 'address of the first register in the table').choices(['0', '1']).default('0'),
    )
    .addOption(new Option('--order <order>', 'of wide values where a row does not say it').choices(ORDERS))
    .addOption(
      new Option(
        '--numbers <kind>',
        'whether 40073 is holding register 72 or an address; by itself: as all of them look',
      ).choices(['modicon', 'wire']),
    )
    .option('--most-per-hour <amount>', 'most that a meter makes in an hour, in the unit of its signal', amount)
    .option('--force', 'replace a profile of that name', false)
    .option('--json', 'as JSON', false)
    .action((name: string, options: ProfileNewOptions & { base: string }) =>
      onBench(options.json, async () => {
        const { profileNewCommand } = await import('../cli/bench/profile-new.ts')
        return profileNewCommand(name, { ...options, base: Number(options.base) }, process)
      }),
    )
}

function probe(program: Command): void {
  paced(program.command('probe'))
    .description('every signal of a site: value, quality, the registers behind it, age; only reads')
    .argument('<site.yaml>', 'site file')
    .argument('[machine]', 'only this machine')
    .option('--plan', 'explain every request of a cycle, and ask nobody', false)
    .option('--key <key>', 'key of a technician, where a gateway runs; or LATCHKEY_KEY in the environment')
    .action((site: string, machine: string | undefined, options: ProbeOptions) =>
      onBench(options.json, async (signal) => {
        const { probeCommand } = await import('../cli/bench/probe.ts')
        return probeCommand(site, machine, options, process, signal)
      }),
    )
}

function test(program: Command): void {
  paced(program.command('test'))
    .description('whether all that a site file names is there: machines, broker, store, feed, keys, clock')
    .argument('<site.yaml>', 'site file')
    .option('--key <key>', 'key of a technician, where a gateway runs; or LATCHKEY_KEY in the environment')
    .action((site: string, options: Omit<ProbeOptions, 'plan'>) =>
      onBench(options.json, async (signal) => {
        const { testCommand } = await import('../cli/bench/test-site.ts')
        return testCommand(site, options, process, signal)
      }),
    )
}

function acceptance(program: Command): void {
  program
    .command('acceptance')
    .description('record, through a running gateway, what a machine is, reads beside its displays, and was shown to do')
    .argument('<gateway>', 'url of the gateway, e.g. http://127.0.0.1:8080')
    .argument('<machine>', 'id of the machine')
    .option('--read <signal=shown...>', 'what a display shows: energy.importEnergy=1234.5kWh; else it is asked for', [])
    .option('--reason <text>', 'why; recorded with the person', 'acceptance')
    .option('--out <file>', 'the signed report; else <machine>-acceptance.json')
    .option('--key <key>', 'key of a technician; or LATCHKEY_KEY in the environment')
    .option('--json', 'as JSON', false)
    .action((url: string, machine: string, options: AcceptanceOptions) =>
      onBench(options.json, async (signal) => {
        const { acceptanceCommand } = await import('../cli/bench/acceptance.ts')
        return acceptanceCommand(url, machine, options, process, signal)
      }),
    )
}

function scan(program: Command): void {
  paced(program.command('scan').description('look for devices').command('modbus'))
    .description('which devices answer at these hosts and units, and which profile fits; only reads')
    .argument('<hosts...>', '10.1.0.20, 10.1.0.20:1502, 10.1.0.20-29')
    .option('--units <units>', 'unit ids that are asked: 1, 1-10,20', '1')
    .option('--site <site.yaml>', 'site file; a host that its running gateway is connected to is left alone')
    .option('--map', 'also find which registers there are', false)
    .option('--stride <n>', 'with --map: a range of fewer registers may be missed', whole(1, 4096), 32)
    .option('--block <n>', 'with --map: registers in a read', whole(1, 125), 64)
    .option('--most <n>', 'with --map: reads per unit', whole(1, 100_000), 6000)
    .option('--folder <path>', 'where the site file is: its profiles are tried too', '.')
    .action((hosts: string[], options: ScanOptions) =>
      onBench(options.json, async (signal) => {
        const { scanCommand } = await import('../cli/bench/scan.ts')
        return scanCommand(hosts, options, process, signal)
      }),
    )
}

function browse(program: Command): void {
  paced(program.command('browse'))
    .description('what an OPC UA server has, as a tree; only reads')
    .argument('<site.yaml>', 'site file')
    .argument('<link>', 'link of it')
    .argument('[node]', 'below this node, as it is listed; else below the objects of the server')
    .option('--depth <n>', 'levels', whole(1, 20), 4)
    .option('--limit <n>', 'nodes in all', whole(1, 20_000), 1000)
    .option('--models', 'which companion models its machines show', false)
    .option('--profile <name>', 'with --models: make a profile of the first, in profiles/ beside the site file')
    .action((site: string, link: string, node: string | undefined, options: BrowseOptions & Models) =>
      onBench(options.json, async (signal) => {
        if (options.models || options.profile !== undefined) {
          const { modelsCommand } = await import('../cli/bench/models.ts')
          return modelsCommand(site, link, node, options, process, signal)
        }
        const { browseCommand } = await import('../cli/bench/browse.ts')
        return browseCommand(site, link, node, options, process, signal)
      }),
    )
}

function match(program: Command): void {
  paced(program.command('match'))
    .description('type what a display shows, and get the register that holds it')
    .argument('<target>', 'host or host:port of a Modbus device; with --site the id of a link')
    .option('--site <site.yaml>', 'the site file that has the link')
    .option('--key <key>', 'key of a technician, where a gateway runs; or LATCHKEY_KEY in the environment')
    .option('--unit <id>', 'unit of the device', whole(0, 255), 1)
    .requiredOption('--registers <ranges>', 'where to look: holding:0-120,input:0x100-0x140')
    .option('--block <n>', 'registers in a read', whole(1, 125), 60)
    .requiredOption('--name <signal>', 'name of the signal, such as importEnergy')
    .option('--in <unit>', 'unit of what the display shows, such as kWh')
    .option('--counter', 'it is a counter that is to be metered', false)
    .option('--into <file>', 'register table in CSV that it is added to')
    .option('--samples <n>', 'looks at the display at most', whole(3, 1000), 30)
    .option('--type <type>', 'if it is known: u16, s32, f32, …')
    .addOption(new Option('--order <order>', 'if it is known').choices(ORDERS))
    .option('--width <bits>', 'if it is known: 16, 32 or 64', whole(16, 64))
    .option('--address <n>', 'if it is known, on the wire from 0', whole(0, 65_535))
    .action((target: string, options: MatchOptions) =>
      onBench(options.json, async (signal) => {
        const { matchCommand } = await import('../cli/bench/match.ts')
        return matchCommand(target, options, process, signal)
      }),
    )
}

function record(program: Command): void {
  paced(program.command('record'))
    .description('write the registers of a device as a wire case, its serial numbers blanked; only reads')
    .argument('<site.yaml>', 'site file')
    .argument('<device>', 'machine/alias, as in the site file')
    .requiredOption('--out <file>', 'the case to write')
    .option('--about <text>', 'what it shows', 'Registers of a real device.')
    .option('--keep-serial', 'leave serial numbers as they are', false)
    .option('--force', 'replace a file of that name', false)
    .option('--key <key>', 'key of a technician, where a gateway runs; or LATCHKEY_KEY in the environment')
    .action((site: string, device: string, options: RecordOptions) =>
      onBench(options.json, async (signal) => {
        const { recordCommand } = await import('../cli/bench/record.ts')
        return recordCommand(site, device, options, process, signal)
      }),
    )
}

function replay(program: Command): void {
  program
    .command('replay')
    .description('whether a device, as its profile is now, makes the same values of a recorded case; opens no socket')
    .argument('<site.yaml>', 'site file')
    .argument('<device>', 'machine/alias, as in the site file')
    .argument('<case>', 'what record wrote')
    .option('--json', 'as JSON', false)
    .action((site: string, device: string, path: string, options: { json: boolean }) =>
      onBench(options.json, async () => {
        const { replayCommand } = await import('../cli/bench/record.ts')
        return replayCommand(site, device, path, options, process)
      }),
    )
}

/** What every command has that asks a device. */
function paced(command: Command): Command {
  return command
    .option('--rate <n>', 'requests in a second at most', whole(1, 1000), 20)
    .option('--timeout-ms <ms>', 'of one request', whole(50, 30_000), 1000)
    .option('--json', 'as JSON', false)
}

/** Runs a command that Ctrl-C breaks off. */
async function onBench(json: boolean, work: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const { runBench } = await import('../cli/bench/run.ts')
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  process.exit(await runBench(json, process, stopping.signal, () => work(stopping.signal)))
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (Number.isInteger(number) && number >= least && number <= most) return number
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`)
  }
}

function amount(text: string): number {
  if (Number.isFinite(Number(text)) && Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('It is a number above 0.')
}
