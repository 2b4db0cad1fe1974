/**
 * A program beside the gateway that is asked by lines: each line to its standard input is answered by one line of JSON.
 * It ends when its input does, so it never outlives this process. The C programs are compiled once per run.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { needPackages } from '../support/apt.ts'
import { runProcess } from '../support/process.ts'
import type { Scope } from '../support/proof.ts'

export type Program = {
  readonly pid: number
  /** What it said first. */
  readonly ready: Record<string, unknown>
  ask<T>(line: string): Promise<T>
  /** Throws when it has ended. */
  mustRun(): void
  end(): Promise<void>
}

const bareFolder = join(import.meta.dirname, 'bare')
const MAX_OUTPUT = 16_384

/** Debian packages of the real servers, the compiler, and the libraries of the C programs. */
const PACKAGES = ['mosquitto', 'influxdb', 'gcc', 'libc6-dev', 'libmodbus-dev', 'libmosquitto-dev']

/** What each C program of bare/ is linked with. */
const LIBRARIES = {
  machines: ['-I/usr/include/modbus', '-lmodbus'],
  counter: ['-lmosquitto'],
  requests: [],
  listeners: [],
} as const satisfies Record<string, readonly string[]>

export type CProgram = keyof typeof LIBRARIES

/** Says what to install when this user may not. */
export const requirePackages = (): void => needPackages(PACKAGES)

/** The path of a compiled C program. `folder` must outlive the run. */
export async function compile(name: CProgram, folder: string): Promise<string> {
  const path = join(folder, name)
  const flags = ['-O2', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror']
  await runProcess('gcc', [...flags, '-o', path, join(bareFolder, `${name}.c`), ...LIBRARIES[name]])
  return path
}

export async function startC(scope: Scope, name: CProgram, ...args: readonly (string | number)[]): Promise<Program> {
  return start(scope, await compile(name, scope.folder), args.map(String))
}

/** A Node program of bare/, with one argument: JSON. */
export function startBare(scope: Scope, name: string, options: object): Promise<Program> {
  return start(scope, process.execPath, [join(bareFolder, `${name}.ts`), JSON.stringify(options)])
}

async function start(scope: Scope, command: string, args: readonly string[]): Promise<Program> {
  const child = spawn(command, args, { stdio: 'pipe' })
  let complaints = ''
  child.stderr.on('data', (chunk) => {
    complaints = `${complaints}${chunk}`.slice(-MAX_OUTPUT)
  })
  const waiting: { resolve(answer: unknown): void; reject(error: Error): void }[] = []
  const answer = () => new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  // Some libraries write to standard output as well.
  createInterface(child.stdout).on('line', (line) => line.startsWith('{') && waiting.shift()?.resolve(JSON.parse(line)))
  const ended = () => new Error(`${command} ended: ${complaints || (child.signalCode ?? child.exitCode)}`)
  const mustRun = () => {
    if (child.exitCode !== null || child.signalCode !== null) throw ended()
  }
  child.once('close', () => {
    for (const { reject } of waiting.splice(0)) reject(ended())
  })
  child.stdin.on('error', () => undefined)
  const end = () => endOf(child)
  scope.defer(end)
  return {
    ready: (await answer()) as Record<string, unknown>,
    pid: child.pid!,
    ask<T>(line: string) {
      mustRun()
      child.stdin.write(`${line}\n`)
      return answer() as Promise<T>
    },
    mustRun,
    end,
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
