/**
 * `latchkey doctor <site.yaml>`: looks at what a gateway needs of its computer and of the services around it, and says
 * what to do about each thing that is not well, in English or Chinese. It may run beside the gateway. Machines are
 * asked by `latchkey test`. Ends 0 when nothing is wrong, 1 when something is.
 * Read next: host-checks.ts, remedies.ts, gateway/front/reach.ts.
 */
import { resolve } from 'node:path'
import type { SiteConfig } from '../../../config/site.ts'
import { oneLine } from '../../core/ground/text.ts'
import { reached } from '../../front/reach.ts'
import { type Io, withSite } from '../site.ts'
import {
  checkCertificate,
  checkClock,
  checkDisk,
  checkFileSystem,
  checkNames,
  checkPort,
  checkRights,
  checkSync,
  type Finding,
  type What,
} from './host-checks.ts'
import { inLanguage, languageOf } from './language.ts'
import { checkPairOf } from './pair-check.ts'
import { names, remedies } from './remedies.ts'

type DoctorOptions = { readonly json: boolean; readonly lang?: string }

export function doctorCommand(sitePath: string, { json, lang }: DoctorOptions, io: Io): Promise<number> {
  const language = languageOf(lang, io.env)
  const toLines = ({ what, state, why }: Finding) => {
    const head = `${inLanguage(language, states[state])}  ${inLanguage(language, names[what])}: ${oneLine(why)}`
    return state === 'well' ? head : `${head}\n      → ${inLanguage(language, remedies[what])}`
  }
  return withSite(
    sitePath,
    io,
    async (config) => {
      const findings = await look(config, resolve(sitePath))
      const isWell = findings.every(({ state }) => state !== 'wrong')
      if (json) {
        const rows = findings.map((each) => ({
          ...each,
          ...(each.state === 'well' ? {} : { do: remedies[each.what] }),
        }))
        io.stdout.write(`${JSON.stringify({ ok: isWell, findings: rows })}\n`)
      } else io.stdout.write(`${findings.map(toLines).join('\n')}\n`)
      return isWell ? 0 : 1
    },
    'needed',
  )
}

const states = { well: ['ok  ', '正常'], look: ['look', '留意'], wrong: ['BAD ', '不行'] } as const

type Check = (config: SiteConfig, sitePath: string) => Promise<Finding | undefined> | Finding | undefined

/** In the order in which they are told. */
const checks: readonly (readonly [What, Check])[] = [
  ['clock', checkClock],
  ['disk', checkDisk],
  ['file-system', checkFileSystem],
  ['fsync', checkSync],
  ['rights', checkRights],
  ['port', checkPort],
  ['certificate', checkCertificate],
  ['names', checkNames],
  ['pair', checkPairOf],
]

async function look(config: SiteConfig, sitePath: string): Promise<Finding[]> {
  const findings = await Promise.all(
    checks.map(async ([what, check]): Promise<Finding | undefined> => {
      try {
        return await check(config, sitePath)
      } catch (error) {
        return { what, state: 'wrong', why: (error as Error).message }
      }
    }),
  )
  const around: Finding[] = []
  for await (const { what, ok, detail } of reached(config))
    around.push({ what: isService(what) ? what : 'platform', state: ok ? 'well' : 'wrong', why: detail })
  return [...findings.filter((finding) => finding !== undefined), ...around]
}

const isService = (what: string): what is 'broker' | 'store' | 'feed' => ['broker', 'store', 'feed'].includes(what)
