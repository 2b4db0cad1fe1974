/** What an event shows of people and tenants, by role: as much as the views of the API do, over the real stream. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EntryDraft, JsonObject } from '../../../../gateway/core/ground/entry.ts'
import type { Role } from '../../../../gateway/core/permission/principal.ts'
import { type Bench, createBench } from '../bench.ts'
import { platformToken, tenantToken } from '../credentials.ts'
import { entryDraft, session } from '../rows.ts'

const own = session()
const wang = { role: 'technician', name: 'Wang', key: 'pyv6ghcr8h' }
const entry = (kind: EntryDraft['kind'], data: JsonObject, more: Partial<EntryDraft> = { session: own.id }) => ({
  kind: 'entry' as const,
  entry: { ...entryDraft(), kind, data, ...more },
})

/** [kind, data, what each role gets of it; nothing: the role gets no such event; 'all': as it is] */
type Shown = JsonObject | 'all' | undefined
const rows: [string, ReturnType<typeof entry>, Partial<Record<Role, Shown>>][] = [
  [
    'an inspection by a technician',
    entry('InspectionRecorded', { passed: true, note: 'clean', by: wang, tenant: 't-a' }),
    {
      tenant: { passed: true, note: 'clean', by: { role: 'technician' }, tenant: 't-a' },
      owner: { passed: true, note: 'clean', by: { role: 'technician', name: 'Wang' }, tenant: 't-a' },
      technician: { passed: true, note: 'clean', by: { role: 'technician', name: 'Wang' } },
    },
  ],
  [
    'a correction by an auditor',
    entry('Correction', { text: 'x', by: { role: 'auditor', name: 'Chen', key: 'k' } }),
    {
      tenant: { text: 'x', by: { role: 'auditor' } },
      owner: { text: 'x', by: { role: 'auditor', name: 'Chen' } },
      technician: { text: 'x', by: { role: 'auditor', name: 'Chen' } },
    },
  ],
  [
    'the end of a session',
    entry('SessionEnded', { tenant: 't-a', stoppedReason: 'Local' }),
    { tenant: 'all', owner: 'all', technician: { stoppedReason: 'Local' } },
  ],
  [
    'a tenant who was denied',
    entry('AccessDenied', { code: 'forbidden', what: 't-abc' }, {}),
    { owner: 'all', technician: { code: 'forbidden' } },
  ],
  [
    'a person who was denied',
    entry('AccessDenied', { code: 'forbidden', what: 'owner:Li' }, {}),
    { owner: 'all', technician: 'all' },
  ],
  [
    'a key of a person',
    entry('KeyAdded', { key: 'k', role: 'auditor', name: 'Chen' }, { machine: undefined as never }),
    {},
  ],
  [
    'a key of the log',
    entry('KeyAdded', { key: 'v', role: 'log' }, { machine: undefined as never }),
    { technician: 'all' },
  ],
  ['a warning', entry('SessionWarned', { endsAt: 'x' }), { tenant: 'all', owner: 'all', technician: 'all' }],
]

let bench: Bench
let url: string
const credentials = new Map<Role, string>()
beforeAll(async () => {
  bench = await createBench()
  credentials.set('platform', await platformToken()).set('tenant', await tenantToken())
  credentials.set('auditor', (await bench.addKey('auditor', 'Chen')).key.text)
  credentials.set('technician', (await bench.addKey('technician', 'Zhao', undefined, ['saw-1'])).key.text)
  credentials.set('owner', (await bench.addKey('owner', 'Li', 'huajian')).key.text)
  bench.commit({ kind: 'session', session: own }, ...rows.map(([, each]) => each))
  url = await bench.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => bench.close())

/** The bodies that the stream holds up to its last entry, by sequence. */
async function bodies(role: Role): Promise<Map<number, JsonObject & { data: JsonObject }>> {
  const stop = new AbortController()
  const headers = { authorization: `Bearer ${credentials.get(role)}` }
  const response = await fetch(`${url}/v1/events?from=0`, { headers, signal: stop.signal })
  let text = ''
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString('utf8')
    if (text.includes(`id: ${rows.length - 1}`) && text.endsWith('\n\n')) break
  }
  stop.abort()
  const found = [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, json]) => JSON.parse(json!))
  return new Map(found.map((body) => [body.seq, body]))
}

describe.each(['tenant', 'owner', 'technician', 'auditor', 'platform'] as const)('a %s', (role) => {
  test('is shown as much of people and tenants as the views show', async () => {
    const seen = await bodies(role)
    for (const [seq, [name, { entry }, shown]] of rows.entries()) {
      const wanted = role === 'auditor' || role === 'platform' ? 'all' : shown[role]
      const body = seen.get(seq)
      expect([name, body?.data]).toEqual([name, wanted === 'all' ? entry.data : wanted])
      expect([name, body?.redacted]).toEqual([name, wanted === undefined || wanted === 'all' ? undefined : true])
    }
    if (role !== 'auditor' && role !== 'platform') expect(JSON.stringify([...seen])).not.toContain(wang.key)
  })
})
