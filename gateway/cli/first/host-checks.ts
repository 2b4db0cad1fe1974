/**
 * What can be wrong with the computer that a gateway is to run on: clock, disk, rights, port, certificates, names. Each
 * check looks, and changes nothing but a file of its own that it takes away again. Read next: doctor.ts.
 */
import { X509Certificate } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs'
import { access } from 'node:fs/promises'
import { createServer, isIP } from 'node:net'
import { dirname, join } from 'node:path'
import type { SiteConfig } from '../../../config/site.ts'
import { createClock } from '../../control/host/clock.ts'
import { diskShortfall } from '../../control/host/disk.ts'
import { takeLock } from '../../control/host/lock.ts'
import { LEDGER, LOCK } from '../../control/host/names.ts'
import { createReader } from '../../ledger/store/reader.ts'

/** `look`: it works, and a person should know. `why` is in English, as the log is. */
export type Finding = { readonly what: What; readonly state: 'well' | 'look' | 'wrong'; readonly why: string }
export type What =
  | 'clock'
  | 'disk'
  | 'fsync'
  | 'file-system'
  | 'rights'
  | 'port'
  | 'certificate'
  | 'names'
  | 'broker'
  | 'store'
  | 'feed'
  | 'platform'
  | 'pair'

const well = (what: What, why: string): Finding => ({ what, state: 'well', why })
const look = (what: What, why: string): Finding => ({ what, state: 'look', why })
const wrong = (what: What, why: string): Finding => ({ what, state: 'wrong', why })

export function checkClock({ dataDir }: SiteConfig): Finding {
  const path = join(dataDir, LEDGER)
  const reader = existsSync(path) ? createReader(path) : undefined
  try {
    const clock = createClock(reader?.lastTime() ?? {})
    const now = clock.now()
    if (clock.state(now) === 'relative') return wrong('clock', clock.text(now))
    const isKept = ['/run/systemd/timesync/synchronized', '/run/chrony', '/run/ntpd.pid'].some((mark) =>
      existsSync(mark),
    )
    return isKept ? well('clock', clock.text(now)) : look('clock', `${clock.text(now)}; nothing here is seen to set it`)
  } finally {
    reader?.close()
  }
}

export async function checkDisk(config: SiteConfig): Promise<Finding> {
  const { bavail, bsize } = statfsSync(folderOf(config))
  const free = bavail * bsize
  const mib = `${Math.floor(free / 1_048_576)} MiB are free`
  if (free < config.bounds.diskReserve) return wrong('disk', `${mib}, less than the reserve bounds.diskReserve`)
  const shortfall = await diskShortfall(config)
  return shortfall === undefined ? well('disk', mib) : look('disk', shortfall)
}

/** File systems that forget, or whose locks are not of one host, by their number in statfs(2). */
const UNFIT: Readonly<Record<number, string>> = {
  16914836: 'tmpfs, which is memory',
  2240043254: 'ramfs, which is memory',
  26985: 'NFS, whose locks and order of writes are not those of a disk',
  4283649346: 'CIFS, whose locks and order of writes are not those of a disk',
  4266872130: 'SMB, whose locks and order of writes are not those of a disk',
}

export function checkFileSystem(config: SiteConfig): Finding {
  const { type } = statfsSync(folderOf(config))
  const unfit = UNFIT[type >>> 0]
  return unfit === undefined
    ? well('file-system', config.dataDir)
    : wrong('file-system', `${config.dataDir} is on ${unfit}`)
}

const TRIES = 40
/** No disk, and no controller without a battery, has written sooner, ms. */
const TOO_SOON_MS = 0.03
const TOO_LATE_MS = 1000

/**
 * Writes and syncs as the ledger does. What answers sooner than a disk can has not written; that a disk keeps its word
 * in a power cut can only be tried.
 */
export function checkSync(config: SiteConfig): Finding {
  const path = join(folderOf(config), '.latchkey-doctor')
  const file = openSync(path, 'w', 0o600)
  try {
    const tookMs = Array.from({ length: TRIES }, () => {
      writeSync(file, Buffer.alloc(4096, 1))
      const startMs = performance.now()
      fsyncSync(file)
      return performance.now() - startMs
    }).sort((a, b) => a - b)
    const [middle, worst] = [tookMs[TRIES / 2]!, tookMs.at(-1)!]
    const text = `a write is on disk after ${middle.toFixed(2)} ms, ${worst.toFixed(1)} ms at most`
    if (middle < TOO_SOON_MS) return wrong('fsync', `${text}: sooner than a disk can`)
    return worst > TOO_LATE_MS ? look('fsync', text) : well('fsync', text)
  } finally {
    closeSync(file)
    rmSync(path, { force: true })
  }
}

