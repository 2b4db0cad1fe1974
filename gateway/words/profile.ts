/**
 * The words of `latchkey profile` that need no device: list, check, export, import. It parses, and loads a command only
 * when that is asked for. Read next: gateway/cli/profile.ts, bench.ts.
 */
import type { Command } from 'commander'

type Json = { readonly json: boolean }

export function profileWords(program: Command): Command {
  const profile = program.command('profile').description('profiles: the models of devices as data')
  profile
    .command('list')
    .description('the profiles that a site can use')
    .argument('[words...]', 'all of these must occur: a maker, a model, a meter, lease, opcua')
    .option('--folder <path>', 'where the site file is', '.')
    .option('--json', 'as JSON', false)
    .action(async (words: string[], options: Json & { folder: string }) => {
      const { listCommand } = await import('../cli/profile.ts')
      process.exitCode = listCommand(words, options, process)
    })
  profile
    .command('check')
    .description('what is wrong with a profile; opens no socket')
    .argument('<file>', 'the profile')
    .option('--json', 'as JSON', false)
    .action(async (file: string, options: Json) => {
      const { checkProfileCommand } = await import('../cli/profile.ts')
      process.exitCode = checkProfileCommand(file, options, process)
    })
  profile
    .command('export')
    .description('a profile as a W3C Thing Description with the binding to Modbus')
    .argument('<name>', 'the profile')
    .requiredOption('--td', 'as a Thing Description')
    .option('--base <uri>', 'where the device is, with its unit', 'modbus+tcp://192.0.2.1:502/1')
    .option('--folder <path>', 'where the site file is', '.')
    .action(async (name: string, options: { base: string; folder: string }) => {
      const { exportCommand } = await import('../cli/profile.ts')
      process.exitCode = exportCommand(name, options, process)
    })
  profile
    .command('import')
    .description('a W3C Thing Description of a Modbus device as a profile, on the output')
    .argument('<file>', 'the Thing Description, JSON')
    .requiredOption('--name <name>', 'name of the profile; the file is <name>.yaml')
    .action(async (file: string, options: { name: string }) => {
      const { importCommand } = await import('../cli/profile.ts')
      process.exitCode = importCommand(file, options, process)
    })
  return profile
}
