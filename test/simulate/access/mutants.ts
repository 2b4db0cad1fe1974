/**
 * Cores that are broken on purpose: the test of the test. A mutant is one place of the core written otherwise, in a
 * copy of what the lives need; its lives must break a rule. A place that is not found any more is a fault of this
 * table.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Mutant = {
  readonly name: string
  /** Seen from the core. */
  readonly file: string
  readonly from: string
  readonly to: string
  /** Whose lives have to find it. */
  readonly lives?: 'ledger'
}

const mutant = (name: string, file: string, from: string, to: string): Mutant => ({ name, file, from, to })
const ledger = (name: string, file: string, from: string, to: string): Mutant => ({
  ...mutant(name, file, from, to),
  lives: 'ledger',
})

export const mutants: readonly Mutant[] = [
  mutant(
    'unlocked is answered when the write was taken, without a read-back',
    'interlock/interlock.ts',
    "if (shown.acknowledgedSeq !== asked.seq) return { kind: 'silent' }",
    "if (shown.acknowledgedSeq !== asked.seq) return { kind: 'held' }",
  ),
  mutant(
    'the counter is not raised above what the machine has seen',
    'access/intent.ts',
    'Math.max(m.row.fencingCounter, counterOf(highestToken)) + 1',
    'm.row.fencingCounter + 1',
  ),
  mutant(
    'the counter is not raised above our own',
    'access/intent.ts',
    'Math.max(m.row.fencingCounter, counterOf(highestToken)) + 1',
    'counterOf(highestToken) + 1',
  ),
  mutant(
    'heartbeats go on without a meter',
    'access/hold/heartbeat.ts',
    'return gatingFresh(env, m)',
    'return gatingFresh(env, m) || true',
  ),
  mutant(
    'the enable does not wait for its intent',
    'access/intent.ts',
    "  become(turn, { kind: 'Unlocking', phase: 'committing', ref: commit(turn), attempt })\n",
    "  const ref = commit(turn)\n  become(turn, { kind: 'Unlocking', phase: 'committing', ref, attempt })\n  onCommitted(turn, ref)\n",
  ),
  mutant(
    'a session is taken up after a restart whatever the machine shows',
    'access/adoption.ts',
    '  if (!interlock.isHeldBy(lock.block, { token, tag, plcBootId })) return false\n',
    '',
  ),
  mutant(
    'the end of a booking goes by the wall clock',
    'access/access.ts',
    'const reason = overBy(sessionOf(m), env.now.ns) ??',
    "const reason = (env.now.ms >= sessionOf(m).bookedUntilMs ? 'TimeLimitReached' : undefined) ??",
  ),
  mutant(
    'a clock is believed at the first look after a boot',
    'ground/wall.ts',
    'floorMs === undefined ? Number.POSITIVE_INFINITY : BOOT_MS',
    'Number.POSITIVE_INFINITY',
  ),
  mutant(
    'the floor rises with a clock that is not believed',
    'ground/wall.ts',
    'return { ...wall, stepped: { offsetMs, sinceNs } }',
    'return { ...wall, floorMs: Math.max(floorMs, now.ms), stepped: { offsetMs, sinceNs } }',
  ),
  mutant(
    'a booking that time alone has ended stays so',
    'people/bookings.ts',
    "status === 'ended' || status === 'released'",
    "status === 'released'",
  ),
  mutant(
    'over a boot the end of a session goes by a clock that is not believed',
    'access/adoption.ts',
    '{ ms: env.believedMs, ns: env.now.ns }',
    'env.now',
  ),
  mutant(
    'what is not confirmed is written again',
    'access/confirmation.ts',
    "  become(turn, { kind: 'Unlocking', phase: 'confirming', ref: askRead(turn, 'interlock', afterMs), attempt })\n",
    "  become(turn, { kind: 'Unlocking', phase: 'confirming', ref: askRead(turn, 'interlock', afterMs), attempt })\n  if (afterMs > 0) (turn.effects as unknown[]).push({ kind: 'write', ref: 0, words: interlock.enableWords(interlockOf(turn.m), attempt) })\n",
  ),
  mutant('a token is not spent', 'access/intent.ts', 'if (jti !== undefined) change(', "if (jti === 'never') change("),
  mutant(
    'the booking is not looked at again before the intent',
    'access/unlock.ts',
    '(request ? mayUse(env, m, request) : mayGoOn(env, sessionOf(m)))',
    'undefined',
  ),
  mutant(
    'a revoke is written after a stop',
    'access/ending/finishing.ts',
    '  if (condition.emergencyStop || (lock && isStopped(lock.block)) || isSilent(env, m)) return\n',
    '',
  ),
  mutant(
    'units of another owner go to the session',
    'metering/metering.ts',
    "interlock.isLastOwner(lock, claim) ? 'session' : 'disputed'",
    "interlock.isLastOwner(lock, claim) ? 'session' : 'session'",
  ),
  mutant(
    'units made by the key go to the session',
    'metering/metering.ts',
    ' || wasOwnerless(env, seen, state)) return',
    ') return',
  ),
  mutant(
    'a session goes on after its end',
    'access/access.ts',
    'const reason = overBy(sessionOf(m), env.now.ns) ??',
    'const reason = undefined ??',
  ),
  mutant(
    'a cancelled booking goes on',
    'access/ending/ending.ts',
    "if (booking.status === 'cancelled') return revoked(turn, booking.cancelledAtMs ?? env.now.ms)",
    "if (booking.status === 'cancelled') return",
  ),
  mutant(
    'a running cycle is cut at the end',
    'access/ending/finishing.ts',
    "const idle = condition.itemState !== 'Executing' && condition.itemState !== 'Unknown'",
    'const idle = true',
  ),
  mutant(
    'an open session does not keep others out',
    'machine/availability.ts',
    '  if (input.session) {\n',
    "  if (input.session && input.access !== 'Suspended') {\n",
  ),
  mutant(
    'a stop that was asked for lets unlocks in',
    'access/gates.ts',
    "  if (env.stopping) return refuse('stopping')\n",
    '',
  ),
  mutant(
    'the grace is none',
    'access/ending/grace.ts',
    'const fullNs = sinceNs + BigInt(config.endOfBooking.graceMs) * NS_PER_MS',
    'const fullNs = sinceNs',
  ),
  mutant(
    'an override is held back by nothing',
    'access/gates.ts',
    'if (env.stopping)',
    'if (override) return undefined\n  if (env.stopping)',
  ),
  mutant(
    'an override is not recorded',
    'access/intent.ts',
    'if (override) recordOverride(turn, override, bookedUntilMs)',
    'if (override) undefined',
  ),
  mutant(
    'an override lasts as the clock on the wall has it',
    'access/gates.ts',
    'if (override !== undefined) return overrideFrom(booking, env.now.ms)',
    'if (override !== undefined) return booking',
  ),
  mutant(
    'plans close nothing',
    'access/gates.ts',
    'return refuseClosed(calendarOf(m), env.now.ms)',
    'return undefined',
  ),
  mutant(
    'maintenance windows close nothing',
    'booking/plan.ts',
    "...closed('maintenance-window', windows?.spans ?? [])",
    "...closed('maintenance-window', [])",
  ),
  mutant(
    'maintenance keeps nobody out',
    'access/gates.ts',
    "if (m.row.maintenance) return refuse('machine-blocked', 'the machine is in maintenance')",
    '',
  ),
  mutant('an owner blocks what is booked', 'booking/plan.ts', 'if (clash)\n', 'if (clash && bookings.length === 0)\n'),
  mutant(
    'a token takes what its owner has blocked meanwhile',
    'access/gates.ts',
    'if (request.newBooking && m.row.blocks?.some',
    'if (request === undefined && m.row.blocks?.some',
  ),
  mutant(
    'nobody waits for the clean-down or the inspection',
    'access/gates.ts',
    ' ??\n    refuseAfterUse(env, m, request.tenantRef)',
    '',
  ),
  mutant(
    'the clean-down is over at once',
    'people/after-use.ts',
    'return leftMs > 0 ? env.now.ms + leftMs',
    'return leftMs > 0 && false ? env.now.ms + leftMs',
  ),
  mutant(
    'a failed inspection is forgotten over a restart',
    'machine/state.ts',
    '    row: row ?? { machine: config.id, fencingCounter: 0 },\n',
    '    row: ((kept: MachineRow) => { const { inspection: _, ...rest } = kept; return rest })(row ?? { machine: config.id, fencingCounter: 0 }),\n',
  ),
  mutant(
    'whoever likes passes what failed its inspection',
    'people/after-use.ts',
    "if (inspectionOf(m) === 'failed' && role !== 'technician')",
    "if (inspectionOf(m) === 'failed' && role === 'auditor')",
  ),
  mutant(
    'a tenant passes what they left themselves',
    'people/after-use.ts',
    "if (role === 'tenant' && m.row.lastUse?.tenantRef === id)",
    "if (role === 'tenant' && id === '')",
  ),
  mutant(
    'a list takes back no booking',
    'permission/revocation-list.ts',
    'if (list.bookings.includes(booking)) return',
    "if (list.bookings.includes('')) return",
  ),
  mutant(
    'a list takes back no token',
    'permission/revocation-list.ts',
    'if (jti !== undefined && list.jtis.includes(jti)) return',
    "if (jti !== undefined && list.jtis.includes('')) return",
  ),
  mutant(
    'a list never grows too old',
    'permission/revocation-list.ts',
    'if (nowMs - newestMs <= maxAgeMs) return undefined',
    'if (of.length > 0) return undefined',
  ),
  mutant(
    'an older list is taken',
    'permission/revocation-list.ts',
    'if (given.number > known.number && given.issuedAtMs >= known.issuedAtMs)',
    'if (given.issuedAtMs >= known.issuedAtMs)',
  ),
  mutant(
    'a token that is taken back does not end its session',
    'step.ts',
    'jtis.includes(session.jti)) ending.revoked',
    "jtis.includes('')) ending.revoked",
  ),
  mutant(
    "nobody is kept out by the policy 'none'",
    'access/gates.ts',
    "if (env.offline && m.config.offline.policy === 'none')",
    'if (env.offline && env.stopping)',
  ),
  mutant(
    'a session begun offline is not capped',
    'access/intent.ts',
    'const caps = offline ? m.config.offline.caps : undefined',
    'const caps = undefined',
  ),
  mutant(
    'a limit of pieces ends nothing',
    'session/deadline.ts',
    "if (pieces !== undefined && usedOf(use, 'pcs')",
    "if (pieces !== undefined && usedOf(use, 'none')",
  ),
  mutant(
    'a machine is not stepped when the time of its session is over',
    'board/due.ts',
    '  yield* sessionMoments(m)\n',
    '',
  ),
  mutant(
    'a machine is not stepped when a booking begins, ends or was missed',
    'board/due.ts',
    'for (const booking of m.bookings)',
    'for (const booking of [])',
  ),
  mutant(
    'a machine is not stepped by the wall clock',
    'board/due.ts',
    'for (const ms of byTheWall(env, m))',
    'for (const ms of [] as number[])',
  ),
  mutant(
    'an event is not followed by a step',
    'step.ts',
    'dueNs > env.now.ns && dueNs < soon ? dueNs : soon',
    'dueNs > env.now.ns ? dueNs : soon',
  ),
  ledger(
    'a cursor moves before the receiver has taken',
    '../front/sinks/inlet.ts',
    '      await inlet.deliver(items)\n',
    '      inlet.accept(items)\n      await inlet.deliver(items)\n',
  ),
  ledger(
    'what is taken in part counts as taken',
    '../front/sinks/inlet.ts',
    'const accepted = items.slice(0, error.accepted)',
    'const accepted = error.accepted > 0 ? items : []',
  ),
  ledger(
    'a cursor is one too far',
    '../front/sinks/inlets.ts',
    'cursor.advance(items.at(-1)!.entry.seq + 1)',
    'cursor.advance(items.at(-1)!.entry.seq + 2)',
  ),
  ledger(
    'a sink begins at the newest entry after a restart',
    '../front/sinks/sink-loop.ts',
    'next: Math.min(stored.next, head.nextSeq)',
    'next: head.nextSeq',
  ),
  ledger('a failed commit is kept in part', '../ledger/store/database.ts', "db.exec('ROLLBACK')", "db.exec('COMMIT')"),
  ledger(
    'a leaf is of another body',
    '../ledger/store/sealed-entry.ts',
    'const LEAF_PREFIX = Buffer.from([0])',
    'const LEAF_PREFIX = Buffer.from([1])',
  ),
  ledger(
    'an entry can be removed',
    '../ledger/store/migrations/index.ts',
    "CREATE TRIGGER entry_remains BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entries are immutable'); END;",
    '',
  ),
]

