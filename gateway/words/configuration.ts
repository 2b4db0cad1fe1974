/** The words of the command line about the configuration of a running gateway. Read next: cli/apply.ts. */
import { type Command, InvalidArgumentError, Option } from 'commander'

type Reach = { readonly gateway?: string; readonly key?: string; readonly json: boolean }
type OnSite = (parent: Command, name: string, description: string) => Command

/** `onSite`: adds a command about one site. */
export function configurationWords(program: Command, onSite: OnSite): void {
  const reaching = (parent: Command, name: string, description: string) =>
    onSite(parent, name, description)
      .option('--gateway <url>', 'of the gateway; default: as the site file says')
      .option('--key <key>', 'key of a technician; or LATCHKEY_KEY in the environment')
      .option('--json', 'as JSON', false)

  reaching(program, 'apply', 'put a site file in place of the one a running gateway has; shows first what it does')
    .option('--yes', 'apply what is shown', false)
    .addOption(new Option('--wait <duration>', 'try again while a machine is in use, such as 2h').argParser(duration))
    .addOption(new Option('--rollback <entry>', 'bring back what was in force, as listed').argParser(entryNumber))
    .action(async (site: string, options: Reach & { yes: boolean; wait?: number; rollback?: number }) => {
      const { applyCommand } = await import('../cli/apply.ts')
      process.exitCode = await applyCommand(site, { ...options, waitMs: options.wait ?? 0 }, process)
    })

  const config = program.command('config').description('the configuration of a running gateway')
  reaching(config, 'history', 'configurations that were in force: who changed what, from what to what').action(
    async (site: string, options: Reach) => {
      const { historyCommand } = await import('../cli/apply.ts')
      process.exitCode = await historyCommand(site, options, process)
    },
  )
}

export function entryNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is a whole number.')
  return Number(text)
}

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000 } as const

/** ms */
function duration(text: string): number {
  const [, count, unit] = /^(\d{1,4})([smh])$/.exec(text) ?? []
  if (count === undefined) throw new InvalidArgumentError('It is a duration such as 90s, 10m or 2h.')
  return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]
}
