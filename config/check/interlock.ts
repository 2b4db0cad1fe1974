/**
 * Whether a lease can be kept and an unlock can be known: times against the link, the link against the network.
 * Pure. The figures are those of the lease block, version 1.
 */
import { isDeepStrictEqual } from 'node:util'
import { isDay } from '../../gateway/core/ground/day.ts'
import type { Path } from '../document/document.ts'
import { type CheckedSite, type Device, keysAt, linksOf, type MachineDraft, own } from '../document/draft.ts'
import { hostOf, isLoopback, isOpen, type LinkDraft } from '../document/endpoint.ts'
import { milliseconds } from '../document/validate.ts'
import { FROM_PLC_WORDS } from './interlock-address.ts'

/** How long a challenge of the PLC stays valid: the current one and the one before, 3 s each (lease block, version 1). */
const CHALLENGE_MS = 6000
/** From the last moment an unlock may be confirmed to the answer of the command. */
const ANSWER_MS = 2000

export function checkInterlock(
  site: CheckedSite,
  item: MachineDraft,
  path: Path,
  device: Device | undefined,
  devices: readonly Device[],
): void {
  const { document, draft } = site
  const { lease, heartbeat, confirm } = item.interlock ?? {}
  checkClass(site, item, path, device)
  if (heartbeat !== undefined && milliseconds(heartbeat) < site.tickMs) {
    document.fault(
      [...path, 'heartbeat'],
      'heartbeat-too-fast',
      `heartbeat is ${heartbeat}, and heartbeats start every ${Math.ceil(site.tickMs)} ms`,
      `write at least ${Math.ceil(site.tickMs)}ms, or raise bounds.ticksPerSecond`,
    )
  }
  const link = device && own(linksOf(draft), device.link)
  if (link === undefined || device === undefined) return
  checkInterlockLink(site, link, device, path)
  const { timeoutMs } = link
  if (timeoutMs === undefined) return
  const waits = stallOf(link, device, devices)
  if (lease !== undefined && heartbeat !== undefined) {
    const least = 3 * milliseconds(heartbeat) + waits.ms
    if (milliseconds(lease) < least) {
      document.fault(
        [...path, 'lease'],
        'lease-too-short',
        `the lease is ${lease}, and three heartbeats and ${waits.words} take ${least} ms`,
        `write lease: ${least}ms or more, or lower timeoutMs of the link "${device.link}"`,
      )
    }
  }
  if (item.interlock?.class === 'lease' && confirm !== undefined && milliseconds(confirm) < CHALLENGE_MS + timeoutMs) {
    document.fault(
      [...path, 'confirm'],
      'confirm-too-short',
      `confirm is ${confirm}; a late unlock can still happen for 6 s and the link's timeout of ${timeoutMs} ms`,
      `write confirm: ${CHALLENGE_MS + timeoutMs}ms or more`,
    )
  }
}

