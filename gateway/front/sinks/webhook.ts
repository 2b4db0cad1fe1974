/**
 * A webhook as a sink: entries in order, one after the other, each until the other side has answered with 2xx. What it
 * refuses is tried again, sooner at first, for days; the sink loop owns that, and the cursor in the ledger. After
 * `giveUp` it is stopped with a note for people, and still tried now and then.
 *
 * There is no connection to lose. So that a dead receiver is not taken for one that is back, the entry that failed last
 * is posted on opening, and passed over when its turn comes.
 * Read next: webhook-message.ts (what is posted), webhook-post.ts (how), sink-loop.ts (the caller).
 */
import type { SiteConfig } from '../../../config/site.ts'
import { whyNot } from '../download.ts'
import { type Sink, type SinkClock, SinkError } from './sink.ts'
import { headersOf, messageOf, testMessage, type WebhookMessage } from './webhook-message.ts'
import { post } from './webhook-post.ts'

type WebhookOptions = SiteConfig['webhooks'][number]

/** One try, for people. `error`: there was no answer. */
export type Attempt = {
  readonly at: number
  readonly id: string
  readonly type: string
  readonly status?: number
  readonly error?: string
  readonly ms: number
}

export type Webhook = {
  readonly id: string
  readonly url: string
  readonly sink: Sink<Posting>
  /** The last ones, oldest first. */
  attempts(): readonly Attempt[]
  /** Posts an event that says nothing. Beside the deliveries, and never tried again. */
  test(): Promise<Attempt>
}

/** An entry on its way; without a message it is not of the kinds that are wanted. */
type Posting = { readonly seq: number; readonly atMs: number; readonly message?: WebhookMessage }

const BATCH = 50
const MOST_ATTEMPTS = 100
const GONE = 410
const TOO_LARGE = 413

type Deps = { readonly origin: () => string; readonly clock: SinkClock; readonly post?: typeof post }

export function createWebhook(options: WebhookOptions, deps: Deps): Webhook {
  const { id, events } = options
  const running: Running = { options, deps, attempts: [], failed: undefined, arrived: undefined, underWay: undefined }
  const wanted = events && new Set<string>(events)
  const { promise: never } = Promise.withResolvers<SinkError>()
  return {
    id,
    url: options.url,
    attempts: () => running.attempts,
    test: () => attempt(running, testMessage(deps.origin(), `${deps.clock.now().ms}`, deps.clock.now().ms)),
    sink: {
      name: `webhook-${id}`,
      batch: BATCH,
      // Live values are not for webhooks.
      sampleBatch: 0,
      begin: options.begin,
      reconnectMaxMs: options.retryMaxMs,
      deadlineMs: options.timeoutMs * (BATCH + 2),
      async open() {
        const { failed } = running
        if (failed === undefined) return
        await deliver(running, failed)
        running.arrived = failed.seq
      },
      make(delivery) {
        const { seq, atMs, kind } = delivery.entry
        return wanted?.has(kind) === false ? { seq, atMs } : { seq, atMs, message: messageOf(deps.origin(), delivery) }
      },
      deliver: (postings) => behindOthers(running, () => deliverAll(running, postings)),
      async deliverSamples() {},
      async refresh() {},
      lost: () => never,
      async close() {},
    },
  }
}

type Running = {
  readonly options: WebhookOptions
  readonly deps: Deps
  attempts: readonly Attempt[]
  /** The entry that was refused last, until it has arrived. */
  failed: Posting | undefined
  /** The sequence of one that arrived on opening. */
  arrived: number | undefined
  /** The delivery that was begun last, until it is over. */
  underWay: Promise<void> | undefined
}

/** What was to come behind one that is refused is not posted: it would come too early. */
function behindOthers(running: Running, work: () => Promise<void>): Promise<void> {
  const refused = () => Promise.reject(new SinkError('wait', 'what came before it was refused'))
  const mine = running.underWay === undefined ? work() : running.underWay.then(work, refused)
  running.underWay = mine
  const over = () => {
    if (running.underWay === mine) running.underWay = undefined
  }
  mine.then(over, over)
  return mine
}

async function deliverAll(running: Running, postings: readonly Posting[]): Promise<void> {
  for (const [accepted, posting] of postings.entries()) {
    if (posting.seq === running.arrived) continue
    await deliver(running, posting).catch(({ action, message, cause }: SinkError) => {
      throw new SinkError(action, message, { cause, accepted })
    })
  }
}

async function deliver(running: Running, posting: Posting): Promise<void> {
  const { options, deps } = running
  if (posting.message === undefined) return
  const { status, error } = await attempt(running, posting.message)
  if (status !== undefined && status >= 200 && status < 300) {
    running.failed = undefined
    return
  }
  running.failed = posting
  const said = `webhook ${options.id}: ${status === undefined ? error : `it answers ${status}`}`
  if (status === TOO_LARGE) {
    running.failed = undefined
    throw new SinkError('bad', said)
  }
  if (status === GONE) throw new SinkError('stop', `${said}, which means that nobody wants events there any more`)
  if (status !== undefined && status >= 300 && status < 400)
    throw new SinkError('stop', `${said}, a redirect: write the address that it leads to`)
  const refusedMs = deps.clock.now().ms - posting.atMs
  const isOver = refusedMs > options.giveUpMs
  throw new SinkError(isOver ? 'stop' : 'wait', isOver ? `${said}, for ${Math.round(refusedMs / 3_600_000)} h` : said)
}

async function attempt(running: Running, message: WebhookMessage): Promise<Attempt> {
  const { options, deps } = running
  const { ms: at, ns } = deps.clock.now()
  const { url, secrets, timeoutMs, mayBePrivate } = options
  const asked = { url, headers: headersOf(message, secrets, at), body: message.body, timeoutMs, mayBePrivate }
  const answer = await (deps.post ?? post)(asked).then(
    (status) => ({ status }),
    (cause: Error) => ({ error: cause.name === 'TimeoutError' ? `no answer within ${timeoutMs} ms` : whyNot(cause) }),
  )
  const ms = Math.round(Number(deps.clock.now().ns - ns) / 1e6)
  const made: Attempt = { at, id: message.id, type: message.type, ms, ...answer }
  running.attempts = [...running.attempts.slice(1 - MOST_ATTEMPTS), made]
  return made
}
