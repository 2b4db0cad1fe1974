/**
 * One of two boxes that are one gateway. It finds out which of them works, stands by as the spare as long as the other
 * does, and comes back when this one is the active box. Read next: core/pair/begin.ts (which one), spare.ts, active.ts,
 * decisions/031-a-pair.md.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../../../adapters/adapter.ts'
import type { PairBox, SiteConfig } from '../../../config/site.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import { NS_PER_MS } from '../../core/ground/moment.ts'
import { beginAs, type Said, type Standing, whyWait } from '../../core/pair/begin.ts'
import { type StandBy, sentenceOf, type Why } from '../../core/pair/stand-by.ts'
import { migrations } from '../../ledger/store/migrations/index.ts'
import { appliedLast } from '../host/applied-files.ts'
import { createClock } from '../host/clock.ts'
import { KEEP_EVERY_MS, takeLock } from '../host/lock.ts'
import { LOCK } from '../host/names.ts'
import { type Active, createActive } from './active.ts'
import { sendConfiguration } from './copy.ts'
import { type Contact, createSpare, failed, failedMs, type Spare } from './spare.ts'
import { folderId, readStanding, writeStanding } from './standing.ts'
import { call, type Hello, listenAt, type Wire } from './wire.ts'

type PairOptions = {
  readonly config: SiteConfig
  /** The name of this box. */
  readonly box: string
  readonly log: Logger
  /** What an earlier pair of this process has kept as the spare. */
  goesOn?: Hello['follow'] | undefined
  /** This box stands by, for the first time. */
  standsBy(): void
  /** This box waits for something that does not pass by itself, such as the other box: it is well, for all that. */
  waited(): void
  /** Puts the configuration in place that the active box has; false: it cannot be used here, and the log says why. */
  adopt(configurationId: string): Promise<boolean>
}

type Pair = {
  /** What this box says of itself until it is the active one. */
  standBy(): StandBy
  /** Resolves when this box has to do something else. */
  run(): Promise<PairEnd>
}

export type PairEnd =
  /** It is the active one. `isOther`: the configuration that is in force was put in place just now. */
  | { readonly kind: 'active'; readonly isOther: boolean; begin(config: SiteConfig): Active }
  /** Another configuration is in place: this pair is closed, and the next one goes on from what is kept. */
  | { readonly kind: 'configured'; readonly goesOn: Hello['follow'] | undefined }

const ASK_EVERY_MS = 500
/** For an answer to a hello, ms. */
const ANSWER_MS = 1500

type State = PairOptions & {
  readonly pair: NonNullable<SiteConfig['pair']>
  readonly other: PairBox
  readonly isFirst: boolean
  readonly contact: Contact
  /** Of the gateway, once it is the active box: another one takes its place in that very object. */
  inForce: SiteConfig
  phase: Said['now']
  hasStoodBy: boolean
  standing: Standing | undefined
  folder: string
  /** Why it waits, where nothing else keeps it. */
  waits: Why
  spare?: Spare
  active?: Active
}

type Begun = { readonly kind: 'active'; readonly isOther: boolean } | Extract<PairEnd, { kind: 'configured' }>

export function createPair(options: PairOptions): Pair {
  const state = stateOf(options)
  return {
    standBy: () => standByOf(state),
    async run() {
      const { config, box, log } = options
      mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
      const lock = takeLock(join(config.dataDir, LOCK), 'another gateway. Stop it first, or use another dataDir')
      const keeping = setInterval(() => lock.keep(), KEEP_EVERY_MS)
      state.standing = readStanding(config.dataDir)
      state.folder = folderId(config.dataDir)
      const own = state.pair.boxes.find(({ id }) => id === box)!
      const door = await listenAt(own, state.pair.key, (wire) => welcome(state, wire))
      log.info({ box, other: state.other.id, term: state.standing?.term ?? 0 }, 'this box is one of a pair')
      const end = await untilBegun(state)
      clearInterval(keeping)
      lock.close()
      if (end.kind === 'active') return { ...end, begin: (inForce) => begin(state, inForce) }
      await door.close()
      return end
    },
  }
}

