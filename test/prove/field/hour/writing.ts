/**
 * The first chapter: the technician writes the files, makes each mistake of written.ts in them, and mends it by what
 * `latchkey check` prints. Read next: written.ts, technician.ts.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inLanes } from '../../../support/proof.ts'
import { type Chapter, env, misplaced, openFolder } from './chapter.ts'
import { PASSWORD } from './site.ts'
import { edit, faultsIn, latchkey } from './technician.ts'
import { allWritten, type Written } from './written.ts'

const LANES = 3

/** `one`: only one mistake in so many. */
export async function writing(chapter: Chapter, one = 1): Promise<void> {
  const { checks, files } = chapter
  const folder = openFolder(chapter, 'right', files)
  const path = join(folder, 'site.yaml')
  const good = await latchkey(['check', path], env)
  checks.check('the files are right to begin with', good.code === 0, good.text)
  await inLanes([() => noSuchFile(chapter, folder), () => noVariable(chapter, path)], 2, (make) => make())
  const made = allWritten.filter((_, index) => index % one === 0)
  await inLanes(made, LANES, (row) => mistake(chapter, row))
}

async function noSuchFile({ checks }: Chapter, folder: string): Promise<void> {
  const { code, text } = await latchkey(['check', join(folder, 'stie.yaml')], env)
  const says = /stie\.yaml:1:1 file-unreadable: the file cannot be read: there is no such file; check the path/
  checks.check('the name of the file is wrong', code === 1 && says.test(text), text)
}

async function noVariable({ checks }: Chapter, path: string): Promise<void> {
  const { code, text } = await latchkey(['check', path])
  const says = /site\.yaml:(\d+:\d+) env-missing: the environment variable (\w+) is not set; set \2 before starting/
  const name = says.exec(text)?.[2] ?? ''
  const again = await latchkey(['check', path], { [name]: env[PASSWORD]! })
  checks.check('the secret is not in the environment', code === 1 && again.code === 0, text + again.text)
}

async function mistake(chapter: Chapter, row: Written): Promise<void> {
  const { checks, files } = chapter
  const file = row.in ?? 'site.yaml'
  const broken = misplaced(files, file, row.from, row.to)
  const folder = openFolder(chapter, row.mistake, broken.files)
  const path = join(folder, 'site.yaml')
  const { code, text } = await latchkey(['check', path], env)
  const said = faultsIn({ code, text }, folder)
  const [first] = said
  const words = first && row.says.exec(first.words)
  const { mark } = broken
  const isThere = mark === undefined || (first?.line === mark.line && first.column === mark.column)
  if (code !== 1 || said.length !== 1 || !words || first.file !== file || !isThere) {
    checks.check(`${row.mistake}: said once, with its cause and its place`, false, `${JSON.stringify(mark)} ${text}`)
    return
  }
  edit(folder, first, row.mend(...words.slice(1)))
  checks.check(row.mistake, await isMended(folder, file, chapter), first.words)
}

/** As it was before the mistake, or at least right. */
async function isMended(folder: string, file: string, { files }: Chapter): Promise<boolean> {
  if (readFileSync(join(folder, file), 'utf8') === files[file]) return true
  return (await latchkey(['check', join(folder, 'site.yaml')], env)).code === 0
}
