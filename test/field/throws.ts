/**
 * Preloaded into a gateway (`--import`): once the file `LATCHKEY_THROWS_AT` is there, the OPC UA library, or somebody
 * else, throws where nobody waits for it; what the file says names who. Read next: stray.test.ts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { MessageBuilderBase } from 'node-opcua-transport'

const trigger = process.env.LATCHKEY_THROWS_AT ?? ''

function look(): void {
  if (!existsSync(trigger)) return
  clearInterval(timer)
  if (readFileSync(trigger, 'utf8') !== 'library') throw new Error('an invariant is broken')
  // An error without a status, as a server may send it: the library reads past its end.
  const builder = new MessageBuilderBase()
  setImmediate(builder.feed.bind(builder), Buffer.from('4552524608000000', 'hex'))
}

const timer = setInterval(() => isMainThread && look(), 50)
timer.unref()
