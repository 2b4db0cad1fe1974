/** The books: usage that adds up, for auditors and owners. */
import { Empty } from '../parts/parts.tsx'
import { useWords } from '../shell/context.ts'
import { useGate } from './sign-in.tsx'

export function Books() {
  const { t } = useWords()
  const gate = useGate(['auditor', 'owner'], 'books.title', 'books.for')
  return (
    gate ?? (
      <>
        <h1>{t('books.title')}</h1>
        <Empty>{t('books.later')}</Empty>
      </>
    )
  )
}
