/**
 * Every answer that is not a success, as RFC 9457 problem details. The codes and their texts are in
 * core/ground/problems.ts. Nothing here ever repeats what the caller sent, a stack or a secret.
 */
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { decisions, type ProblemCode, problems } from '../../../core/ground/problems.ts'
import { type Refusal, refuse } from '../../../core/ground/refusal.ts'

/** An import of node:http would load the whole of `fetch`, for which it has a name. */
const { STATUS_CODES } = process.getBuiltinModule('node:http')

export const problemSchema = Type.Object(
  {
    type: Type.String({ description: 'Relative URI of the kind of problem; it can be read there.' }),
    title: Type.String({ description: 'For people.' }),
    status: Type.Integer({ description: 'HTTP status.' }),
    code: Type.Unsafe<ProblemCode>({
      type: 'string',
      enum: Object.keys(problems),
      description: 'Stable word for programs.',
    }),
    decision: Type.Unsafe<string>({
      type: 'string',
      enum: [...decisions],
      description: 'OCPP 2.0.1 AuthorizationStatus, and words of our own.',
    }),
    advice: Type.Object(
      { en: Type.String(), zh: Type.String() },
      { description: 'What to do, one line for people in English and in Chinese.' },
    ),
    detail: Type.Optional(Type.String({ description: 'What in particular.' })),
    instance: Type.String({ description: 'This occurrence; the same word is in the log of the gateway.' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.String({
            description: 'JSON pointer into the request: /body, /query, /params or /headers first.',
          }),
          message: Type.String(),
        }),
      ),
    ),
  },
  {
    title: 'Problem',
    additionalProperties: true,
    description: 'RFC 9457 problem details. Some codes add members: locksBy, session, startsAt.',
  },
)
type Problem = Static<typeof problemSchema>
export type FieldError = { readonly path: string; readonly message: string }

type More = {
  readonly status?: number
  readonly errors?: readonly FieldError[]
  readonly retryAfterS?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers with a refusal. `status` differs from the table only where HTTP itself has a name for it (413, 415, …). */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
  more: More = {},
): FastifyReply {
  const body = toProblem(request, refusal, more)
  const retryAfterS = more.retryAfterS ?? retryAfter(body.status, refusal.code)
  if (retryAfterS !== undefined) reply.header('retry-after', String(retryAfterS))
  if (body.status === 401)
    reply.header(
      'www-authenticate',
      `Bearer realm="latchkey"${refusal.code === 'unauthenticated' ? '' : ', error="invalid_token"'}`,
    )
  for (const [name, value] of Object.entries(more.headers ?? {})) reply.header(name, value)
  return reply.code(body.status).type('application/problem+json').serializer(JSON.stringify).send(body)
}

/** Answers that some fields are not as described. */
export function sendErrors(request: FastifyRequest, reply: FastifyReply, errors: readonly FieldError[]): FastifyReply {
  return sendProblem(request, reply, refuse('bad-request'), { errors: errors.slice(0, MAX_ERRORS) })
}

function toProblem(request: FastifyRequest, refusal: Refusal, more: More = {}): Problem {
  const row = problems[refusal.code]
  return {
    ...refusal.extra,
    type: `/problems/${refusal.code}`,
    title: row.title,
    status: more.status ?? row.status,
    code: refusal.code,
    decision: row.decision,
    advice: row.advice,
    ...(refusal.detail === undefined ? {} : { detail: refusal.detail }),
    instance: request.id,
    ...(more.errors === undefined ? {} : { errors: [...more.errors] }),
  }
}

/** A body that is not JSON as it is accepted here; the message never quotes it. */
export class BodyError extends Error {
  readonly statusCode = 400
}

/** The thread is late, so reads are shed. */
export class OverloadedError extends Error {}

/** Whatever a route or the framework threw. */
export function onError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if ('validation' in error && error.validation) {
    return sendProblem(request, reply, refuse('bad-request', 'some fields are not as described'), {
      errors: fieldErrors(error),
    })
  }
  if (error instanceof BodyError)
    return sendProblem(request, reply, refuse('bad-request', `the body is ${error.message}`))
  if (error instanceof OverloadedError) return sendProblem(request, reply, refuse('busy', 'the gateway is overloaded'))
  const status = 'statusCode' in error ? error.statusCode : undefined
  if (status !== undefined && status >= 400 && status < 500) {
    return sendProblem(
      request,
      reply,
      refuse('bad-request', FRAMEWORK_DETAILS[(error as FastifyError).code] ?? 'the request is not valid'),
      { status },
    )
  }
  request.log.error({ err: error, instance: request.id }, 'a request failed')
  return sendProblem(request, reply, refuse('internal'))
}

const FRAMEWORK_DETAILS: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'the body is too large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'the body must be application/json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'the body does not have the announced length',
  FST_ERR_BAD_URL: 'the path cannot be decoded',
}

const PARTS: Readonly<Record<string, string>> = {
  body: '/body',
  querystring: '/query',
  params: '/params',
  headers: '/headers',
}
const MAX_ERRORS = 20
const MAX_PATH = 100

/** TypeBox errors as pointers into the request, one per fault. */
function fieldErrors(error: FastifyError): FieldError[] {
  const root = PARTS[error.validationContext ?? ''] ?? ''
  const fields: FieldError[] = []
  for (const fault of error.validation ?? []) {
    const at = `${root}${fault.instancePath}`
    const { additionalProperties, requiredProperties } = fault.params as {
      additionalProperties?: string[]
      requiredProperties?: string[]
    }
    if (additionalProperties)
      for (const name of additionalProperties) fields.push({ path: `${at}/${name}`, message: 'is not known' })
    else if (requiredProperties)
      for (const name of requiredProperties) fields.push({ path: `${at}/${name}`, message: 'is missing' })
    // A closed object reports each unknown field a second time, as the schema `false`.
    else if (fault.keyword !== 'boolean') fields.push({ path: at, message: fault.message ?? 'is not as described' })
  }
  return fields.slice(0, MAX_ERRORS).map(({ path, message }) => ({ path: path.slice(0, MAX_PATH), message }))
}

/** Bytes that are not HTTP, or a request that does not end: answered on the bare socket, as no route is reached. */
export function onClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
  const { title, decision, advice } = problems['bad-request']
  const body = JSON.stringify({ type: '/problems/bad-request', title, status, code: 'bad-request', decision, advice })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function retryAfter(status: number, code: ProblemCode): number | undefined {
  if (status !== 503 && status !== 429) return undefined
  return SLOW.has(code) ? 30 : 2
}

/** What does not pass within seconds. */
const SLOW: ReadonlySet<ProblemCode> = new Set([
  'stopping',
  'keys-unavailable',
  'time-untrusted',
  'ledger-full',
  'too-many-bookings',
  'rate-limited',
])
