/**
 * The words of the command line about a gateway as it is installed: which software it is, its first site file, whether
 * its computer is fit, and how it is kept and restored.
 * Read next: gateway/cli/version.ts, gateway/cli/first/init.ts, gateway/cli/keep/backup.ts.
 */
import { type Command, Option } from 'commander'
import type { InitOptions } from '../cli/first/init.ts'

type OnSite = (parent: Command, name: string, description: string) => Command
type Json = { readonly json: boolean }

/** `onSite`: adds a command about one site. */
export function shippingWords(program: Command, onSite: OnSite, version: string): void {
  program
    .command('version')
    .description('which software this is: version, commit, build, schema of the ledger')
    .option('--json', 'as JSON', false)
    .action(async (options: Json) => {
      const { versionCommand } = await import('../cli/version.ts')
      versionCommand(version, options, process)
    })

  inLanguages(program.command('init'))
    .description('write a first site file: asks in a terminal, or takes it from options')
    .argument('[site.yaml]', 'site file to write', 'site.yaml')
    .option('--yes', 'ask nothing; what no option says has its default', false)
    .option('--site <id>', 'name of the site')
    .option('--timezone <zone>', 'such as Asia/Shanghai')
    .option('--listen <address>', 'of the API')
    .option('--data <folder>', 'of the data')
    .option('--issuer <url>', 'booking platform')
    .option('--mqtt <url>', 'broker')
    .option('--influx <url>', 'store')
    .option('--database <name>', 'in the store')
    .option('--machine <id>', 'the first machine')
    .option('--profile <name>', 'of its Modbus device')
    .option('--host <address>', 'of that device, host:port')
    .option('--unit <n>', 'of that device on its bus')
    .option('--unlock <yes|no>', 'whether it is unlocked through a lease block there')
    .action(async (path: string, options: InitOptions) => {
      const { initCommand } = await import('../cli/first/init.ts')
      process.exitCode = await initCommand(path, options, process)
    })

  inLanguages(onSite(program, 'doctor', 'whether this computer and the services around it are fit, and what to do'))
    .option('--json', 'as JSON', false)
    .action(async (site: string, options: Json & { lang?: string }) => {
      const { doctorCommand } = await import('../cli/first/doctor.ts')
      process.exitCode = await doctorCommand(site, options, process)
    })

  keepWords(program, onSite, version)
}

function keepWords(program: Command, onSite: OnSite, version: string): void {
  onSite(program, 'backup', 'write all that a new box needs to one file, beside a running gateway')
    .argument('<file>', 'file to write; cut short, the same command goes on')
    .requiredOption('--to <line>', 'who can read it, as backup-key prints it')
    .option('--json', 'as JSON', false)
    .action(async (site: string, file: string, options: Json & { to: string }) => {
      const { backupCommand } = await import('../cli/keep/backup.ts')
      process.exitCode = await backupCommand(site, file, { ...options, version }, process)
    })

  program
    .command('backup-key')
    .description('make the key that backups are read with; not on a gateway')
    .argument('<file>', 'file of the private key')
    .action(async (file: string) => {
      const { backupKeyCommand } = await import('../cli/keep/backup.ts')
      process.exitCode = backupKeyCommand(file, process)
    })

  onSite(program, 'restore', 'let this box take the place of a lost one')
    .argument('<file>', 'backup')
    .requiredOption('--key <file>', 'private key of the backups')
    .option('--check', 'only see whether the backup is whole', false)
    .option('--json', 'as JSON', false)
    .action(async (site: string, file: string, options: Json & { key: string; check: boolean }) => {
      const { restoreCommand } = await import('../cli/keep/restore.ts')
      process.exitCode = restoreCommand(site, file, options, process)
    })

  onSite(program, 'support', 'write what somebody far away needs to understand this gateway; no secrets, no names')
    .argument('<file>', 'file to write, such as support.json.gz')
    .option('--gateway <url>', 'of the gateway; default: as the site file says')
    .action(async (site: string, file: string, options: { gateway?: string }) => {
      const { supportCommand } = await import('../cli/support.ts')
      process.exitCode = await supportCommand(site, file, { ...options, version }, process)
    })
}

const inLanguages = (command: Command) =>
  command.addOption(new Option('--lang <language>', 'language; default: as the terminal').choices(['en', 'zh']))
