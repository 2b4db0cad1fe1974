/**
 * The notes of health in the log: a matter when it comes, and when it is gone, however its words change meanwhile. What
 * flaps is logged so many times an hour; the next line then says how often it came unlogged. Read next: board.ts.
 */
import type { Logger } from '../../adapters/adapter.ts'
import type { Note } from '../core/board/notes.ts'
import { fullQuota, type Quota, spend } from '../core/ground/quota.ts'

type Told = { readonly quota: Quota; readonly isLogged: boolean; readonly unlogged: number }

export type NoteLog = (notes: readonly Note[], nowNs: bigint) => void

/** `perHour`: lines of one matter that comes. */
export function createNoteLog(log: Logger, perHour: number): NoteLog {
  const matters = new Map<string, Told>()
  let before = new Set<string>()

  function comes({ about, text }: Note, nowNs: bigint): void {
    const known = matters.get(about) ?? { quota: fullQuota(perHour, nowNs), unlogged: 0 }
    const quota = spend(known.quota, nowNs)
    if (quota === undefined) return void matters.set(about, { ...known, isLogged: false, unlogged: known.unlogged + 1 })
    log.warn({ code: 'note', about, ...(known.unlogged === 0 ? {} : { unlogged: known.unlogged }) }, text)
    matters.set(about, { quota, isLogged: true, unlogged: 0 })
  }

  return (notes, nowNs) => {
    for (const note of notes) if (!before.has(note.about)) comes(note, nowNs)
    const now = new Set(notes.map(({ about }) => about))
    for (const about of before)
      if (!now.has(about) && matters.get(about)?.isLogged) log.info({ about }, `${about}: this is over`)
    before = now
  }
}
