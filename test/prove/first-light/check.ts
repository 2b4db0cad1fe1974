/** A site file with five different faults: `latchkey check` names all five, each with its file, line and column. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startLatchkey } from '../../support/gateway.ts'
import { createChecks, type Item } from '../item.ts'

/** `▸` stands before the character a fault must point at; the word after `#` is its code. */
const MARK = '▸'
const marked = `site: faulty
timezone: ${MARK}Asia/Shangai # timezone-unknown
dataDir: ./data
api:
  listen: 127.0.0.1:0
  ${MARK}lisen: 127.0.0.1:0 # unknown-key
trust: { issuers: [] }
links:
  plc: { protocol: modbus, transport: tcp, host: 127.0.0.1, port: 5020, timeoutMs: ${MARK}soon } # wrong-type
machines:
  booth-1:
    name: { en: Booth }
    owner: huajian
    devices:
      plc: { profile: sim-spray-booth, link: ${MARK}pcl, unit: 1 } # link-unknown
    state: plc
    interlock: { device: plc, class: lease, lease: ${MARK}5 seconds } # bad-duration
`

export const check: Item = {
  name: 'check',
  async run({ scope, say }) {
    const path = join(scope.folder, 'faulty.yaml')
    writeFileSync(path, marked.replaceAll(MARK, ''))
    const expected = faultsOf(path)
    const program = startLatchkey(['check', path])
    const { code } = await program.exited
    const lines = program
      .output()
      .split('\n')
      .filter((line) => line.startsWith(`${path}:`) && /:\d+:\d+ /.test(line))
    const checks = createChecks(say)
    checks.check('it ends with 1', code === 1, code)
    checks.check(`it names ${expected.length} faults`, lines.length === expected.length, lines)
    for (const fault of expected)
      checks.check(
        `it names ${fault}`,
        lines.some((line) => line.startsWith(`${fault}: `)),
        lines,
      )
    const { notes } = checks.verdict()
    const named = expected.filter((fault) => lines.some((line) => line.startsWith(`${fault}: `))).length
    return {
      figure: `${named} faults of ${expected.length} at their file:line:column`,
      aim: 'all, and no other',
      ok: notes.length === 0,
      notes,
    }
  },
}

/** `file:line:column code` of each mark. */
function faultsOf(path: string): string[] {
  return marked.split('\n').flatMap((line, index) => {
    const column = line.indexOf(MARK)
    const code = / # (\S+)$/.exec(line)?.[1]
    return column < 0 || code === undefined ? [] : [`${path}:${index + 1}:${column + 1} ${code}`]
  })
}
