/**
 * What no schema can say about the class of an interlock: that it is the one of the profile, and that somebody accepts
 * what an output without a watchdog cannot promise. Pure. Read next: interlock.ts (times).
 */
import { isDay } from '../../gateway/core/ground/day.ts'
import type { Path } from '../document/document.ts'
import { type CheckedSite, type Device, keysAt, type MachineDraft, type ProfileDraft } from '../document/draft.ts'
import { milliseconds } from '../schema/field.ts'

/** `path`: that of the interlock. */
export function checkClass(site: CheckedSite, item: MachineDraft, path: Path, device: Device | undefined): void {
  checkRisk(site, item, path)
  const kind = item.interlock?.class
  if (kind === undefined) return
  const profile = device && site.profiles.found.get(device.profile)?.interlock
  if (profile?.class !== undefined && profile.class !== kind)
    site.document.fault(
      [...path, 'class'],
      'interlock-class',
      `class is ${kind}, and the profile "${device!.profile}" has an interlock of class ${profile.class}`,
      `write class: ${profile.class}, or use another profile`,
    )
  if (kind !== 'lease') checkFinish(site, item, path)
  if (kind === 'watchdog') checkRefresh(site, item, path, profile)
}

/** Class `coil` needs a name and a reason; another class needs none. */
function checkRisk({ document }: CheckedSite, item: MachineDraft, path: Path): void {
  const { class: kind, risk } = item.interlock ?? {}
  if (risk?.until !== undefined && !isDay(risk.until))
    document.fault([...path, 'risk', 'until'], 'day-unknown', `there is no day ${risk.until}`, 'correct the day')
  if (kind === undefined) return
  if (kind !== 'coil') {
    if (risk !== undefined)
      document.fault([...path, 'risk'], 'risk-unneeded', `class ${kind} is fail-safe`, 'remove risk', 'key')
    return
  }
  if (risk !== undefined)
    return document.note(
      path,
      'no-fail-safe',
      `losing the gateway leaves it unlocked; accepted by ${risk.acceptedBy ?? 'nobody'}`,
      'put a notice on the machine, and look for a module with a watchdog',
      'key',
    )
  // A risk that is written and was refused is one fault already.
  if (keysAt(document.value, path).includes('risk')) return
  document.fault(
    path,
    'risk-not-accepted',
    'a coil stays on when the gateway is lost: this interlock has no fail-safe',
    'use a lease or an I/O module with a watchdog, or write risk: { acceptedBy: <name>, reason: <why> }',
    'key',
  )
}

function checkFinish({ document }: CheckedSite, item: MachineDraft, path: Path): void {
  const { policy } = item.endOfBooking ?? {}
  if (policy === undefined || policy === 'at-end') return
  document.note(
    path,
    'no-finish',
    `with policy ${policy} the output stays on while the last cycle completes, and a new one can be started`,
    'use policy: at-end where taking the start permission away cuts no cycle',
    'key',
  )
}

function checkRefresh(
  { document }: CheckedSite,
  item: MachineDraft,
  path: Path,
  profile: ProfileDraft['interlock'],
): void {
  const { heartbeat } = item.interlock ?? {}
  const poll = profile?.poll
  if (poll === undefined || heartbeat === undefined || milliseconds(poll) <= milliseconds(heartbeat)) return
  document.fault(
    [...path, 'heartbeat'],
    'heartbeat-too-fast',
    `heartbeat is ${heartbeat}, and the output is read every ${poll}`,
    'an output is written again only right after it was read: write the poll of the profile or more',
  )
}
