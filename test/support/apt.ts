/**
 * Debian packages with the real servers. Installed when they are missing and this process may: as root, or with sudo
 * that asks nothing. No service is started by the installation, and none that was not there is left running.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What is missing after the attempt, and why. */
export type AptResult = { readonly missing: readonly string[]; readonly why?: string }

/** dpkg's own placeholder. */
const STATUS = '$' + '{db:Status-Status}'
const POLICY = '/usr/sbin/policy-rc.d'
const WITHIN_MS = 300_000

export function ensurePackages(packages: readonly string[]): AptResult {
  const missing = packages.filter((name) => !isInstalled(name))
  if (missing.length === 0) return { missing }
  if (!exists('apt-get')) return { missing, why: 'there is no apt-get here' }
  const before = mayInstall()
  if (before === undefined) return { missing, why: 'installing needs root, or sudo without a password' }
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...missing]
  const why = withoutServices(before, () => {
    const first = run([...before, ...install])
    if (first === undefined) return undefined
    return run([...before, 'apt-get', 'update']) ?? run([...before, ...install])
  })
  const left = missing.filter((name) => !isInstalled(name))
  return left.length === 0 ? { missing: [] } : { missing: left, why: why ?? 'apt-get said nothing' }
}

/** Brings them, or throws with the command that does. */
export function needPackages(packages: readonly string[]): void {
  const { missing, why } = ensurePackages(packages)
  if (missing.length > 0) throw new Error(`${why}; run: apt-get install ${missing.join(' ')}`)
}

/**
 * Unpacks packages of another release of Debian into `folder`, from where this computer has its own. Nothing is
 * installed and no list of this computer changes. Throws with what prevents it.
 */
export function unpackFrom(release: string, packages: readonly string[], folder: string): void {
  const [lists, archives] = ['lists', 'archives'].map((name) => join(folder, 'apt', name)) as [string, string]
  for (const path of [lists, archives]) mkdirSync(join(path, 'partial'), { recursive: true })
  const sources = join(folder, 'apt', 'sources.list')
  writeFileSync(sources, `deb [signed-by=${KEYRING}] ${debianSite()} ${release} main\n`)
  const options = {
    ...{ 'Dir::Etc::SourceList': sources, 'Dir::Etc::SourceParts': '-', 'Dir::State::Lists': lists },
    ...{ 'Dir::State::Status': '/dev/null', 'Dir::Cache::Archives': archives, 'Dir::Cache::PkgCache': '' },
    ...{ 'Dir::Cache::SrcPkgCache': '', 'APT::Sandbox::User': 'root' },
  }
  const apt = ['apt-get', ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])]
  const why = run([...apt, 'update']) ?? run([...apt, 'download', ...packages], archives)
  if (why !== undefined) throw new Error(why)
  for (const name of readdirSync(archives).filter((file) => file.endsWith('.deb'))) {
    const failure = run(['dpkg-deb', '--extract', join(archives, name), folder])
    if (failure !== undefined) throw new Error(failure)
  }
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Where this computer has Debian's packages from. */
function debianSite(): string {
  const { stdout } = spawnSync('apt-get', ['indextargets', '--format', '$(ORIGIN) $(LABEL) $(REPO_URI)'], {
    encoding: 'utf8',
  })
  const site = (stdout ?? '')
    .split('\n')
    .find((line) => line.startsWith('Debian Debian http'))
    ?.split(' ')[2]
  if (site === undefined) throw new Error('this computer has no packages of Debian')
  return site
}

function isInstalled(name: string): boolean {
  const { stdout } = spawnSync('dpkg-query', ['--show', '--showformat', STATUS, name], {
    encoding: 'utf8',
  })
  return stdout === 'installed'
}

/** What to put before a command, or undefined when this user may not. */
function mayInstall(): readonly string[] | undefined {
  if (process.getuid?.() === 0) return []
  if (exists('sudo') && spawnSync('sudo', ['--non-interactive', 'true']).status === 0)
    return ['sudo', '--non-interactive', 'env']
  return undefined
}

/**
 * invoke-rc.d asks this file; 101 means no. Only root can put it there; sudo users get the services stopped instead.
 */
function withoutServices<T>(before: readonly string[], install: () => T): T {
  if (before.length > 0) {
    const result = install()
    for (const service of ['mosquitto', 'influxdb', 'nats-server', 'rabbitmq-server', 'ejabberd'])
      run([...before, 'service', service, 'stop'])
    return result
  }
  const ours = !existsSync(POLICY)
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return install()
  } finally {
    if (ours) rmSync(POLICY, { force: true })
  }
}

/** The end of what it wrote when it failed. */
function run([command, ...args]: readonly string[], cwd?: string): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(command!, args, {
    ...(cwd === undefined ? {} : { cwd }),
    encoding: 'utf8',
    timeout: WITHIN_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return status === 0
    ? undefined
    : `${[command, ...args].join(' ')}: ${error?.message ?? (stderr || stdout).trim().slice(-400)}`
}

function exists(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
}
