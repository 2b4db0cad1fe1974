/**
 * `node gateway/reference/generate.ts` writes gateway/REFERENCE.md: topics, payloads, entries, words, refusals, points,
 * metrics, lines of the log, Sparkplug; and what MQTT carries for programs, gateway/front/sinks/asyncapi.json. All of
 * it is from the tables that the code uses or that a test holds against what it emits; the examples in examples.json
 * are from runs. A test says when it is stale. Read next: asyncapi.ts, markdown.ts.
 */
import { writeFileSync } from 'node:fs'
import { codeOf, OTHER_CODES } from '../core/ground/log-codes.ts'
import { decisions, problems } from '../core/ground/problems.ts'
import { rejectReasons } from '../core/interlock/lease.ts'
import { createMetrics } from '../front/api/health/metrics.ts'
import { bareApi } from '../front/api/snapshot.ts'
import { ASYNCAPI, asyncApi } from './asyncapi.ts'
import { entries } from './entries.ts'
import { type Examples, examples } from './examples.ts'
import { logLines } from './log-lines.ts'
import { code, membersTable, table, wordsTable } from './markdown.ts'
import { parts } from './parts.ts'
import { payloads, topicRows } from './payloads.ts'
import { points } from './points.ts'
import { sparkplugMetrics } from './sparkplug.ts'
import * as words from './words.ts'

export const REFERENCE = new URL('../REFERENCE.md', import.meta.url)

export const reference = (): string =>
  `${[
    INTRODUCTION,
    topicsPart(),
    payloadsPart(examples()),
    entriesPart(examples()),
    sharedParts(),
    wordsPart(),
    refusalsPart(),
    sparkplugPart(),
    pointsPart(examples()),
    metricsPart(),
    logPart(),
  ].join('\n\n')}\n`

const CHECKPOINT = 'A signed note, as text: see [FORMAT.md](ledger/evidence/FORMAT.md).'

const INTRODUCTION = `# What the gateway emits

Generated from the code by \`npm run -s generate\`; not edited by hand. For MQTT, Sparkplug, InfluxDB, Prometheus, the log, and readers of
the ledger. For programs, MQTT is described by \`/asyncapi.json\` (AsyncAPI 3) and the HTTP API by \`/openapi.json\`. The options are in
[config/README.md](../config/README.md), evidence in [FORMAT.md](ledger/evidence/FORMAT.md).

Times are RFC 3339 in UTC, *instants*, where it does not say UTC ms. A *count* is decimal text, because it may pass 2⁵³. A member
marked ° may be absent. Members, words and fields may be added; what is here keeps its name, its type and its meaning.
Examples are from runs against simulated machines.

[Topics](#topics) · [payloads](#payloads) · [entries](#entries) · [parts](#parts) · [words](#words) · [refusals](#refusals) ·
[Sparkplug](#sparkplug) · [InfluxDB](#influxdb) · [metrics](#metrics) · [log](#log)`

function topicsPart(): string {
  const rows = topicRows().map(({ topic, payload, qos, retain, what }) => [
    code(topic),
    `[${payload}](#${payload})`,
    String(qos),
    retain ? 'yes' : '',
    what,
  ])
  return `## Topics

\`site\`, \`machine\`, \`alias\` and \`name\` stand for those of the site file. A second gateway of the site, with \`fencingId\` n above
0, has \`status-n\`, \`checkpoint-n\`, \`superseded-n\` and \`events-n\`; \`status\` in [about](#about) names the one of a machine's gateway.

An availability holds while its gateway is \`online\` and the newer of its \`asOf\` and that of the [status](#status) is not older than its
\`maxAgeMs\`. So one heartbeat of the gateway keeps all its machines fresh, and a machine says something only when it changes.

With MQTT 5 each message says its content type, \`application/json\` or, for a checkpoint, \`text/plain\`.
With \`mqtt.publish: unretained\` nothing is retained and all state is repeated; with \`events\` there are entries alone.

${table(['topic', 'payload', 'QoS', 'retained', 'what'], rows)}`
}

function payloadsPart(shown: Examples): string {
  const one = ([name, schema]: [string, (typeof payloads)[keyof typeof payloads]]) => {
    const rows = 'properties' in schema ? membersTable(schema) : CHECKPOINT
    return `### ${name}\n\n${rows}\n\n${exampleOf(shown.payloads[name])}`
  }
  return `## Payloads\n\n${Object.entries(payloads).map(one).join('\n\n')}`
}

function entriesPart(shown: Examples): string {
  const about = {
    gateway: 'About the gateway',
    machine: 'About a machine',
    session: 'With a session, where there is one',
  }
  const one = ([kind, { what, about: which, data }]: [string, (typeof entries)[keyof typeof entries]]) =>
    `### ${kind}\n\n${what} ${about[which]}.\n\n${membersTable(data)}\n\n${exampleOf(shown.entries[kind])}`
  return `## Entries

What an entry holds in \`data\`, by kind. The same is in an [event](#event), in \`/v1/events\` and in \`/v1/ledger/entries\`, where the
whole body stands as it was hashed; an example shows one body.

${Object.entries(entries).map(one).join('\n\n')}`
}

