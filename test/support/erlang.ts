/**
 * What the nodes of Erlang (RabbitMQ, ejabberd) on one computer need to find each other: a names service of their own,
 * so that nothing that runs here already is touched, and none of theirs stays behind. Read next: broker.ts.
 */
import { freePort, listens } from './ports.ts'
import { startProcess, until } from './process.ts'
import { commandPath } from './real.ts'

export type Names = {
  /** For the environment of each node. */
  readonly env: { readonly ERL_EPMD_PORT: string; readonly ERL_EPMD_ADDRESS: string }
  stop(): Promise<void>
}

export async function startNames(): Promise<Names> {
  const port = await freePort()
  const epmd = startProcess(commandPath('epmd'), ['-port', String(port), '-address', '127.0.0.1'])
  await until(() => listens(port), 10_000, 'epmd does not listen')
  return {
    env: { ERL_EPMD_PORT: String(port), ERL_EPMD_ADDRESS: '127.0.0.1' },
    stop: () => epmd.kill(),
  }
}
