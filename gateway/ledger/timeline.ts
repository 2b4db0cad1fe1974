/**
 * Who had a machine, in what state it was handed over, what was seen, and what is not known: its entries between two
 * moments, put together. It adds nothing to them, so that anybody with the timeline file comes to the same.
 * Read next: evidence/timeline.ts (the file), issue.ts (what makes it).
 */
import type { Entry } from '../core/ground/entry.ts'

/** Somebody, or nobody, had the machine for a while; `seen` is what was said of it meanwhile. */
type Holding = {
  readonly who: 'nobody' | 'tenant' | 'override' | 'stranger'
  readonly from: string
  /** Absent: it goes on. */
  readonly to?: string
  readonly session?: string
  /** Pseudonym. */
  readonly tenant?: string
  readonly seen: readonly Seen[]
}

type Seen = {
  /** Sequence of the entry, which says all of it. */
  readonly entry: number
  readonly at: string
  readonly kind: string
  readonly text: string
  /** Of `AnswersGiven`. */
  readonly when?: string
  readonly answers?: readonly Answer[]
  /** Hashes of photos. */
  readonly photos: readonly string[]
}

/** What the tenant of a use said of the machine: what they answered, and the photos of their reports. */
type Side = {
  readonly session: string
  readonly tenant: string
  /** Absent: nothing was answered, so that nobody knows. */
  readonly at?: string
  readonly answers: readonly Answer[]
  readonly photos: readonly string[]
}

type Answer = {
  readonly question: string
  readonly text: Readonly<Record<string, string>>
  readonly answer: string
  readonly unit?: string
  readonly outside: boolean
}

type Timeline = {
  readonly holdings: readonly Holding[]
  /** From each use to the next: how it was left beside how it was found. */
  readonly handOvers: readonly { readonly left: Side; readonly found: Side }[]
  /** Times in which nobody could see what the machine did. */
  readonly unknown: readonly { readonly from: string; readonly to?: string; readonly reason: string }[]
}

type Data = Readonly<Record<string, unknown>>
type Open = Omit<Holding, 'seen' | 'to'>
type Build = {
  readonly done: Holding[]
  open: Open
  seen: Seen[]
  readonly unknown: Timeline['unknown'][number][]
  /** In order; a use is known by its session. */
  readonly answered: { session: string; when: unknown; at: string; answers: readonly Answer[] }[]
  readonly photographed: { session?: string; after?: string; tenant: unknown; photos: readonly string[] }[]
  readonly refused: Set<string>
  /** The use that ended last. */
  last?: string
}

/** `entries`: of one machine, in order, from `from` on, RFC 3339. */
export function timelineOf(entries: readonly Entry[], from: string): Timeline {
  const lists = { answered: [], photographed: [], refused: new Set<string>() }
  const build: Build = { done: [], open: { who: 'nobody', from }, seen: [], unknown: [], ...lists }
  for (const entry of entries) take(build, entry)
  const holdings = [...build.done, { ...build.open, seen: build.seen }]
  return { holdings, handOvers: handOversOf(holdings, build), unknown: build.unknown }
}

/** A use that the machine refused hands nothing over. */
function handOversOf(holdings: readonly Holding[], build: Build): Timeline['handOvers'] {
  const uses = holdings.filter(({ session }) => session !== undefined && !build.refused.has(session))
  return uses.slice(1).map((next, index) => {
    const use = uses[index]!
    const photos = build.photographed.filter(({ session, after }) => (session ?? after) === use.session)
    const isFound = ({ session, tenant }: (typeof photos)[number]) => session === undefined && tenant === next.tenant
    return {
      left: sideOf(
        use,
        'after',
        photos.filter((each) => !isFound(each)),
        build,
      ),
      found: sideOf(next, 'before', photos.filter(isFound), build),
    }
  })
}

function sideOf(
  { session = '', tenant = '' }: Holding,
  when: 'before' | 'after',
  photographed: Build['photographed'],
  { answered }: Build,
): Side {
  const said = answered.find((each) => each.session === session && each.when === when)
  const { at, answers = [] } = said ?? {}
  return { session, tenant, ...(at && { at }), answers, photos: photographed.flatMap(({ photos }) => photos) }
}

function take(build: Build, { seq, kind, session, body }: Entry): void {
  const { at } = body
  const data = body.data as Data
  switch (kind) {
    case 'UnlockIntended':
      // The use begins when it is confirmed, and the intent says whose it is.
      if (data.resume !== true && session !== undefined) pass(build, at, useOf(at, session, data))
      return
    case 'UnlockRefused':
      if (session === undefined || build.open.session !== session || data.resume === true) return
      build.refused.add(session)
      return pass(build, at)
    case 'SessionEnded':
      // It began before the time that is shown.
      if (build.open.session !== session) build.open = useOf(build.open.from, session!, data)
      build.last = session!
      return pass(build, at)
    case 'ForeignUse':
      if (build.open.who === 'tenant' || build.open.who === 'override') return
      return pass(build, at, data.phase === 'began' ? { who: 'stranger', from: at } : undefined)
    case 'AvailabilityChanged':
      return know(build, at, data)
    case 'AnswersGiven': {
      const { when, answers } = data as { when: string; answers: readonly Answer[] }
      build.answered.push({ session: session!, when, at, answers })
      build.seen.push({ entry: seq, at, kind, text: answersText(when, answers), when, answers, photos: [] })
      return
    }
    case 'ReportMade':
      build.photographed.push({
        ...(session ? { session } : build.last ? { after: build.last } : {}),
        ...{ tenant: (data.by as Data | undefined)?.tenant, photos: photosOf(data) },
      })
      build.seen.push({ entry: seq, at, kind, text: textOf(data), photos: photosOf(data) })
      return
    default:
      build.seen.push({ entry: seq, at, kind, text: textOf(data), photos: photosOf(data) })
  }
}

function useOf(from: string, session: string, { tenant, booking }: Data): Open {
  return { who: booking === 'override' ? 'override' : 'tenant', from, session, tenant: String(tenant) }
}

/** The holding ends, and another begins: nobody's, unless it is said. */
function pass(build: Build, at: string, next: Open = { who: 'nobody', from: at }): void {
  build.done.push({ ...build.open, to: at, seen: build.seen })
  build.open = next
  build.seen = []
}

function know({ unknown }: Build, at: string, { to, reason }: Data): void {
  const last = unknown.at(-1)
  if (last !== undefined && last.to === undefined) unknown[unknown.length - 1] = { ...last, to: at }
  if (to === 'Unknown') unknown.push({ from: at, reason: String(reason ?? '') })
}

function textOf({ text, note, reason, passed }: Data): string {
  const said = [text, note, reason].find((each) => typeof each === 'string') ?? ''
  return passed === undefined ? String(said) : `${passed === true ? 'passed' : 'not passed'}: ${said}`
}

function photosOf({ photos }: Data): string[] {
  return Array.isArray(photos) ? photos.flatMap((photo) => String((photo as Data).sha256 ?? '') || []) : []
}

const answersText = (when: string, answers: readonly Answer[]) =>
  `${when}: ${answers.map(({ question, answer }) => `${question} ${answer}`).join(', ')}`
