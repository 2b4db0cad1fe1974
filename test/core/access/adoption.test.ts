/** What a machine first shows after a restart, held against the session that was open. */
import { describe, expect, it } from 'vitest'
import { adopt, makeSure, rebase } from '../../../gateway/core/access/adoption.ts'
import type { Shown } from '../../../gateway/core/interlock/interlock.ts'
import type { Env, MachineState } from '../../../gateway/core/machine/state.ts'
import { newTurn } from '../../../gateway/core/machine/turn.ts'
import type { Session } from '../../../gateway/core/session/session.ts'
import { machineConfig, outputConfig } from '../../support/world.ts'
import {
  BOOT,
  cameOf,
  entriesOf,
  envAt,
  HOUR_MS,
  lockAt,
  machine,
  NOW,
  nothing,
  nsAt,
  output,
  outputOn,
  plc,
  plcHeld,
  session,
} from '../support.ts'

type Came = Partial<ReturnType<typeof cameOf>>
const running = { itemState: 'Executing', mode: 'None', fault: false, emergencyStop: false } as const
const withdrawal = { token: 17, sinceNs: NOW.ns, wroteNs: 0n, tries: 0, alarmed: false }

function adopted(open: Session | undefined, block: Shown, over: Partial<MachineState> = {}) {
  const seen = { lock: lockAt(0, block), condition: running }
  const turn = newTurn(machine({ access: { kind: 'Unknown' }, session: open, seen, ...over }), envAt())
  adopt(turn)
  return turn
}

describe('without an open session', () => {
  it.each<[string, 'Locked' | 'Foreign', Session | undefined, Shown]>([
    ['a locked machine is locked', 'Locked', undefined, plc()],
    ['an enabled one is a stranger’s', 'Foreign', undefined, plcHeld()],
    ['one whose key is on local is a stranger’s', 'Foreign', undefined, plc({ state: 'local' })],
    [
      'one that is on under the token of a session that is over is a stranger’s',
      'Foreign',
      session({ status: 'ended' }),
      plcHeld(),
    ],
    ['an output that is off is locked', 'Locked', undefined, output()],
    ['an output that is on is a stranger’s', 'Foreign', undefined, outputOn()],
    ['a contact that is on is a stranger’s', 'Foreign', undefined, output({ feedback: true })],
  ])('%s', (_name, access, open, block) => {
    expect(cameOf(adopted(open, block))).toEqual({ ...nothing, access })
  })
})

describe('an open session', () => {
  const takenUp = { access: 'Unlocked', entries: ['SessionResumed'] } as const
  const closed = { access: 'Finishing:reading', entries: ['SessionFinishing'], reads: 1 } as const
  const waits = { access: 'Unknown' } as const
  const suspended = session({ status: 'suspended', suspendedReason: 'cut' })
  it.each<[string, Came, Session, Shown]>([
    ['whose permission still holds is taken up', takenUp, session(), plcHeld()],
    [
      'that was finishing is taken up and goes on finishing',
      { access: 'Finishing:cycle', entries: ['SessionResumed', 'SessionFinishing'], written: ['finish'] },
      session({ status: 'finishing', stoppedReason: 'Local' }),
      plcHeld(),
    ],
    ['of another boot of the PLC lapses before it is closed', waits, session(), plcHeld({ bootId: 2 })],
    [
      'whose cycle completes without a lease is waited for',
      waits,
      session(),
      plcHeld({ state: 'finishing', leaseLeftMs: 0 }),
    ],
    ['that was suspended is not taken up while it still holds', waits, suspended, plcHeld()],
    ['without a confirmed block is not taken up', waits, session({ lease: undefined } as object), plcHeld()],
    ['without the boot of its PLC is not taken up', waits, session({ plcBootId: undefined } as object), plcHeld()],
    ['under another tag is not taken up', waits, session({ tag: 2 }), plcHeld()],
    ['whose machine is locked is closed', closed, session(), plc()],
    ['whose machine is another’s is closed', closed, session(), plcHeld({ ownerToken: 33 })],
    ['that was suspended stays so on a locked machine', { access: 'Suspended' }, suspended, plc()],
    [
      'that was suspended leaves the machine to a stranger',
      { access: 'Foreign' },
      suspended,
      plcHeld({ ownerToken: 33 }),
    ],
  ])('%s', (_name, came, open, block) => {
    const turn = adopted(open, block)
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
    if (came === closed) expect(turn.m.session?.stoppedReason).toBe('Reboot')
    if (came.access === 'Foreign') expect(turn.m.session?.suspendedReason).toBe('foreign')
  })

  it('that was ending for a reason is closed for that reason', () => {
    const turn = adopted(session({ status: 'finishing', stoppedReason: 'TimeLimitReached' }), plc())
    expect(turn.m.session?.stoppedReason).toBe('TimeLimitReached')
  })

  it.each<[string, 'enable' | 'finish', number, Parameters<typeof plcHeld>[0]]>([
    ['goes on as enabled under the block that was confirmed', 'enable', 7, { acknowledgedSeq: 7 }],
    ['goes on so after the block of a stranger was acknowledged and refused', 'enable', 7, { acknowledgedSeq: 8 }],
    ['goes on as finishing under a later block of ours', 'finish', 8, { acknowledgedSeq: 8, state: 'finishing' }],
  ])('that is taken up %s', (_name, command, seq, shown) => {
    const turn = adopted(session(), plcHeld(shown))
    expect(turn.m.access).toMatchObject({
      hold: { command, seq, challenge: 5, token: 17, tag: 1, beatNs: 0n },
    })
    expect(entriesOf(turn)[0]?.data).toEqual({ token: '17', adopted: true, leaseLeftMs: 4000 })
    expect(turn.m.seen.lock?.sinceNs).toBe(0n)
  })
})

