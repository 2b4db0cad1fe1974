/**
 * Whether a lease can be kept and an unlock can be confirmed: the times fit the link, the link fits the network.
 * Pure. The figures are those of the lease block, version 1. Read next: interlock-class.ts, interlock-address.ts.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Path } from '../document/document.ts'
import { type CheckedSite, type Device, linksOf, type MachineDraft, own } from '../document/draft.ts'
import { hostOf, isLoopback, isOpen, type LinkDraft } from '../document/endpoint.ts'
import { milliseconds } from '../schema/field.ts'
import { FROM_PLC_WORDS } from './interlock-address.ts'
import { checkClass } from './interlock-class.ts'

/** How long a challenge of the PLC stays valid: the present one and the one before, 3 s each. */
const CHALLENGE_MS = 6000
/** Longest time from the end of `confirm` to the answer of the command. */
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

/** What a heartbeat may have to wait for: its own request, and on a Modbus bus one poll of a silent unit. */
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
  const isApart = link.transport === 'tls' || link.transport === 'rtu' || isLoopback(hostOf(link))
  if (!isApart) {
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
