/**
 * Request bodies and what checks them, and what writes answers. Strict JSON, an object or nothing at all; no value is
 * ever coerced to another type, and no answer holds a field that its schema does not name. A schema is compiled when it
 * is first used, since most routes of a gateway are seldom called.
 * Read next: strict-json.ts (what is no JSON here), fault.ts (a fault in words), problem.ts (how it is answered).
 */
import type { IncomingHttpHeaders } from 'node:http'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import type { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { FastifyInstance, preParsingHookHandler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { inWords } from './fault.ts'
import { BodyError } from './problem.ts'
import { parseStrictJson } from './strict-json.ts'

const require = createRequire(import.meta.url)

export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, bytes: Buffer) =>
    parseBody(bytes),
  )
  app.addHook('onRoute', (route) => {
    if (![route.method].flat().every(isRead)) route.preParsing = [endUnannounced, ...[route.preParsing ?? []].flat()]
  })
}

const isRead = (method: string) => method === 'GET' || method === 'HEAD'

/** A type without a body: of a request that announces none the end is over, and no parser would see it. */
const endUnannounced: preParsingHookHandler = ({ headers }, _reply, payload, done) => {
  const isEmpty = headers['content-type'] !== undefined && !announcesBody(headers)
  done(null, isEmpty ? Readable.from([]) : payload)
}

const announcesBody = (headers: IncomingHttpHeaders) =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined

/**
 * For what may never fail for the sake of its body, such as the end of a session: a form, `null` or bytes that are no
 * JSON are passed over unread.
 */
export function ignoreBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  // A type that is none would be refused before any parser is asked.
  scope.addHook('onRequest', async ({ raw }) => {
    delete raw.headers['content-type']
  })
  scope.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    done(null, {})
  })
}

/** What Fastify compiles schemas with. */
export const compilersFactory = { buildValidator: () => compileValidator as never, buildSerializer } as const

type Serializers = ReturnType<typeof SerializerSelector>

function buildSerializer(...given: Parameters<Serializers>): ReturnType<Serializers> {
  let compile: ReturnType<Serializers> | undefined
  return (definition) => {
    let write: ReturnType<ReturnType<Serializers>> | undefined
    return (data) => {
      compile ??= (require('@fastify/fast-json-stringify-compiler') as typeof SerializerSelector)()(...given)
      write ??= compile(definition)
      return write(data)
    }
  }
}

/** A body that was not sent is an empty object; one that is `null` was refused by the parser. */
function compileValidator({ schema, httpPart }: { schema: unknown; httpPart?: string | undefined }) {
  let check: ReturnType<typeof Compile> | undefined
  return (value: unknown) => {
    check ??= Compile(schema as TSchema)
    const given = httpPart === 'body' && value === null ? {} : value
    if (check.Check(given)) return { value: given }
    return { error: check.Errors(given).map((fault) => inWords(fault, schema)) as unknown as Error[] }
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
