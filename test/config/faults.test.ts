/** Every fault code: one edit of a good site, exactly one fault, at the mark. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { parseDocument, type Scalar, visit } from 'yaml'
import { faultCodes, faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'
import { accessRows, accessSite } from './access-rows.ts'
import { machineRows } from './machine-rows.ts'
import { profileRows } from './profile-rows.ts'
import { shapeRows } from './shape-rows.ts'
import { edit, goodSite, markOf, openFolder, plcProfile, sawProfile } from './site-folder.ts'
import { siteRows } from './site-rows.ts'
import { tariffRows } from './tariff-rows.ts'

const rows = [...shapeRows, ...siteRows, ...machineRows, ...profileRows, ...accessRows, ...tariffRows]

/** Where a row has no mark because its text is shared or absent: the place by hand, `line:column`. */
const places: Readonly<Record<string, string>> = {
  'missing-key: at the root': '1:1',
  'missing-key: in a map': '15:3',
  'missing-key: the protocol of a link': '12:3',
  'missing-key: the root of an OPC UA device': '20:7',
  'bad-url: no host': '13:42',
  'state-missing: no state rule': '21:12',
  'interlock-stall: the block in two requests': '22:26',
  'address-words: no count': '9:19',
  'address-words: count of something else': '9:19',
  'pair-serial: a bus with room for one': '23:5',
  'interlock-block: too few words': '21:10',
}
/** The edit is in a profile and the fault in the site. */
const inSite = new Set(['state-missing: no state rule'])

const HOOK = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const env = { HOOK, GOOD: 'good-secret', EMPTY: '', LINE: 'good-secret\n' }
const folder = openFolder()
afterAll(() => folder.remove())

describe('a fault is found once, at its place', () => {
  it.each(rows.map((row) => [`${row.code}: ${row.why}`, row] as const))('%s', (name, row) => {
    const file = row.in === undefined ? 'site.yaml' : `profiles/${row.in}.yaml`
    const good = row.in === 'plc' ? plcProfile : row.in === 'saw' ? sawProfile : goodSite
    const fast = row.code === 'heartbeat-too-fast'
    const broken = edit(fast ? edit(good, 'ticksPerSecond: 20', 'ticksPerSecond: 2') : good, row.from, row.to)
    const [line, column] = places[name]?.split(':').map(Number) ?? Object.values(markOf(broken))
    const faults = folder.faults({ [file]: broken, ...row.files }, env)
    const found = faults.map((fault) => ({
      file: fault.file,
      line: fault.line,
      column: fault.column,
      code: fault.code,
    }))
    const expected = { file: inSite.has(name) ? 'site.yaml' : file, line, column, code: row.code }
    expect(found).toEqual([expected])
    const text = faults.map((fault) => `${fault.message}; ${fault.advice}`).join('\n')
    if (row.says) expect(text).toContain(row.says)
    expect(text).not.toMatch(/hunter2|good-secret|123456/)
  })

  it('names a file that is absent, and one that is too long', () => {
    folder.write({})
    const absent = loadSite(join(folder.path, 'absent.yaml'), {})
    expect(absent).toMatchObject({ kind: 'faults', faults: [{ line: 1, column: 1, code: 'file-unreadable' }] })
    const long = folder.faults({ 'site.yaml': `${goodSite}#${'x'.repeat(1_048_576)}` })
    expect(long).toMatchObject([{ line: 1, column: 1, code: 'file-too-large' }])
  })

  // elastic/beats#2354, influxdata/telegraf#1378, espanso/espanso#2512: what text programs of Windows make of a file.
  it.each<[string, Buffer, readonly string[]]>([
    ['a mark at its begin and both line ends is read', Buffer.from(`\ufeff${goodSite.replaceAll('\n', '\r\n')}`), []],
    ['two bytes a letter is to be saved as UTF-8', Buffer.from(`\ufeff${goodSite}`, 'utf16le'), ['save it as UTF-8']],
    ['another encoding is to be saved as UTF-8', Buffer.from('# Müller\n', 'latin1'), ['save it as UTF-8']],
  ])('a file with %s', (_name, bytes, advice) => {
    folder.write({})
    writeFileSync(join(folder.path, 'site.yaml'), bytes)
    const loaded = loadSite(join(folder.path, 'site.yaml'), env)
    expect(loaded.kind === 'ok' ? [] : loaded.faults.map((fault) => fault.advice)).toEqual(advice)
  })

  it('refuses an interlock on a link without security, beside the link itself', () => {
    const open = edit(
      edit(goodSite, 'opc.tcp://127.0.0.1', 'opc.tcp://10.1.0.5'),
      'interlock: { device: plc',
      'interlock: { device: saw',
    )
    const saw = `${sawProfile}interlock: { class: lease, toPlc: { node: A, type: words, count: 16 }, fromPlc: { node: B, type: words, count: 18 } }\n`
    const found = folder.faults({ 'site.yaml': open, 'profiles/saw.yaml': saw })
    expect(found.map(({ code, line, column }) => [code, line, column])).toEqual([
      ['opcua-insecure', 13, 79],
      ['interlock-insecure', 22, 26],
    ])
    const readOnly = edit(open, 'security: None', 'security: None, unprotected: read-only')
    const left = folder.faults({ 'site.yaml': readOnly, 'profiles/saw.yaml': saw })
    expect(left.map(({ code }) => code)).toEqual(['interlock-insecure'])
  })

  it('covers every code', () => {
    const elsewhere = ['file-unreadable', 'file-too-large', 'interlock-insecure']
    const covered = new Set<string>([...rows.map((row) => row.code), ...elsewhere])
    expect(Object.keys(faultCodes).filter((code) => !covered.has(code))).toEqual([])
  })
})

