/**
 * `latchkey run <site.yaml>`: the gateway. The only file that knows everyone.
 * Ends 0 after SIGTERM or Ctrl-C, 1 on a failure that it cannot answer for; a supervisor then starts it again.
 * Read next: control/control.ts.
 */
import { resolve } from 'node:path'
import type { Logger } from 'pino'
import { faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'
import { finishApplied } from '../control/host/applied-files.ts'
import type { Active } from '../control/pair/active.ts'
import { loadThreads } from '../control/threads.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { hasBegun } from '../ledger/begin.ts'
import { openLog } from '../live/log.ts'
import type { Site } from './one-of-two.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'
import { boundYoung } from './young.ts'

export async function runCommand(
  path: string,
  { version, level, begin, box }: { version: string; level: string; begin?: Begin; box?: string },
): Promise<number> {
  const opened = await openSite(path, begin)
  if (opened === undefined) return 1
  const { key } = opened
  const threads = loadThreads(opened.config)
  process.umask(0o077) // what the gateway writes is its own
  const log = openLog({ level, base: { site: opened.config.site } })
  const stray = { take: (_: unknown): boolean => false }
  const uncaught = (error: unknown) => stray.take(error) || die(error as Error)
  process.on('unhandledRejection', uncaught)
  process.on('uncaughtException', uncaught)

  let isUp = false
  /** A failure that has a sentence of its own needs no stack; before the start nothing was permitted to anybody. */
  function die(error: Error): void {
    const known = error instanceof GatewayError && error.code !== 'invariant'
    const what = known ? { code: error.code, step: error.step } : { code: 'failure', err: error }
    const end = isUp ? 'the gateway ends; every permission lapses at its machine' : 'the gateway does not start'
    log.fatal(what, known ? `${error.message}; ${end}` : end)
    process.exit(1)
  }

  const supervisor = createSupervisor(process.env, (error) =>
    log.error({ err: error }, 'systemd cannot be told that the gateway goes on'),
  )
  const { startControl } = await import('../control/control.ts') // a spare has it loaded when it is needed
  const { pair, site } = await openPair(opened, { box, version, log, supervisor, die })
  const { config } = site
  const control = await startControl({
    ...site,
    threads,
    version,
    log,
    logLevel: level,
    onFatal: die,
    leave: () => process.kill(process.pid, 'SIGTERM'),
    onStray: (take) => Object.assign(stray, { take }),
    ...(pair === undefined ? {} : { pair }),
  })
  isUp = true
  log.info(
    { url: control.url, machines: config.machines.length, configurationId: config.configurationId },
    'latchkey is up',
  )
  // Whoever is told that it is ready may stop it at once.
  const stopped = untilStopped(() => control.stop().then(() => pair?.handOver()), supervisor, log, die)
  if (key !== undefined) process.stderr.write(firstStep(control.url, key))
  process.stdout.write(`${JSON.stringify({ ready: true, url: control.url, site: config.site })}\n`)
  supervisor.ready()
  hasBegun()
  boundYoung()
  return stopped
}

/** Ends 0 when a signal has asked for it and all is stopped. */
function untilStopped(
  stopAll: () => Promise<unknown>,
  supervisor: Supervisor,
  log: Logger,
  die: (error: Error) => void,
): Promise<number> {
  return new Promise((resolve) => {
    let stopping = false
    const stop = (signal: string) => {
      if (stopping) return process.exit(130)
      stopping = true
      log.info({ signal }, 'stopping; a second signal ends it at once')
      supervisor.stopping()
      stopAll().then(
        () => resolve(0),
        (error: Error) => die(error),
      )
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
    process.on('SIGHUP', stop) // the terminal is gone: no reason to leave without goodbye
  })
}

type ForPair = {
  readonly box: string | undefined
  readonly version: string
  readonly log: Logger
  readonly supervisor: Supervisor
  die(error: Error): void
}

/** Of a pair, it resolves when this box is the active one. */
async function openPair(
  { key: _, ...site }: Opened,
  { supervisor, die, ...options }: ForPair,
): Promise<{ readonly site: Site; readonly pair?: Active }> {
  if (site.config.pair === undefined) return { site }
  const { openOneOfTwo } = await import('./one-of-two.ts')
  const standsBy = () => {
    process.stdout.write(`${JSON.stringify({ standsBy: true, site: site.config.site })}\n`)
    supervisor.ready()
  }
  return openOneOfTwo(site, { ...options, standsBy, waited: supervisor.ready }).catch((error: Error) => {
    die(error)
    return { site }
  })
}

/** Behind the `#`, which no browser sends. */
const firstStep = (url: string, key: string) =>
  `Open ${url}/bench#key=${key} and add a link and a machine. The key is shown this once; keep it.\n`

/** There is no site file yet; where its API will listen. */
type Begin = { readonly listen?: string }

/** `key`: of the first technician, where the site was just begun. */
type Opened = Site & { readonly key?: string }

/** Undefined: why not is on stderr. What was applied as the last process ended is put in place first. */
async function openSite(path: string, begin: Begin | undefined): Promise<Opened | undefined> {
  const sitePath = resolve(path)
  const say = (line: string) => process.stderr.write(`${line}\n`)
  let key: string | undefined
  try {
    if (begin !== undefined) key = await (await import('./new-site.ts')).beginSite(path, begin.listen)
    if (await finishApplied(sitePath)) say(`${path}: what was applied before the process ended is in place`)
  } catch (error) {
    say((error as Error).message)
    return undefined
  }
  const loaded = loadSite(path, process.env)
  if (loaded.kind === 'ok') return { sitePath, ...loaded, ...(key === undefined ? {} : { key }) }
  for (const fault of loaded.faults) say(faultLine(fault))
  return undefined
}
