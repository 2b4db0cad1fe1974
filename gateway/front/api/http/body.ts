/**
 * Request bodies and what checks them. Strict JSON, an object or nothing at all; no value is ever coerced to another
 * type.
 * Read next: strict-json.ts (what is no JSON here), schema.ts, problem.ts (how a fault is answered).
 */
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { BodyError } from './problem.ts'
import { parseStrictJson } from './strict-json.ts'

export function readBodies(app: FastifyInstance): void {
  app.setValidatorCompiler(compileValidator as FastifySchemaCompiler<unknown>)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, bytes: Buffer) =>
    parseBody(bytes),
  )
}

/** A body that was not sent is an empty object; one that is `null` was refused by the parser. */
function compileValidator({ schema, httpPart }: { schema: unknown; httpPart?: string | undefined }) {
  const check = Compile(schema as TSchema)
  return (value: unknown) => {
    const given = httpPart === 'body' && value === null ? {} : value
    return check.Check(given) ? { value: given } : { error: check.Errors(given) as unknown as Error[] }
  }
}

function parseBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return {}
  const parsed = parseStrictJson(bytes)
  if (!parsed.ok) throw new BodyError(parsed.why)
  if (parsed.value === null || typeof parsed.value !== 'object' || Array.isArray(parsed.value))
    throw new BodyError('not a JSON object')
  return parsed.value
}
