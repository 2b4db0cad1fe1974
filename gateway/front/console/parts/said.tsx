/** A sentence of the gateway: in the language of the page where it is known, else in English, and marked as that. */
import { useWords } from '../shell/context.ts'

export function Said({ text }: { readonly text: string }) {
  const { said } = useWords()
  const own = said(text)
  return own === undefined ? <span lang="en">{text}</span> : own
}
