/**
 * Where an interlock is read and written: the lease block, or one output and its inputs. A write covers the whole of it
 * and nothing else, so that nothing else can change with it. Pure. Read next: interlock.ts (its times).
 */
import { type Protocol, protocols } from '../../adapters/registry.ts'
import { type ConfigDocument, isRecord, type Path } from '../document/document.ts'
import type { ProfileDraft } from '../document/draft.ts'
import { validate } from '../document/validate.ts'
import { type Address, checkAddress, overlap } from './address.ts'
import { isInteger } from './signal.ts'

type InterlockDraft = NonNullable<ProfileDraft['interlock']>
type LeaseDraft = Extract<InterlockDraft, { class?: 'lease' | undefined }>
type OutputDraft = Exclude<InterlockDraft, LeaseDraft>

const TO_PLC_WORDS = 16
export const FROM_PLC_WORDS = 18

/** The interlock with the defaults of its addresses. */
export function checkInterlockAddresses(
  document: ConfigDocument,
  draft: ProfileDraft,
  protocol: Protocol,
): ProfileDraft['interlock'] {
  const { interlock } = draft
  if (interlock === undefined) return undefined
  const addressOf = (value: unknown, path: Path): Address | undefined => {
    if (value === undefined) return undefined
    const schema = protocols[protocol].addressSchema
    const address = validate(schema, value, path, { ...document, env: {} })
    return isRecord(address) ? address : undefined
  }
  return isOutput(interlock) ? checkOutput(document, interlock, addressOf) : checkBlocks(document, interlock, addressOf)
}

type AddressOf = (value: unknown, path: Path) => Address | undefined

export const isOutput = (interlock: InterlockDraft): interlock is OutputDraft =>
  interlock.class === 'watchdog' || interlock.class === 'coil'

/* ───────────────────────────── lease ───────────────────────────── */

function checkBlocks(document: ConfigDocument, interlock: LeaseDraft, addressOf: AddressOf): LeaseDraft {
  const block = (key: 'toPlc' | 'fromPlc', count: number): Address | undefined => {
    const path = ['interlock', key]
    const found = addressOf(interlock[key], path)
    if (found === undefined) return undefined
    if (found.type !== undefined && (found.type !== 'words' || found.count !== count)) {
      document.fault(
        path,
        'interlock-block',
        `${key} is ${found.count ?? 1} of type ${found.type}`,
        `the lease block needs type words, count ${count}`,
      )
    } else checkAddress(document, found, path)
    const writable =
      found.table === undefined || found.table === 'holding' || (key === 'fromPlc' && found.table === 'input')
    if (!writable)
      document.fault(
        [...path, 'table'],
        'interlock-block',
        `${key} is in table ${found.table}`,
        key === 'toPlc' ? 'only holding registers can be written as a block' : 'use holding or input registers',
      )
    return found
  }
  const toPlc = block('toPlc', TO_PLC_WORDS)
  const fromPlc = block('fromPlc', FROM_PLC_WORDS)
  if (toPlc && fromPlc && overlap(toPlc, fromPlc)) {
    document.fault(
      ['interlock', 'fromPlc'],
      'interlock-block',
      'toPlc and fromPlc overlap',
      'give each a place of its own',
    )
  }
  return { ...interlock, toPlc, fromPlc }
}

/* ───────────────────────────── output ───────────────────────────── */

