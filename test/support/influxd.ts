/**
 * A real InfluxDB 1.x on loopback ports with folders of its own. Answers are read as CSV: JSON would round integers.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { startProcess, type TestProcess, until } from './process.ts'
import { commandPath } from './real.ts'

export type InfluxdOptions = {
  /** Created at the start. Default `latchkey`; null: none. */
  readonly database?: string | null
  /** An administrator; everybody else is refused. Absent: everybody may. */
  readonly login?: { readonly username: string; readonly password: string }
  /** Where its folder is made. Default: that for temporary files. */
  readonly within?: string
}

export type Influxd = {
  readonly port: number
  readonly url: string
  readonly database: string
  /** InfluxQL; rows as text by column name. */
  query(text: string): Promise<Record<string, string>[]>
  /** Lines, as the administrator. */
  write(database: string, lines: string): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
  kill(): Promise<void>
  freeze(): Promise<void>
  thaw(): void
  output(): string
  remove(): Promise<void>
}

export async function startInfluxd(options: InfluxdOptions = {}): Promise<Influxd> {
  const folder = await mkdtemp(join(options.within ?? tmpdir(), 'latchkey-influxd-'))
  const [port, rpcPort] = [await freePort(), await freePort()]
  const config = join(folder, 'influxdb.conf')
  const url = `http://127.0.0.1:${port}`
  const database = options.database ?? 'latchkey'
  const { login } = options
  const authorization: Record<string, string> =
    login === undefined ? {} : { Authorization: `Basic ${btoa(`${login.username}:${login.password}`)}` }
  await writeFile(config, configFile(folder, port, rpcPort, login !== undefined))

  let running: TestProcess | undefined
  async function start(): Promise<void> {
    const started = startProcess(commandPath('influxd'), ['-config', config])
    running = started
    let ended = false
    void started.exited.then(() => {
      ended = true
    })
    await until(async () => ended || (await answers(url)), 20_000, 'influxd does not answer')
    if (ended) throw new Error(`influxd ended: ${started.output()}`)
  }

  async function query(text: string): Promise<Record<string, string>[]> {
    const response = await fetch(`${url}/query?${new URLSearchParams({ db: database, q: text, epoch: 'ns' })}`, {
      method: 'POST',
      headers: { Accept: 'application/csv', ...authorization },
    })
    const body = await response.text()
    if (!response.ok) throw new Error(`${text}: ${response.status} ${body}`)
    return rows(body)
  }

  async function write(into: string, lines: string): Promise<void> {
    const response = await fetch(`${url}/write?db=${into}`, { method: 'POST', headers: authorization, body: lines })
    if (!response.ok) throw new Error(await response.text())
  }

  await start()
  if (login !== undefined) {
    await query(`CREATE USER "${login.username}" WITH PASSWORD '${login.password}' WITH ALL PRIVILEGES`)
  }
  if (options.database !== null) await query(`CREATE DATABASE "${database}"`)

  return {
    port,
    url,
    database,
    query,
    write,
    start,
    stop: async () => running?.kill('SIGTERM'),
    kill: async () => running?.kill('SIGKILL'),
    freeze: async () => running?.freeze(),
    thaw: () => running?.thaw(),
    output: () => running?.output() ?? '',
    async remove() {
      await running?.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/ping`, { signal: AbortSignal.timeout(1_000) }).then(
    (response) => response.ok,
    () => false,
  )
}

function configFile(folder: string, port: number, rpcPort: number, login: boolean): string {
  return `
reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  enabled = true
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
  auth-enabled = ${login}
`
}

/** The server's CSV: one header a series, no line breaks in values here. */
function rows(csv: string): Record<string, string>[] {
  let header: string[] = []
  return csv.split('\n').flatMap((line) => {
    if (line === '') return []
    const cells = split(line)
    if (cells[0] === 'name') {
      header = cells
      return []
    }
    return [Object.fromEntries(header.map((name, index) => [name, cells[index] ?? '']))]
  })
}

function split(line: string): string[] {
  const cells: string[] = []
  for (const [, quoted, bare] of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    cells.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'))
  }
  return cells
}
