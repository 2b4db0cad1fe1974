/**
 * What differs between two configurations, by the names that people write: `machines.saw-1.interlock.lease`. Secrets
 * are shown as `***`, also where one was changed. Pure. Read next: resolve/redact.ts, gateway/control/apply/apply.ts
 * (what is done about it).
 */
import { isDeepStrictEqual } from 'node:util'
import type { Changed } from '../gateway/core/ground/changed.ts'
import { isRecord } from './document/document.ts'
import { redactValue } from './resolve/redact.ts'
import type { Written } from './site.ts'

/** Of a value that is shown, in characters. */
const MAX_TEXT = 160

/** In the order of the newer one; what is gone comes last. */
export function differences(before: Written, after: Written): Changed[] {
  const profiles = ({ profiles }: Written) => ({ profiles })
  return [...within([], before.site, after.site), ...within([], profiles(before), profiles(after))]
}

function within(path: readonly string[], before: unknown, after: unknown): Changed[] {
  if (isDeepStrictEqual(before, after)) return []
  if (!isRecord(before) || !isRecord(after)) return [changed(path, before, after)]
  const keys = new Set([...Object.keys(after), ...Object.keys(before)])
  return [...keys].flatMap((key) => within([...path, key], before[key], after[key]))
}

function changed(path: readonly string[], before: unknown, after: unknown): Changed {
  return {
    what: path.join('.'),
    ...(before === undefined ? {} : { from: textOf(before, path) }),
    ...(after === undefined ? {} : { to: textOf(after, path) }),
  }
}

function textOf(value: unknown, path: readonly string[]): string {
  const shown = redactValue(value, path.at(-1))
  const text = typeof shown === 'string' ? shown : JSON.stringify(shown)
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).toWellFormed()}…` : text
}
