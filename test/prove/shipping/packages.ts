/**
 * The packages are what they say: the same commit, built in another folder without a network, gives the same bytes;
 * npm's own bill of materials names no library that is missing; every library has its licence; openssl and sha256sum
 * agree; and the service is as confined as systemd counts it.
 */
import { execFile, execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { needPackages } from '../../support/apt.ts'
import { createChecks, type Item } from '../item.ts'
import { cloneCheckout, ROOT, shipped } from './ship.ts'

/** By systemd's own count, in tenths: 0 is nothing, 100 all. */
const EXPOSURE = 25
const UNIT = 'gateway/ship/debian/latchkey.service'
/** ELF: EM_AARCH64. */
const ARM64 = 183

export const packages: Item = {
  name: 'packages',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const keyPath = join(scope.folder, 'release.pem')
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    writeFileSync(keyPath, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    writeFileSync(join(scope.folder, 'public.pem'), publicKey.export({ type: 'spki', format: 'pem' }))

    const archs = quick ? ['x64'] : ['x64', 'arm64']
    // The Node of the other processor is fetched once, and then stands beside the libraries, where copies find it.
    if (!quick) await shipped(ROOT, join(scope.folder, 'fetched'), ['--arch', 'arm64', '--fetch'])
    const clone = cloneCheckout(scope)
    const first = await shipped(clone, join(scope.folder, 'first'), [...archFlags(archs), '--key', keyPath])
    say('built once')
    if (!quick) {
      const other = cloneCheckout(scope)
      const second = await shipped(other, join(scope.folder, 'second'), archFlags(archs), ['unshare', '--net'])
      checks.check('two builds give the same bytes', first.sums === second.sums, [first.sums, second.sums])
      say('built again, without a network')
    }

    const names = readdirSync(first.folder)
    for (const arch of archs)
      for (const name of [
        `latchkey_${first.version}_${arch === 'x64' ? 'amd64' : arch}.deb`,
        `${first.base(arch)}.tar.gz`,
      ])
        checks.check(`there is ${name}`, names.includes(name), names)
    checks.check('sha256sum agrees', run(first.folder, 'sha256sum', '--check', '--quiet', 'SHA256SUMS'))
    const verified = ['pkeyutl', '-verify', '-pubin', '-inkey', join(scope.folder, 'public.pem'), '-rawin']
    for (const name of names.filter((each) => !each.endsWith('.sig')))
      checks.check(
        `openssl verifies the signature of ${name}`,
        run(first.folder, 'openssl', ...verified, '-in', name, '-sigfile', `${name}.sig`),
      )
    needPackages(['systemd'])
    const judged = ['security', '--offline=true', `--threshold=${EXPOSURE}`, UNIT]
    checks.check('systemd finds the service confined', run(ROOT, 'systemd-analyze', ...judged))

    const sbom = JSON.parse(readFileSync(join(first.folder, `${first.base('x64')}.sbom.cdx.json`), 'utf8')) as Sbom
    const npm = await npmSbom(clone)
    const ours = sbom.components.map(({ purl }) => purl).filter((purl) => !purl.includes('/node-linux-'))
    const missing = npm.filter((purl) => !ours.includes(purl))
    checks.check('npm names no library that is missing', npm.length > 0 && missing.length === 0, missing)
    checks.check(
      'every component has a hash',
      sbom.components.every(({ hashes }) => hashes[0]!.content.length === 128),
    )
    const licences = readFileSync(join(first.folder, `${first.base('x64')}.licences.txt`), 'utf8')
    const unlisted = sbom.components.filter(
      ({ group, name, version }) => !licences.includes(`${group === undefined ? '' : `${group}/`}${name} ${version}`),
    )
    checks.check('every component has its licence', unlisted.length === 0, unlisted)

    for (const arch of archs.filter((each) => each === 'arm64')) {
      execFileSync('tar', ['-xzf', `${first.base(arch)}.tar.gz`], { cwd: first.folder })
      checks.check('its Node is for arm64', machineOf(join(first.folder, first.base(arch), 'bin', 'node')) === ARM64)
    }
    const mib = Math.round(statSync(join(first.folder, `${first.base('x64')}.tar.gz`)).size / 1_048_576)
    return checks.verdict(`${names.length} files, ${mib} MiB a tarball, ${sbom.components.length} components`)
  },
}

type Sbom = {
  readonly components: readonly {
    readonly purl: string
    readonly group?: string
    readonly name: string
    readonly version: string
    readonly hashes: readonly { readonly content: string }[]
  }[]
}

const archFlags = (archs: readonly string[]) => ['--arch', ...archs]

/** By npm itself, from the lockfile. */
async function npmSbom(folder: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    'npm',
    ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--omit', 'dev', '--omit', 'optional'],
    { cwd: folder, maxBuffer: 64 * 1_048_576 },
  )
  return (JSON.parse(stdout) as Sbom).components.map(({ purl }) => purl)
}

function run(cwd: string, command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { cwd, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** e_machine of an ELF file. */
function machineOf(path: string): number {
  const file = openSync(path, 'r')
  const head = Buffer.alloc(20)
  readSync(file, head)
  closeSync(file)
  return head.readUInt16LE(18)
}
