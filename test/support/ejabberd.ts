/**
 * Two ejabberd servers that speak MQTT 5, as one cluster on loopback ports with files of its own. They let in whoever
 * has a name of their host. Read next: broker.ts, erlang.ts; gateway/BROKERS.md (what the cluster keeps).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needPackages } from './apt.ts'
import { type Broker, type BrokerNode, brokerNode } from './broker.ts'
import { type Names, startNames } from './erlang.ts'
import { freePort } from './ports.ts'
import { runProcess } from './process.ts'
import { commandPath } from './real.ts'

/** Where Debian has its libraries. */
const LIBRARIES = '/usr/lib/x86_64-linux-gnu'
const ERL = ['-noinput', '-setcookie', 'latchkey', '-kernel', 'inet_dist_use_interface', '{127,0,0,1}']

type Member = { readonly name: string; readonly node: BrokerNode }

export async function startEjabberd(): Promise<Broker> {
  needPackages(['ejabberd'])
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-ejabberd-'))
  const names = await startNames()
  const [first, second] = [await member(folder, 1, names), await member(folder, 2, names)]
  await Promise.all([first, second].map(({ node }) => node.start()))
  const join_ = `rpc:call('${second.name}', ejabberd_cluster, join, ['${first.name}'])`
  const asked = [
    '-hidden',
    '-sname',
    `ask-${second.node.port}@localhost`,
    '-eval',
    `io:format("~p", [${join_}]), halt().`,
  ]
  const said = await runProcess(commandPath('erl'), [...ERL, ...asked], { env: environment(folder, names) })
  if (said.trim() !== 'ok') throw new Error(`the servers make no cluster: ${said}`)
  return {
    version: 5,
    publish: 'unretained',
    login: { username: 'gateway@localhost', password: 'any' },
    nodes: [first.node, second.node],
    async remove() {
      await Promise.all([first, second].map(({ node }) => node.kill()))
      await names.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function member(folder: string, number: number, names: Names): Promise<Member> {
  const port = await freePort()
  const at = (what: string) => join(folder, `${what}-${number}`)
  const settings = {
    ...{ hosts: ['localhost'], loglevel: 'error', auth_method: ['anonymous'], anonymous_protocol: 'login_anon' },
    allow_multiple_connections: true,
    listen: [{ port, ip: '127.0.0.1', module: 'mod_mqtt' }],
    modules: { mod_mqtt: { session_expiry: '1 hour', max_queue: 100_000, use_cache: false } },
  }
  // JSON is YAML; by another ending it would be taken for Erlang.
  const config = `${at('config')}.yml`
  await writeFile(config, JSON.stringify(settings))
  const name = `ejabberd-${port}@localhost`
  const args = [...ERL, '-sname', name, '-mnesia', 'dir', JSON.stringify(at('data')), '-s', 'ejabberd']
  const env = {
    ...environment(folder, names),
    ...{ EJABBERD_CONFIG_PATH: config, EJABBERD_LOG_PATH: join(at('log'), 'ejabberd.log') },
    ...{ ERL_LIBS: LIBRARIES, ERL_CRASH_DUMP: at('crash') },
  }
  return { name, node: brokerNode({ path: commandPath('erl'), args, env, cwd: folder }, port) }
}

/** The folder is home to the cookie. */
const environment = (folder: string, names: Names) => ({ ...names.env, HOME: folder })
