/**
 * What every simulator program does alike: options, the ready line, the log on stderr and the end on a signal.
 * stdout carries one line of JSON once everything listens, and nothing else. Next: machine-program.ts.
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

/** Adds `--state-dir`, the folder of what the program remembers between two runs. */
export function withStateDir(command: Command): Command {
  const folder = join('data', 'simulators', command.name())
  return command.option('--state-dir <folder>', 'what survives a restart; one process per folder', folder)
}

/** Reads an option that is a TCP port. */
export function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) throw new InvalidArgumentError('must be a port from 0 to 65535.')
  return port
}

/** Reads an option that is a number of things above 0. */
export function parseCount(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || count > 1_000_000) throw new InvalidArgumentError('must be 1 to 1000000.')
  return count
}

/** Reads an option that is a duration above 0. */
export function parseMs(text: string): number {
  const ms = parseMsOrNone(text)
  if (ms < 1) throw new InvalidArgumentError('must be 1 to 86400000 ms.')
  return ms
}

/** Reads an option that is a duration, or 0 for none. */
export function parseMsOrNone(text: string): number {
  const ms = Number(text)
  if (!/^\d+$/.test(text) || ms > 86_400_000) throw new InvalidArgumentError('must be 0 to 86400000 ms.')
  return ms
}

export function logger(name: string): (message: string) => void {
  return (message) => void process.stderr.write(`${new Date().toISOString()} ${name}: ${message}\n`)
}

/** Runs `start` and prints the ready line. On a signal it closes what `start` opened, last first, and exits with 0. */
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
