/**
 * What every simulator program does alike: options, the ready line, the log on stderr and the end on a signal.
 * stdout carries one line of JSON when everything listens, and nothing else.
 */
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'

export type Closable = Readonly<{ close(): Promise<void> | void }>

const closeWithinMs = 1_500

/** A command with `--host`; programs add their own options. */
export function newProgram(name: string, description: string): Command {
  return new Command(name)
    .description(`${description}\nPrints one line {"ready":true,…} when it listens; ends on SIGTERM or SIGINT.`)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
}

/** `--state-dir`, what the program remembers between two runs. */
export function withStateDir(command: Command): Command {
  const folder = join('data', 'simulators', command.name())
  return command.option('--state-dir <folder>', 'what survives a restart; one process per folder', folder)
}

/** Commander's reader of a TCP port. */
export function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) throw new InvalidArgumentError('must be a port from 0 to 65535.')
  return port
}

/** Commander's reader of a duration. */
export function parseMs(text: string): number {
  const ms = parseMsOrNone(text)
  if (ms < 1) throw new InvalidArgumentError('must be 1 to 86400000 ms.')
  return ms
}

/** As `parseMs`, or 0 for none. */
export function parseMsOrNone(text: string): number {
  const ms = Number(text)
  if (!/^\d+$/.test(text) || ms > 86_400_000) throw new InvalidArgumentError('must be 0 to 86400000 ms.')
  return ms
}

export function logger(name: string): (message: string) => void {
  return (message) => void process.stderr.write(`${new Date().toISOString()} ${name}: ${message}\n`)
}

/** Runs `start`, says that everything listens, and closes what it opened, last first, when told to end. */
export async function runProgram(
  name: string,
  start: (opened: Closable[]) => Promise<Record<string, unknown>>,
): Promise<void> {
  const log = logger(name)
  const opened: Closable[] = []
  const end = async (signal: string) => {
    log(`${signal}, closing`)
    setTimeout(() => process.exit(0), closeWithinMs).unref()
    for (const one of opened.reverse()) await Promise.resolve(one.close()).catch((error) => log(String(error)))
    process.exit(0)
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
  try {
    const ready = await start(opened)
    process.stdout.write(`${JSON.stringify({ ready: true, program: name, pid: process.pid, ...ready })}\n`)
  } catch (error) {
    log(error instanceof Error ? error.message : String(error))
    process.exit(1)
  }
}