function checkOutput(document: ConfigDocument, interlock: OutputDraft, addressOf: AddressOf): OutputDraft {
  const read = (value: unknown, path: Path): Address | undefined => {
    const found = addressOf(value, path)
    if (found === undefined) return undefined
    checkAddress(document, found, path)
    if (found.type !== undefined && found.type !== 'bool' && !isInteger(found.type))
      document.fault([...path, 'type'], 'interlock-output', `type is ${found.type}`, 'use a bit or a whole number')
    return found
  }
  const at = (key: string) => ['interlock', key]
  const output = read(interlock.output, at('output'))
  checkWritten(document, output, at('output'))
  const found = {
    ...interlock,
    output,
    ...optional('readBack', interlock.readBack === undefined ? output : read(interlock.readBack, at('readBack'))),
    ...optional('feedback', read(interlock.feedback, at('feedback'))),
  }
  if (found.class !== 'watchdog') return found as OutputDraft
  checkWatchdog(document, found)
  return {
    ...found,
    ...optional('time', read(found.time, at('time'))),
    ...optional('bootId', read(found.bootId, at('bootId'))),
    ...optional('upTime', read(found.upTime, at('upTime'))),
    ...optional('off', offOf(document, read(found.off, at('off')), at('off'))),
    ...(found.armed === undefined
      ? {}
      : { armed: { ...found.armed, address: read(found.armed.address, ['interlock', 'armed', 'address']) } }),
    settings: (found.settings ?? []).map((setting, index) => ({
      ...setting,
      address: read(setting?.address, ['interlock', 'settings', index, 'address']),
    })),
  } as OutputDraft
}

/** Where an output is turned off is written like the output. */
function offOf(document: ConfigDocument, off: Address | undefined, path: Path): Address | undefined {
  checkWritten(document, off, path)
  return off
}

type WatchdogDraft = Extract<OutputDraft, { class?: 'watchdog' | undefined }>

/** Its time is read or stated, its restarts are counted or dated, and nothing but writes may keep it up. */
function checkWatchdog(document: ConfigDocument, draft: WatchdogDraft): void {
  const { time, statedTime, timeUnit, bootId, upTime, fedBy } = draft
  const path = ['interlock']
  const ways = [time, statedTime, timeUnit].filter((way) => way !== undefined).length
  if (ways !== 1)
    document.fault(
      ways === 0 ? path : [...path, statedTime === undefined ? 'timeUnit' : 'statedTime'],
      'watchdog-time',
      ways === 0
        ? 'the time of the watchdog is neither read nor stated'
        : 'the time of the watchdog is said twice: read, stated, or written',
      'write time: its address, or statedTime where the module does not let it be read',
      'key',
    )
  if (bootId !== undefined && upTime !== undefined)
    document.fault(
      [...path, 'upTime'],
      'watchdog-boot',
      'bootId and upTime both say when it started',
      'keep bootId',
      'key',
    )
  if (fedBy === 'requests')
    document.fault(
      [...path, 'fedBy'],
      'watchdog-fed',
      'every request keeps the output on, polls too: it stays on when it can no longer be written',
      'set the module so that writes alone count; if it cannot, use class: coil, which says that there is no fail-safe',
    )
  if (fedBy === 'unknown')
    document.note(
      [...path, 'fedBy'],
      'watchdog-unproven',
      'it is not known whether polls keep the output on',
      'read what the drill says of it; where they do, use another module or class: coil',
    )
}

/** An output must be one bit that is written as a bit, or one register that holds nothing else. */
function checkWritten(document: ConfigDocument, output: Address | undefined, path: Path): void {
  if (output === undefined) return
  const bad = (key: string, what: string, advice: string) =>
    document.fault([...path, key], 'interlock-output', what, advice)
  if (output.bit !== undefined)
    bad(
      'bit',
      'the output is one bit of a register',
      'a register is written whole: use a coil, or a register of its own',
    )
  if (output.table === 'input' || output.table === 'discrete')
    bad('table', `the output is in table ${output.table}`, 'inputs cannot be written: use coil or holding')
  if (output.table === undefined && output.type !== undefined && output.type !== 'bool' && output.type !== 'u16')
    bad('type', `the output has type ${output.type}`, 'use a node of type bool or u16')
  if (output.table === 'holding' && output.bit === undefined && output.type !== undefined && output.type !== 'u16')
    bad('type', `the output has type ${output.type}`, 'a register that is written 1 and 0 is u16')
  const codes: Readonly<Record<string, readonly number[]>> = { coil: [5, 15], holding: [6, 16] }
  const allowed = codes[output.table ?? '']
  if (output.write !== undefined && allowed !== undefined && !allowed.includes(output.write))
    bad('write', `function ${output.write} does not write table ${output.table}`, `use ${allowed.join(' or ')}`)
}

const optional = (key: string, address: Address | undefined) => (address === undefined ? {} : { [key]: address })
