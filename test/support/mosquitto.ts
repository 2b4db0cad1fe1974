/**
 * A real mosquitto on a loopback port with files of its own. It keeps what it has acknowledged over a `stop`, so that a
 * message missing afterwards was lost by the gateway; over a `kill` it keeps nothing. Read next: process.ts.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Broker } from './broker.ts'
import { freePort, listens } from './ports.ts'
import { runProcess, startProcess, type TestProcess, until } from './process.ts'
import { commandPath } from './real.ts'

export type Login = { readonly username: string; readonly password: string }

export type MosquittoOptions = {
  /** Absent: everybody may. */
  readonly login?: Login
  /** More lines of mosquitto.conf. */
  readonly config?: readonly string[]
  /** Files; with them it speaks TLS only. */
  readonly tls?: {
    readonly certificate: string
    readonly key: string
    /** Only clients with a certificate of this authority are let in. */
    readonly clients?: string
  }
}

export type Mosquitto = {
  readonly port: number
  readonly url: string
  /** As configured; on the same port after a kill. */
  start(): Promise<void>
  /** SIGTERM: it says goodbye and writes its store. */
  stop(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  freeze(): Promise<void>
  thaw(): void
  pid(): number
  /** Of a running broker with a login; the only one from then on. */
  setPassword(login: Login): Promise<void>
  output(): string
  /** Kills it and removes its files. */
  remove(): Promise<void>
}

export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-mosquitto-'))
  const port = await freePort()
  const config = join(folder, 'mosquitto.conf')
  const lines = [
    'per_listener_settings false',
    'user root', // started by root it would become another user, who may not read the folder
    'log_dest stderr',
    `persistence true`,
    `persistence_location ${folder}/`,
    'autosave_interval 0', // written when it ends; each change would cost an fsync
    'max_queued_messages 0',
    `allow_anonymous ${options.login === undefined}`,
    ...(options.config ?? []),
    `listener ${port} 127.0.0.1`,
    ...(options.tls === undefined ? [] : tlsLines(options.tls)),
  ]
  const passwords = join(folder, 'passwords')
  async function writePassword({ username, password }: Login): Promise<void> {
    await runProcess(commandPath('mosquitto_passwd'), ['-b', '-c', passwords, username, password])
  }
  if (options.login !== undefined) {
    await writePassword(options.login)
    lines.unshift(`password_file ${passwords}`)
  }
  await writeFile(config, `${lines.join('\n')}\n`)

  let running: TestProcess | undefined
  async function start(): Promise<void> {
    const started = startProcess(commandPath('mosquitto'), ['-c', config])
    running = started
    let ended = false
    void started.exited.then(() => {
      ended = true
    })
    await until(async () => ended || (await listens(port)), 10_000, 'mosquitto does not listen')
    if (ended) throw new Error(`mosquitto ended: ${started.output()}`)
  }
  await start()

  return {
    port,
    url: options.tls === undefined ? `mqtt://127.0.0.1:${port}` : `mqtts://localhost:${port}`,
    start,
    stop: async () => running?.kill('SIGTERM'),
    kill: async () => running?.kill('SIGKILL'),
    freeze: async () => running?.freeze(),
    thaw: () => running?.thaw(),
    async setPassword(login) {
      await writePassword(login)
      if (running !== undefined) process.kill(running.pid, 'SIGHUP')
    },
    pid: () => running?.pid ?? 0,
    output: () => running?.output() ?? '',
    async remove() {
      await running?.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** As those that are more than one process. */
export async function startMosquittoBroker(): Promise<Broker> {
  const server = await startMosquitto()
  return { version: 5, publish: 'all', nodes: [server], remove: server.remove }
}

function tlsLines({ certificate, key, clients }: NonNullable<MosquittoOptions['tls']>): string[] {
  const asked = clients === undefined ? [] : [`cafile ${clients}`, 'require_certificate true']
  return [`certfile ${certificate}`, `keyfile ${key}`, ...asked]
}
