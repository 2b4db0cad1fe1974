/**
 * A page in Chinese has no English sentence on it: what a form says of a field, why something is refused, and what
 * keeps a link or a machine down are found in the sources, and each has to be known.
 */
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { siteJsonSchema } from '../../../config/generate/json-schema.ts'
import { problems } from '../../../gateway/core/ground/problems.ts'
import { inChinese, sentences } from '../../../gateway/front/console/words/sentences/said.ts'
import { isNode, type Node, readSources, type Source, walk } from '../../support/source.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** What a gap may hold. */
const FILLED = '7'

/** A text, or both where it is one of two; with what is filled in. */
function textsOf(node: unknown): string[] {
  if (!isNode(node)) return []
  if (node.type === 'Literal') return typeof node.value === 'string' ? [node.value] : []
  if (node.type === 'ConditionalExpression') return [...textsOf(node.consequent), ...textsOf(node.alternate)]
  if (node.type !== 'TemplateLiteral') return []
  return [(node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join(FILLED)]
}

/** What is said by calls of these names: the argument with that index, where it is a text. */
function said({ tree }: Pick<Source, 'tree'>, calls: Readonly<Record<string, number>>): string[] {
  const found: string[] = []
  walk(tree(), (node) => {
    const { name } = node.type === 'CallExpression' && isNode(node.callee) ? (node.callee as { name?: string }) : {}
    const at = name !== undefined && Object.hasOwn(calls, name) ? calls[name] : undefined
    if (at !== undefined) found.push(...textsOf((node.arguments as readonly Node[])[at]))
    return true
  })
  return found
}

/** Sentences that are members of objects: the text of a note, and tables of what to say when. */
function members({ tree }: Pick<Source, 'tree'>): string[] {
  const found: string[] = []
  walk(tree(), (node) => {
    // What a note is about is for the log.
    const isLogged = isNode(node.key) && (node.key as { name?: string }).name === 'about'
    if (node.type === 'Property' && !isLogged) found.push(...textsOf(node.value).filter((text) => text.includes(' ')))
    return true
  })
  return found
}

/** Every text with a space in it. */
function literals({ tree }: Pick<Source, 'tree'>): string[] {
  const found: string[] = []
  walk(tree(), (node) => {
    found.push(...textsOf(node).filter((text) => / /.test(text.trim())))
    return true
  })
  return found
}

/** What is compared, and parts of sentences that are known whole. */
const NO_SENTENCES: readonly string[] = [
  ...['modbus 7', 'opcua 7:77', ', or maxRegisters: 7', ', above 7', 'did you mean', ', or '],
]

/** What is nothing but gaps says nothing. */
const unknown = (texts: readonly string[]) =>
  [...new Set(texts)].filter((text) => /\p{L}/u.test(text) && inChinese(text) === undefined)

function descriptionsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { description } = schema as { description?: unknown }
  const own = typeof description === 'string' ? [description] : []
  return [...own, ...Object.values(schema).flatMap(descriptionsOf)]
}

describe('what the gateway says in English', () => {
  it('of the fields of links and machines is there in Chinese', () => {
    const { links, machines } = (siteJsonSchema() as { properties: Record<string, unknown> }).properties
    const all = descriptionsOf({ links, machines })
    expect(all.length).toBeGreaterThan(100)
    expect(unknown(all)).toEqual([])
  })

  const sources = ['gateway/core', 'gateway/control', 'gateway/front/api'].flatMap((folder) =>
    readSources(ROOT, [folder]),
  )
  it('when it refuses is there in Chinese', () => {
    const all = sources.filter(({ text }) => text.includes('refuse(')).flatMap((source) => said(source, { refuse: 1 }))
    expect(all.length).toBeGreaterThan(100)
    expect(unknown(all)).toEqual([])
  })

  it('of what is wrong with a profile or a part of the site file is there in Chinese', () => {
    const all = readSources(ROOT, ['config/check', 'config/document'])
      .filter(({ file }) => !/(fault|yaml-words)\.ts$/.test(file))
      .flatMap(literals)
    expect(all.length).toBeGreaterThan(300)
    expect(unknown(all).filter((text) => !NO_SENTENCES.includes(text))).toEqual([])
  })

  it.each([
    ['gateway/core/board', /notes\.ts$/],
    ['adapters/modbus', /(outcome|tls|serial|datagram)\.ts$/],
    ['gateway/front/sinks', /mqtt-refusal\.ts$/],
    ['gateway/front/sinks', /influx-refusal\.ts$/],
  ])('in notes and causes of %s is there in Chinese', (folder, named) => {
    const all = readSources(ROOT, [folder])
      .filter(({ file }) => named.test(file))
      .flatMap(members)
    expect(all.length).toBeGreaterThan(4)
    expect(unknown(all)).toEqual([])
  })

  it('over a refusal is there in Chinese', () => {
    expect(unknown(Object.values(problems).map(({ title }) => title))).toEqual([])
  })

  it('of a drill is there in Chinese', () => {
    const drill = sources.filter(({ file }) => file.startsWith('gateway/core/drill/'))
    const all = drill.flatMap((source) => said(source, { failed: 0, passed: 0 }))
    expect(all.length).toBeGreaterThan(50)
    expect(unknown(all)).toEqual([])
  })
})

