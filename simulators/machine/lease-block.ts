/**
 * The words of the lease block: how a gateway's request is laid out (ToPlc) and how the PLC answers (FromPlc).
 * 16-bit words, 32-bit values high word first. Pure. It is written from the published description of the block alone,
 * so that it cannot share a mistake of the gateway. The rules are in lease.ts.
 */

export const toPlcLength = 16
export const fromPlcLength = 18

/** The version of the block both sides speak. */
export const blockVersion = 1

export const commandNone = 0
export const commandEnable = 1
export const commandFinish = 2
export const commandRevoke = 3

export type Words = readonly number[]

/** A request as the PLC sees it. `head` and `tail` differ when the write was torn. */
export type ToPlc = Readonly<{
  head: number
  version: number
  token: number
  command: number
  leaseMs: number
  tag: number
  challengeEcho: number
  heartbeat: number
  tail: number
}>

/** What the PLC shows. `state`: 0 locked 1 enabled 2 running 3 finishing 4 fault 5 local 6 emergency-stop. */
export type FromPlc = Readonly<{
  bootId: number
  state: number
  acknowledgedSeq: number
  rejectReason: number
  ownerToken: number
  ownerTag: number
  highestToken: number
  leaseLeftMs: number
  challenge: number
  safetyOk: boolean
  mode: number
  cycleCount: number
}>

/** `words` must be 16 values of 0 to 65535; the faces guarantee that. */
export function decodeToPlc(words: Words): ToPlc {
  return {
    head: word(words, 0),
    version: word(words, 1),
    token: long(words, 2),
    command: word(words, 4),
    leaseMs: word(words, 5),
    tag: long(words, 6),
    challengeEcho: word(words, 8),
    heartbeat: word(words, 9),
    tail: word(words, 15),
  }
}

/** Whether `next` is the same block as `before` in every word but the heartbeat. */
export function sameButHeartbeat(before: Words, next: Words): boolean {
  return next.length === before.length && next.every((value, index) => index === 9 || value === before[index])
}

/** The 18 words of the answer. */
export function encodeFromPlc(view: FromPlc): number[] {
  return [
    blockVersion,
    ...split(view.bootId),
    view.state,
    view.acknowledgedSeq,
    view.rejectReason,
    ...split(view.ownerToken),
    ...split(view.ownerTag),
    ...split(view.highestToken),
    view.leaseLeftMs,
    view.challenge,
    view.safetyOk ? 1 : 0,
    view.mode,
    ...split(view.cycleCount),
  ]
}

/** A 32-bit value as two words, high word first. */
export function split(value: number): [number, number] {
  return [Math.floor(value / 65536) % 65536, value % 65536]
}

function word(words: Words, index: number): number {
  const value = words[index]
  if (value === undefined) throw new Error(`lease block has no word ${index}`)
  return value
}

function long(words: Words, index: number): number {
  return word(words, index) * 65536 + word(words, index + 1)
}
