/**
 * Applies another configuration to a gateway that runs: what it does not touch goes on as it was, and the ledger has it
 * who changed what. All or nothing, also over a crash:
 *
 *   announce the files ─► links, machines, tariffs and the entry in one turn ─► durable ─► the files in place ─► answer
 *
 * A machine that is in use is not changed but in its names: the whole configuration is refused then, and nothing waits
 * here. One configuration at a time.
 * Read next: plan.ts (what it means), host/applied-files.ts (the files), links.ts `change`.
 */
import type { Proposal, SiteConfig } from '../../../config/site.ts'
import { pinOf, type Tariff, tariffJson } from '../../core/billing/tariff.ts'
import type { Command } from '../../core/command/command.ts'
import { type ApplyResult, type Outcome, refused } from '../../core/command/outcome.ts'
import type { JsonObject } from '../../core/ground/entry.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import { type Refusal, refuse } from '../../core/ground/refusal.ts'
import type { Change } from '../../core/machine/change.ts'
import type { Principal } from '../../core/permission/principal.ts'
import type { Reader } from '../../ledger/store/reader.ts'
import { announce, keepFiles, putInPlace, withdraw } from '../host/applied-files.ts'
import { joinTariffs, type Tariffs } from '../host/tariffs.ts'
import { writerOptions } from '../host/writer-options.ts'
import type { RecordEntry } from '../journal.ts'
import type { Links } from '../links.ts'
import type { Live } from '../live.ts'
import type { MachineLoop, MachineLoopDeps } from '../loops/machine-loop.ts'
import { renewMachine, restoreMachines } from '../restore.ts'
import { busyWith, type Plan, planLines, planOf } from './plan.ts'

/** Of the changes that an entry lists, bytes; an entry may have 65,535. */
const MOST_CHANGES_BYTES = 32_768
const NO_ROOM = 'more new signals than a run has room for'

type ApplierDeps = {
  /** Another one takes its place in this very object: what is asked of it later is of that one. */
  readonly config: SiteConfig
  readonly sitePath: string
  readonly reader: Reader
  /** Changed in place, in the order of the site file. */
  readonly machines: Map<string, MachineLoop>
  /** What a machine that begins is given. */
  readonly forMachines: Omit<MachineLoopDeps, 'state'>
  readonly links: Links
  readonly live: Live
  /** Changed in place; what was published stays. */
  readonly tariffs: Map<string, Tariff>
  nowNs(): bigint
  leastMs(): number
  append(change: Change): void
  record: RecordEntry
  flush(): Promise<void>
  /** The texts of a configuration are kept, and its entry comes next. */
  offer(configurationId: string): void
  /** The files could not be put in place although the ledger has them applied; the next start tries again. */
  misplaced(error: Error): void
}

export type Applier = {
  take(command: Extract<Command, { kind: 'apply' }>): Promise<Outcome>
  /** The proposal that has come into force since this was asked last: the front is told with the next batch. */
  takeApplied(): string | undefined
}

type State = ApplierDeps & { applied: string | undefined; isUnderWay: boolean }

export function createApplier(deps: ApplierDeps): Applier {
  const state: State = { ...deps, applied: undefined, isUnderWay: false }
  return {
    async take({ principal, proposal, dryRun }) {
      const refusal = refuseBy(principal)
      if (refusal) return refused(refusal)
      const next = proposal as Proposal
      if (dryRun) return shown(judge(state, next), false)
      if (state.isUnderWay) return refused(refuse('busy', 'another configuration is being applied'))
      state.isUnderWay = true
      return apply(state, next, principal).finally(() => {
        state.isUnderWay = false
      })
    },
    takeApplied() {
      const { applied } = state
      state.applied = undefined
      return applied
    },
  }
}

/** A key for some machines reaches no further than them. */
function refuseBy(principal: Principal): Refusal | undefined {
  if (principal.role !== 'technician') return refuse('forbidden')
  return principal.machines === undefined ? undefined : refuse('forbidden', 'the key is for some machines only')
}

