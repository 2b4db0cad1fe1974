/**
 * What a backup holds, as it stood at one moment, in a folder of the data folder that is gone when the backup is
 * written: the ledger by one read of SQLite, beside a gateway that writes on, and after it the files around it. The
 * private keys of the log are not among them: a log is signed on one box alone, and a restored one begins another.
 * Read next: backup.ts, restore.ts.
 */
import { randomUUID } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { SiteConfig, SiteFiles } from '../../../config/site.ts'
import { writeWhole } from '../../control/host/files.ts'
import { readLogKeys } from '../../control/host/log-key.ts'
import { KEYS, LEDGER, LOG_KEY } from '../../control/host/names.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import { createReader } from '../../ledger/store/reader.ts'
import { SUPERSEDED, supersededNote } from '../../ledger/superseded.ts'
import { newSecret } from './vault.ts'

const STAGE = 'backup'
const PLAN = 'plan.json'
const CONTENT = 'content'
/** What is there is taken along, but for what is of this run or of this box. */
const KEPT = [KEYS, 'links', 'configurations', 'logs', 'webhooks']
/** A backup that was cut short goes on for so long; after that it is begun anew, ms. */
const GOES_ON_MS = 86_400_000

export type Manifest = {
  readonly format: 1
  readonly id: string
  readonly site: string
  readonly takenAtMs: number
  readonly software: string
  readonly entries: number
  /** Fencing counters as they were, by machine. */
  readonly fencing: Readonly<Record<string, number>>
  /** Signed by the log: whoever shows it has restored this backup. */
  readonly superseded: string
}

export type Stage = {
  readonly folder: string
  readonly secret: string
  readonly manifest: Manifest
  /** Below `folder`, in the order in which they are written. */
  readonly files: readonly string[]
}

type Plan = { readonly out: string; readonly to: string; readonly secret: string }

/** The one that was cut short, for the same file and reader, or a new one. */
export function openStage(
  config: SiteConfig,
  files: SiteFiles,
  plan: Omit<Plan, 'secret'>,
  { nowMs, software }: { readonly nowMs: number; readonly software: string },
): Stage {
  const stage = join(config.dataDir, STAGE)
  const known = planIn(stage)
  const isSame = known !== undefined && known.out === plan.out && known.to === plan.to
  if (!isSame || nowMs - statSync(join(stage, PLAN)).mtimeMs > GOES_ON_MS) {
    rmSync(stage, { recursive: true, force: true })
    requireRoom(config)
    try {
      fill(config, files, join(stage, CONTENT), { nowMs, software })
      writeWhole(join(stage, PLAN), JSON.stringify({ ...plan, secret: newSecret() }))
    } catch (error) {
      // Half a copy is of no use, and the gateway needs the room.
      closeStage(config)
      throw error
    }
  }
  const folder = join(stage, CONTENT)
  return {
    folder,
    secret: planIn(stage)!.secret,
    manifest: JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest,
    files: ['manifest.json', ...filesIn(folder).filter((name) => name !== 'manifest.json')],
  }
}

export const closeStage = ({ dataDir }: SiteConfig): void =>
  rmSync(join(dataDir, STAGE), { recursive: true, force: true })

/** Undefined: none that is whole. */
function planIn(stage: string): Plan | undefined {
  const path = join(stage, PLAN)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Plan) : undefined
}

function fill(
  { dataDir, site }: SiteConfig,
  files: SiteFiles,
  folder: string,
  { nowMs, software }: { readonly nowMs: number; readonly software: string },
): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const ledger = join(folder, LEDGER)
  copyLedger(join(dataDir, LEDGER), ledger)
  for (const name of KEPT)
    if (existsSync(join(dataDir, name))) cpSync(join(dataDir, name), join(folder, name), { recursive: true })
  const earlier = join(dataDir, SUPERSEDED)
  if (existsSync(earlier)) cpSync(earlier, join(folder, SUPERSEDED))
  const own = join(folder, 'site')
  mkdirSync(join(own, 'profiles'), { recursive: true, mode: 0o700 })
  writeFileSync(join(own, 'site.yaml'), files.site, { mode: 0o600 })
  for (const [name, text] of Object.entries(files.profiles))
    writeFileSync(join(own, 'profiles', `${name}.yaml`), text, { mode: 0o600 })
  const reader = createReader(ledger)
  try {
    const id = randomUUID()
    const signers = readLogKeys(join(dataDir, LOG_KEY)).map(({ signer }) => signer)
    const manifest: Manifest = {
      format: 1,
      id,
      site,
      takenAtMs: nowMs,
      software,
      entries: reader.head().nextSeq,
      fencing: Object.fromEntries(reader.machines().map(({ machine, fencingCounter }) => [machine, fencingCounter])),
      superseded: supersededNote(signers, id),
    }
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest), { mode: 0o600 })
  } finally {
    reader.close()
  }
}

/** As one reader sees it: whole, whatever is committed meanwhile. */
function copyLedger(from: string, to: string): void {
  const db = new DatabaseSync(from, { readOnly: true, timeout: 5000 })
  try {
    db.prepare('VACUUM INTO ?').run(to)
  } catch (cause) {
    throw new GatewayError('ledger', 'backup', `the ledger cannot be copied: ${(cause as Error).message}`, { cause })
  } finally {
    db.close()
  }
}

/** The copy must not take what the gateway needs to go on. */
function requireRoom({ dataDir, bounds }: SiteConfig): void {
  const { bavail, bsize } = statfsSync(dataDir)
  const needed = statSync(join(dataDir, LEDGER)).size + bounds.diskReserve
  if (bavail * bsize < needed)
    throw new GatewayError(
      'config',
      'backup',
      `a copy of the ledger needs ${Math.ceil(needed / 1_048_576)} MiB with the reserve, and ${dataDir} has less`,
    )
}

function filesIn(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(below, entry.name)
      return entry.isDirectory() ? filesIn(folder, path) : entry.isFile() ? [path] : []
    })
}
