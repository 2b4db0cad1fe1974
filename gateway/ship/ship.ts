/**
 * `npm run ship`: writes to release/ what is handed to others: a Debian package and a tarball for each processor, the
 * bill of materials, the licences, checksums, and a signature beside each of these. The same commit gives the same
 * bytes. It needs what `npm ci` installs, and of another processor its Node, which `npm run ship -- --fetch` gets once;
 * no other network.
 * Read next: tree.ts, deb.ts, gateway/cli/version.ts, OPERATE.md.
 */
import { execFileSync } from 'node:child_process'
import { createHash, createPrivateKey, sign } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Command } from 'commander'
import { buildGateway } from '../build.ts'
import { ARCHITECTURE, debOf } from './deb.ts'
import { carriedNode, type Library, type Lockfile, readLockfile, shippedLibraries } from './lockfile.ts'
import { licencesOf, sbomOf } from './sbom.ts'
import { type TreeFile, tarOf } from './tar.ts'
import { type Arch, installedFiles, licenceText } from './tree.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const FETCHED = join(ROOT, 'node_modules', '.cache', 'latchkey-ship')
const ARCHS = Object.keys(ARCHITECTURE) as Arch[]

type Options = { readonly out: string; readonly arch: readonly Arch[]; readonly key?: string; readonly fetch: boolean }

await new Command('ship')
  .description('Makes the packages of this commit.')
  .option('--out <folder>', 'where they go; what was in it is gone', join(ROOT, 'release'))
  .option('--arch <names...>', 'processors', ARCHS)
  .option('--key <file>', 'private Ed25519 key, PEM, that signs the checksums; or LATCHKEY_RELEASE_KEY')
  .option('--fetch', 'get the Node of another processor first', false)
  .action((options: Options) => ship(options))
  .parseAsync()

async function ship({ out, arch: archs, key = process.env.LATCHKEY_RELEASE_KEY, fetch }: Options): Promise<void> {
  const lock = readLockfile(ROOT)
  const libraries = shippedLibraries(lock)
  const nodes = archs.map((arch) => ({ arch, node: nodeOf(lock, arch, fetch) }))
  const build = join(ROOT, 'dist')
  await buildGateway(build)
  const { version, commit } = JSON.parse(readFileSync(join(build, 'build.json'), 'utf8')) as Record<string, string>
  const atS = Number(process.env.SOURCE_DATE_EPOCH ?? git('log', '-1', '--format=%ct'))
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  const made: string[] = []
  const put = (name: string, bytes: Uint8Array | string) => {
    writeFileSync(join(out, name), bytes)
    made.push(name)
  }
  for (const { arch, node } of nodes) {
    const installed = installedFiles(ROOT, { libraries, build, node, arch })
    const carried = carriedNode(lock, arch)
    const sbom = `${JSON.stringify(sbomOf(libraries, carried, { version: version!, commit: commit!, atS }), null, 2)}\n`
    const licences = licencesOf([...libraries.filter(({ path }) => path !== ''), carried].map(withText(node)))
    const papers = { 'sbom.cdx.json': sbom, copyright: licences, ...documents() }
    const name = `latchkey-${version}-linux-${arch}`
    put(`latchkey_${version}_${ARCHITECTURE[arch]}.deb`, debOf(installed, papers, { version: version!, arch, atS }))
    const unit = readFileSync(join(ROOT, 'gateway/ship/debian/latchkey.service'), 'utf8')
    put(`${name}.tar.gz`, tarOf(inFolder(name, installed, { ...papers, 'latchkey.service': unit }), atS))
    put(`${name}.sbom.cdx.json`, sbom)
    put(`${name}.licences.txt`, licences)
  }
  const sums = made.map((name) => `${sha256(readFileSync(join(out, name)))}  ${name}\n`).join('')
  writeFileSync(join(out, 'SHA256SUMS'), sums)
  if (key === undefined) process.stderr.write('not signed: name a key with --key\n')
  else signAll(out, [...made, 'SHA256SUMS'], key)
  process.stdout.write(sums)
}

/** Each beside its file, for whoever gets only one of them. */
function signAll(out: string, names: readonly string[], key: string): void {
  const secret = createPrivateKey(readFileSync(key))
  for (const name of names) writeFileSync(join(out, `${name}.sig`), sign(null, readFileSync(join(out, name)), secret))
}

/** The program of Node as the lockfile has it. What is for another processor, `npm ci` leaves out: it is fetched. */
function nodeOf(lock: Lockfile, arch: Arch, fetch: boolean): string {
  const { name, version, sha512 } = carriedNode(lock, arch)
  const installed = join(ROOT, 'node_modules', name, 'bin', 'node')
  if (existsSync(installed)) return installed
  const archive = join(FETCHED, `${name}-${version}.tgz`)
  if (!existsSync(archive)) {
    if (!fetch) throw new Error(`${name} is not here: npm run ship -- --fetch, or --arch ${process.arch}`)
    mkdirSync(FETCHED, { recursive: true })
    execFileSync('npm', ['pack', `${name}@${version}`, '--pack-destination', FETCHED], { stdio: 'ignore' })
  }
  if (createHash('sha512').update(readFileSync(archive)).digest('base64') !== sha512)
    throw new Error(`${archive} is not what the lockfile names: delete it`)
  const folder = join(FETCHED, `${name}-${version}`)
  mkdirSync(folder, { recursive: true })
  execFileSync('tar', ['-xzf', archive, '-C', folder, '--strip-components=1'])
  return join(folder, 'bin', 'node')
}

/** The licence of Node is beside the program. */
function withText(node: string): (library: Library) => Library & { text?: string } {
  return (library) => {
    const isNode = library.name.startsWith('node-linux-')
    const text = isNode ? readFileSync(join(node, '..', '..', 'LICENSE'), 'utf8') : licenceText(ROOT, library)
    return { ...library, ...(text === undefined ? {} : { text }) }
  }
}

/** A tarball has one folder, with a command that finds its own Node. */
function inFolder(name: string, installed: readonly TreeFile[], papers: Readonly<Record<string, string>>): TreeFile[] {
  const command = `#!/bin/sh
home=$(dirname "$(dirname "$(readlink -f "$0")")")
exec "$home/bin/node" --disable-sigusr1 "$home/dist/latchkey.js" "$@"
`
  return [
    ...installed.map((file) => ({ ...file, path: `${name}/${file.path}` })),
    { path: `${name}/bin/latchkey`, bytes: Buffer.from(command), isExecutable: true },
    ...Object.entries(papers).map(([paper, text]) => ({
      path: `${name}/${paper}`,
      bytes: Buffer.from(text),
      isExecutable: false,
    })),
  ]
}

/** What whoever runs it reads, by name. */
function documents(): Readonly<Record<string, string>> {
  const files = [
    'OPERATE.md',
    'ALERTS.md',
    'PAIR.md',
    'ship/watch/alerts.yaml',
    'ship/watch/dashboard.json',
    'ship/watch/dashboard-influx.json',
  ]
  return Object.fromEntries(files.map((file) => [basename(file), readFileSync(join(ROOT, 'gateway', file), 'utf8')]))
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
}
