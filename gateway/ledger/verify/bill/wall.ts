/**
 * What a clock on the wall of a site shows, by Intl: the day of the week and the minute of the day. A minute that is
 * shown twice counts twice; one that is skipped never counts. Imports nothing.
 */

/** Days and hours of an element: all days and the whole day where they are absent. */
export type Times = {
  readonly days: readonly number[] | undefined
  readonly hours: { readonly from: number; readonly to: number } | undefined
}

const MINUTE = 60_000
const QUARTER = 15 * MINUTE
const DAY = 1440 * MINUTE
const WEEK = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const walls = new Map<string, Intl.DateTimeFormat>()

export function isZone(zone: string): boolean {
  try {
    return wallOf(zone) !== undefined
  } catch {
    return false
  }
}

/** Whether the wall shows a time at which an element holds. */
export function isShown({ days, hours }: Times, ms: number, zone: string): boolean {
  if (days === undefined && hours === undefined) return true
  const { weekday, minute } = readWall(ms, zone)
  const onDay = days === undefined || days.includes(weekday)
  if (hours === undefined) return onDay
  const { from, to } = hours
  const overnight = to <= from
  if (minute >= from && (overnight || minute < to)) return onDay
  const yesterday = weekday === 0 ? 6 : weekday - 1
  return overnight && minute < to && (days === undefined || days.includes(yesterday))
}

/** The moments after `from` and before `until` at which one of the elements may begin or cease to hold, in order. */
export function turns(list: readonly Times[], from: number, until: number, zone: string): number[] {
  const minutes = new Set(list.flatMap(({ hours }) => (hours === undefined ? [] : [hours.from, hours.to])))
  minutes.add(0)
  const found = new Set<number>()
  const take = (ms: number) => ms > from && ms < until && found.add(ms)
  let ahead = aheadOf(from - QUARTER, zone)
  for (let quarter = Math.floor(from / QUARTER) * QUARTER; quarter < until; quarter += QUARTER) {
    const now = aheadOf(quarter, zone)
    if (now !== ahead) take(quarter)
    ahead = now
    // Local midnight of the day that this quarter lies in, as a UTC moment by the offset of the quarter.
    const midnight = Math.floor((quarter + ahead) / DAY) * DAY - ahead
    for (const minute of minutes) {
      const at = midnight + (minute % 1440) * MINUTE
      if (at >= quarter && at < quarter + QUARTER) take(at)
    }
  }
  return [...found].sort((a, b) => a - b)
}

function readWall(ms: number, zone: string): { weekday: number; minute: number } {
  const parts = wallOf(zone).formatToParts(ms)
  const part = (name: string) => parts.find(({ type }) => type === name)!.value
  return { weekday: WEEK.indexOf(part('weekday')), minute: Number(part('hour')) * 60 + Number(part('minute')) }
}

/** ms that the wall is ahead of UTC. */
function aheadOf(ms: number, zone: string): number {
  const { weekday, minute } = readWall(ms, zone)
  const utc = new Date(ms)
  const days = ((weekday - utc.getUTCDay() + 10) % 7) - 3
  return (days * 1440 + minute - utc.getUTCHours() * 60 - utc.getUTCMinutes()) * MINUTE
}

function wallOf(zone: string): Intl.DateTimeFormat {
  const known = walls.get(zone)
  if (known !== undefined) return known
  const wall = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  walls.set(zone, wall)
  return wall
}
