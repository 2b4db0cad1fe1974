/**
 * Options of a link that stands in no site file: a person at the bench names a host, and the schema fills in the rest.
 * Pure. Read next: adapters/registry.ts, gateway/cli/bench/link.ts.
 */
import { type Protocol, protocols } from '../adapters/registry.ts'
import { validate } from './document/validate.ts'

type BenchOptions =
  | { readonly kind: 'ok'; readonly options: unknown }
  | { readonly kind: 'faults'; readonly why: readonly string[] }

export function benchOptions(protocol: Protocol, given: Readonly<Record<string, unknown>>): BenchOptions {
  const why: string[] = []
  const judge = {
    fault: (_: unknown, _code: string, message: string, advice: string) => void why.push(`${message}; ${advice}`),
    written: () => undefined,
    env: {},
  }
  const options = validate(protocols[protocol].optionsSchema, given, [], judge)
  return why.length === 0 && options !== undefined ? { kind: 'ok', options } : { kind: 'faults', why }
}
