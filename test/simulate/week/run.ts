/** Plays both worlds of a week side by side, a thread each, and writes the report. Read next: play.ts, report.ts. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { worlds } from './assumptions.ts'
import type { Week } from './play.ts'
import { type Report, reportOf } from './report.ts'
import { reportText } from './text.ts'

/** Into an empty folder: the evidence of each world, and the report as JSON and as a page. `say` hears each day. */
export async function runWeek(folder: string, week: Week, say: (text: string) => void): Promise<Report> {
  await Promise.all(worlds.map((world) => inThread({ folder, world, week }, say)))
  const report = reportOf(folder, week)
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`)
  writeFileSync(join(folder, 'report.md'), reportText(report, week.given))
  writeFileSync(join(folder, 'assumptions.json'), `${JSON.stringify(week.given, undefined, 2)}\n`)
  return report
}

function inThread(workerData: object, say: (text: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData })
    worker.on('message', say)
    worker.once('error', reject)
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a thread ended with ${code}`))))
  })
}
