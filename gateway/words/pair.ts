/** The words of the command line about a gateway on two boxes. Read next: gateway/cli/pair.ts. */
import type { Command } from 'commander'

type OnSite = (parent: Command, name: string, description: string) => Command
type Reach = { readonly gateway?: string; readonly key?: string; readonly json: boolean }

/** `onSite`: adds a command about one site. */
export function pairWords(program: Command, onSite: OnSite): void {
  const pair = program.command('pair').description('a gateway on two boxes')
  const reaching = (name: string, description: string) =>
    onSite(pair, name, description)
      .option('--gateway <url>', 'of the gateway; default: as the site file says')
      .option('--key <key>', 'key of a technician; or LATCHKEY_KEY in the environment')
      .option('--json', 'as JSON', false)

  reaching('status', 'which box works, and whether the other one could take over').action(
    async (site: string, options: Reach) => {
      const { pairStatusCommand } = await import('../cli/pair.ts')
      process.exitCode = await pairStatusCommand(site, options, process)
    },
  )
  reaching('switch', 'let the other box be the gateway, without waiting for a loss')
    .option('--reason <text>', 'why; logged with the person', 'planned switch-over')
    .action(async (site: string, options: Reach & { reason: string }) => {
      const { pairSwitchCommand } = await import('../cli/pair.ts')
      process.exitCode = await pairSwitchCommand(site, options, process)
    })
}
