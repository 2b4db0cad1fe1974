/**
 * A command that is sent twice under one `Idempotency-Key` is done once, and answered twice alike. The key belongs to
 * its caller, and to what was asked: another request under it is refused. Only what was done is kept, for a day, in
 * memory: a refused command has done nothing and may be asked again. Whoever asks while the first is under way waits.
 *
 * The unlock has rules of its own (control/commands/idempotency.ts): no repeat reports a machine as open that is
 * locked. The end of a session is never done twice in any case, and never refused for its key: one that is none, or
 * that stood for something else, is passed over.
 */
import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../../../core/ground/refusal.ts'
import { sendProblem } from './problem.ts'

/** Answers that are kept; beyond this the oldest goes. */
const MOST_KEYS = 1_000
/** Of one caller; beyond this his own oldest goes, so that nobody pushes out the answers of everybody else. */
const MOST_OF_CALLER = 500
/** Characters of them, likewise: a statement may be long. One answer that is longer than that is not kept. */
const MOST_CHARS = 16_000_000
const MOST_CHARS_OF_CALLER = 8_000_000
const KEPT_MS = 86_400_000
export const KEY_PATTERN = '^[\\x21-\\x7e]{1,128}$'
const KEY = new RegExp(KEY_PATTERN)

type Answer = { readonly status: number; readonly type: string; readonly payload: string }
type Kept = {
  readonly caller: string
  readonly asked: string
  readonly atMs: number
  readonly answer: Promise<Answer | undefined>
  /** Of the answer, once it is there. */
  chars: number
}
type Asking = { readonly key: string; settle(answer: Answer | undefined): void }

type Repeats = { callerKey(request: FastifyRequest): string; nowMs(): number }

export function answerRepeats(scope: FastifyInstance, { callerKey, nowMs }: Repeats): void {
  const kept = new Map<string, Kept>()
  const asking = new WeakMap<FastifyRequest, Asking>()

  function begin(request: FastifyRequest, caller: string, key: string, asked: string): void {
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>()
    const mine: Kept = { caller, asked, atMs: nowMs(), answer: promise, chars: 0 }
    kept.set(key, mine)
    const own = [...kept].filter(([, each]) => each.caller === caller)
    if (own.length > MOST_OF_CALLER) kept.delete(own[0]![0])
    if (kept.size > MOST_KEYS) kept.delete(kept.keys().next().value!)
    asking.set(request, {
      key,
      settle(answer) {
        asking.delete(request)
        if (answer === undefined) kept.delete(key)
        else {
          mine.chars = answer.payload.length
          dropOldest(kept, MOST_CHARS_OF_CALLER, caller)
          dropOldest(kept, MOST_CHARS)
        }
        resolve(answer)
      },
    })
  }

  /** Answers what was answered before; false when the request is the first of its key. */
  async function isAnswered(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const given = request.headers['idempotency-key'] as string
    const isRefusable = request.routeOptions.config.action !== 'session.end'
    if (!KEY.test(given)) {
      if (!isRefusable) return false
      sendProblem(request, reply, refuse('bad-request', 'Idempotency-Key: 1 to 128 printable letters'))
      return true
    }
    const caller = callerKey(request)
    const key = `${caller} ${given}`
    const asked = hash('sha256', JSON.stringify([request.method, request.url, request.body ?? null]))
    for (let known = kept.get(key); known !== undefined; known = kept.get(key)) {
      if (nowMs() - known.atMs <= KEPT_MS && known.asked !== asked) {
        if (!isRefusable) return false
        sendProblem(request, reply, refuse('key-reused'))
        return true
      }
      const answer = nowMs() - known.atMs > KEPT_MS ? undefined : await known.answer
      if (answer !== undefined) {
        reply.code(answer.status)
        if (answer.payload === '') reply.send()
        else reply.type(answer.type).send(Buffer.from(answer.payload))
        return true
      }
      if (kept.get(key) === known) kept.delete(key)
    }
    begin(request, caller, key, asked)
    reply.raw.once('close', () => asking.get(request)?.settle(undefined))
    return false
  }

  scope.addHook('preHandler', (request, reply, done) => {
    if (!isRepeatable(request)) return done()
    isAnswered(request, reply)
      .then((isOver) => void (isOver || done()))
      .catch(done)
  })

  scope.addHook('onSend', (request, reply, payload, done) => {
    asking.get(request)?.settle(answerOf(reply, payload ?? ''))
    done(null, payload)
  })
}

/** Until no more characters are kept than these, of one caller or of all. */
function dropOldest(kept: Map<string, Kept>, most: number, caller?: string): void {
  const those = [...kept].filter(([, each]) => each.chars > 0 && (caller ?? each.caller) === each.caller)
  let chars = those.reduce((sum, [, each]) => sum + each.chars, 0)
  for (const [key, each] of those) {
    if (chars <= most) return
    kept.delete(key)
    chars -= each.chars
  }
}

/** Undefined when it is not kept. */
function answerOf(reply: FastifyReply, payload: unknown): Answer | undefined {
  const { statusCode: status } = reply
  if (status < 200 || status >= 300 || typeof payload !== 'string' || payload.length > MOST_CHARS_OF_CALLER)
    return undefined
  return { status, type: String(reply.getHeader('content-type') ?? ''), payload }
}

function isRepeatable(request: FastifyRequest): boolean {
  const { method, headers } = request
  if (headers['idempotency-key'] === undefined || method === 'GET' || method === 'HEAD') return false
  const { config } = request.routeOptions
  return config.action !== undefined && config.action !== 'machine.unlock'
}