function sparkplugPart(): string {
  const rows = sparkplugMetrics.map(({ of, name, type, what }) => [of, code(name), type, what])
  return `## Sparkplug

What [Sparkplug B](SPARKPLUG.md) is told, with \`sparkplug\` in the site file: the gateway is an edge node, each machine a device.

${table(['of', 'metric', 'type', 'what'], rows)}`
}

const exampleOf = (value: unknown) =>
  value === undefined
    ? 'No example.'
    : typeof value === 'string'
      ? `\`\`\`\n${value.trimEnd()}\n\`\`\``
      : `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``

const sharedParts = () =>
  `## Parts\n\n${parts
    .map((part) => {
      const { title, description } = part as unknown as { title: string; description: string }
      return `### ${title}\n\n${description}\n\n${membersTable(part)}`
    })
    .join('\n\n')}`

function wordsPart(): string {
  const lists = {
    availabilityState: words.availabilityStates,
    reason: words.availabilityReasons,
    cause: words.causes,
    access: words.accessWords,
    itemState: words.itemStates,
    mode: words.modes,
    plcState: words.plcStateWords,
    suspension: words.suspensions,
    stop: words.stops,
    meterChange: words.meterChanges,
    account: words.accounts,
    lockedAfter: words.lockedAfter,
    clock: words.clocks,
    quality: words.qualities,
  }
  const more: Readonly<Record<string, string>> = {
    reason:
      'Of an availability. A reason with a colon is `cause:signal`: why a signal gates nothing, `stale` or a [cause](#cause), and which one.',
    itemState: 'Those of OPC 40001-1.',
    stop: 'Those of OCPP 2.0.1 that can apply.',
    plcState: 'Those of the lease block. `unknown`: not read yet; `unreachable`: not read in time.',
  }
  const one = ([title, list]: [string, words.Words]) =>
    [`### ${title}`, ...(more[title] === undefined ? [] : [more[title]]), wordsTable(list)].join('\n\n')
  return `## Words\n\n${Object.entries(lists).map(one).join('\n\n')}`
}

function refusalsPart(): string {
  const rows = Object.entries(problems).map(([name, { status, decision, title, advice }]) => [
    code(name),
    String(status),
    code(decision),
    title,
    advice.en,
  ])
  const rejects = Object.entries(rejectReasons).map(([number, means]) => [number, means])
  return `## Refusals

### refusal

In a problem document (RFC 9457) and in entries.

${table(['code', 'status', 'decision', 'title', 'what to do'], rows)}

### decision

${decisions.map(code).join(' ')}: those of OCPP 2.0.1, and the last three our own.

### Reject reasons of a PLC

Word 5 of the lease block, and \`reason\` of [UnlockRefused](#unlockrefused).

${table(['word', 'means'], rejects)}`
}

function pointsPart(shown: Examples): string {
  const one = ([measurement, { what, tags, fields }]: [string, (typeof points)[keyof typeof points]]) => {
    const rows = Object.entries(fields).map(([name, [type, means]]) => [code(name), type, means])
    return `### Measurement ${measurement}

${what}; tags ${tags.map(code).join(' ')}

${table(['field', 'type', 'what'], rows)}

${exampleOf(shown.points[measurement])}`
  }
  return `## InfluxDB

A field keeps its type. The time of a point is fixed when it is committed, so that a repeat overwrites. Points are a view, never
evidence.

${Object.entries(points).map(one).join('\n\n')}`
}

function metricsPart(): string {
  const api = { ...bareApi(''), pull: () => ({}) }
  const rows = createMetrics(api)
    .list()
    .map(({ name, type, labelNames, help }) => [code(name), type, labelNames.map(code).join(' '), help])
  return `## Metrics\n\nAt \`/metrics\`.\n\n${table(['metric', 'type', 'labels', 'what'], rows)}`
}

function logPart(): string {
  const rows = logLines(new URL('../..', import.meta.url).pathname)
    .sort((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ level, text, members }) => [code(codeOf(text) ?? ''), text, level, members.map(code).join(' ')])
  const others = Object.entries(OTHER_CODES).map(([name, when]) => [code(name), when])
  return `## Log

One JSON line per matter on stderr, \`level\`, \`time\`, \`code\`, \`msg\` and the members below; on a terminal the same as a line for people;
under systemd with its priority, so that \`journalctl -u latchkey -p warning\` shows what needs somebody, and
\`journalctl -u latchkey -o cat | jq 'select(.code == "link-down")'\` one matter. A matter is logged when it begins and when it is over.
Texts may be worded anew; codes stay. \`…\` is only known when it happens.

${table(['code', 'text', 'level', 'members'], rows)}

Lines whose text is made elsewhere:

${table(['code', 'when'], others)}`
}

if (import.meta.main) {
  writeFileSync(REFERENCE, reference())
  writeFileSync(ASYNCAPI, asyncApi())
}
