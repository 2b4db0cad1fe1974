/** The log of a process as it comes out of stderr: to a pipe, and to what systemd says is its journal. */
import { spawnSync } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'

const LOG = new URL('../../gateway/live/log.ts', import.meta.url).href
const SCRIPT = `
import { openLog } from ${JSON.stringify(LOG)}
const log = openLog({ level: 'info', base: { site: 's' } })
log.warn({ link: 'plc' }, 'link is down')
log.child({ link: 'plc' }).info('link is up')
log.fatal({ code: 'config' }, 'latchkey is up')
log.info('words that nobody has given a code')
`

type Line = { readonly code?: string; readonly msg: string; readonly link?: string }

function said(isJournal: boolean): string[] {
  const folder = temporaryFolder()
  mkdirSync(folder)
  const path = join(folder, 'stderr')
  const file = openSync(path, 'w')
  const { dev, ino } = fstatSync(file)
  const env = { ...process.env, JOURNAL_STREAM: isJournal ? `${dev}:${ino}` : '8:1' }
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', SCRIPT], {
    env,
    stdio: ['ignore', 'ignore', file],
  })
  closeSync(file)
  expect(status).toBe(0)
  return readFileSync(path, 'utf8').trim().split('\n')
}

it('has codes, and what a line brings itself comes first', () => {
  const lines = said(false).map((line) => JSON.parse(line) as Line)
  expect(lines.map(({ code }) => code)).toEqual(['link-down', 'link-up', 'config', undefined])
  expect(lines[0]).toMatchObject({ msg: 'link is down', link: 'plc' })
})

it('tells the journal how grave a line is', () => {
  const lines = said(true)
  expect(lines.map((line) => line.slice(0, 3))).toEqual(['<4>', '<6>', '<2>', '<6>'])
  expect(JSON.parse(lines[0]!.slice(3))).toMatchObject({ code: 'link-down' })
})
