/** The kinds of wrong clocks, so that a run of lives can be shown to have come to each of them. */
import { BELIEVE_MS, EPOCH_FLOOR_MS } from '../../../gateway/core/ground/wall.ts'
import { START_MS } from './clocks.ts'
import type { Command, Life } from './command.ts'

export type Wrong = Extract<Command, { kind: 'wrong' }>

/** A host that has no time source for this long after its boot gets it late. */
const LATE_MS = 10_000

const isUnset = ({ byMs }: Wrong) => START_MS + byMs < EPOCH_FLOOR_MS

const kinds: Readonly<Record<string, (wrong: Wrong) => boolean>> = {
  'ahead at boot': ({ boot, byMs }) => boot && byMs > 0,
  'behind at boot': (wrong) => wrong.boot && wrong.byMs < 0 && !isUnset(wrong),
  'a dead battery at boot': (wrong) => wrong.boot && isUnset(wrong),
  'a step ahead while it runs': ({ boot, byMs }) => !boot && byMs > 0,
  'a step back while it runs': ({ boot, byMs }) => !boot && byMs < 0,
  'a time source that comes late': ({ boot, forMs }) => boot && forMs >= LATE_MS,
  'wrong for so long that it is believed': ({ byMs, forMs }) => byMs > 0 && forMs > BELIEVE_MS,
}

export const clockKinds = Object.keys(kinds)

export const kindsOf = (wrong: Wrong): string[] => clockKinds.filter((kind) => kinds[kind]!(wrong))

export const isWrong = (command: Command): command is Wrong => command.kind === 'wrong'

export const hasWrongClock = ({ commands }: Life): boolean => commands.some(isWrong)