function begin(state: State, config: SiteConfig): Active {
  const { now } = createClock({})
  const { box, other, log } = state
  const active = createActive({ config, box, other, standing: state.standing!, log, nowNs: () => now().ns })
  state.inForce = config
  state.active = active
  return active
}

function stateOf(options: PairOptions): State {
  const { pair } = options.config
  const other = pair?.boxes.find(({ id }) => id !== options.box)
  if (pair === undefined || other === undefined || !pair.boxes.some(({ id }) => id === options.box))
    throw new GatewayError('config', 'pair', `the site file has no pair with a box ${options.box}`)
  return {
    ...options,
    ...{ pair, other, inForce: options.config },
    isFirst: pair.boxes[0]!.id === options.box,
    contact: { failures: 0 },
    phase: 'undecided',
    hasStoodBy: false,
    standing: undefined,
    folder: '',
    waits: 'asking',
  }
}

function standByOf({ phase, box, other, standing, contact, waits, spare }: State): StandBy {
  const { heardNs, why = waits } = contact
  return {
    ...{ role: phase === 'spare' ? 'spare' : 'undecided', box, other: other.id, term: standing?.term ?? 0 },
    ...(other.url === undefined ? {} : { otherUrl: other.url }),
    ...(heardNs === undefined ? {} : { heardAgoMs: Number((process.hrtime.bigint() - heardNs) / NS_PER_MS) }),
    ...(spare === undefined ? { why } : spare.view()),
  }
}

function stand(state: State, standing: Standing): void {
  if (isDeepStrictEqual(standing, state.standing)) return
  writeStanding(state.config.dataDir, standing)
  state.standing = standing
}

async function untilBegun(state: State): Promise<Begun> {
  for (;;) {
    const other = await ask(state)
    switch (beginAs(state.standing, state.isFirst, other)) {
      case 'active':
        // Nobody follows yet, and nobody else can have gone on.
        stand(state, { term: state.standing?.term ?? 1, role: 'active', alone: true })
        state.phase = 'active'
        return { kind: 'active', isOther: false }
      case 'spare': {
        const end = await standBy(state, other!.standing!)
        if (end !== undefined) return end
        break
      }
      case 'wait':
        sayWaits(state, whyWait(state.standing, other))
    }
    await pause(ASK_EVERY_MS)
  }
}

/** Once for each cause, and not for one that passes by itself. */
function sayWaits(state: State, why: Why): void {
  if (why !== state.waits && why === 'absent')
    state.log.warn({ other: state.other.id }, 'the other box does not answer; this one cannot know whether it went on')
  else if (why !== state.waits && why !== 'asking')
    state.log.error(
      { other: state.other.id, why, what: sentenceOf(why).en },
      'this box waits: it cannot know whether it may begin',
    )
  if (why !== 'asking') state.waited()
  state.waits = why
}

