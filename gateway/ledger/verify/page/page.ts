/**
 * The page an auditor or a tenant opens from disk: picks files, pastes keys, reads the verdict. It sends nothing and
 * loads nothing; the verifier is the one of `latchkey verify`. Built into one file by build.ts.
 */
import { ACCEPTANCE_HEAD } from '../../evidence/acceptance.ts'
import { fromUtf8 } from '../../evidence/canonical.ts'
import { parseNote } from '../../evidence/note.ts'
import { STATEMENT_HEAD } from '../../evidence/statement.ts'
import { TIMELINE_HEAD } from '../../evidence/timeline.ts'
import { openBundle } from '../bundle-check.ts'
import type { Verdict } from '../verdict.ts'
import { verifyAcceptance, verifyReceipt, verifyStatement, verifyTimeline } from '../verifier.ts'
import { breathe, browser, byId, el, type PickedFile } from './dom.ts'
import { type Language, type Phrase, say } from './says.ts'
import { show } from './show.ts'

const PIECE_BYTES = 1_048_576
const BUNDLE_HEAD = '{"format":"latchkey-evidence"'
/** Larger files are bundles, statements or nothing. */
const MAX_TEXT_BYTES = 1_100_000
const MAX_STATEMENT_BYTES = 100_000_000
const MAX_NOTE_BYTES = 65_536

const LABELS = 'title lead audit keys keysHelp files filesHelp thorough check drop'.split(' ') as Phrase[]
let language: Language = browser.navigator.language.startsWith('zh') ? 'zh' : 'en'
let picked: PickedFile[] = []
let shown: { readonly name: string; readonly verdict: Verdict | undefined }[] = []

for (const each of ['en', 'zh'] as const) byId(`to-${each}`).addEventListener('click', () => speak(each))
byId('files').addEventListener('change', () => pick(byId('files').files))
byId('check').addEventListener('click', () => void checkAll())
byId('drop').addEventListener('dragover', (event) => event.preventDefault())
byId('drop').addEventListener('drop', (event) => {
  event.preventDefault()
  pick(event.dataTransfer?.files ?? null)
})
speak(language)

function speak(to: Language): void {
  language = to
  browser.document.documentElement.lang = to === 'zh' ? 'zh-Hans' : 'en'
  browser.document.title = say(to, 'title')
  for (const word of LABELS) byId(`say-${word}`).replaceChildren(say(to, word))
  render()
}

function pick(files: ArrayLike<PickedFile> | null): void {
  picked = Array.from(files ?? [])
  byId('picked').replaceChildren(...picked.map(({ name }) => el('li', '', name)))
}

async function checkAll(): Promise<void> {
  const keys = byId('keys').value.split('\n')
  if (keys.every((line) => line.trim() === '')) return showStatus(say(language, 'needKeys'))
  byId('check').disabled = true
  try {
    const kinds = await Promise.all(picked.map(async (file) => ({ file, kind: await kindOf(file) })))
    const held = await Promise.all(
      kinds.filter(({ kind }) => kind === 'checkpoint').map(async ({ file }) => (await textOf(file)) ?? ''),
    )
    const evidence = kinds.filter(({ kind }) => kind !== 'checkpoint')
    if (evidence.length === 0) return showStatus(say(language, 'needFiles'))
    shown = []
    for (const { file, kind } of evidence) {
      const verdict = await check(file, kind, keys, held).catch(() => undefined)
      shown.push({ name: file.name, verdict })
    }
    showStatus('')
    render()
  } finally {
    byId('check').disabled = false
  }
}

async function check(file: PickedFile, kind: Kind, keys: string[], held: string[]): Promise<Verdict> {
  const start = async (bytes: number) => new Uint8Array(await file.slice(0, bytes).arrayBuffer())
  if (kind === 'statement') return verifyStatement(await start(MAX_STATEMENT_BYTES), keys)
  if (kind === 'timeline') return verifyTimeline(await start(MAX_STATEMENT_BYTES), keys)
  if (kind === 'acceptance') return verifyAcceptance(await start(MAX_TEXT_BYTES), keys)
  if (kind !== 'bundle') return verifyReceipt(await start(MAX_TEXT_BYTES), keys)
  const bundle = openBundle(keys, { held, thorough: byId('thorough').checked })
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    bundle.push(new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer()))
    showStatus(`${file.name}: ${say(language, 'checking')}, ${bundle.entries}`)
    await breathe()
  }
  return bundle.end()
}

type Kind = 'bundle' | 'statement' | 'timeline' | 'acceptance' | 'receipt' | 'checkpoint'

async function kindOf(file: PickedFile): Promise<Kind> {
  if ((await textOf(file, BUNDLE_HEAD.length)) === BUNDLE_HEAD) return 'bundle'
  if ((await textOf(file, STATEMENT_HEAD.length)) === STATEMENT_HEAD) return 'statement'
  if ((await textOf(file, TIMELINE_HEAD.length)) === TIMELINE_HEAD) return 'timeline'
  if ((await textOf(file, ACCEPTANCE_HEAD.length)) === ACCEPTANCE_HEAD) return 'acceptance'
  // What is none of these is checked as a receipt, and so gets a verdict of its own.
  const text = file.size > MAX_NOTE_BYTES ? undefined : await textOf(file)
  return text !== undefined && parseNote(text).kind === 'ok' ? 'checkpoint' : 'receipt'
}

async function textOf(file: PickedFile, bytes = file.size): Promise<string | undefined> {
  return fromUtf8(new Uint8Array(await file.slice(0, bytes).arrayBuffer()))
}

function showStatus(text: string): void {
  byId('status').replaceChildren(text)
}

function render(): void {
  byId('verdicts').replaceChildren(
    ...shown.map(({ name, verdict }) =>
      verdict === undefined
        ? el('article', 'bad', `${name}: ${say(language, 'unreadable')}`)
        : show(name, verdict, language),
    ),
  )
}
