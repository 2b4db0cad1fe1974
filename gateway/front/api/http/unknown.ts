/** Paths that lead nowhere: 405 with `Allow` when the path exists under another method, otherwise 404. */
import type { FastifyInstance } from 'fastify'
import { refuse } from '../../../core/ground/refusal.ts'
import { sendProblem } from './problem.ts'

/** Before the first route: it learns the routes as they are added. */
export function answerUnknown(app: FastifyInstance): void {
  const routes: { readonly path: RegExp; readonly methods: readonly string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return
    const path = new RegExp(`^${url.replace(/[.]/g, '\\.').replace(/:[^/]+/g, '[^/]+')}$`)
    routes.push({ path, methods: [method].flat() })
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]!
    const allowed = [...new Set(routes.flatMap((route) => (route.path.test(path) ? route.methods : [])))].sort()
    return allowed.length > 0
      ? sendProblem(request, reply, refuse('read-only'), { headers: { allow: allowed.join(', ') } })
      : sendProblem(request, reply, refuse('not-found', 'no such path'))
  })
}
