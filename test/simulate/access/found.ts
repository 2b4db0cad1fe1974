/**
 * Lives that once broke a rule, as small as they were made. They stay when what can happen changes, and seeds with it.
 */
import { START_MS } from './clocks.ts'
import type { Command, Life } from './command.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export type Found = { readonly what: string; readonly life: Life }

const life = (...commands: Command[]): Life => ({
  second: 'none',
  policy: 'finish-cycle',
  acceptSigned: false,
  cycleMs: 700,
  offline: { policy: 'accept-signed', caps: {} },
  listMaxAgeMs: undefined,
  afterUse: { cleanDownMs: 0, inspection: 'none' },
  windowMinutes: 0,
  firstMs: 60_000,
  opened: true,
  commands,
})

export const found: readonly Found[] = [
  {
    what: 'a machine that nobody can see is not told to lock: its stop may be pressed',
    life: life(
      { kind: 'freeze', forMs: 4310 },
      { kind: 'stop', forMs: 5060 },
      { kind: 'end', at: 0, by: 'tenant' },
      { kind: 'pass', ms: 5050 },
    ),
  },
  {
    what: 'a session cancelled while it is resumed intends nothing',
    life: life(
      { kind: 'hurt', at: 0, what: 'cut', forMs: 9000, amountMs: 30 },
      { kind: 'pass', ms: 11_000 },
      { kind: 'resume', at: 0 },
      { kind: 'cancel', to: 2, booking: 0 },
      { kind: 'pass', ms: 3000 },
    ),
  },
  {
    what: 'a use by the key that was seen is in no session, also when a restart comes before the meter is read',
    life: life(
      { kind: 'local', forMs: 50 },
      { kind: 'hurt', at: 2, what: 'meter', forMs: 3310, amountMs: 30 },
      { kind: 'pass', ms: 4000 },
      { kind: 'operator', on: false },
      { kind: 'kill', at: 0, landed: 0, downMs: 10, host: false },
    ),
  },
  {
    what: 'a use by the key after a lapse is in no session after a restart',
    life: life(
      { kind: 'hurt', at: 0, what: 'cut', forMs: 9000, amountMs: 30 },
      { kind: 'pass', ms: 12_000 },
      { kind: 'hurt', at: 2, what: 'meter', forMs: 9000, amountMs: 30 },
      { kind: 'local', forMs: 1500 },
      { kind: 'pass', ms: 4000 },
      { kind: 'kill', at: 0, landed: 0, downMs: 6000, host: true },
    ),
  },
  {
    what: 'a finish whose sequence a rival has taken is said anew',
    life: life(
      { kind: 'pass', ms: 6350 },
      { kind: 'end', at: 0, by: 'tenant' },
      { kind: 'stranger', leaseMs: 500 },
      { kind: 'pass', ms: 12_000 },
    ),
  },
  {
    what: 'an intent that a kill left open is settled though the wall clock went back a day',
    life: {
      ...life(
        { kind: 'unlock', at: 0, booking: 0, token: undefined },
        { kind: 'hurt', at: 2, what: 'lateWrite', forMs: 2500, amountMs: 2000 },
        { kind: 'pass', ms: 700 },
        { kind: 'kill', at: 0, landed: 0, downMs: 40_000, host: false },
        { kind: 'clock', at: 0, byMs: -86_400_000 },
        { kind: 'pass', ms: 10 },
        { kind: 'hurt', at: 2, what: 'cut', forMs: 2500, amountMs: 30 },
      ),
      opened: false,
    },
  },
  {
    what: 'no heartbeat goes by a meter that was last read before the host came up',
    life: life(
      { kind: 'pass', ms: 470 },
      { kind: 'hurt', at: 2, what: 'meter', forMs: 3600, amountMs: 30 },
      { kind: 'pass', ms: 80 },
      { kind: 'kill', at: 0, landed: 1, downMs: 10, host: true },
      { kind: 'pass', ms: 4000 },
      { kind: 'freeze', forMs: 50 },
      { kind: 'pass', ms: 700 },
    ),
  },
  {
    what: 'an intent that was durable only after the end of the booking is not written',
    life: {
      ...life(
        {
          kind: 'book',
          to: 2,
          booking: 0,
          fromMs: -5000,
          lastsMs: 6000,
          pieces: undefined,
          minutes: undefined,
          instead: false,
        },
        { kind: 'unlock', at: 0, booking: 0, token: undefined },
        { kind: 'hurt', at: 2, what: 'disk', forMs: 50, amountMs: 7000 },
        { kind: 'pass', ms: 8000 },
      ),
      opened: false,
    },
  },
  {
    what: 'a resume that was on its way when the gateway was killed is waited for, and turns on nobody’s machine',
    life: life(
      { kind: 'power', forMs: 50 },
      { kind: 'pass', ms: 12_000 },
      { kind: 'hurt', at: 2, what: 'lateWrite', forMs: 2500, amountMs: 900 },
      { kind: 'resume', at: 0 },
      { kind: 'pass', ms: 10 },
      { kind: 'kill', at: 0, landed: 0, downMs: 40_000, host: false },
      { kind: 'unlock', at: 0, booking: 0, token: undefined },
    ),
  },
  {
    what: 'a use by the key that a restart finds in a suspended session is not its own after the next restart',
    life: {
      ...life(
        { kind: 'end', at: 0, by: 'tenant' },
        { kind: 'pass', ms: 400 },
        { kind: 'unlock', at: 0, booking: 0, token: undefined },
        { kind: 'pass', ms: 1 },
        { kind: 'hurt', at: 0, what: 'silent', forMs: 9000, amountMs: 30 },
        { kind: 'pass', ms: 9110 },
        { kind: 'kill', at: 0, landed: 0, downMs: 50, host: false },
        { kind: 'local', forMs: 1400 },
        { kind: 'end', at: 0, by: 'tenant' },
        { kind: 'pass', ms: 2230 },
        { kind: 'hurt', at: 0, what: 'disk', forMs: 900, amountMs: 300 },
        { kind: 'unlock', at: 0, booking: 0, token: undefined },
        { kind: 'pass', ms: 130 },
        { kind: 'kill', at: 0, landed: 0, downMs: 10, host: false },
        { kind: 'pass', ms: 4000 },
      ),
      opened: false,
    },
  },
  {
    what: 'an end that was neither sent nor durable has not been: the session goes on after a kill',
    life: life(
      { kind: 'hurt', at: 2, what: 'cut', forMs: 50, amountMs: 30 },
      { kind: 'end', at: 0, by: 'tenant' },
      { kind: 'kill', at: 0, landed: 0, downMs: 50, host: false },
      { kind: 'end', at: 0, by: 'tenant' },
      { kind: 'pass', ms: 4000 },
    ),
  },
  {
    what: 'a use by the key at the end of a session is not its own after a restart',
    life: life(
      { kind: 'local', forMs: 2500 },
      { kind: 'hurt', at: 2, what: 'meter', forMs: 2500, amountMs: 30 },
      { kind: 'end', at: 0, by: 'tenant' },
      { kind: 'pass', ms: 810 },
      { kind: 'kill', at: 0, landed: 0, downMs: 40_000, host: false },
      { kind: 'pass', ms: 4000 },
    ),
  },
  {
    what: 'a use by the key that was seen while a session was resumed is not its own after a restart',
    life: life(
      { kind: 'pause', at: 0, forMs: 5000 },
      { kind: 'pass', ms: 6000 },
      { kind: 'local', forMs: 2500 },
      { kind: 'resume', at: 0 },
      { kind: 'term', at: 0, downMs: 40_000 },
      { kind: 'pass', ms: 12_000 },
    ),
  },
  {
    what: 'an override lasts as long as it may, though the clock is set between the request and the intent',
    life: {
      ...life({ kind: 'override', at: 0 }, { kind: 'clock', at: 0, byMs: -86_400_000 }, { kind: 'pass', ms: 40_000 }),
      opened: false,
    },
  },
  {
    what: 'a token takes nothing that its owner blocked while the machine was asked',
    life: {
      ...life(
        { kind: 'cancel', to: 2, booking: 0 },
        {
          kind: 'book',
          to: 3,
          booking: 1,
          fromMs: -1000,
          lastsMs: 20_000,
          pieces: undefined,
          minutes: undefined,
          instead: true,
        },
        { kind: 'unlock', at: 0, booking: 1, token: 0 },
        { kind: 'block', to: 2, block: 0, fromMs: 2000, lastsMs: 8000 },
        { kind: 'pass', ms: 4000 },
      ),
      acceptSigned: true,
      opened: false,
    },
  },
  {
    what: 'a gateway that died before its finish was recorded goes on from what the machine shows',
    life: life(
      { kind: 'hurt', at: 2, what: 'lateWrite', forMs: 2500, amountMs: 7000 },
      { kind: 'list', to: 2, bookings: [0], tokens: [], behind: false },
      { kind: 'kill', at: 0, landed: 0, downMs: 500, host: false },
      { kind: 'pass', ms: 5000 },
    ),
  },
  {
    what: 'a clock 8 h ahead from a boot on ends no booking, and the unlock works once it is right',
    life: life(
      { kind: 'end', at: 0, by: 'tenant' },
      { kind: 'wrong', at: 0, byMs: 8 * HOUR_MS, forMs: 20_000, boot: true },
      { kind: 'pass', ms: 24_000 },
      { kind: 'unlock', at: 0, booking: 0, token: undefined },
      { kind: 'pass', ms: 3000 },
    ),
  },
  {
    what: 'a clock of 1970 stops no machine with maintenance windows',
    life: {
      ...life(
        { kind: 'wrong', at: 0, byMs: -START_MS, forMs: 9000, boot: true },
        { kind: 'pass', ms: 12_000 },
        { kind: 'resume', at: 0 },
        { kind: 'pass', ms: 3000 },
      ),
      windowMinutes: 1,
    },
  },
  {
    what: 'a booking that was ended by a clock which stayed wrong until it was believed holds again once it is right',
    life: life(
      { kind: 'end', at: 0, by: 'tenant' },
      {
        kind: 'book',
        to: 2,
        booking: 1,
        fromMs: 1_100_000,
        lastsMs: 45_000,
        pieces: undefined,
        minutes: undefined,
        instead: true,
      },
      { kind: 'wrong', at: 0, byMs: 8 * HOUR_MS, forMs: 1_000_000, boot: true },
      { kind: 'pass', ms: 1_005_000 },
    ),
  },
  {
    what: 'a session over a boot ends when its booking does, though the clock was ahead until then',
    life: life(
      { kind: 'wrong', at: 0, byMs: HOUR_MS, forMs: 15_000, boot: true },
      { kind: 'pass', ms: 20_000 },
      { kind: 'resume', at: 0 },
      { kind: 'pass', ms: 40_000 },
    ),
  },
  {
    what: 'a clock a little ahead at a boot is not held against it when it goes back',
    life: life(
      { kind: 'clock', at: 0, byMs: 15_000 },
      { kind: 'kill', at: 0, landed: 0, downMs: 50, host: true },
      { kind: 'pass', ms: 400 },
      { kind: 'unlock', at: 0, booking: 0, token: undefined },
      { kind: 'pass', ms: 8000 },
      { kind: 'clock', at: 0, byMs: -15_000 },
      { kind: 'pass', ms: 400 },
    ),
  },
  {
    what: 'a block that is put below a time that was believed is there once a person finds the earlier time right',
    life: life(
      { kind: 'wrong', at: 0, byMs: 2 * DAY_MS, forMs: 1_000_000, boot: true },
      { kind: 'pass', ms: 996_000 },
      { kind: 'kill', at: 0, landed: 0, downMs: 2500, host: true },
      { kind: 'pass', ms: 30_000 },
      { kind: 'block', to: 2, block: 0, fromMs: 500, lastsMs: 30_000 },
      { kind: 'pass', ms: 500 },
    ),
  },
  {
    what: 'a session that was taken up before a pause is not held against what the machine did in it',
    life: {
      ...life(
        { kind: 'end', at: 0, by: 'tenant' },
        { kind: 'pass', ms: 400 },
        { kind: 'hurt', at: 0, what: 'disk', forMs: 900, amountMs: 300 },
        { kind: 'unlock', at: 0, booking: 9, token: undefined },
        { kind: 'pass', ms: 10 },
        { kind: 'kill', at: 0, landed: 0, downMs: 50, host: false },
        { kind: 'pass', ms: 350 },
        { kind: 'pause', at: 0, forMs: 8250 },
        { kind: 'stranger', leaseMs: 500 },
        { kind: 'pass', ms: 9000 },
      ),
      cycleMs: 6000,
      firstMs: 9000,
    },
  },
  {
    what: 'a finish that was on its way when its gateway died is renewed once the machine has it, and the enable is not',
    life: {
      ...life(
        { kind: 'hurt', at: 2, what: 'lateWrite', forMs: 50, amountMs: 900 },
        {
          kind: 'book',
          to: 2,
          booking: 3,
          fromMs: -5000,
          lastsMs: 2000,
          pieces: undefined,
          minutes: undefined,
          instead: true,
        },
        { kind: 'wrong', at: 0, byMs: HOUR_MS, forMs: 50, boot: true },
        { kind: 'pass', ms: 3000 },
      ),
      cycleMs: 6000,
      firstMs: 9000,
    },
  },
]
