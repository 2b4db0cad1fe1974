/**
 * What no schema can say about the settings of a device: that they are read, compared with something, and belong to
 * meters. Pure. Read next: meter.ts, gateway/core/metering/settings.ts (how they are compared).
 */
import type { ProfileDraft } from '../document/draft.ts'
import { suggest } from '../document/suggest.ts'
import { isNumber, type Subject, signalOf } from './signal.ts'

export function checkSettings(subject: Subject, { settings, meters = {} }: ProfileDraft): void {
  const { fault } = subject.document
  for (const [index, one] of (settings ?? []).entries()) {
    if (one === undefined) continue
    const path = ['settings', index]
    const type = signalOf(subject, one.signal, [...path, 'signal'])?.type
    const { equals, oneOf, atLeast, atMost } = one
    const isRange = atLeast !== undefined || atMost !== undefined
    const ways = [equals !== undefined, oneOf !== undefined, isRange].filter((is) => is).length
    if (ways !== 1)
      fault(
        path,
        'setting-compare',
        ways === 0 ? 'the setting is compared with nothing' : 'the setting is compared in two ways',
        'write one of equals, oneOf, or atLeast and atMost',
        'key',
      )
    else if (isRange && type !== undefined && !isNumber(type))
      fault([...path, 'signal'], 'signal-type', `the signal "${one.signal}" has type ${type}`, 'a range needs a number')
    for (const [at, name] of (one.meters ?? []).entries())
      if (!Object.hasOwn(meters, name))
        fault(
          [...path, 'meters', at],
          'meter-unknown',
          `the profile has no meter "${name}"`,
          suggest(name, Object.keys(meters), 'add it under meters'),
        )
  }
}