/** The class of the profile; for an output without a watchdog somebody's word, and a refresh that rides on each reading. */
function checkClass(site: CheckedSite, item: MachineDraft, path: Path, device: Device | undefined): void {
  const { document } = site
  const { class: kind, risk, heartbeat } = item.interlock ?? {}
  const profile = device && site.profiles.found.get(device.profile)?.interlock
  if (kind !== undefined && profile?.class !== undefined && profile.class !== kind)
    document.fault(
      [...path, 'class'],
      'interlock-class',
      `class is ${kind}, and the profile "${device!.profile}" has an interlock of class ${profile.class}`,
      `write class: ${profile.class}, or use another profile`,
    )
  if (kind === 'coil' && risk === undefined && !isWritten(site, [...path, 'risk']))
    document.fault(
      path,
      'risk-not-accepted',
      'a coil stays on when the gateway is lost: this interlock has no fail-safe',
      'use a lease or an I/O module with a watchdog, or write risk: { acceptedBy: <name>, reason: <why> }',
      'key',
    )
  if (kind !== undefined && kind !== 'coil' && risk !== undefined)
    document.fault([...path, 'risk'], 'risk-unneeded', `class ${kind} is fail-safe`, 'remove risk', 'key')
  if (risk?.until !== undefined && !isDay(risk.until))
    document.fault([...path, 'risk', 'until'], 'day-unknown', `there is no day ${risk.until}`, 'correct the day')
  if (kind === 'coil' && risk !== undefined)
    document.note(
      path,
      'no-fail-safe',
      `losing the gateway leaves it unlocked; accepted by ${risk.acceptedBy ?? 'nobody'}`,
      'say so on the machine, and look for a module with a watchdog',
      'key',
    )
  const { policy } = item.endOfBooking ?? {}
  if (kind !== undefined && kind !== 'lease' && policy !== undefined && policy !== 'at-end')
    document.note(
      path,
      'no-finish',
      `with policy ${policy} the output stays on while the last cycle completes, and a new one can be started`,
      'use policy: at-end where taking the start permission away cuts no cycle',
      'key',
    )
  const poll = profile?.poll
  if (
    kind === 'watchdog' &&
    poll !== undefined &&
    heartbeat !== undefined &&
    milliseconds(poll) > milliseconds(heartbeat)
  )
    document.fault(
      [...path, 'heartbeat'],
      'heartbeat-too-fast',
      `heartbeat is ${heartbeat}, and the output is read every ${poll}`,
      'an output is written again only right after it was read: write the poll of the profile or more',
    )
}

const isWritten = (site: CheckedSite, path: Path) =>
  keysAt(site.document.value, path.slice(0, -1)).includes(String(path.at(-1)))

/** What a heartbeat may have to wait for: its own request, and on a Modbus bus one poll of a unit that does not answer. */
function stallOf(link: LinkDraft, device: Device, devices: readonly Device[]): { ms: number; words: string } {
  const timeoutMs = link.timeoutMs ?? 0
  const neighbours =
    link.protocol === 'modbus' &&
    devices.some((other) => other.link === device.link && !isDeepStrictEqual(other.place, device.place))
  if (!neighbours) return { ms: timeoutMs, words: `the link's timeout of ${timeoutMs} ms` }
  return {
    ms: 2 * timeoutMs,
    words: `twice the link's timeout of ${timeoutMs} ms (another unit on the bus may be silent)`,
  }
}

function checkInterlockLink(site: CheckedSite, link: LinkDraft, device: Device, path: Path): void {
  const { document } = site
  if (isOpen(link)) {
    document.fault(
      [...path, 'device'],
      'interlock-insecure',
      `the link "${device.link}" has no security, so anyone on that network could unlock`,
      'use SignAndEncrypt on the link',
    )
  }
  if (link.protocol !== 'modbus') return
  const needsBlock = site.profiles.found.get(device.profile)?.interlock?.class === 'lease'
  if (needsBlock && link.maxRegisters !== undefined && link.maxRegisters < FROM_PLC_WORDS) {
    document.fault(
      [...path, 'device'],
      'interlock-stall',
      `the link "${device.link}" reads ${link.maxRegisters} registers at once`,
      `the lease block needs maxRegisters of ${FROM_PLC_WORDS} or more`,
    )
  }
  if (!isLoopback(hostOf(link))) {
    document.note(
      [...path, 'device'],
      'interlock-open',
      `Modbus lets anyone on the network of "${device.link}" unlock`,
      'keep that network apart: only this gateway and the PLC',
    )
  }
}

export function checkCommandTimeout(site: CheckedSite): void {
  const { document, draft } = site
  const timeout = draft.api?.commandTimeout
  if (timeout === undefined) return
  for (const [machine, item] of Object.entries(draft.machines ?? {})) {
    const confirm = item?.interlock?.confirm
    if (confirm === undefined || milliseconds(timeout) >= milliseconds(confirm) + ANSWER_MS) continue
    document.fault(
      ['api', 'commandTimeout'],
      'command-timeout',
      `commandTimeout is ${timeout}, and an unlock of "${machine}" may take ${confirm} to confirm`,
      `write at least ${milliseconds(confirm) + ANSWER_MS}ms`,
    )
  }
}