describe('an open session behind an output', () => {
  const watchdog = outputConfig()
  const tells = outputConfig({ bootId: {} })
  const coil = outputConfig({ class: 'coil' })
  it.each<[string, Came, boolean, MachineState['config'], Session, Shown, Partial<MachineState>]>([
    [
      'whose module tells its restarts is taken up',
      { access: 'Unlocked', entries: ['SessionResumed'] },
      false,
      tells,
      session(),
      outputOn(),
      {},
    ],
    ['whose module does not is turned off', { access: 'Unknown', reads: 1 }, true, watchdog, session(), outputOn(), {}],
    [
      'whose module has restarted is turned off',
      { access: 'Unknown', reads: 1 },
      true,
      tells,
      session(),
      outputOn({ bootId: 2 }),
      {},
    ],
    [
      'that is a coil, which never lapses, is taken up',
      { access: 'Unlocked', entries: ['SessionResumed'] },
      false,
      coil,
      session(),
      outputOn({ class: 'coil' }),
      {},
    ],
    [
      'that is being turned off is not taken up',
      { access: 'Unknown' },
      true,
      coil,
      session(),
      outputOn({ class: 'coil' }),
      { withdrawal },
    ],
    [
      'that is off is closed',
      { access: 'Finishing:reading', entries: ['SessionFinishing'], reads: 1 },
      false,
      tells,
      session(),
      output(),
      {},
    ],
    [
      'of which nothing was on leaves what is on to a stranger',
      { access: 'Foreign' },
      false,
      tells,
      session({ status: 'suspended', lease: undefined } as object),
      outputOn(),
      {},
    ],
  ])('%s', (_name, came, isWithdrawn, config, open, block, over) => {
    const turn = adopted(open, block, { config, ...over })
    expect(cameOf(turn)).toEqual({ ...nothing, ...came })
    expect(turn.m.withdrawal !== undefined).toBe(isWithdrawn)
  })
})

describe('the moments of a session after a boot of the host', () => {
  const old = session({ bootId: 'old', deadlineNs: '5', bookingEnd: { ms: NOW.ms + HOUR_MS, ns: '5' }, beganNs: '1' })
  const rebased = (open: Session, over: Partial<Env> = {}) => {
    const turn = newTurn(machine({ config: machineConfig, session: open }), envAt(0, over))
    rebase(turn)
    return turn
  }
  /** It shows two hours more than is believed. */
  const ahead: Partial<Env> = {
    believedMs: NOW.ms - 2 * HOUR_MS,
    stamp: { wallMs: NOW.ms, monoNs: NOW.ns.toString(), bootId: BOOT, clock: 'informative' },
  }
  it('are moved to its new clock', () => {
    const { m } = rebased(old)
    expect(m.session).toMatchObject({
      bootId: 'boot',
      deadlineNs: nsAt(HOUR_MS).toString(),
      beganNs: nsAt(-HOUR_MS / 2).toString(),
    })
  })

  it('are moved by the time that is believed, and once more when the clock is', () => {
    const { m } = rebased(old, ahead)
    expect(m.session).toMatchObject({ deadlineNs: nsAt(3 * HOUR_MS).toString(), unsure: 'moved' })
    makeSure(newTurn(m, envAt(0, ahead)))
    expect(m.session?.deadlineNs).toBe(nsAt(3 * HOUR_MS).toString())
    makeSure(newTurn(m, envAt()))
    expect(m.session).toMatchObject({ deadlineNs: nsAt(HOUR_MS).toString(), beganNs: nsAt(-HOUR_MS / 2).toString() })
    expect(m.session).not.toHaveProperty('unsure')
  })

  it('are where the clock says once it is believed, in a session that began by one that was not', () => {
    const began = session({ unsure: 'began', beganNs: nsAt(-60_000).toString(), deadlineNs: nsAt(5).toString() })
    const { m } = rebased(began)
    makeSure(newTurn(m, envAt()))
    expect(m.session?.deadlineNs).toBe(nsAt(m.session!.bookedUntilMs - NOW.ms).toString())
    expect(m.session?.beganNs).toBe(nsAt(-60_000).toString())
  })

  it('stay as they are within one boot', () => {
    expect(rebased(session(), ahead).effects).toEqual([])
  })
})
