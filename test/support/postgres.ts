/**
 * A real PostgreSQL of Debian on a loopback port with a cluster of its own. It refuses to run as root, so it runs as
 * the user of the package then.
 */
import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needPackages } from './apt.ts'
import { freePort, listens } from './ports.ts'
import { runProcess, startProcess, type TestProcess, until } from './process.ts'

export type Postgres = {
  readonly url: string
  start(): Promise<void>
  /** SIGKILL to all of its processes. */
  kill(): Promise<void>
  output(): string
  remove(): Promise<void>
}

const VERSIONS = '/usr/lib/postgresql'
const USER = 'postgres'

export async function startPostgres(): Promise<Postgres> {
  needPackages(['postgresql'])
  const bin = join(VERSIONS, (await readdir(VERSIONS)).sort().at(-1)!, 'bin')
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-postgres-'))
  const isRoot = process.getuid?.() === 0
  if (isRoot) {
    spawnSync('chown', [USER, folder])
    await letThrough(tmpdir())
  }
  const before = isRoot ? ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups'] : []
  const [command, ...args] = [...before, join(bin, 'initdb'), '--no-sync', '--auth=trust', '--username=latchkey']
  await runProcess(command!, [...args, '--encoding=UTF8', '--locale=C', '--pgdata', join(folder, 'data')])
  const port = await freePort()
  let running: TestProcess | undefined
  async function start(): Promise<void> {
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'shared_buffers=64MB'].flatMap(
      (one) => ['-c', one],
    )
    const [first, ...rest] = [...before, join(bin, 'postgres'), '-D', join(folder, 'data'), '-p', String(port)]
    running = startProcess(first!, [...rest, ...settings])
    await until(() => listens(port), 20_000, 'PostgreSQL does not listen')
  }
  await start()
  return {
    url: `postgres://latchkey@127.0.0.1:${port}/postgres`,
    start,
    kill: async () => running?.kill(),
    output: () => running?.output() ?? '',
    async remove() {
      await running?.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Another user has to pass through the folder of this run, which nobody else may read. */
async function letThrough(folder: string): Promise<void> {
  const { mode } = await stat(folder)
  await chmod(folder, (mode & 0o7777) | 0o011)
}
