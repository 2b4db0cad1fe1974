/**
 * What no schema can say about a state rule: that its signals exist and have a type it can work with. Pure.
 * Read next: config/schema/state-schema.ts, machine.ts and profile.ts (whose rules they are).
 */
import type { ConfigDocument, Path } from '../document/document.ts'
import { type CheckedSite, own, type ProfileDraft } from '../document/draft.ts'
import { suggest } from '../document/suggest.ts'
import type { Address } from './address.ts'
import { isBool, isCode, isNumber } from './signal.ts'

/** Complains when the signal of this name is not there, or has a type that is not allowed. */
type Need = (name: string | undefined, path: Path, allowed: (type: string) => boolean, words: string) => void

/** `path`: that of the rule. */
export function checkStateRule(
  document: Pick<ConfigDocument, 'fault'>,
  rule: NonNullable<ProfileDraft['state']>,
  path: Path,
  need: Need,
): void {
  if (rule.kind === 'map') need(rule.signal, [...path, 'signal'], isCode, 'a whole number, a text or a node id')
  if (rule.kind === 'nested')
    for (const [index, level] of (rule.levels ?? []).entries())
      need(level?.signal, [...path, 'levels', index, 'signal'], isCode, 'a whole number, a text or a node id')
  if (rule.kind === 'threshold') {
    need(rule.signal, [...path, 'signal'], isNumber, 'a number')
    if (rule.below !== undefined && rule.above !== undefined && rule.below >= rule.above) {
      document.fault(
        [...path, 'below'],
        'threshold-order',
        `below is ${rule.below} and above is ${rule.above}`,
        'make below lower, so that noise does not switch the state',
      )
    }
  }
  if (rule.kind === 'priority')
    for (const [index, item] of (rule.rules ?? []).entries())
      need(item?.when, [...path, 'rules', index, 'when'], isBool, 'type bool')
}

/** The signals of a machine are those of its devices: `alias.signal`. `profileAt` complains of an unknown alias. */
export function signalOfMachine(
  { document, profiles }: CheckedSite,
  profileAt: (alias: string, path: Path) => string | undefined,
): Need {
  return (name, path, allowed, words) => {
    if (name === undefined) return
    const [alias = '', signal = ''] = name.split('.')
    const profile = profileAt(alias, path)
    const signals = profile === undefined ? undefined : profiles.found.get(profile)?.signals
    if (signals === undefined) return
    const found = own(signals, signal)
    if (found === undefined) {
      const known = Object.keys(signals).map((one) => `${alias}.${one}`)
      return document.fault(
        path,
        'signal-unknown',
        `the profile "${profile}" has no signal "${signal}"`,
        suggest(name, known),
      )
    }
    const type = (found.address as Address | undefined)?.type
    if (type === undefined || allowed(type)) return
    document.fault(path, 'signal-type', `the signal "${name}" has type ${type}`, `this needs ${words}`)
  }
}
