/** What happened lately, and what happens next, as far as the viewer may see it. Read next: shell/stream.ts. */
import { useEffect, useState } from 'preact/hooks'
import type { Entry } from '../model/wire.ts'

/** Entries that are looked through, and shown at most. */
const BACK = 2_000
const MOST = 200

/** Newest first. `head`: of the ledger; 0 while it is not known. */
export function useEntries(head: number, wanted: (entry: Entry) => boolean, wants: string): readonly Entry[] {
  const [entries, setEntries] = useState<readonly Entry[]>([])
  const known = head > 0
  const seen = useSeen()
  useEffect(() => {
    if (!known || !seen || wants === '') return
    setEntries([])
    const source = new EventSource(`/v1/events?from=${Math.max(0, head - BACK)}`)
    let waiting: Entry[] = []
    const flush = setInterval(() => {
      if (waiting.length === 0) return
      const fresh = waiting.toReversed()
      waiting = []
      setEntries((before) => [...fresh, ...before].slice(0, MOST))
    }, 200)
    const take = ({ data }: MessageEvent<string>) => {
      if (data === undefined || data === '') return
      const entry = JSON.parse(data) as Entry
      if (wanted(entry)) waiting.push(entry)
    }
    for (const kind of KINDS) source.addEventListener(kind, take)
    return () => {
      clearInterval(flush)
      source.close()
    }
  }, [known, seen, wants])
  return entries
}

/** Whether anybody can see the page: a stream that nobody sees holds a connection that another tab needs. */
function useSeen(): boolean {
  const [seen, setSeen] = useState(true)
  useEffect(() => {
    const look = () => setSeen(document.visibilityState !== 'hidden')
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return seen
}

/** Those that people read; samples of meters are many. */
const KINDS = [
  'AvailabilityChanged',
  'LinkLost',
  'LinkRestored',
  'MeterChanged',
  'BookingPut',
  'BookingCancelled',
  'BlockPut',
  'BlockRemoved',
  'UnlockIntended',
  'UnlockConfirmed',
  'UnlockRefused',
  'UnlockUnconfirmed',
  'SessionSuspended',
  'SessionResumed',
  'SessionWarned',
  'SessionFinishing',
  'SessionEnded',
  'LockConfirmed',
  'LockUnconfirmed',
  'ForeignUse',
  'AccessDenied',
  'MaintenanceStarted',
  'MaintenanceEnded',
  'InspectionRecorded',
  'Override',
  'DrillRecorded',
  'AcceptanceRecorded',
  'Correction',
  'ManualEntry',
]
