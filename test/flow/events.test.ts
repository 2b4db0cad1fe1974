/** The event stream goes on where a reader stopped, over a cut and over a restart of the gateway. */
import { expect, test } from 'vitest'
import { found } from '../support/proof.ts'
import { fileScope, withPlant } from './plant.ts'
import { openStream } from './stream.ts'

const scope = fileScope('events')
const plantOf = withPlant(scope, { site: 'events', machines: { 'spray-booth': 1 }, cycleMs: 300, autoStart: true })

test('a reader that comes back with Last-Event-ID misses nothing and gets nothing twice', async () => {
  const { api, gateway, machine, platform } = plantOf()
  const token = await platform.serviceToken()
  const seqs: number[] = []
  const read = async (lastId: number | undefined, enough: () => Promise<boolean>): Promise<void> => {
    const headers = lastId === undefined ? {} : { 'last-event-id': String(lastId) }
    const stream = await openStream(`${api.url}/v1/events?from=0`, token, headers)
    try {
      await found(
        async () => {
          seqs.push(...stream.take().map(({ id }) => id))
          return (await enough()) ? true : undefined
        },
        15_000,
        () => `the stream stands at ${seqs.at(-1)}`,
      )
    } finally {
      stream.close()
    }
  }
  const atHead = async () => seqs.at(-1) === (await api.head()) - 1

  await read(undefined, atHead)
  const session = await api.unlocked('booth-1', await machine('booth-1').token())
  await api.ended(session.id)
  await read(seqs.at(-1), async () => (seqs.at(-1) ?? 0) > 5)
  await gateway.kill()
  await gateway.start()
  await api.untilMachine('booth-1', ({ access }) => access === 'Locked', 15_000)
  await read(seqs.at(-1), atHead)

  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => index))
})

test('an event is what the ledger holds, and a tenant is shown only their own', async () => {
  const { api, machine, platform } = plantOf()
  const credential = await machine('booth-1').token()
  const mine = await openStream(`${api.url}/v1/events?from=0`, credential)
  const all = await openStream(`${api.url}/v1/events?from=0`, await platform.serviceToken())
  try {
    const session = await api.unlocked('booth-1', credential)
    await api.ended(session.id)
    const seen: { id: number; event: string; data: unknown }[] = []
    const theirs: { session?: string }[] = []
    await found(
      () => {
        seen.push(...all.take())
        theirs.push(...mine.take().map(({ data }) => data as { session?: string }))
        return theirs.some((data) => data.session === session.id) && seen.some(isEnd(session.id)) ? true : undefined
      },
      15_000,
      'the end of the session does not come',
    )
    const entries = await api.entries()
    for (const { id, event, data } of seen) {
      expect(data).toEqual(entries[id])
      expect(event).toBe(entries[id]?.kind)
    }
    expect(theirs.every((data) => data.session !== undefined)).toBe(true)
  } finally {
    mine.close()
    all.close()
  }
})

const isEnd = (session: string) => (item: { event: string; data: unknown }) =>
  item.event === 'SessionEnded' && (item.data as { session?: string }).session === session
