/** What can happen in a generated life. Read next: any-life.ts (how often), life.ts (what comes of it). */

/** A gateway, each of them, or nobody: the platform alone knows. */
export type Whom = 0 | 1 | 2 | 3

export type Command =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'unlock'; readonly at: 0 | 1; readonly booking: number; readonly token: number | undefined }
  | { readonly kind: 'resume' | 'image' | 'restore' | 'override'; readonly at: 0 | 1 }
  | { readonly kind: 'end'; readonly at: 0 | 1; readonly by: 'tenant' | 'platform' | 'owner' | 'technician' }
  | {
      readonly kind: 'inspect'
      readonly at: 0 | 1
      readonly by: 'technician' | 'owner' | 'tenant'
      readonly booking: number
      readonly passed: boolean
    }
  | {
      readonly kind: 'block'
      readonly to: Whom
      readonly block: number
      readonly fromMs: number
      readonly lastsMs: number
    }
  | { readonly kind: 'unblock'; readonly to: Whom; readonly block: number }
  | {
      readonly kind: 'book'
      readonly to: Whom
      readonly booking: number
      readonly fromMs: number
      readonly lastsMs: number
      readonly pieces: number | undefined
      readonly minutes: number | undefined
      /** What is in its way is cancelled first. */
      readonly instead: boolean
    }
  | { readonly kind: 'cancel'; readonly to: Whom; readonly booking: number }
  | { readonly kind: 'move'; readonly to: Whom; readonly booking: number; readonly byMs: number }
  | {
      readonly kind: 'hurt'
      readonly at: Whom
      readonly what: 'cut' | 'silent' | 'interlock' | 'meter' | 'slow' | 'lateWrite' | 'disk'
      readonly forMs: number
      readonly amountMs: number
    }
  | {
      readonly kind: 'kill'
      readonly at: 0 | 1
      readonly landed: number
      readonly downMs: number
      readonly host: boolean
    }
  /** As by SIGTERM. */
  | { readonly kind: 'term'; readonly at: 0 | 1; readonly downMs: number }
  | { readonly kind: 'pause'; readonly at: 0 | 1; readonly forMs: number }
  | { readonly kind: 'clock'; readonly at: 0 | 1; readonly byMs: number }
  /** A clock that is wrong for a while, from a boot of its host on (`boot`) or from now. */
  | {
      readonly kind: 'wrong'
      readonly at: 0 | 1
      readonly byMs: number
      readonly forMs: number
      readonly boot: boolean
    }
  | {
      readonly kind: 'gate'
      readonly at: 0 | 1
      readonly which: 'ledgerProven' | 'timeTrusted' | 'diskOk' | 'offline'
      readonly forMs: number
    }
  | { readonly kind: 'maintenance'; readonly at: 0 | 1; readonly on: boolean }
  /** A list of what is taken back; `behind`: it is older than the last. */
  | {
      readonly kind: 'list'
      readonly to: Whom
      readonly bookings: readonly number[]
      readonly tokens: readonly number[]
      readonly behind: boolean
    }
  | { readonly kind: 'stop' | 'guard' | 'local' | 'fault' | 'power' | 'freeze'; readonly forMs: number }
  | { readonly kind: 'stranger'; readonly leaseMs: number }
  | { readonly kind: 'reboot' | 'reset' }
  | { readonly kind: 'operator'; readonly on: boolean }

export type Life = {
  readonly second: 'none' | 'rival' | 'clone'
  readonly policy: 'finish-cycle' | 'at-end' | 'owner-release'
  readonly acceptSigned: boolean
  readonly cycleMs: number
  /** What holds without contact to the platform. */
  readonly offline: {
    readonly policy: 'accept-signed' | 'known-only' | 'none'
    readonly caps: { readonly minutes?: number; readonly pieces?: number }
  }
  /** Tenants are refused when the revocation list is older. */
  readonly listMaxAgeMs: number | undefined
  readonly afterUse: { readonly cleanDownMs: number; readonly inspection: 'none' | 'required' }
  /** A maintenance window of a minute or two, twenty seconds after the begin. */
  readonly windowMinutes: number
  /** How long the first booking lasts. */
  readonly firstMs: number
  /** It begins with an open session. */
  readonly opened: boolean
  readonly commands: readonly Command[]
}

/** Bookings a life knows; tokens are for one of them each. */
export const BOOKINGS = 4
export const TOKENS = 3
/** In place of a booking: the one that holds now, by the list of the platform. */
export const HOLDS_NOW = 9

/** Every kind there is. */
export const kinds = [
  'pass',
  'unlock',
  'resume',
  'image',
  'restore',
  'override',
  'end',
  'inspect',
  'block',
  'unblock',
  'book',
  'cancel',
  'move',
  'hurt',
  'kill',
  'term',
  'pause',
  'clock',
  'wrong',
  'gate',
  'maintenance',
  'list',
  'stop',
  'guard',
  'local',
  'fault',
  'power',
  'freeze',
  'stranger',
  'reboot',
  'reset',
  'operator',
] as const satisfies readonly Command['kind'][]
