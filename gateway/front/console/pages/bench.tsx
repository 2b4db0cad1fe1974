/** The bench: links, drill and maintenance, for technicians. */
import { Empty } from '../parts/parts.tsx'
import { useWords } from '../shell/context.ts'
import { useGate } from './sign-in.tsx'

export function Bench() {
  const { t } = useWords()
  const gate = useGate(['technician'], 'bench.title', 'bench.for')
  return (
    gate ?? (
      <>
        <h1>{t('bench.title')}</h1>
        <Empty>{t('bench.later')}</Empty>
      </>
    )
  )
}
