/**
 * Every text field of a site file and of a profile, keys included, times 200 hostile texts and more, through `latchkey
 * check`: it ends in time with 0 or 1, and each line that it prints is plain text. Some of it as processes.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkCommand } from '../../../gateway/cli/check.ts'
import { siteFields } from '../../field/attacks/site-fields.ts'
import { type HostileText, hostileTexts, shown } from '../../field/attacks/texts.ts'
import { textFault } from '../../field/attacks/well-formed.ts'
import { startLatchkey } from '../../support/gateway.ts'
import { nowMs, pause, type Scope } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'

const MOST_MS = 2_000
const QUICK_TEXTS = 1
const PROCESSES = 40
const QUICK_PROCESSES = 1

export const siteTexts: Item = {
  name: 'site-texts',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const each = quick ? QUICK_TEXTS : hostileTexts.length
    let slowestMs = 0
    for (const [index, field] of siteFields.entries()) {
      for (let n = 0; n < each; n += 1) {
        const text = hostileTexts[(index * each + n) % hostileTexts.length]!
        const path = write(scope, field, text)
        const startMs = nowMs()
        const { code, said } = await check(path)
        slowestMs = Math.max(slowestMs, nowMs() - startMs)
        const fault = faultOf(code, said) ?? (nowMs() - startMs > MOST_MS ? `${nowMs() - startMs} ms` : undefined)
        checks.check(`${field.name} with ${shown(text)}`, fault === undefined, fault)
      }
      await pause(0)
      if (index % 20 === 19) say(`${index + 1} of ${siteFields.length} fields`)
    }
    const processes = quick ? QUICK_PROCESSES : PROCESSES
    for (let n = 0; n < processes; n += 1) {
      const field = siteFields[(n * 37) % siteFields.length]!
      const text = hostileTexts[(n * 53) % hostileTexts.length]!
      const command = startLatchkey(['check', write(scope, field, text)])
      const { code } = await command.exited
      const fault = faultOf(code, command.output())
      checks.check(`as a process: ${field.name} with ${shown(text)}`, fault === undefined, fault)
    }
    return checks.verdict(
      `${siteFields.length} fields × ${each} of ${hostileTexts.length} texts, slowest ${slowestMs} ms; ${processes} as processes`,
    )
  },
}

function write({ folder }: Scope, field: (typeof siteFields)[number], text: HostileText): string {
  const { site, profile } = field.files(text)
  mkdirSync(join(folder, 'profiles'), { recursive: true })
  writeFileSync(join(folder, 'profiles', 'trial.yaml'), profile)
  const path = join(folder, 'site.yaml')
  writeFileSync(path, site)
  return path
}

async function check(path: string): Promise<{ code: number | undefined; said: string }> {
  let said = ''
  try {
    const stdout = { write: (text: string) => (said += text) }
    return { code: await checkCommand(path, {}, { stdout, env: {} }), said }
  } catch (error) {
    return { code: undefined, said: String((error as Error).stack) }
  }
}

function faultOf(code: number | null | undefined, said: string): string | undefined {
  if (code !== 0 && code !== 1) return `ended with ${code}: ${said.slice(0, 300)}`
  const lines = said.trimEnd().split('\n')
  return lines.map(textFault).find((fault) => fault !== undefined) ?? (/^ {4}at /m.test(said) ? said : undefined)
}
