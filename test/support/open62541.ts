/**
 * A server of open62541, an OPC UA stack that shares nothing with node-opcua, as a process. The library is Debian's, of
 * a release that may be newer than this computer's: it is unpacked into a folder, and nothing is installed.
 * Read next: ../prove/machine-side/peers/open62541-server.c.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { needPackages, unpackFrom } from './apt.ts'
import { runProcess } from './process.ts'

/** The first release that has it. */
const RELEASE = 'trixie'
const PACKAGES = ['libopen62541-1.4', 'libopen62541-1.4-dev', 'libmbedcrypto16', 'libmbedx509-7']
const LIBRARIES = 'usr/lib/x86_64-linux-gnu'
const SOURCE = new URL('../prove/machine-side/peers/open62541-server.c', import.meta.url).pathname

/** Kept for the next time; what npm installs stands beside it. */
const FOLDER = new URL('../../node_modules/.cache/open62541', import.meta.url).pathname

/** Builds the server; its path. Throws with what prevents it. */
export async function buildOpen62541(): Promise<string> {
  needPackages(['gcc', 'libc6-dev'])
  const libraries = join(FOLDER, LIBRARIES)
  if (!existsSync(join(libraries, 'libopen62541.so'))) unpackFrom(RELEASE, PACKAGES, FOLDER)
  const server = join(FOLDER, 'open62541-server')
  const library = [
    `-L${libraries}`,
    `-Wl,-rpath,${libraries}`,
    `-Wl,-rpath-link,${libraries}`,
    '-Wl,--disable-new-dtags',
    '-lopen62541',
  ]
  await runProcess('gcc', [
    '-O2',
    '-D_GNU_SOURCE',
    '-Wall',
    '-o',
    server,
    SOURCE,
    `-I${join(FOLDER, 'usr/include')}`,
    ...library,
  ])
  return server
}

export type OtherNode = {
  readonly id: string
  readonly type: string
  /** Of an array; one value without it. */
  readonly count?: number
  readonly isWritten?: boolean
}

export type OtherServer = {
  readonly process: ChildProcess
  set(id: string, values: readonly unknown[]): void
}

/** Certificate and key of the server and the certificate it trusts, files of DER. */
export type OtherFiles = readonly [certificate: string, key: string, trusted: string]

/** Resolves when it listens and shows its nodes. `wrote`: a client has written these words. */
export async function startOpen62541(
  server: string,
  port: number,
  shown: { readonly uri: string; readonly root: string; readonly nodes: readonly OtherNode[] },
  wrote: (id: string, words: number[]) => void = () => undefined,
  files: OtherFiles | readonly [] = [],
): Promise<OtherServer> {
  const child = spawn(server, [String(port), ...files], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => undefined)
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  child.once('exit', (code) => reject(new Error(`the server of open62541 ended with ${code}`)))
  createInterface(child.stdout).on('line', (line) => {
    const [what, id, ...words] = line.split(' ')
    if (what === 'ready') resolve()
    if (what === 'wrote') wrote(id!, words.map(Number))
  })
  await ready
  const say = (...words: readonly unknown[]) => child.stdin.write(`${words.join(' ')}\n`)
  say('folder', shown.uri, shown.root)
  for (const { id, type, count = 0, isWritten = false } of shown.nodes)
    say('node', id, type, count, isWritten ? 'write' : 'read')
  return { process: child, set: (id, values) => void say('set', id, ...values) }
}
