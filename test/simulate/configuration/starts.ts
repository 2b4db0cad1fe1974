/**
 * Real processes over one data folder, each after another change of its files: every one must say that it is ready, or
 * refuse in words when the change must be refused, and end by itself when it is asked to. Nothing answers on its links.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { random } from '../../ledger/verify/shop/random.ts'
import { baseDraft } from './base.ts'
import { diceOf, type Kind, write } from './draft.ts'
import { kinds } from './kinds.ts'

const MAIN = fileURLToPath(new URL('../../../gateway/main.ts', import.meta.url))
/** A start on a busy host. */
const PATIENCE_MS = 60_000

/** What failed, in words. */
export async function startsOf(count: number, say: (text: string) => void): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-starts-'))
  const dice = diceOf(random(count))
  const failed: string[] = []
  try {
    await start(write(baseDraft(), folder), undefined)
    for (let index = 0; index < count; index++) {
      const kind = kinds[Math.floor((index * kinds.length) / count)]!
      const draft = baseDraft()
      kind.edit(draft, dice)
      const why = await start(write(draft, folder), kind)
      say(`a process after ${kind.name}: ${why ?? 'as it should'}`)
      if (why !== undefined) failed.push(`${kind.name}: ${why}`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return failed
}

function start(site: string, kind: Kind | undefined): Promise<string | undefined> {
  const child = spawn(process.execPath, [MAIN, 'run', site], { stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  let [out, error] = ['', '']
  child.stderr.on('data', (text) => {
    error += text
  })
  child.stdout.on('data', (text) => {
    out += text
    if (out.includes('"ready":true')) child.kill('SIGTERM')
  })
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(timer)
      const isReady = out.includes('"ready":true')
      const isRight = kind?.refused === undefined ? isReady && code === 0 : !isReady && code === 1
      resolve(isRight ? undefined : `ended with ${code}: ${error.slice(-500)}`)
    })
  })
}
