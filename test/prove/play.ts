/**
 * Generated lives in processes of their own, side by side: the timers of a life are those of its thread.
 * Read next: item.ts, and the program that plays.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'

const MOST_JOBS = 2

/** What each process of `program` printed with `--json`; each plays its part of the seeds from 0 up. */
export function playParts<T>(program: string, lives: number, say: (text: string) => void): Promise<T[]> {
  const jobs = Math.min(MOST_JOBS, availableParallelism())
  const each = Math.ceil(lives / jobs)
  return Promise.all(Array.from({ length: jobs }, (_, job) => play<T>(program, each, job * each, say)))
}

function play<T>(program: string, runs: number, from: number, say: (text: string) => void): Promise<T> {
  const args = ['--runs', String(runs), '--from', String(from), '--json']
  say(`${basename(program)} ${args.join(' ')}`)
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (text) => {
    out += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      try {
        resolve(JSON.parse(out) as T)
      } catch (cause) {
        reject(new Error(`${basename(program)} broke off`, { cause }))
      }
    })
  })
}
