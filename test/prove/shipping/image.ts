/**
 * The image is built from the Dockerfile by Debian's buildah and run as it says: as its own user, with nothing of it
 * that can be written but its data, and a tenant unlocks a machine through it. The image of Node that it begins with is
 * made here, of a Debian, the Node of the lockfile and the npm of this computer: no place with images is asked. Needs
 * root.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, copyFileSync, cpSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { needPackages } from '../../support/apt.ts'
import { createApi } from '../../support/gateway-api.ts'
import { siteText } from '../../support/gateway-site.ts'
import { freePort } from '../../support/ports.ts'
import { found, type Scope } from '../../support/proof.ts'
import { bookingNow, startMachine, startPlatform } from '../../support/simulators.ts'
import { type Checks, createChecks, type Item } from '../item.ts'
import { debianArchive } from './debian-root.ts'
import { cloneCheckout } from './ship.ts'

const MACHINE = 'booth-1'
/** As the Dockerfile names it, and where it is found here. */
const BASE = 'node:24-slim'
const ALIAS = 'unqualified-search-registries = ["localhost"]\n[aliases]\n"node" = "localhost/node"\n'
const UID = 1000
const WITHIN_MS = 900_000

type Build = (...args: readonly string[]) => string
type Config = Readonly<{ Entrypoint: string[]; Cmd: string[]; User: string; Healthcheck?: { Test: string[] } }>

export const image: Item = {
  name: 'image',
  fullOnly: true,
  async run({ scope, say }) {
    needPackages(['buildah', 'mmdebstrap'])
    const checks = createChecks(say)
    const build = builder(scope)
    makeBase(build)
    say('the image of Node is made')
    const clone = cloneCheckout(scope)
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: clone, encoding: 'utf8' }).trim()
    const way = ['--isolation', 'chroot', '--network', 'host', '--pull-never', '--format', 'docker']
    build('bud', ...way, '--build-arg', `LATCHKEY_COMMIT=${commit}`, '--tag', 'latchkey', clone)
    say('the image is built')
    const { Docker } = JSON.parse(build('inspect', '--type', 'image', 'latchkey')) as { Docker: { config: Config } }
    const { config } = Docker
    checks.check('it runs as a user of its own', config.User === `${UID}:${UID}`, config.User)

    const place = placeFor(scope)
    const container = build('from', '--pull-never', 'latchkey').trim()
    const inside = insideOf(build, container, place)
    const version = JSON.parse(inside([...config.Entrypoint, 'version', '--json'])) as { commit: string }
    checks.check('it says which commit it is', version.commit === commit, version)
    const wrote = inside([
      'sh',
      '-c',
      'touch /app/x /config/x 2>/dev/null; id -u; ls /app/x /config/x 2>/dev/null || true',
    ])
    checks.check('it cannot write to itself or to its site', wrote.trim() === String(UID), wrote)
    await used(scope, checks, place, (url) => start(scope, place, build, container, config, url), config, inside)
    return checks.verdict(`${Math.round(sizeOf(build) / 1e6)} MB with its Debian`)
  },
}

