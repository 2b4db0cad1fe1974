/** Links of Modbus for proofs, without the rest of the gateway: with the defaults of their options, and a quiet log. */
import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import type { Link, Point } from '../../../adapters/adapter.ts'
import { modbusAdapter } from '../../../adapters/modbus/link.ts'
import type { Scope } from '../../support/proof.ts'

export function modbusLink(scope: Scope, options: object): Link {
  const given = Value.Default(modbusAdapter.optionsSchema as TSchema, structuredClone(options))
  if (!Value.Check(modbusAdapter.optionsSchema as TSchema, given))
    throw new Error(`not valid: ${JSON.stringify(Value.Errors(modbusAdapter.optionsSchema as TSchema, given))}`)
  const quiet = () => {}
  const link = modbusAdapter.createLink(given, {
    now: () => ({ ms: Date.now(), ns: process.hrtime.bigint() }),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    stateDir: scope.folder,
  })
  scope.defer(() => link.close())
  return link
}

export const openLink = (link: Link): Promise<void> => link.open(new AbortController().signal)

export function pointAt(address: object, unit = 1): Point {
  return { id: JSON.stringify([unit, address]), address, device: { unit }, intervalMs: 1000 }
}
