/**
 * An empty Debian in a folder, made with the packages of the mirror that this computer uses, and started with systemd
 * in namespaces of its own: it shares the network and the kernel of this computer, and nothing else. Needs root.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { needPackages } from '../../support/apt.ts'
import { found, type Scope } from '../../support/proof.ts'

/** Made once, since it comes over the network. */
const KEPT = resolve(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'latchkey-prove')
const WITH = ['systemd', 'systemd-sysv', 'procps', 'iproute2']
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' }
const WITHIN_MS = 180_000
/** What belongs to the kernel, to dpkg and to logs. */
const IGNORED = [
  'proc',
  'sys',
  'dev',
  'run',
  'tmp',
  'var/lib/dpkg',
  'var/log',
  'var/cache',
  'var/tmp',
  'var/lib/systemd',
]

/** The first process of the new namespaces becomes systemd. */
const BOOT = `
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount --rbind /sys "$1/sys"
for folder in run tmp dev; do mount -t tmpfs tmpfs "$1/$folder"; done
for device in null zero full random urandom tty; do touch "$1/dev/$device"; mount --bind "/dev/$device" "$1/dev/$device"; done
cd "$1"
exec env -i container=proof PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$1" /lib/systemd/systemd --system
`

export type DebianRoot = {
  readonly folder: string
  /** stdout; throws when the command fails. */
  run(command: string, ...args: string[]): string
  /** Every path with its mode and owner, but for what is ignored. */
  listing(): string[]
}

export async function bootDebian(scope: Scope): Promise<DebianRoot> {
  const folder = join(scope.folder, 'debian')
  mkdirSync(folder)
  execFileSync('tar', ['-xpf', debianArchive('debian-root', WITH), '-C', folder])
  const namespaces = ['--mount', '--pid', '--uts', '--cgroup', '--fork', '--kill-child']
  const booted = spawn('unshare', [...namespaces, 'sh', '-c', BOOT, 'sh', folder], { stdio: 'ignore' })
  scope.defer(() => booted.kill('SIGKILL'))
  const inside = (command: string, args: readonly string[]) => {
    const init = readFileSync(`/proc/${booted.pid}/task/${booted.pid}/children`, 'utf8').trim()
    return spawnSync('nsenter', ['-t', init, '-m', '-p', 'chroot', `/proc/${init}/root`, command, ...args], {
      encoding: 'utf8',
      timeout: WITHIN_MS,
      env: ENVIRONMENT,
    })
  }
  const isUp = () => /running|degraded/.test(inside('systemctl', ['is-system-running']).stdout ?? '') || undefined
  await found(isUp, 60_000, 'systemd does not come up')
  const prunes = IGNORED.flatMap((path) => ['-path', `./${path}`, '-prune', '-o'])
  return {
    folder,
    run(command, ...args) {
      const { status, stdout, stderr } = inside(command, args)
      if (status !== 0) throw new Error(`${[command, ...args].join(' ')} ends ${status}: ${stdout}${stderr}`)
      return stdout
    },
    listing: () =>
      execFileSync('find', ['.', ...prunes, '-printf', '%m %u %g %p\n'], {
        cwd: folder,
        encoding: 'utf8',
        maxBuffer: 1e8,
      })
        .trim()
        .split('\n')
        .sort(),
  }
}

/** A tar of a small Debian with these packages. */
export function debianArchive(name: string, packages: readonly string[]): string {
  const path = join(KEPT, `${name}.tar`)
  if (existsSync(path)) return path
  needPackages(['mmdebstrap'])
  mkdirSync(KEPT, { recursive: true })
  const [, suite] = /VERSION_CODENAME=(\w+)/.exec(readFileSync('/etc/os-release', 'utf8')) ?? []
  // What the name ends in says that it is to be a tar.
  const part = join(KEPT, `part-${name}.tar`)
  const args = ['--variant=minbase', `--include=${packages.join(',')}`, suite!, part, ...sources()]
  execFileSync('mmdebstrap', args, { stdio: 'ignore' })
  renameSync(part, path)
  return path
}

/** Where this computer has its packages from. */
function sources(): string[] {
  const places = ['/etc/apt/sources.list', '/etc/apt/sources.list.d/debian.sources']
  return places.filter((path) => existsSync(path) && readFileSync(path, 'utf8').trim() !== '')
}
