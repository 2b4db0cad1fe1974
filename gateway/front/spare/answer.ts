/**
 * What a box of a pair answers while it is not the gateway. Health and metrics say how it is, to everybody: there is
 * nothing of people, machines or secrets in it. A browser gets one page in two languages. Everything else is refused
 * with the name of the other box, and 503, so that a proxy that asks for `/` finds the one that works. It changes
 * nothing. Pure. Read next: server.ts (who sends it), core/pair/stand-by.ts (what it says), page.ts.
 */
import { problems } from '../../core/ground/problems.ts'
import { type StandBy, sentenceOf, takesOverWhen } from '../../core/pair/stand-by.ts'
import { TAKE_MS } from '../../core/pair/times.ts'
import type { Box } from './box.ts'
import { metricsOf } from './metrics.ts'
import { PAGE_POLICY, pageOf } from './page.ts'

type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** `target`: of the request. `request`: a word for this one, as in the log. */
export function answerOf(method: string, target: string, box: Box, standBy: StandBy, request: string): Answer {
  const path = target.split('?', 1)[0]!
  if (method === 'GET' || method === 'HEAD') {
    if (path === '/health/live') return json(200, liveOf(box, standBy))
    if (path === '/health/ready') return json(503, readyOf(box, standBy))
    if (path === '/metrics') return { status: 200, headers: { 'content-type': METRICS }, body: metricsOf(box, standBy) }
    if (isPage(path))
      return {
        status: 503,
        headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': PAGE_POLICY, ...RETRY },
        body: pageOf(box, standBy, path),
      }
  }
  return refusal(target, standBy, request)
}

const METRICS = 'text/plain; version=0.0.4; charset=utf-8'
const RETRY = { 'retry-after': '2' }

/** The pages that the gateway has: an address in a label leads here too. */
const isPage = (path: string) =>
  ['/', '/books', '/bench', '/sign-in'].includes(path) || /^\/(?:m|machines)\/[^/]+$/.test(path)

const json = (status: number, body: object): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...(status === 200 ? {} : RETRY) },
  body: JSON.stringify(body),
})

const liveOf = ({ version, instance }: Box, { role, box }: StandBy) => ({
  status: 'live',
  version,
  instance,
  role,
  box,
})

function readyOf({ configurationId }: Box, standBy: StandBy): object {
  const { why, otherUrl, ...rest } = standBy
  const what = `this box is ${standBy.role === 'spare' ? 'the spare' : 'not decided yet'}, and box ${standBy.other} is to be asked`
  return {
    ready: false,
    notes: [what, ...(why === undefined ? [] : [sentenceOf(why).en])],
    configuration: configurationId,
    pair: {
      ...rest,
      ...(otherUrl === undefined ? {} : { otherUrl }),
      couldTakeOver: why === undefined,
      ...(why === undefined ? {} : { why: { code: why, ...sentenceOf(why) } }),
      takesOverWhen: takesOverWhen(TAKE_MS),
    },
  }
}

/**
 * As every refusal of the gateway looks. `location`: the same request at the active box, which the caller may send. A
 * box that is not decided yet sends nobody elsewhere: it may be the active one in a second.
 */
function refusal(target: string, { role, box, other, otherUrl }: StandBy, instance: string): Answer {
  const { status, title, decision, advice } = problems.spare
  const isSpare = role === 'spare'
  const url = isSpare ? otherUrl : undefined
  const elsewhere = url !== undefined && isOwnPath(target) ? { location: `${url}${target}` } : {}
  const link = url === undefined ? {} : { link: `<${url}>; rel="alternate"` }
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...elsewhere, ...link, ...RETRY },
    body: JSON.stringify({
      type: '/problems/spare',
      ...{ title, status, code: 'spare', decision, advice },
      detail: isSpare
        ? `this is box ${box}; box ${other} is the active one`
        : `this is box ${box}, which asks box ${other} who works`,
      ...{ instance, role, box },
      ...(isSpare ? { active: { box: other, ...(url === undefined ? {} : { url }) } } : {}),
    }),
  }
}

/** Nothing that a header could not hold, and no other host. */
const isOwnPath = (target: string) => /^\/(?!\/)[\x21-\x7e]*$/.test(target) && target.length < 2000
