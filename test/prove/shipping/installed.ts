/**
 * A person who did not write it: an empty Debian with systemd gets the package, answers are given to `init`, the
 * service starts, a tenant unlocks a simulated machine, the next version is installed while the session goes on, and
 * the package goes again and leaves nothing but the data.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Api, createApi } from '../../support/gateway-api.ts'
import { freePort } from '../../support/ports.ts'
import { found, nowMs, type Scope } from '../../support/proof.ts'
import { bookingNow, startMachine, startPlatform } from '../../support/simulators.ts'
import { type Checks, createChecks, type Item } from '../item.ts'
import { bootDebian, type DebianRoot } from './debian-root.ts'
import { cloneCheckout, shipped } from './ship.ts'

const SITE = '/etc/latchkey/site.yaml'
const MACHINE = 'booth-1'

export const installed: Item = {
  name: 'installed',
  fullOnly: true,
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const [old, next] = await twoVersions(scope)
    say('two packages are made')
    const debian = await bootDebian(scope)
    const before = debian.listing()
    install(debian, old)
    const software = JSON.parse(debian.run('latchkey', 'version', '--json')) as Record<string, string>
    checks.check(
      'it says which software it is',
      /^[0-9a-f]{40}$/.test(software.commit!) && Number(software.schema) > 0,
      software,
    )
    const port = await freePort()
    const [platform, booth] = await Promise.all([
      startPlatform(scope, 'latchkey:shop', `http://127.0.0.1:${port}`),
      startMachine(scope, 'spray-booth', { name: 'booth', cycleMs: 500, autoStart: true }),
    ])
    const answers = {
      site: 'shop',
      listen: `127.0.0.1:${port}`,
      issuer: platform.issuer,
      machine: MACHINE,
      host: `127.0.0.1:${booth.modbusPort}`,
    }
    debian.run(
      'latchkey',
      'init',
      SITE,
      '--yes',
      ...Object.entries(answers).flatMap(([name, text]) => [`--${name}`, text]),
    )
    const doctor = JSON.parse(debian.run('latchkey', 'doctor', SITE, '--json')) as { ok: boolean; findings: unknown }
    checks.check('the doctor finds nothing wrong', doctor.ok, doctor.findings)
    const { key } = JSON.parse(
      debian.run('latchkey', 'keys', 'add', SITE, '--role', 'auditor', '--name', 'proof', '--json'),
    ) as { key: string }
    debian.run('systemctl', 'start', 'latchkey')
    confined(debian, checks)
    const api = createApi(`http://127.0.0.1:${port}`, { platform: platform.serviceToken, auditor: key })
    await api.untilAvailable(MACHINE, 30_000)
    const session = await api.unlocked(MACHINE, await platform.token(bookingNow('use-1', MACHINE)))
    say('a machine is unlocked')

    const startMs = nowMs()
    install(debian, next)
    const tookMs = nowMs() - startMs
    await found(
      () => versionOf(api).then((version) => (version === '0.1.1' ? true : undefined)),
      30_000,
      'the next version is not up',
    )
    const { status } = await api.session(session.id)
    checks.check('the session is open over the upgrade', status === 'open', status)
    const ended = await api.ended(session.id)
    const { producedUnits } = await booth.judge()
    const parts = ended.use.find(({ meter }) => meter.endsWith('parts'))?.quantity
    checks.check('every unit is in it', Number(parts) === producedUnits && producedUnits > 0, [parts, producedUnits])
    if (!quick) await watched(debian, checks)

    const left = await removed(debian, checks, before, port)
    return checks.verdict(`upgraded in ${(tookMs / 1000).toFixed(1)} s with its session, ${left} files of data left`)
  },
}

/** How many files are left, all of them data. */
async function removed(debian: DebianRoot, checks: Checks, before: readonly string[], port: number): Promise<number> {
  debian.run('dpkg', '--remove', 'latchkey')
  checks.check(
    'it is stopped',
    await fetch(`http://127.0.0.1:${port}/health/live`).then(
      () => false,
      () => true,
    ),
  )
  debian.run('dpkg', '--purge', 'latchkey')
  const left = debian.listing().filter((line) => !before.includes(line))
  const traces = left.filter((line) => !/ \.\/(?:etc|var\/lib)\/latchkey(?:\/|$)/.test(line) && !isAccount(line))
  checks.check('nothing is left but the data', traces.length === 0, traces)
  checks.check(
    'the data is left',
    left.some((line) => line.endsWith('/var/lib/latchkey/ledger.sqlite')),
  )
  return left.length
}

/** The user that the data belongs to. */
const isAccount = (line: string) => /\.\/etc\/(?:passwd|shadow|group|gshadow|subuid|subgid)-?$/.test(line)

function install({ folder, run }: DebianRoot, deb: string): void {
  copyFileSync(deb, join(folder, 'var/tmp/latchkey.deb'))
  run('dpkg', '--install', '/var/tmp/latchkey.deb')
}

/** This commit, and the same as the version after it. */
async function twoVersions(scope: Scope): Promise<[string, string]> {
  const clone = cloneCheckout(scope)
  const old = await shipped(clone, join(scope.folder, 'old'), ['--arch', 'x64'])
  const path = join(clone, 'package.json')
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"version": "[^"]+"/, '"version": "0.1.1"'))
  const author = ['-c', 'user.name=proof', '-c', 'user.email=proof@localhost']
  execFileSync('git', [...author, 'commit', '--quiet', '--all', '--message', 'The next version'], { cwd: clone })
  const next = await shipped(clone, join(scope.folder, 'next'), ['--arch', 'x64'])
  return [join(old.folder, `latchkey_${old.version}_amd64.deb`), join(next.folder, 'latchkey_0.1.1_amd64.deb')]
}

async function versionOf({ url }: Api): Promise<string | undefined> {
  const answer = await fetch(`${url}/health/live`).catch(() => undefined)
  return answer && ((await answer.json()) as { version: string }).version
}

/** What the unit promises, as the kernel has it. */
function confined(debian: DebianRoot, checks: Checks): void {
  const status = debian.run('cat', `/proc/${pidOf(debian)}/status`)
  const value = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1]
  checks.check('it is nobody in particular', value('Uid') !== '0', value('Uid'))
  checks.check('no new privileges', value('NoNewPrivs') === '1')
  checks.check('no capability', value('CapBnd') === '0000000000000000', value('CapBnd'))
  checks.check('system calls are filtered', value('Seccomp') === '2', value('Seccomp'))
  const mounts = debian.run('cat', `/proc/${pidOf(debian)}/mounts`)
  checks.check('the system is read-only', /^\S+ \/usr \S+ ro|^\S+ \/ \S+ ro/m.test(mounts), mounts)
}

const pidOf = (debian: DebianRoot) =>
  debian.run('systemctl', 'show', '--property=MainPID', '--value', 'latchkey').trim()

/** A gateway that stands still is ended by the watchdog, and another one starts. */
async function watched(debian: DebianRoot, checks: Checks): Promise<void> {
  const frozen = pidOf(debian)
  debian.run('kill', '-STOP', frozen)
  const again = () => {
    const pid = pidOf(debian)
    return pid !== frozen && pid !== '0' ? pid : undefined
  }
  const pid = await found(again, 120_000, 'the watchdog does nothing').catch(() => undefined)
  checks.check('one that stands still is started again', pid !== undefined)
}
