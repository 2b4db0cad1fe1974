/**
 * A broker of MQTT, in one process or several: what the trials that kill brokers need of each.
 * Read next: mosquitto.ts, nats.ts, rabbitmq.ts, ejabberd.ts.
 */
import { listens } from './ports.ts'
import { startProcess, type TestProcess, until } from './process.ts'

/** One process that speaks MQTT; those of one broker pass messages on to each other. */
export type BrokerNode = {
  readonly url: string
  readonly port: number
  /** Resolves when it listens. It has the files and the ports of its former life. */
  start(): Promise<void>
  /** SIGKILL; resolves when it is gone, and its port with it: it may be a child of what was started. */
  kill(): Promise<void>
  /** SIGTERM, the same. */
  stop(): Promise<void>
  /** Of its process group. */
  pid(): number
  output(): string
}

export type Broker = {
  /** 4 is MQTT 3.1.1. */
  readonly version: 4 | 5
  /** What a gateway may publish there: see gateway/BROKERS.md. */
  readonly publish: 'all' | 'unretained' | 'events'
  readonly login?: { readonly username: string; readonly password: string }
  readonly nodes: readonly BrokerNode[]
  /** Kills it and removes its files. */
  remove(): Promise<void>
}

export type Command = {
  readonly path: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** A virtual machine of Erlang on a busy computer takes its time. */
const LISTENS_WITHIN_MS = 60_000
const GONE_WITHIN_MS = 30_000

/** Not started yet. */
export function brokerNode({ path, args, ...more }: Command, port: number): BrokerNode {
  let running: TestProcess | undefined
  async function end(signal: NodeJS.Signals): Promise<void> {
    await running?.kill(signal)
    await until(async () => !(await listens(port)), GONE_WITHIN_MS, `${path} still listens`)
  }
  return {
    url: `mqtt://127.0.0.1:${port}`,
    port,
    async start() {
      const started = startProcess(path, args, more)
      running = started
      let ended = false
      void started.exited.then(() => {
        ended = true
      })
      await until(async () => ended || (await listens(port)), LISTENS_WITHIN_MS, `${path} does not listen`)
      if (ended) throw new Error(`${path} ended: ${started.output()}`)
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    pid: () => running?.pid ?? 0,
    output: () => running?.output() ?? '',
  }
}
