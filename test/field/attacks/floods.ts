/**
 * Calls without a credential, or with a guessed one, each as soon as the one before is answered. Read next: crowds.ts,
 * attacker.ts (which runs them).
 */
import { randomBytes } from 'node:crypto'
import { apiRoutes } from './api-fields.ts'
import type { Attack } from './attack.ts'

type Call = { readonly path: string; readonly method?: string; readonly authorization?: string }

/** The nth call of each. */
const CALLS: Readonly<Record<string, (n: number) => Call>> = {
  'PIN guesses': (n) => ({
    path: `/v1/sessions/0190f000-0000-7000-8000-${String(n % 10).padStart(12, '0')}`,
    authorization: `Pin ${n % 3 === 0 ? `machine-${n}` : 'booth-1'}:${String(n % 10_000).padStart(4, '0')}`,
  }),
  'key guesses': (n) => ({
    path: '/v1/machines',
    authorization: `Bearer lk_${n.toString(36).padStart(10, 'a')}_${randomBytes(32).toString('base64url')}`,
  }),
  'nonsense at every route': (n) => {
    const { method, wire } = apiRoutes[n % apiRoutes.length]!
    return { method, path: wire.target, authorization: `Bearer x${n}` }
  },
  'no credential at every route': (n) => {
    const { method, wire } = apiRoutes[n % apiRoutes.length]!
    return { method, path: wire.target }
  },
  'paths that are none': (n) => ({ path: `/v1/${'a/'.repeat(n % 200)}%2e%2e/${n}` }),
  health: (n) => ({ path: ['/health/live', '/health/ready', '/metrics'][n % 3]! }),
  'the page that checks receipts': () => ({ path: '/verify' }),
  'the log': (n) => ({
    path: ['/v1/ledger/checkpoint', `/v1/ledger/proof/${n % 50}`, '/v1/ledger/tile/0/000'][n % 3]!,
  }),
  'event streams': (n) => ({ path: `/v1/events?from=${n}` }),
}

const CALLERS_EACH = 2

export const floods: Attack = async (url, signal) => {
  let sent = 0
  const call = async (of: (n: number) => Call) => {
    for (let n = 0; !signal.aborted; n += 1) {
      const { path, method = 'GET', authorization } = of(n)
      const headers = authorization === undefined ? {} : { authorization }
      // An answer that is cut or a connection that is refused is the attacker's own business.
      await fetch(`${url.origin}${path}`, { method, headers, signal }).then(
        (response) => response.body?.cancel(),
        () => undefined,
      )
      sent += 1
    }
  }
  await Promise.all(Object.values(CALLS).flatMap((of) => Array.from({ length: CALLERS_EACH }, () => call(of))))
  return sent
}