describe('all faults at once', () => {
  it('prints five different ones, of two files, by line and column', () => {
    let site = edit(goodSite, 'fencingId: 3', 'fencingId: 99')
    site = edit(site, 'host: 127.0.0.1, port: 502', 'hots: 127.0.0.1, port: 502, host: 127.0.0.1')
    site = edit(site, 'link: plc-bus', 'link: plc-bsu')
    site = edit(site, 'warn: 10m', 'warn: soon')
    const plc = edit(plcProfile, 'signal: parts', 'signal: part')
    const found = folder.faults({ 'site.yaml': site, 'profiles/plc.yaml': plc })
    expect(found.map(faultLine)).toEqual([
      'site.yaml:4:12 out-of-bounds: fencingId is 99; it must be 0 to 15',
      'site.yaml:12:48 unknown-key: "hots" means nothing in "links.plc-bus"; use one of: serial, tls, connectTimeoutMs, inFlight, maxQueue, maxGap, maxRegisters, pauseMs, connectDelayMs, silentAfter, probeEveryMs',
      'site.yaml:19:34 link-unknown: there is no link "plc-bsu"; did you mean "plc-bus"?',
      'site.yaml:23:27 bad-duration: warn is "soon"; write a number and ms, s, m, h or d: 500ms, 5s, 10m',
      'profiles/plc.yaml:13:36 signal-unknown: the profile has no signal "part"; did you mean "parts"?',
    ])
  })

  it('reports a fault of a profile once, however many machines use it', () => {
    const second =
      '\n  booth-2: { name: { en: B }, owner: o, devices: { plc: { profile: plc, link: plc-bus, unit: 2 } }, state: plc }\nbounds:'
    const plc = edit(plcProfile, 'rung: unlocks', 'rung: proved')
    const found = folder.faults({ 'site.yaml': edit(goodSite, '\nbounds:', second), 'profiles/plc.yaml': plc })
    expect(found.map(({ file, code }) => [file, code])).toEqual([['profiles/plc.yaml', 'not-one-of']])
  })

  it('follows an alias to its anchor', () => {
    const shared = edit(goodSite, 'endOfBooking: { warn: 10m', 'endOfBooking: &end { warn: 10x')
    const second =
      '\n  booth-2: { name: { en: B }, owner: o, devices: { a: { profile: saw, link: saw-link, root: nsu=urn:x;s=B } }, state: a, endOfBooking: *end }\nbounds:'
    const found = folder.faults({ 'site.yaml': edit(shared, '\nbounds:', second) })
    expect(found.map(({ code, line, column }) => [code, line, column])).toEqual([['bad-duration', 23, 32]])
  })

  it.each([
    ['the file', goodSite],
    ['what says who may use a machine', accessSite(goodSite)],
  ])('never fails, whatever a node of %s is replaced by', (_what, good) => {
    const document = parseDocument(good)
    const scalars: Scalar[] = []
    visit(document, { Scalar: (_, node) => void scalars.push(node) })
    const wrong = fc.oneof(
      fc.constantFrom(
        '',
        '~',
        '[]',
        '{}',
        '- x',
        '"',
        '!!x',
        '*a',
        `\${env:A}`,
        '1e999',
        '-1',
        '99999999999999999999',
        '__proto__',
        'constructor',
      ),
      fc.string({ maxLength: 8 }),
    )
    fc.assert(
      fc.property(fc.nat(scalars.length - 1), wrong, (index, text) => {
        const [from, to] = scalars[index]!.range!
        const site = good.slice(0, from) + text + good.slice(to)
        const lines = site.split('\n')
        for (const fault of folder.faults({ 'site.yaml': site })) {
          expect(fault.line).toBeLessThanOrEqual(lines.length)
          expect(fault.column).toBeLessThanOrEqual((lines[fault.line - 1]?.length ?? 0) + 1)
        }
      }),
      { numRuns: 150 },
    )
  })
})