describe('a sentence', () => {
  it('keeps its gaps', () => {
    const gaps = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([gap]) => gap))].toSorted().join()
    expect(Object.entries(sentences).filter(([english, chinese]) => gaps(english) !== gaps(chinese))).toEqual([])
  })

  it('is Chinese', () => {
    const strange = Object.entries(sentences).filter(([english, chinese]) => {
      const isAll = /^\{\w+\}[^\p{L}]*(\{\w+\})?$/u.test(english)
      return !/\p{Script=Han}/u.test(chinese) && !isAll
    })
    expect(strange.map(([english]) => english)).toEqual([
      'webhook {id}',
      'InfluxDB {host}: {what} ({said})',
      'InfluxDB {host} {why}',
    ])
  })

  test.each([
    ['the booking has ended', '预约已结束'],
    [
      'link modbus-1 is down: 10.1.1.2:502: no answer in time; next try in 4 s',
      '链路 modbus-1 断开：10.1.1.2:502：没有及时答复；4 秒后重试',
    ],
    ['unanchored: no checkpoint of this ledger was found outside', '未锚定：外部没有找到本账本的检查点'],
    [
      'booth-1 lets no tenant in: it has never passed a drill; with nobody near it: latchkey drill http://… booth-1',
      'booth-1 不放行租户：从未通过演练；确认无人靠近后：latchkey drill http://… booth-1',
    ],
    [
      'saw-1 lets nobody in: interlock is not read: timeout (unit 3 does not answer); see /v1/machines/saw-1/signals',
      'saw-1 谁都不放行：interlock 读不到：没有及时答复（单元 3 没有答复）；见 /v1/machines/saw-1/signals',
    ],
    [
      'no booking platform is trusted, so nobody can book or unlock; add trust.issuers: issuer, audience and jwks of the platform',
      '没有信任的预约平台，因此谁都不能预约或解锁；请添加 trust.issuers：平台的 issuer、audience 和 jwks',
    ],
    ['InfluxDB answers 400: of another type', 'InfluxDB 答复 400: of another type'],
    [
      'influx is not connected: InfluxDB cannot be reached: connect ECONNREFUSED 127.0.0.1:8086',
      'influx 未连接：连不上 InfluxDB：127.0.0.1:8086 拒绝连接',
    ],
    [
      'mqtt is not connected: connection lost, 5 times in a row at this one alone; too large for it?',
      'mqtt 未连接：连接中断，只在这一个条目上连续 5 次；它是否太大？',
    ],
    [
      'a/events: the broker does not let this client in or publish; check its access list (135); mosquitto wants "topic write a/events" in its acl_file',
      'a/events：消息代理不让此客户端接入或发布；请检查其访问列表（135）；mosquitto 要求其 acl_file 中有 "topic write a/events"',
    ],
    [
      'a/events: 300 bytes, and the broker takes packets of 200; raise its maximum packet size',
      'a/events：300 字节，而消息代理最大接受 200 字节的报文；请调大其最大报文长度',
    ],
    [
      `InfluxDB a:8086: does not let this user write; influx -execute 'GRANT WRITE ON "db" TO "u"' (403: no)`,
      `InfluxDB a:8086：不让此用户写入；influx -execute 'GRANT WRITE ON "db" TO "u"'（403: no）`,
    ],
    [
      'webhook a: 10.0.0.1 is in a private network; write privateNetwork: accepted if that is meant',
      'Webhook a：10.0.0.1 在内网中；若确实如此，请写 privateNetwork: accepted',
    ],
    ['the site file has no such sink', '站点文件没有这个接收端'],
  ])('%s', (english, chinese) => {
    expect(inChinese(english)).toBe(chinese)
  })

  test.each(['what nobody wrote down', 'saw-1: what nobody wrote down', 'toString', '{why}', ''])(
    'that is not known stays as it is: %s',
    (text) => {
      expect(inChinese(text)).toBeUndefined()
    },
  )

  it('of a hostile device costs no time', () => {
    const before = performance.now()
    for (const text of ['x: '.repeat(400), 'a; '.repeat(400), 'the meter '.repeat(200), '('.repeat(2_000)])
      inChinese(text)
    expect(performance.now() - before).toBeLessThan(500)
  })
})
