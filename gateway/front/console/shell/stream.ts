/**
 * The stream of the board: opens it, opens it again when it is silent, and begins anew after the device slept or the
 * page was hidden, since what was shown then is from before. A page that nobody sees has no stream: a browser has six
 * connections to a host, and seven tabs would wait for each other. The rules are in model/live.ts.
 */
import { type Live, type LiveEvent, LOST_AFTER_MS, takeEvent } from '../model/live.ts'
import type { Beat, Card } from '../model/wire.ts'
import type { Store } from './store.ts'

const LOOK_MS = 250
/** Between two tries, ms; the first is at once. */
const TRY_AGAIN_MS = 1_000

/** Returns what begins it anew, such as when somebody else has signed in. */
export function watchBoard(store: Store<Live>): () => void {
  let source: EventSource | undefined
  let triedAtMs = Number.NEGATIVE_INFINITY
  const take = (event: LiveEvent) => store.set(takeEvent(store.get(), event, performance.now()))

  function open(): void {
    source?.close()
    triedAtMs = performance.now()
    const own = new EventSource('/console/live')
    source = own
    const on = (name: string, toEvent: (data: unknown) => LiveEvent) =>
      own.addEventListener(name, ({ data }: MessageEvent<string>) => {
        if (own === source) take(toEvent(JSON.parse(data)))
      })
    on('board', (data) => ({ kind: 'board', machines: (data as { machines: Card[] }).machines }))
    on('card', (card) => ({ kind: 'card', card: card as Card }))
    on('beat', (beat) => ({ kind: 'beat', beat: beat as Beat }))
    own.onerror = () => {
      if (own !== source) return
      own.close()
      take({ kind: 'closed' })
    }
  }

  function look(): void {
    if (isHidden()) return
    take({ kind: 'look' })
    const nowMs = performance.now()
    const isSilent = nowMs - store.get().heardAtMs > LOST_AFTER_MS || source?.readyState === EventSource.CLOSED
    if (isSilent && nowMs - triedAtMs > TRY_AGAIN_MS * (source?.readyState === EventSource.CONNECTING ? 4 : 1)) open()
  }

  setInterval(look, LOOK_MS)
  addEventListener('pageshow', ({ persisted }) => persisted && open())
  document.addEventListener('visibilitychange', () => {
    if (isHidden()) source?.close()
    else open()
  })
  addEventListener('online', open)
  open()
  return open
}

const isHidden = () => document.visibilityState === 'hidden'