export async function checkRights(config: SiteConfig, sitePath: string): Promise<Finding> {
  const { dataDir } = config
  const may = (path: string, mode: number) =>
    access(path, mode).then(
      () => true,
      () => false,
    )
  if (!(await may(folderOf(config), constants.W_OK | constants.X_OK)))
    return wrong('rights', `this user may not write in ${folderOf(config)}`)
  if (existsSync(dataDir) && (statSync(dataDir).mode & 0o077) !== 0)
    return wrong('rights', `others may look into ${dataDir}: chmod 700`)
  if ((statSync(sitePath).mode & 0o002) !== 0) return wrong('rights', `everybody may write ${sitePath}: chmod o-w`)
  if (!(await may(dirname(sitePath), constants.W_OK)))
    return look('rights', `this user may not write in ${dirname(sitePath)}, so latchkey apply cannot`)
  return well('rights', dataDir)
}

/** A gateway that runs on the data folder has the port, and may. */
export async function checkPort({ api, dataDir }: SiteConfig): Promise<Finding> {
  const at = `${api.host}:${api.port}`
  if (isRunning(dataDir)) return well('port', `${at}: a gateway runs`)
  const server = createServer()
  const failed = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve)
    server.listen(api.port, api.host, () => resolve(undefined))
  })
  server.close()
  return failed === undefined ? well('port', at) : wrong('port', `${at}: ${failed.message}`)
}

function isRunning(dataDir: string): boolean {
  const path = join(dataDir, LOCK)
  if (!existsSync(path)) return false
  try {
    takeLock(path, 'a gateway').close()
    return false
  } catch {
    return true
  }
}

const SOON_DAYS = 30

export function checkCertificate({ api: { tls } }: SiteConfig): Finding | undefined {
  if (tls === undefined) return undefined
  try {
    const { validToDate, subject } = new X509Certificate(readFileSync(tls.certPath))
    readFileSync(tls.keyPath)
    const days = Math.floor((validToDate.getTime() - Date.now()) / 86_400_000)
    const text = `${subject.replaceAll('\n', ', ')} is good for ${days} days`
    return days < 0
      ? wrong('certificate', text)
      : days < SOON_DAYS
        ? look('certificate', text)
        : well('certificate', text)
  } catch (error) {
    return wrong('certificate', `${tls.certPath}: ${(error as Error).message}`)
  }
}

/** Whether the names that the site file has lead anywhere. */
export async function checkNames({ issuers, mqtt, sparkplug, influx, bookings, links }: SiteConfig): Promise<Finding> {
  const urls = [
    mqtt?.url,
    sparkplug?.url,
    influx?.url,
    bookings.source === 'push' ? undefined : bookings.source.url,
    ...issuers.map(({ jwks }) => (jwks.kind === 'url' ? jwks.url : undefined)),
    ...links.map(({ options }) => (options as { endpoint?: string }).endpoint),
  ].filter((url) => url !== undefined)
  const hosts = [
    ...urls.map((url) => new URL(url).hostname.replace(/^\[|\]$/g, '')),
    ...links.flatMap(({ options }) => (options as { host?: string }).host ?? []),
  ]
  const names = [...new Set(hosts)].filter((host) => isIP(host) === 0)
  const found = await Promise.all(
    names.map((name) =>
      lookup(name).then(
        () => undefined,
        () => name,
      ),
    ),
  )
  const lost = found.filter((name) => name !== undefined)
  return lost.length === 0
    ? well('names', names.length === 0 ? 'the site file has addresses alone' : names.join(', '))
    : wrong('names', `${lost.join(', ')}: no address is known`)
}

/** The data folder, or where it will be made. */
function folderOf({ dataDir }: SiteConfig): string {
  let folder = dataDir
  while (!existsSync(folder)) folder = dirname(folder)
  return folder
}