const root = fileURLToPath(new URL('../../..', import.meta.url))

export type Found = { readonly runs: number; readonly fault: string }

/** Plays the lives of one mutant, until one breaks a rule; undefined: none did. */
export async function playMutant(what: Mutant, lives: number): Promise<Found | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-mutant-'))
  try {
    for (const part of ['gateway', 'config', 'simulators', 'test/simulate', 'test/support'])
      cpSync(join(root, part), join(folder, part), { recursive: true })
    cpSync(join(root, 'package.json'), join(folder, 'package.json'))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    const path = join(folder, 'gateway/core', what.file)
    const text = readFileSync(path, 'utf8')
    if (text.split(what.from).length !== 2) throw new Error(`${what.file} has no such place, or several: ${what.name}`)
    writeFileSync(
      path,
      text.replace(what.from, () => what.to),
    )
    return await play(folder, what.lives ?? 'access', lives)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function play(folder: string, whose: 'access' | 'ledger', lives: number): Promise<Found | undefined> {
  const args = [`test/simulate/${whose}.ts`, '--runs', String(lives), '--first', '--json']
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, errors] = ['', '']
  child.stdout.on('data', (text) => {
    out += text
  })
  child.stderr.on('data', (text) => {
    errors += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      try {
        const { runs, faults } = JSON.parse(out) as { runs: number; faults: { fault: string }[] }
        resolve(faults[0] && { runs, fault: faults[0].fault.split('\n')[0]! })
      } catch {
        reject(new Error(errors.slice(0, 2000)))
      }
    })
  })
}
