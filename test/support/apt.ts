/**
 * Debian packages with the real servers. Installed when they are missing and this process may: as root, or with sudo
 * that asks nothing. No service is started by the installation, and none that was not there is left running.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

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
    for (const service of ['mosquitto', 'influxdb']) run([...before, 'service', service, 'stop'])
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
function run([command, ...args]: readonly string[]): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(command!, args, {
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
