/**
 * `latchkey run <site.yaml> --new`: the first run, where there is no site file yet. It writes one without links and
 * machines, which are then added on the bench, and makes the key of the first technician. It never replaces a file.
 * Read next: run.ts, front/console/pages/bench/first.tsx (what the person sees then).
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { GatewayError } from '../core/ground/failure.ts'
import { addKey } from './keys.ts'

const HEAD = `# Begun by latchkey run --new. Links and machines are added on the page /bench, or here: comments stay.
# config/README.md lists every option; latchkey check says what is wrong.
`
const LOCAL = '127.0.0.1:8080'

/** The key of the technician, which is kept nowhere else. */
export async function beginSite(path: string, listen = LOCAL): Promise<string> {
  const sitePath = resolve(path)
  const folder = dirname(sitePath)
  const site = {
    site: nameFor(sitePath),
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    dataDir: './data',
    api: { listen },
    links: {},
    machines: {},
  }
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(sitePath, HEAD + stringify(site), { flag: 'wx' })
  } catch (cause) {
    const why =
      (cause as NodeJS.ErrnoException).code === 'EEXIST' ? 'it is there already; run it without --new' : String(cause)
    throw new GatewayError('config', 'new', `${path} cannot be begun: ${why}`, { cause })
  }
  const { text } = await addKey(join(folder, 'data'), { role: 'technician', name: 'first technician' }, [], Date.now())
  return text
}

/** After the folder where the file has the usual name. */
function nameFor(sitePath: string): string {
  const file = basename(sitePath).replace(/\.ya?ml$/, '')
  const name = (file === 'site' ? basename(dirname(sitePath)) : file).toLowerCase()
  const fit = name.replace(/[^a-z0-9-]+/g, '-').slice(0, 32)
  return fit === '' ? 'site' : fit
}
