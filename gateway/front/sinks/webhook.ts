/**
 * A webhook as a sink: entries in order, one after the other, each until the other side has answered with 2xx. What it
 * refuses is tried again, sooner at first, for days; the sink loop owns that, and the cursor in the ledger. After
 * `giveUp` it is stopped with a note for people, and still tried now and then.
 *
 * There is no connection to lose. So that a dead receiver is not taken for one that is back, the entry that failed last
 * is posted on opening, and passed over when its turn comes.
 * Read next: webhook-message.ts (what is posted), webhook-post.ts (how), delivery-record.ts (what became of it),
 * sink-loop.ts (the caller).
 */
import type { SiteConfig } from '../../../config/site.ts'
import { whyNot } from '../download.ts'
import type { Attempt, DeliveryRecord } from './delivery-record.ts'
import { type Sink, type SinkClock, SinkError } from './sink.ts'
import { headersOf, messageOf, testMessage, type WebhookMessage } from './webhook-message.ts'
import { post } from './webhook-post.ts'

type WebhookOptions = Omit<SiteConfig['webhooks'][number], 'record'>

export type Webhook = {
  readonly id: string
  readonly url: string
  readonly sink: Sink<Posting>
  readonly record: Pick<DeliveryRecord, 'recent' | 'all'>
  /** Posts an event that says nothing. Beside the deliveries, and never tried again. */
  test(): Promise<Attempt>
}

/** An entry on its way; without a message it is not of the kinds that are wanted. */
type Posting = { readonly seq: number; readonly atMs: number; readonly message?: WebhookMessage }

const BATCH = 50
const GONE = 410
const TOO_LARGE = 413

type Deps = {
  readonly origin: () => string
  readonly clock: SinkClock
  readonly record: DeliveryRecord
  readonly post?: typeof post
}

export function createWebhook(options: WebhookOptions, deps: Deps): Webhook {
  const { id, events } = options
  const running: Running = { options, deps, failed: undefined, arrived: undefined, underWay: undefined }
  const wanted = events && new Set<string>(events)
  const { promise: never } = Promise.withResolvers<SinkError>()
  return {
    id,
    url: options.url,
    record: deps.record,
    async test() {
      const { ms } = deps.clock.now()
      const made = await attempt(running, testMessage(deps.origin(), `${ms}`, ms))
      await deps.record.add(made)
      return made
    },
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
  const { deps } = running
  if (posting.message === undefined) return
  const made = await attempt(running, posting.message)
  const refused = refusalOf(running, posting, made)
  const stopped = refused?.action === 'stop' ? { stopped: refused.message } : {}
  await deps.record.add({ ...made, entry: posting.seq, ...stopped })
  running.failed = refused === undefined || refused.action === 'bad' ? undefined : posting
  if (refused !== undefined) throw refused
}

/** Undefined: it was taken. */
function refusalOf({ options, deps }: Running, { atMs }: Posting, { status, error }: Attempt): SinkError | undefined {
  if (status !== undefined && status >= 200 && status < 300) return undefined
  const said = `webhook ${options.id}: ${status === undefined ? error : `it answers ${status}`}`
  if (status === TOO_LARGE) return new SinkError('bad', said)
  if (status === GONE) return new SinkError('stop', `${said}, which means that nobody wants events there any more`)
  if (status !== undefined && status >= 300 && status < 400)
    return new SinkError('stop', `${said}, a redirect: write the address that it leads to`)
  const refusedMs = deps.clock.now().ms - atMs
  if (refusedMs <= options.giveUpMs) return new SinkError('wait', said)
  return new SinkError('stop', `${said}, for ${Math.round(refusedMs / 3_600_000)} h`)
}

async function attempt({ options, deps }: Running, message: WebhookMessage): Promise<Attempt> {
  const { ms: at, ns } = deps.clock.now()
  const { url, secrets, timeoutMs, mayBePrivate } = options
  const asked = { url, headers: headersOf(message, secrets, at), body: message.body, timeoutMs, mayBePrivate }
  const answer = await (deps.post ?? post)(asked).then(
    (status) => ({ status }),
    (cause: Error) => ({ error: cause.name === 'TimeoutError' ? `no answer within ${timeoutMs} ms` : whyNot(cause) }),
  )
  const ms = Math.round(Number(deps.clock.now().ns - ns) / 1e6)
  return { at, id: message.id, type: message.type, ms, ...answer }
}