async function apply(state: State, next: Proposal, principal: Principal): Promise<Outcome> {
  const { sitePath, links, flush, misplaced } = state
  const early = hindrance(judge(state, next))
  if (early) return refused(early)
  try {
    await links.prepare(next.config)
    await keepFiles(next.config.dataDir, next.config.configurationId, next.files)
    await announce(sitePath, { id: next.id, dataDir: next.config.dataDir, files: next.files })
  } catch (error) {
    return refused(refuse('needs-restart', `the files cannot be put in place: ${(error as Error).message}`))
  }
  // Somebody may have begun to use a machine meanwhile. From here to the commit is one turn.
  const verdict = judge(state, next)
  const late = hindrance(verdict)
  if (late) {
    await withdraw(sitePath)
    return refused(late)
  }
  const { plan, toPublish } = verdict as Judged
  state.offer(next.config.configurationId)
  change(state, plan, next.config)
  recordApplied(state, next, principal, toPublish)
  state.applied = next.id
  await flush()
  await putInPlace(sitePath, next.files).catch(misplaced)
  return shown(verdict, true)
}

/* ── what is decided ── */

type Judged = { readonly plan: Plan; readonly toPublish: Tariffs['toPublish'] }

function judge(state: State, { from, config }: Proposal): Judged | Refusal {
  const { config: before, machines, live, tariffs } = state
  if (from !== before.configurationId) return refuse('configuration-changed')
  const plan = planOf(before, config, (id) => busyWith(machines.get(id)!.state))
  const needsRestart = live.hasRoom(config.machines) ? plan.needsRestart : [...plan.needsRestart, NO_ROOM]
  try {
    return { plan: { ...plan, needsRestart }, toPublish: joinTariffs([...tariffs.values()], config.tariffs).toPublish }
  } catch (error) {
    if (error instanceof GatewayError) return refuse('configuration-faulty', error.message)
    throw error
  }
}

function hindrance(verdict: Judged | Refusal): Refusal | undefined {
  if ('code' in verdict) return verdict
  const { needsRestart, waits } = verdict.plan
  if (needsRestart.length > 0) return refuse('needs-restart', needsRestart.join(', '))
  if (waits.length === 0) return undefined
  return refuse('configuration-waits', waits.map(({ machine, why }) => `${machine}: ${why}`).join('; '))
}

function shown(verdict: Judged | Refusal, applied: boolean): Outcome {
  if ('code' in verdict) return refused(verdict)
  const { needsRestart, waits } = verdict.plan
  const result: ApplyResult = { applied, steps: planLines(verdict.plan), needsRestart, waits }
  return { kind: 'configuration', result }
}

/* ── what is done ── */

function change(state: State, plan: Plan, config: SiteConfig): void {
  const { machines, reader, forMachines, links, live, leastMs, nowNs } = state
  const { added, restarted, adjusted, removed } = plan.machines
  live.grow(config.machines)
  state.append({ kind: 'simulated', machines: [...writerOptions(config).simulated] })
  const before = new Map(machines)
  for (const id of [...removed, ...restarted]) before.get(id)!.retire()
  const begun = config.machines.filter(({ id }) => added.includes(id))
  const news = restoreMachines({ ...config, machines: begun }, reader, leastMs(), forMachines)
  for (const machine of config.machines)
    if (restarted.includes(machine.id))
      news.set(machine.id, renewMachine(machine, before.get(machine.id)!.state, reader, forMachines))
  machines.clear()
  for (const { id } of config.machines) machines.set(id, news.get(id) ?? before.get(id)!)
  for (const machine of config.machines)
    if (adjusted.includes(machine.id)) machines.get(machine.id)!.dispatch({ kind: 'configured', config: machine })
  links.change(config, plan.links, machines)
  for (const id of news.keys()) forMachines.wait(id, nowNs())
  Object.assign(state.config, config)
}

function recordApplied(
  { tariffs, record }: State,
  { id, from, config, changes, rollbackTo }: Proposal,
  principal: Principal,
  toPublish: readonly Tariff[],
): void {
  const listed = fitting(changes)
  record('ConfigurationApplied', {
    configurationId: config.configurationId,
    machines: config.machines.length,
    links: config.links.length,
    id,
    from,
    by: { role: principal.role, name: principal.id, ...('key' in principal ? { key: principal.key } : {}) },
    changes: listed.map((each) => ({ ...each })),
    ...(listed.length === changes.length ? {} : { more: changes.length - listed.length }),
    ...(rollbackTo === undefined ? {} : { rollbackTo }),
  } satisfies JsonObject)
  for (const tariff of toPublish) {
    tariffs.set(pinOf(tariff), tariff)
    record('TariffPublished', tariffJson(tariff))
  }
}

/** As many as an entry has room for. */
function fitting(changes: Proposal['changes']): Proposal['changes'] {
  let bytes = 0
  const over = changes.findIndex((each) => {
    bytes += Buffer.byteLength(JSON.stringify(each))
    return bytes > MOST_CHANGES_BYTES
  })
  return over < 0 ? changes : changes.slice(0, over)
}
