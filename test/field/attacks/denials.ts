/**
 * Calls with nonsense for a credential, at every route, as fast as they are answered (security M2).
 * Read next: attack.ts.
 */
import { readFileSync } from 'node:fs'
import { SNAPSHOT } from '../../../gateway/front/api/snapshot.ts'
import { prove } from './attack.ts'

const CALLERS = 8
const { paths } = JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as { paths: Record<string, Record<string, unknown>> }
const routes = Object.entries(paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => ({
    method: method.toUpperCase(),
    path: path.replaceAll(/\{\w+\}/g, 'booth-1'),
  })),
)

await prove({
  name: 'denials',
  // What a day has room for, of callers without a good credential, and one per hour.
  mostDenials: 101,
  async run({ api }, signal) {
    let calls = 0
    const call = async () => {
      while (!signal.aborted) {
        const { method, path } = routes[calls++ % routes.length]!
        const response = await fetch(`${api.url}${path}`, { method, headers: { authorization: `Bearer x${calls}` } })
        await response.body?.cancel()
      }
    }
    await Promise.all(Array.from({ length: CALLERS }, call))
    return calls
  },
})
