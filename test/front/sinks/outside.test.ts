/**
 * The checkpoint that a broker holds against the ledger: found, hidden by the broker's rules, or away. With a real
 * mosquitto and access lists.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { newLogKey } from '../../../gateway/control/host/log-key.ts'
import { type Found, findCheckpoint } from '../../../gateway/front/sinks/mqtt-anchor.ts'
import { watchOutside } from '../../../gateway/front/sinks/outside.ts'
import type { Anchor } from '../../../gateway/ledger/anchor.ts'
import { formatVkey } from '../../../gateway/ledger/evidence/note.ts'
import { type HeldKey, parseKeysFile } from '../../../gateway/ledger/log/log-keys.ts'
import type { Reader } from '../../../gateway/ledger/store/reader.ts'
import { supersededNote } from '../../../gateway/ledger/superseded.ts'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.ts'
import { until } from '../../support/process.ts'
import { realPart } from '../../support/real.ts'
import { SITE } from './ledger.ts'
import { subscribe } from './subscriber.ts'

const topic = `latchkey/v1/${SITE}/checkpoint`
const folder = mkdtempSync(join(tmpdir(), 'latchkey-acl-'))
const login = { username: 'gateway', password: 'secret' }
let server: Mosquitto | undefined
afterEach(() => server?.remove())
afterAll(() => rmSync(folder, { recursive: true }))

/** With an access list of the gateway's user. */
async function broker(...rules: string[]): Promise<Mosquitto> {
  const acl = join(folder, 'acl')
  writeFileSync(acl, ['user gateway', ...rules, ''].join('\n'), { mode: 0o600 })
  server = await startMosquitto({ login, config: [`acl_file ${acl}`] })
  return server
}

const find = (url: string, version: 4 | 5, probe = 'a note') => {
  const options = { url, version, clientId: 'c', keepaliveMs: 15_000, window: 1, ackTimeoutMs: 1_500, ...login }
  return findCheckpoint(options, topic, probe, 1_500)
}

describe.skipIf(!realPart('mosquitto')).each([4, 5] as const)('with MQTT version %i a user', (version) => {
  test('who may only publish is noticed, and told what to grant', async () => {
    const { url } = await broker(`topic write latchkey/v1/${SITE}/#`)
    const found = await find(url, version)
    expect(found).toMatchObject({ kind: 'hidden', why: expect.stringContaining(`topic readwrite ${topic}`) })
  })

  test('who may not write the topic is noticed too, in 3.1.1 as well', async () => {
    const { url } = await broker(`topic read latchkey/v1/${SITE}/#`)
    expect(await find(url, version)).toMatchObject({ kind: 'hidden', why: expect.stringContaining(topic) })
  })

  test('who may read the topic finds what is retained, and that nothing is; the probe changes neither', async () => {
    const { url } = await broker(`topic write latchkey/v1/${SITE}/#`, `topic readwrite ${topic}`)
    expect(await find(url, version)).toEqual({ kind: 'nothing' })
    const publisher = await subscribe(url, topic, version, { ...login, clientId: 'publisher' })
    publisher.publish(topic, 'a note', { retain: true, qos: 1 })
    await until(() => publisher.all.length > 0, 5_000, 'not published')
    for (const probe of ['a note', 'another note', ''])
      expect(await find(url, version, probe)).toEqual({ kind: 'found', note: 'a note' })
    publisher.close()
  })
})

describe('the comparison with the outside', () => {
  /** A ledger of so many entries that nobody has signed: what is not signed by our keys counts as nothing. */
  const reader = { head: () => ({ nextSeq: 3, nextSample: 0 }) } as unknown as Reader

  function watch(find: Parameters<typeof watchOutside>[0]['find'], how: { vkeys?: string[]; onMs?: number } = {}) {
    const { vkeys = [], onMs = 60_000 } = how
    const anchors: Anchor[] = []
    const anchored = (anchor: Anchor) => void anchors.push(anchor)
    const outside = watchOutside({ find, remembered: undefined, reader, vkeys, anchored, againMs: 10, onMs })
    return { outside, anchors }
  }

  test('lets no checkpoint of ours take the place of one that it could not read, and looks again until it can', async () => {
    const found = [
      { kind: 'away', why: 'down' },
      { kind: 'hidden', why: 'grant it' },
      { kind: 'hidden', why: 'grant it' },
      { kind: 'nothing' },
    ] as const
    let at = 0
    const { outside, anchors } = watch(async () => found[Math.min(at++, 3)]!)
    await outside.looked
    expect(outside.mayPublish()).toBe(false)
    await until(
      () => {
        expect(outside.mayPublish()).toBe(at === 4)
        return at === 4
      },
      2_000,
      'never allowed',
    )
    expect(anchors).toEqual([
      { kind: 'unanchored', why: 'down' },
      { kind: 'unanchored', why: 'grant it' },
      { kind: 'unanchored', why: 'no checkpoint of this ledger was found outside' },
    ])
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(at).toBe(4)
    outside.stop()
  })

  test('looks on after an answer, and finds that a copy of it was restored elsewhere meanwhile', async () => {
    const [{ signer }] = parseKeysFile(newLogKey('halle/1')) as [HeldKey]
    const found: readonly Found[] = [
      { kind: 'nothing' },
      { kind: 'away', why: 'down' },
      { kind: 'found', note: supersededNote([signer], '01234567-89ab-cdef-0123-456789abcdef') },
    ]
    let at = 0
    const { outside, anchors } = watch(async () => found[at++]!, { vkeys: [formatVkey(signer.key)], onMs: 10 })
    await outside.looked
    expect(outside.mayPublish()).toBe(true)
    await until(() => anchors.length === 2, 2_000, 'never found')
    expect(anchors).toEqual([
      { kind: 'unanchored', why: 'no checkpoint of this ledger was found outside' },
      { kind: 'contradicted', why: expect.stringContaining('another box has restored the backup 01234567') },
    ])
    expect(outside.mayPublish()).toBe(false)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(at).toBe(3)
    outside.stop()
  })

  test('a stop ends the looking', async () => {
    let looks = 0
    const { outside } = watch(async () => {
      looks += 1
      return { kind: 'away', why: 'down' }
    })
    await outside.looked
    outside.stop()
    const before = looks
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(looks).toBe(before)
  })
})
