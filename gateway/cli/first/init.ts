/**
 * `latchkey init [site.yaml]`: asks in a terminal what a first site needs, or takes it from options, and writes a site
 * file with comments. It never replaces a file, and opens no socket.
 * Read next: questions.ts, site-text.ts, doctor.ts (what comes next).
 */
import { accessSync, constants, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { profileFolders, profileNames } from '../../../config/catalogue.ts'
import { faultLine } from '../../../config/document/fault.ts'
import { loadSite } from '../../../config/load.ts'
import type { Io } from '../site.ts'
import { inLanguage, type Language, languageOf, type Said } from './language.ts'
import { type Answers, faultOf, type Here, questions } from './questions.ts'
import { siteText } from './site-text.ts'

export type InitOptions = Partial<Answers> & { readonly yes: boolean; readonly lang?: string }

/** Where a package keeps it. */
const INSTALLED = '/etc/latchkey'

const LEFT = new Set(['ABORT_ERR', 'ERR_USE_AFTER_CLOSE'])

type Asker = (question: string) => Promise<string>
type Given = { -readonly [Name in keyof Answers]?: string }

/** The exit code: 0 written, 1 not. */
export async function initCommand(path: string, options: InitOptions, io: Io): Promise<number> {
  const language = languageOf(options.lang, io.env)
  const say = (...said: Said) => io.stderr.write(`${inLanguage(language, said)}\n`)
  if (existsSync(path)) {
    say(`${path} is there already; it is not replaced.`, `${path} 已经存在，不会被覆盖。`)
    return 1
  }
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY
  if (!options.yes && !isTerminal) {
    say('There is no terminal to ask in: give --yes and options.', '没有可以提问的终端：请加 --yes 和选项。')
    return 1
  }
  const refused = unwritable(dirname(resolve(path)))
  if (refused !== undefined) {
    say(
      `This user may not write in ${refused}: name another file, or use sudo.`,
      `当前用户不能写入 ${refused}：请换一个文件，或用 sudo。`,
    )
    return 1
  }
  const terminal = options.yes ? undefined : createInterface({ input: process.stdin, output: process.stderr })
  const profiles = profileNames(profileFolders(dirname(resolve(path))))
  const here = { hostname: hostname(), timezone: zoneHere(), installed: isInstalled(path), profiles }
  try {
    const answers = await answersOf(options, here, language, io, terminal && ((text) => terminal.question(text)))
    return answers === undefined ? 1 : write(path, siteText(answers, language), language, io)
  } catch (error) {
    // Ctrl-C or Ctrl-D, at a question or between two.
    if (!LEFT.has((error as NodeJS.ErrnoException).code ?? '')) throw error
    say('\nNothing is written.', '\n没有写入任何文件。')
    return 1
  } finally {
    terminal?.close()
  }
}

async function answersOf(
  options: InitOptions,
  here: Here,
  language: Language,
  { stderr }: Io,
  ask: Asker | undefined,
): Promise<Answers | undefined> {
  const given: Given = {}
  for (const [name, question] of Object.entries(questions) as [keyof Answers, (typeof questions)[keyof Answers]][]) {
    const isLeftOut = question.when?.(given) === false
    const fallback = isLeftOut ? '' : question.fallback(here, given)
    const refuse = (text: string, wanted: Said) =>
      stderr.write(`--${name} ${JSON.stringify(text)}: ${inLanguage(language, wanted)}\n`)
    given[name] = options[name] ?? fallback
    if (ask !== undefined && options[name] === undefined && !isLeftOut)
      for (let fault: Said | undefined; ; refuse(given[name]!, fault)) {
        const typed = await ask(`${inLanguage(language, question.ask)}${fallback === '' ? '' : ` [${fallback}]`}: `)
        given[name] = typed.trim() || fallback
        fault = faultOf(name, given[name]!, here)
        if (fault === undefined) break
      }
    const fault = isLeftOut ? undefined : faultOf(name, given[name]!, here)
    if (fault === undefined) continue
    refuse(given[name]!, fault)
    return undefined
  }
  return given as Answers
}

/** Kept only when it is good: what its parts are made of may not fit together. */
function write(path: string, text: string, language: Language, { stdout, stderr, env }: Io): number {
  mkdirSync(dirname(resolve(path)), { recursive: true })
  writeFileSync(path, text, { mode: 0o640, flag: 'wx' })
  const loaded = loadSite(path, env)
  if (loaded.kind === 'faults') {
    rmSync(path)
    for (const fault of loaded.faults) stderr.write(`${faultLine(fault)}\n`)
    return 1
  }
  stdout.write(`${path}\n`)
  stderr.write(`${inLanguage(language, next(path))}\n`)
  return 0
}

function next(path: string): Said {
  const start = isInstalled(path) ? 'systemctl start latchkey' : `latchkey run ${path}`
  return [
    `Written. Next: latchkey doctor ${path}, then start the gateway: ${start}`,
    `已写好。接下来运行 latchkey doctor ${path}，再启动网关：${start}`,
  ]
}

const isInstalled = (path: string) => resolve(path).startsWith(`${INSTALLED}/`)

/** The folder that this user may not write in; it, or what is above it where it has to be made. */
function unwritable(folder: string): string | undefined {
  let there = folder
  while (!existsSync(there)) there = dirname(there)
  try {
    accessSync(there, constants.W_OK | constants.X_OK)
    return undefined
  } catch {
    return there
  }
}

const zoneHere = () => Intl.DateTimeFormat().resolvedOptions().timeZone