/** Undefined: the other box has to be asked anew. */
async function standBy(state: State, { term }: Standing): Promise<Begun | undefined> {
  const { config, log, contact } = state
  try {
    stand(state, { term, role: 'spare', alone: false })
  } catch (error) {
    log.error({ err: error }, 'this box cannot follow: its data folder cannot be written to')
    Object.assign(contact, failed(contact, 'disk'))
    await pause(failedMs(contact.failures))
    return undefined
  }
  const { now } = createClock({})
  const spare = createSpare({
    ...{ config, log, now, contact, goesOn: state.goesOn },
    call: async (follow, answers) => {
      const wire = await call(state.other, state.pair.key)
      if (typeof wire === 'string') return wire
      answers()
      wire.send(helloOf(state, follow ?? { run: '', n: 0 }))
      return wire
    },
  })
  state.spare = spare
  state.phase = 'spare'
  if (!state.hasStoodBy) state.standsBy()
  state.hasStoodBy = true
  const end = await spare.run()
  state.goesOn = spare.has()
  delete state.spare
  // One that is about to take over answers nobody: the other box would begin on what is true no more.
  state.phase = end.kind === 'due' ? 'active' : 'undecided'
  if (end.kind === 'lost') return undefined
  // What is in force is what the ledger says; with anything else this box could write where nothing is to be written.
  const inForce = end.kind === 'other' ? end.configurationId : appliedLast(config.dataDir)
  const isOther = inForce !== undefined && inForce !== config.configurationId
  if (isOther && !(await state.adopt(inForce))) {
    state.phase = 'undecided'
    Object.assign(contact, failed(contact, 'configuration'))
    await pause(failedMs(contact.failures))
    return undefined
  }
  if (end.kind === 'other') return { kind: 'configured', goesOn: state.goesOn }
  stand(state, { term: term + 1, role: 'active', alone: true })
  return { kind: 'active', isOther }
}

const said = ({ phase, standing }: State): Said => ({ now: phase, standing })

const who = ({ inForce: { site, configurationId } }: State) => ({ site, configurationId })

function helloOf(state: State, follow?: Hello['follow']): Hello {
  return {
    kind: 'hello',
    said: said(state),
    ...who(state),
    folder: state.folder,
    ...{ schema: migrations.length, ...(follow && { follow }) },
  }
}

/** What the other box says of itself; undefined: it does not answer, or is none of this pair. */
async function ask(state: State): Promise<Said | undefined> {
  const { contact } = state
  const wire = await call(state.other, state.pair.key)
  if (wire === 'key' || contact.why === 'key' || contact.why === 'site') contact.why = wire === 'key' ? wire : undefined
  if (typeof wire === 'string') return undefined
  return new Promise((resolve) => {
    const end = (answer: Said | undefined) => {
      clearTimeout(timer)
      wire.close()
      resolve(answer)
    }
    const timer = setTimeout(() => end(undefined), ANSWER_MS)
    wire.onClose(() => end(undefined))
    wire.onFrame((frame) => {
      if (frame.kind !== 'said') return
      contact.heardNs = process.hrtime.bigint()
      const isStrange = frame.site !== state.config.site
      if (isStrange) contact.why = 'site'
      end(isStrange ? undefined : frame.said)
    })
    wire.send(helloOf(state))
  })
}

/** Somebody with the key of the pair has called. */
function welcome(state: State, wire: Wire): void {
  const timer = setTimeout(() => wire.close(), ANSWER_MS)
  wire.onFrame((frame) => {
    clearTimeout(timer)
    if (frame.kind !== 'hello') return wire.close()
    const { standing } = frame.said
    const isOfPair = frame.site === state.config.site
    const isItsActive = isOfPair && standing?.role === 'active' && standing.term === state.standing?.term
    // It is about to begin, or to take over, and no answer is true any more when it arrives: the other box asks again.
    if (state.phase === 'active' && state.active === undefined) return wire.close()
    if (state.spare !== undefined && !state.spare.answers(isItsActive)) return wire.close()
    const refused = frame.follow && whyRefused(state, frame)
    const { dataDir, configurationId } = state.inForce
    if (refused === 'configuration') sendConfiguration(dataDir, configurationId, wire)
    wire.send({ kind: 'said', said: said(state), ...who(state), ...(refused === undefined ? {} : { refused }) })
    const isOwn = isOfPair && refused !== 'taken'
    if (frame.follow !== undefined && isOwn) state.active?.called(wire, frame, refused !== undefined)
  })
}

function whyRefused({ inForce, active }: State, { site, folder, configurationId, schema }: Hello): Why | undefined {
  if (site !== inForce.site) return 'site'
  if (active?.isTaken(folder)) return 'taken'
  if (schema !== migrations.length) return 'version'
  return configurationId === inForce.configurationId ? undefined : 'configuration'
}
