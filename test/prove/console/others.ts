/**
 * Everything that people asked of the gateway by its pages, asked again by somebody who may not: nobody at all, the
 * tenant of another machine, and a page of somebody else in the name of whoever asked. None of it is done.
 */
import type { Request } from 'playwright-core'
import type { Checks } from '../item.ts'
import { type House, INSTRUMENT } from './house.ts'

type Asked = { readonly method: string; readonly path: string; readonly body: string | null }

/** A tenant may have a calendar address of their own. */
const OWN = ['POST /v1/subscriptions']

/** Notes what would change something. */
export function createEar() {
  const asked: Asked[] = []
  return {
    asked,
    heard(request: Request) {
      const { pathname, search } = new URL(request.url())
      if (request.method() === 'GET' || !pathname.startsWith('/v1/')) return
      asked.push({ method: request.method(), path: pathname + search, body: request.postData() })
    },
  }
}

export async function askAsOthers(house: House, asked: readonly Asked[], check: Checks['check']): Promise<void> {
  const { plant, url } = house
  const cookies = async (credential: string) => {
    const headers = { origin: url, authorization: `Bearer ${credential}` }
    const answer = await fetch(`${url}/console/session`, { method: 'POST', headers })
    return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  }
  const stranger = await cookies(await plant.machine(INSTRUMENT).token())
  const [technician, auditor] = [await cookies(plant.key('wang')), await cookies(plant.key('chen'))]
  const evil = 'http://evil.example'
  for (const [who, headers] of [
    ['nobody', { origin: url }],
    ['a tenant of another machine', { origin: url, cookie: stranger }],
    ['a page of somebody else, as a technician', { origin: evil, cookie: technician }],
    ['a page of somebody else, as an auditor', { origin: evil, cookie: auditor }],
  ] as const) {
    const done: string[] = []
    for (const { method, path, body } of asked) {
      if (OWN.includes(`${method} ${path}`) && who.startsWith('a tenant')) continue
      const type = body === null ? {} : { 'content-type': 'application/json' }
      const { status } = await fetch(url + path, { method, headers: { ...headers, ...type }, body })
      if (status < 400 || status >= 500) done.push(`${status} ${method} ${path}`)
    }
    check(`none of ${asked.length} requests is done for ${who}`, asked.length > 30 && done.length === 0, done)
  }
}
