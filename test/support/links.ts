/**
 * What tests of links share: dependencies of a link, its options with defaults, and a look at what it rejected with.
 */
import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { onTestFinished } from 'vitest'
import { type Adapter, type Link, type LinkDeps, LinkError, type LogFields } from '../../adapters/adapter.ts'
import { temporaryFolder } from './folder.ts'

export type Logged = { readonly level: string; readonly fields: LogFields; readonly message: string }

export function linkDeps(stateDir: string = temporaryFolder()): LinkDeps & { readonly logged: Logged[] } {
  const logged: Logged[] = []
  const at = (level: string) => (fields: LogFields, message: string) => void logged.push({ level, fields, message })
  return {
    logged,
    now: () => ({ ms: Date.now(), ns: process.hrtime.bigint() }),
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    stateDir,
  }
}

/** As a site file's loader does it: defaults filled in, nothing that the schema does not know. */
export function withDefaults<T>(schema: TSchema, given: unknown): T {
  const value = Value.Default(schema, structuredClone(given))
  if (!Value.Check(schema, value)) throw new Error(`not valid: ${JSON.stringify(Value.Errors(schema, value))}`)
  return value as T
}

/** Closed at the end of the test, whatever happens. */
export function makeLink(adapter: Adapter, options: unknown, deps: LinkDeps = linkDeps()): Link {
  const link = adapter.createLink(withDefaults(adapter.optionsSchema, options), deps)
  onTestFinished(() => link.close())
  return link
}

export function open(link: Link): Promise<void> {
  return link.open(new AbortController().signal)
}

/** The LinkError that a promise rejects with; anything else fails the test. */
export async function rejection(promise: Promise<unknown>): Promise<LinkError> {
  const ended = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in ended && ended.error instanceof LinkError) return ended.error
  throw new Error(`expected a LinkError, got ${'error' in ended ? ended.error : JSON.stringify(ended.value)}`)
}

/** How long it took, ms, and what came of it. */
export async function timed<T>(promise: Promise<T>): Promise<{ result: T; tookMs: number }> {
  const startMs = performance.now()
  const result = await promise
  return { result, tookMs: performance.now() - startMs }
}
