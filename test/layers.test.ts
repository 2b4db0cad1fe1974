/**
 * Who may import whom, and who may write the state of a machine. The order is data in support/layer-rows.ts; what is
 * still forgiven is in shrinking.txt, which only shrinks. Each guard is also run on a broken copy of the sources, so
 * that none of them passes because it sees nothing.
 */
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LAYERS, readRepository } from './support/guards.ts'
import { ROWS } from './support/layer-rows.ts'
import { againstRows, circles, impure, isIn, strangeHands } from './support/layers.ts'
import { entriesOf, type Fault, readList, unforgiven } from './support/shrinking.ts'
import { isProduct, type Source, sourceOf } from './support/source.ts'

const ROOT = resolve(import.meta.dirname, '..')
/** Only this file may start the control thread. */
const KNOWS_EVERYONE = 'gateway/cli/run.ts'
const repository = readRepository(ROOT)
const sources = repository.sources.filter(isProduct)
const list = readList(ROOT)

describe('layers', () => {
  it.each(Object.entries(LAYERS))('%s: nothing but what is still forgiven', (rule, judge) => {
    expect(unforgiven(rule, judge(repository), list)).toEqual([])
  })

  it('the core has no clock, promise or log', () => {
    expect(impure(sources)).toEqual([])
  })

  it('no adapter knows another one', () => {
    const adapter = (path: string) => /^adapters\/(\w+)\//.exec(path)?.[1]
    const strange = sources.flatMap(({ file, imports }) =>
      imports
        .filter(({ target }) => adapter(file) && adapter(target) && adapter(file) !== adapter(target))
        .map(({ target }) => `${file} imports ${target}: move what both need to adapters/adapter.ts`),
    )
    expect(strange).toEqual([])
  })

  it('one file alone starts the control thread', () => {
    const starters = sources.filter(
      ({ file, imports }) =>
        !isIn(file, 'gateway/control') && imports.some(({ target }) => target === 'gateway/control/control.ts'),
    )
    expect(starters.map(({ file }) => file)).toEqual([KNOWS_EVERYONE])
  })

  it('the verifier rests on nothing but its siblings, the evidence and @noble', () => {
    const reached = new Set(['gateway/ledger/verify/verifier.ts'])
    for (const file of reached)
      for (const { target } of sources.find((source) => source.file === file)?.imports ?? []) reached.add(target)
    expect(reached.size).toBeGreaterThan(10)
    const strange = [...reached].filter(
      (target) => !/^(@noble\/|gateway\/ledger\/(evidence|verify)\/[\w/-]+\.ts$)/.test(target),
    )
    expect(strange).toEqual([])
  })
})

describe('a guard finds what is broken, in one line', () => {
  const added = (file: string, text: string): Source[] => [...sources, sourceOf(file, text)]
  /** What the broken copy adds to what the sources say as they are. */
  const news = (judge: (sources: readonly Source[]) => Fault[], broken: readonly Source[], today = judge(sources)) => {
    const known = new Set(today.map(({ line }) => line))
    return unforgiven('a guard', judge(broken), []).filter((line) => !known.has(line))
  }

  it.each([
    ['import', `import { session } from '../session/session.ts'`],
    ['import of a type', `import type { Session } from '../session/session.ts'`],
    ['import over several lines', `import {\n  type Session,\n  isOpen,\n} from '../session/session.ts'`],
    ['import for its effect', `import '../session/session.ts'`],
    ['export from', `export { isOpen } from '../session/session.ts'`],
    ['export of all', `export * from '../session/session.ts'`],
    ['type in place', `export type Held = import('../session/session.ts').Session`],
    ['import while running', `export const held = () => import('../session/session.ts')`],
  ])('an %s against the order', (_, text) => {
    expect(news(againstRows, added('gateway/core/ground/broken.ts', text))).toEqual([
      'gateway/core/ground/broken.ts imports gateway/core/session/session.ts: ground stands below session in the order of gateway/core; move the type down to ground or the rule up',
    ])
  })

  it.each([
    ['gateway/core/ground/broken.ts', 'pino', 'gateway/core'],
    ['gateway/core/ground/broken.ts', 'config/load.ts', 'gateway/core'],
    ['gateway/ledger/evidence/broken.ts', 'gateway/core/ground/entry.ts', 'gateway/ledger/evidence'],
    ['adapters/modbus/broken.ts', 'node-opcua-client', 'adapters/modbus'],
    ['simulators/faces/broken.ts', 'gateway/core/interlock/lease.ts', 'simulators'],
  ])('%s imports %s', (file, target, row) => {
    const up = '../'.repeat(file.split('/').length - 1)
    const text = `import type { A } from '${target.endsWith('.ts') ? `${up}${target}` : target}'`
    expect(news(againstRows, added(file, text))).toEqual([
      `${file} imports ${target}: the row of ${row} does not allow it; take it as an argument or move the type down`,
    ])
  })

  it('a folder without a place', () => {
    expect(news(againstRows, added('gateway/core/elsewhere/broken.ts', 'export {}'))).toEqual([
      'gateway/core/elsewhere/broken.ts has no place in the order of gateway/core: give it one',
    ])
  })

  it('a row that nobody uses', () => {
    const rows = ROWS.map((row) => (row.at === 'adapters/opcua' ? { ...row, outside: [...row.outside, 'pino'] } : row))
    expect(news((given) => againstRows(given, rows), sources, againstRows(sources))).toEqual([
      'the row of adapters/opcua names pino, which nobody uses: remove it',
    ])
  })

  it('a circle of types', () => {
    const left = sourceOf('adapters/left.ts', `import type { B } from './right.ts'\nexport type A = B`)
    const right = sourceOf('adapters/right.ts', `export type B = import('./left.ts').A`)
    expect(news(circles, [...sources, left, right])).toEqual([
      'circle: adapters/left.ts → adapters/right.ts → adapters/left.ts: move what they share into a file below them all',
    ])
  })

  it.each([
    'turn.m.access = next',
    'm.session = undefined',
    'm.nextRef++',
    'turn.m.meters.set(id, meter)',
    'delete m.drill',
    'm.row!.blocks = next',
    '(m as Open).row = next',
    'Object.assign(turn.m, next)',
    'turn.effects.push(next)',
  ])('a rule that writes the state: %s', (what) => {
    const text = `export function broken(turn, m, next, id, meter) {\n  ${what}\n}\n`
    expect(strangeHands([sourceOf('gateway/core/people/broken.ts', text)]).map(({ line }) => line)).toEqual([
      `gateway/core/people/broken.ts:2 writes the state (${what}): only gateway/core/machine/turn.ts does; call a function there`,
    ])
  })

  it('what a rule makes itself, and `machine/turn.ts`, may be written', () => {
    const text =
      'const seen = new Map()\nseen.set(1, 2)\nrun.held = undefined\nreturned = [...m.meters.values()].sort()\n'
    expect(strangeHands([sourceOf('gateway/core/drill/sound.ts', text)])).toEqual([])
    expect(strangeHands([sourceOf('gateway/core/machine/turn.ts', 'turn.m.access = next')])).toEqual([])
  })

  it('an entry of the list whose fault is mended', () => {
    expect(entriesOf('order', ['order: a imports b', 'circle: a'])).toEqual(['a imports b'])
    expect(unforgiven('order', [], ['order: a imports b'])).toEqual([
      '"order: a imports b" is mended: remove it from test/shrinking.txt (node test/support/shrink.ts does)',
    ])
  })
})
