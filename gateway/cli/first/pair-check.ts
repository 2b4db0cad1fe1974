/**
 * Whether the two boxes of a pair reach each other and have one key. It says hello to neither: both go on as they were.
 * Read next: doctor.ts, control/pair/wire.ts.
 */
import type { SiteConfig } from '../../../config/site.ts'
import { call } from '../../control/pair/wire.ts'
import type { Finding } from './host-checks.ts'

/** The own box is asked as well: it answers while its gateway runs. */
export async function checkPairOf({ pair }: SiteConfig): Promise<Finding | undefined> {
  if (pair === undefined) return undefined
  const said = await Promise.all(
    pair.boxes.map(async (box) => {
      const wire = await call(box, pair.key)
      if (typeof wire !== 'string') wire.close()
      return { at: `${box.id} at ${box.host}:${box.port}`, is: typeof wire === 'string' ? wire : ('well' as const) }
    }),
  )
  const words = { well: 'answers', absent: 'does not answer', key: 'has another key' }
  const why = said.map(({ at, is }) => `${at} ${words[is]}`).join('; ')
  return { what: 'pair', state: said.every(({ is }) => is === 'well') ? 'well' : 'wrong', why }
}
