/**
 * Seventy-two days of a shared centre in virtual time, through the core and into a real ledger: what the process holds
 * stays, and the ledger grows by what is written into it and no more. Read next: test/simulate/week/long.ts.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Day } from '../../simulate/week/long.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { createChecks, type Item } from '../item.ts'

const LONG = new URL('../../simulate/week/long.ts', import.meta.url).pathname
/** Of the days; before it the memory of the platform's week ahead still fills. */
const WARM = 0.2
/** What the middle of the last third may be above that of the first, and what an entry may cost. */
const AIMS = { heapMib: 8, memoryMib: 48, handles: 2, bytesPerEntry: 2048, costGrows: 1.05 } as const
const MIB = 2 ** 20

export const days: Item = {
  name: 'days',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const count = quick ? 5 : 72
    const lived = await live(count, quick ? 4 : 20, scope, say)
    checks.check(`${count} days were lived`, lived.length === count, lived.length)
    const warm = lived.slice(Math.floor(lived.length * WARM))
    const third = Math.ceil(warm.length / 3)
    const [first, last] = [warm.slice(0, third), warm.slice(-third)]
    const grown = (of: (day: Day) => number) => middle(last.map(of)) - middle(first.map(of))
    const [heap, memory] = [grown((day) => day.heap) / MIB, grown((day) => day.memory) / MIB]
    const handles = grown((day) => day.handles)
    const [early, late] = [costOf(first), costOf(last)]
    checks.check(`what is used of the heap grows by ${AIMS.heapMib} MiB at most`, heap <= AIMS.heapMib, heap)
    checks.check(`memory grows by ${AIMS.memoryMib} MiB at most`, memory <= AIMS.memoryMib, memory)
    checks.check(`handles grow by ${AIMS.handles} at most`, handles <= AIMS.handles, handles)
    checks.check(`an entry costs ${AIMS.bytesPerEntry} bytes at most`, late <= AIMS.bytesPerEntry, late)
    const dearer = late / early
    checks.check(
      `no entry costs ${AIMS.costGrows} times what it cost before`,
      quick || dearer <= AIMS.costGrows,
      dearer,
    )
    return checks.verdict(
      `${lived.at(-1)?.entries ?? 0} entries; heap ${heap.toFixed(1)}, memory ${memory.toFixed(1)} MiB, ${handles} handles; ${Math.round(late)} B an entry`,
    )
  },
}

function live(count: number, firms: number, scope: Parameters<Item['run']>[0]['scope'], say: (text: string) => void) {
  return new Promise<Day[]>((resolve, reject) => {
    const lived: Day[] = []
    const args = ['--expose-gc', LONG, '--days', String(count), '--firms', String(firms), '--out', temporaryFolder()]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    scope.defer(() => void child.kill('SIGKILL'))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const day = JSON.parse(line) as Day
      lived.push(day)
      if (day.day % 6 === 0) say(`day ${day.day}: ${line}`)
    })
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve(lived) : reject(new Error(`the days ended with ${code}`))))
  })
}

/** Bytes an entry, from the first of these days to the last. */
function costOf(lived: readonly Day[]): number {
  const [first, last] = [lived[0]!, lived.at(-1)!]
  return (last.ledger - first.ledger) / Math.max(1, last.entries - first.entries)
}

const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
