/** The interlock of a machine, and the identity a drill is held against. Pure. Read next: config/check/interlock.ts. */
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { InterlockConfig } from '../../gateway/core/ground/config.ts'
import { dayBounds } from '../../gateway/core/ground/day.ts'
import { milliseconds } from '../schema/field.ts'
import type { SiteFile } from '../schema/site-schema.ts'
import type { LinkConfig } from '../site.ts'
import { limitsOf } from './limits.ts'
import type { Part } from './part.ts'

type SiteInterlock = NonNullable<SiteFile['machines'][string]['interlock']>

export function interlockOf(
  interlock: SiteInterlock,
  part: Part,
  links: readonly LinkConfig[],
  timezone: string,
): InterlockConfig {
  const { device, profile } = part
  const link = links.find(({ id }) => id === device.link)!
  const found = profile.interlock!
  const common = {
    alias: device.alias,
    link: device.link,
    device: device.place,
    pollMs: milliseconds(found.poll!),
    leaseMs: milliseconds(interlock.lease!),
    heartbeatMs: milliseconds(interlock.heartbeat!),
    confirmMs: milliseconds(interlock.confirm!),
    requestTimeoutMs: (link.options as { timeoutMs: number }).timeoutMs,
    ...limitsOf(profile),
  }
  if (found.class === 'lease') return { ...common, class: 'lease', toPlc: found.toPlc, fromPlc: found.fromPlc }
  const output = {
    ...common,
    output: found.output,
    readBack: found.readBack,
    ...(found.feedback !== undefined && { feedback: found.feedback }),
  }
  if (found.class === 'coil') {
    const { acceptedBy, reason, until } = interlock.risk!
    const untilMs = until === undefined ? {} : { untilMs: dayBounds(until, timezone)!.toMs }
    return { ...output, class: 'coil', risk: { acceptedBy, reason, ...untilMs } }
  }
  return {
    ...output,
    class: 'watchdog',
    ...(found.bootId !== undefined && { bootId: found.bootId }),
    ...(found.upTime !== undefined && { upTime: found.upTime }),
    ...(found.off !== undefined && { off: found.off }),
    ...(found.timeUnit !== undefined && { timeUnitMs: found.timeUnit }),
    watchdog: {
      ...(found.time !== undefined && { time: found.time }),
      ...(found.statedTime !== undefined && { statedMs: milliseconds(found.statedTime) }),
      unitMs: found.unit!,
      ...(found.armed !== undefined && { armed: found.armed }),
      ...(found.fedBy === 'unknown' && { isFeedUnknown: true as const }),
      settings: found.settings ?? [],
    },
  }
}

/** What a drill was for: which block or output on which device, and how it is kept. Not how often it is read. */
export function interlockIdOf(
  interlock: InterlockConfig,
  { profile, device }: Part,
  links: readonly LinkConfig[],
): string {
  const { pollMs: _, confirmMs: __, requestTimeoutMs: ___, limits: ____, ...kept } = interlock
  const { protocol, options } = links.find(({ id }) => id === interlock.link)!
  const { host, port, path, endpoint } = options as Readonly<Record<string, unknown>>
  const where = { protocol, host, port, path, endpoint }
  const identity = { ...kept, risk: undefined, profile: device.profile, shape: profile.interlock, where }
  return createHash('sha256')
    .update(canonicalize(JSON.parse(JSON.stringify(identity))) ?? '')
    .digest('hex')
    .slice(0, 32)
}
