/**
 * A life in which a clock is wrong for a while and nobody asks for anything meanwhile, and its twin whose clock is
 * right all the time: once the clock is right, both have come to the same. What a wrong clock marks is left out: its
 * own entries, the readings taken as it stepped, and the availability it withholds. A host that boots with a wrong
 * clock does not know for how long it was down: a session may end by so much later, and what was made by then is in it.
 * So entries and meters are compared where no host has booted, bookings and sessions always, after that much more time.
 * Read next: life.ts.
 */
import { BELIEVE_MS } from '../../../gateway/core/ground/wall.ts'
import { isWrong } from './clock-kinds.ts'
import type { Command, Life } from './command.ts'
import type { Gateway } from './gateway.ts'
import { playLife } from './life.ts'

/** Before it, what was asked for is answered; after it, the clock is right and what was due has been done. */
const SETTLED_MS = 5000
const MARKED: readonly string[] = ['ClockChanged', 'MeterSampled', 'MeterChanged', 'AvailabilityChanged']
/** Whether a maintenance window is open follows the wall clock at once, and with it whose a use is taken to be. */
const MARKED_BY_WINDOWS: readonly string[] = [...MARKED, 'ForeignUse']

const pass = (ms: number): Command => ({ kind: 'pass', ms })

/** What differs between the two; a clock that was believed while it was wrong is another story, and not told here. */
export function twinFault(life: Life): string | undefined {
  if (life.commands.some((command) => isWrong(command) && command.forMs > BELIEVE_MS)) return undefined
  const boots = life.commands.filter(isWrong).filter(({ boot }) => boot)
  const laterMs = boots.reduce((ms, { forMs }) => ms + forMs + life.cycleMs + SETTLED_MS, 0)
  const commands = life.commands
    .filter(({ kind }) => kind !== 'clock')
    .flatMap((command): Command[] =>
      isWrong(command) ? [pass(SETTLED_MS), command, pass(command.forMs + SETTLED_MS)] : [command],
    )
    .concat(boots.length > 0 ? [pass(laterMs)] : [])
  const right = commands.map((command) => (isWrong(command) ? { ...command, byMs: 0 } : command))
  const [wrong, twin] = [commands, right].map((list) => storyOf({ ...life, commands: list }, boots.length === 0))
  if (wrong === undefined || twin === undefined) return undefined
  const longer = wrong.length < twin.length ? twin : wrong
  const at = longer.findIndex((_, line) => wrong[line] !== twin[line] && wrong[line] !== stillHeld(twin[line]))
  return at < 0 ? undefined : `twin at line ${at}: ${wrong[at]}; with a right clock: ${twin[at]}`
}

/**
 * Who is kept out because the clock is not trusted does not count as absent, so a booking may be released later than
 * with a right clock; never earlier.
 */
const stillHeld = (line: string | undefined) => line?.replace(/^(gateway .: booking .*) released$/, '$1 held')

/** Undefined when a rule is broken, which is told of without a twin. */
function storyOf(life: Life, whole: boolean): string[] | undefined {
  let story: string[] = []
  const { fault } = playLife(life, (gateways) => {
    story = gateways.flatMap((gateway) => kept(gateway, whole, life.windowMinutes > 0 ? MARKED_BY_WINDOWS : MARKED))
  })
  return fault === undefined ? story : undefined
}

function kept({ name, durable, wallMs }: Gateway, whole: boolean, marked: readonly string[]): string[] {
  const { bookings, sessions, meters, entries } = durable
  const always = [
    ...[...bookings.values()].map(
      ({ id, version, status, endMs }) => `booking ${id} ${version} ${endMs <= wallMs ? 'over' : status}`,
    ),
    ...[...sessions.values()].map(({ id, status, booking }) => `session ${id} of ${booking} ${status}`),
  ]
  const unbooted = [
    ...entries
      .filter(({ kind, data }) => !marked.includes(kind) && data.reason !== 'no-show')
      .map(({ kind, session }) => `${kind} ${session ?? ''}`),
    ...[...meters.values()]
      .filter(({ kind }) => kind === 'register')
      .map(
        ({ meter, epoch, total, accounts }) => `meter ${meter} ${epoch} ${total} ${Object.values(accounts).join(' ')}`,
      ),
  ]
  return [...always, ...(whole ? unbooted : [])].map((line) => `gateway ${name}: ${line}`)
}
