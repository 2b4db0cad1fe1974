/**
 * A command that is sent twice under one `Idempotency-Key` is done once, and answered twice alike. The key belongs to
 * its caller, and to what was asked: another request under it is refused. Only what was done is kept, for a day, in
 * memory: a refused command has done nothing and may be asked again. Whoever asks while the first is under way waits.
 *
 * The unlock has rules of its own (control/commands/idempotency.ts): no repeat reports a machine as open that is
 * locked. The end of a session needs no key: it is never done twice.
 */
import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { refuse } from '../../../core/ground/refusal.ts'
import { sendProblem } from './problem.ts'

/** Answers that are kept; beyond this the oldest goes. One that is longer is not kept. */
const MOST_KEYS = 1_000
const MOST_CHARS = 16_384
const KEPT_MS = 86_400_000
export const KEY_PATTERN = '^[\\x21-\\x7e]{1,128}$'
const KEY = new RegExp(KEY_PATTERN)

type Answer = { readonly status: number; readonly type: string; readonly payload: string }
type Kept = { readonly asked: string; readonly atMs: number; readonly answer: Promise<Answer | undefined> }
type Asking = { readonly key: string; settle(answer: Answer | undefined): void }

type Repeats = { callerKey(request: FastifyRequest): string; nowMs(): number }

export function answerRepeats(scope: FastifyInstance, { callerKey, nowMs }: Repeats): void {
  const kept = new Map<string, Kept>()
  const asking = new WeakMap<FastifyRequest, Asking>()

  function begin(request: FastifyRequest, key: string, asked: string): void {
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>()
    kept.set(key, { asked, atMs: nowMs(), answer: promise })
    if (kept.size > MOST_KEYS) kept.delete(kept.keys().next().value!)
    asking.set(request, {
      key,
      settle(answer) {
        asking.delete(request)
        if (answer === undefined) kept.delete(key)
        resolve(answer)
      },
    })
  }

  scope.addHook('preHandler', async (request, reply) => {
    if (!isRepeatable(request)) return
    const given = request.headers['idempotency-key'] as string
    if (!KEY.test(given))
      return sendProblem(request, reply, refuse('bad-request', 'Idempotency-Key: 1 to 128 printable letters'))
    const key = `${callerKey(request)} ${given}`
    const asked = hash('sha256', JSON.stringify([request.method, request.url, request.body ?? null]))
    for (let known = kept.get(key); known !== undefined; known = kept.get(key)) {
      if (nowMs() - known.atMs <= KEPT_MS && known.asked !== asked)
        return sendProblem(request, reply, refuse('key-reused'))
      const answer = nowMs() - known.atMs > KEPT_MS ? undefined : await known.answer
      if (answer !== undefined) {
        reply.code(answer.status)
        return answer.payload === '' ? reply.send() : reply.type(answer.type).send(Buffer.from(answer.payload))
      }
      if (kept.get(key) === known) kept.delete(key)
    }
    begin(request, key, asked)
    reply.raw.once('close', () => asking.get(request)?.settle(undefined))
  })

  scope.addHook('onSend', async (request, reply, payload) => {
    const { statusCode: status } = reply
    const text = payload ?? ''
    const isKept = status >= 200 && status < 300 && typeof text === 'string' && text.length <= MOST_CHARS
    const type = String(reply.getHeader('content-type') ?? '')
    asking.get(request)?.settle(isKept ? { status, type, payload: text } : undefined)
    return payload
  })
}

function isRepeatable({ method, headers, routeOptions: { config } }: FastifyRequest): boolean {
  if (headers['idempotency-key'] === undefined || method === 'GET' || method === 'HEAD') return false
  return config.action !== undefined && config.action !== 'machine.unlock' && config.action !== 'session.end'
}
