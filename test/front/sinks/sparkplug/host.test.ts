import { expect, test } from 'vitest'
import { heard } from '../../../../gateway/front/sinks/sparkplug/host.ts'

const said = (what: unknown) => Buffer.from(typeof what === 'string' ? what : JSON.stringify(what))
const online = { online: true, timestamp: 20 }

test.each([
  ['the first word', undefined, online, online],
  ['a newer one', online, { online: false, timestamp: 21 }, { online: false, timestamp: 21 }],
  [
    'its will, which is as old as its birth',
    online,
    { online: false, timestamp: 20 },
    { online: false, timestamp: 20 },
  ],
  ['the will of a former life', online, { online: false, timestamp: 19 }, undefined],
  ['no JSON', undefined, 'ONLINE', undefined],
  ['null', undefined, 'null', undefined],
  ['no time', undefined, { online: true }, undefined],
  ['half a time', undefined, { online: true, timestamp: 1.5 }, undefined],
  ['a word for a flag', undefined, { online: 'true', timestamp: 1 }, undefined],
])('of a host: %s', (_what, known, next, news) => {
  expect(heard(known, said(next))).toEqual(news)
})