/** Images and containers of its own, gone with the item. */
function builder(scope: Scope): Build {
  const [root, run] = ['images', 'containers'].map((name) => join(scope.folder, name)) as [string, string]
  const registries = join(scope.folder, 'registries.conf')
  writeFileSync(registries, ALIAS)
  const options = ['--root', root, '--runroot', run, '--storage-driver', 'overlay', '--registries-conf', registries]
  const build: Build = (...args) =>
    execFileSync('buildah', [...options, ...args], {
      encoding: 'utf8',
      timeout: WITHIN_MS,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  scope.defer(() => {
    build('rm', '--all')
    // The driver mounts its own folder onto itself.
    spawnSync('umount', [join(root, 'overlay')])
  })
  return Object.assign(build, { options })
}

function makeBase(build: Build): void {
  const container = build('from', 'scratch').trim()
  const folder = build('mount', container).trim()
  execFileSync('tar', ['-xpf', debianArchive('debian-node', ['ca-certificates']), '-C', folder])
  const cli = realpathSync(execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim())
  const local = join(folder, 'usr/local')
  mkdirSync(join(local, 'lib/node_modules'), { recursive: true })
  copyFileSync(process.execPath, join(local, 'bin/node'))
  cpSync(dirname(dirname(cli)), join(local, 'lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'))
  execFileSync('chroot', [folder, 'useradd', '--uid', String(UID), '--create-home', 'node'])
  build('config', '--env', 'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', container)
  // A computer behind a proxy of its own trusts more than Node does.
  const { NODE_EXTRA_CA_CERTS } = process.env
  if (NODE_EXTRA_CA_CERTS !== undefined) {
    copyFileSync(NODE_EXTRA_CA_CERTS, join(folder, 'etc/ssl/more.crt'))
    build('config', '--env', 'NODE_EXTRA_CA_CERTS=/etc/ssl/more.crt', container)
  }
  build('commit', '--quiet', container, `localhost/${BASE}`)
  build('rm', container)
}

type Place = { readonly config: string; readonly data: string }

function placeFor(scope: Scope): Place {
  const [config, data] = ['site', 'data'].map((name) => join(scope.folder, name)) as [string, string]
  for (const folder of [config, data]) mkdirSync(folder)
  chownSync(data, UID, UID)
  return { config, data }
}

const mounts = ({ config, data }: Place) => ['--volume', `${config}:/config:ro`, '--volume', `${data}:/data:rw`]
const WAY = ['--isolation', 'chroot', '--network', 'host', '--user', `${UID}:${UID}`]

function insideOf(build: Build, container: string, place: Place) {
  return (command: readonly string[]): string => build('run', ...WAY, ...mounts(place), container, '--', ...command)
}

/** A machine is unlocked and metered by the gateway of the image. */
async function used(
  scope: Scope,
  checks: Checks,
  place: Place,
  run: (url: string) => Promise<void>,
  config: Config,
  inside: (command: readonly string[]) => string,
): Promise<void> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const [platform, booth] = await Promise.all([
    startPlatform(scope, 'latchkey:shop', url),
    startMachine(scope, 'spray-booth', { name: 'booth', cycleMs: 500, autoStart: true }),
  ])
  const machines = [{ id: MACHINE, simulator: booth }]
  writeFileSync(join(place.config, 'site.yaml'), siteText({ site: 'shop', dataDir: '/data', port, platform, machines }))
  const add = ['keys', 'add', '/config/site.yaml', '--role', 'auditor', '--name', 'proof', '--json']
  const { key } = JSON.parse(inside([...config.Entrypoint, ...add])) as { key: string }
  await run(url)
  const api = createApi(url, { platform: platform.serviceToken, auditor: key })
  await api.untilAvailable(MACHINE, 30_000)
  const session = await api.unlocked(MACHINE, await platform.token(bookingNow('use-1', MACHINE)))
  await found(async () => (await booth.judge()).producedUnits > 2 || undefined, 20_000, 'nothing is made')
  const ended = await api.ended(session.id)
  const { producedUnits } = await booth.judge()
  const parts = ended.use.find(({ meter }) => meter.endsWith('parts'))?.quantity
  checks.check('every unit is in the session', Number(parts) === producedUnits, [parts, producedUnits])
  const [kind, ...command] = config.Healthcheck?.Test ?? []
  checks.check('it has a health check', kind === 'CMD', config.Healthcheck)
  const health = ['env', `LATCHKEY_HEALTH=${url}/health/live`, ...command]
  checks.check('which says that it is well', inside(health) === '')
}

async function start(
  scope: Scope,
  place: Place,
  build: Build,
  container: string,
  { Entrypoint, Cmd }: Config,
  url: string,
): Promise<void> {
  const { options } = build as Build & { readonly options: readonly string[] }
  const args = [...options, 'run', ...WAY, ...mounts(place), container, '--', ...Entrypoint, ...Cmd]
  const child = spawn('buildah', args, { stdio: 'ignore' })
  scope.defer(async () => {
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  })
  const isUp = () =>
    fetch(`${url}/health/live`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    )
  await found(isUp, 60_000, 'the gateway of the image does not come up')
}

function sizeOf(build: Build): number {
  const [{ size }] = JSON.parse(build('images', '--json', 'latchkey')) as [{ size: string }]
  const [, number, unit] = /^([\d.]+) ?(KB|MB|GB)$/.exec(size) ?? []
  return Number(number) * { KB: 1e3, MB: 1e6, GB: 1e9 }[unit as 'KB' | 'MB' | 'GB']
}
