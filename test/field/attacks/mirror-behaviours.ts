/**
 * What a gateway may answer to who keeps a mirror of its log: everything an HTTP server may do, and checkpoints that
 * are none. Read next: influx-behaviours.ts (the HTTP), hostile.ts.
 */
import type { Behaviour } from './hostile.ts'
import { influxBehaviours } from './influx-behaviours.ts'

const ROOT = Buffer.alloc(32).toString('base64')
const SIGNATURE = `— halle/log ${Buffer.alloc(68).toString('base64')}\n`
const note = (size: string, root = ROOT, rest = '') => `halle/log\n${size}\n${root}\n${rest}\n${SIGNATURE}`

const CHECKPOINTS: Readonly<Record<string, string | Buffer>> = {
  nothing: '',
  'a line': 'halle/log\n',
  'no signature': `halle/log\n1\n${ROOT}\n\n`,
  'a signature of nobody': note('1'),
  'a size of 2^53': note('9007199254740992'),
  'a size of 10^400': note(`1${'0'.repeat(400)}`),
  'a negative size': note('-1'),
  'a size in another script': note('١'),
  'no root': note('1', ''),
  'a root that is no base64': note('1', '!!!!'),
  'a root of a kilobyte': note('1', Buffer.alloc(1_024).toString('base64')),
  'a name that steers a terminal': note('1').replaceAll('halle/log', '\x1b]0;x\x07\u202ehalle'),
  'a thousand lines': note('1', ROOT, 'x\n'.repeat(1_000)),
  'a hundred signatures': note('1') + SIGNATURE.repeat(99),
  'a signature cut short': note('1').slice(0, -20),
  'no UTF-8': Buffer.concat([Buffer.from('halle/log\n1\n'), Buffer.from([0xff, 0xfe, 0x0a])]),
  'line ends of another system': note('1').replaceAll('\n', '\r\n'),
  HTML: '<html><form>Log in</form></html>',
  JSON: '{"size":1}',
}

export const mirrorBehaviours: Readonly<Record<string, Behaviour>> = {
  ...influxBehaviours,
  ...Object.fromEntries(
    Object.entries(CHECKPOINTS).map(([name, body]): [string, Behaviour] => [
      `gives a checkpoint of ${name}`,
      (socket) => {
        const bytes = Buffer.from(body as string)
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n`)
        socket.end(bytes)
      },
    ]),
  ),
}
