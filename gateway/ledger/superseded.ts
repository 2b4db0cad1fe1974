/**
 * The word of a log that it may go on elsewhere: made with each backup, signed by the keys of the log, and shown to the
 * world by the box that restores it. A gateway that finds such a word of its own keys has been superseded.
 * Read next: anchor.ts (who finds it), gateway/cli/keep/stage.ts (who makes it), evidence/note.ts.
 */
import { parseNote, type Signer, signNote, verifySignature } from './evidence/note.ts'
import { trustedKeys } from './evidence/trust.ts'

/** In the data folder: words of the logs that this one has taken the place of by a restore, a list in JSON. */
export const SUPERSEDED = 'superseded.json'
const WORD = 'superseded by whoever restores the backup'
const FORM = new RegExp(`^[^\\n]+\\n${WORD} ([0-9a-f-]{36})\\n$`)

/** `id`: of the backup. All signers are of one log. */
export const supersededNote = (signers: readonly Signer[], id: string): string =>
  signNote(
    `${signers[0]!.key.name}\n${WORD} ${id}\n`,
    signers.map((signer) => ({ signer })),
  )

/** The first of these notes, a list in JSON from anybody, that is a word of our own log. */
export function findSuperseded(text: string, vkeys: readonly string[]): string | undefined {
  try {
    const notes: unknown = JSON.parse(text)
    return Array.isArray(notes)
      ? notes.find((note) => typeof note === 'string' && supersededBy(note, vkeys))
      : undefined
  } catch {
    return undefined
  }
}

/** The backup that was restored elsewhere, if this is a word of our own log; `vkeys` are its keys. */
export function supersededBy(note: string, vkeys: readonly string[]): string | undefined {
  const parsed = parseNote(note)
  if (parsed.kind === 'refused') return undefined
  const { text, signatures } = parsed.value
  const [, id] = FORM.exec(text) ?? []
  const { keys } = trustedKeys(vkeys)
  const isOurs = keys.some(({ key }) =>
    signatures.some(({ signature }) => verifySignature(key, text, signature) !== undefined),
  )
  return isOurs ? id : undefined
}
