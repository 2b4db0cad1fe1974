/**
 * What systemd hears of a gateway, at a socket like its own: that it is ready when it is, then that it goes on, nothing
 * while the thread that keeps the leases stands still, and that it stops. What systemd does about it: installed.ts.
 */
import { join } from 'node:path'
import { needPackages } from '../../support/apt.ts'
import { startPlant } from '../../support/gateway-plant.ts'
import { startProcess } from '../../support/process.ts'
import { found, nowMs, pause, type Scope } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'

/** How long systemd would wait for a word; a fourth of it lies between two. */
const WATCHDOG_MS = 4000
const HANG_MS = WATCHDOG_MS + 2000
const HANG = new URL('hang.ts', import.meta.url).href

/** Node has no datagrams of AF_UNIX. */
const LISTENER = `
import json, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print(json.dumps({"ready": True}), flush=True)
while True:
    for word in listener.recv(4096).decode().split("\\n"):
        print(word, flush=True)
`

export const supervised: Item = {
  name: 'supervised',
  async run({ scope, say }) {
    needPackages(['python3', 'systemd'])
    const checks = createChecks(say)
    const { path, count } = await listen(scope)
    const heard = { NOTIFY_SOCKET: path, WATCHDOG_USEC: String(WATCHDOG_MS * 1000) }
    const loaded = { NODE_OPTIONS: `--import=${HANG}`, LATCHKEY_HANG: String(HANG_MS) }
    const { gateway, api } = await startPlant(scope, {
      site: 'supervised',
      machines: { 'spray-booth': 1 },
      wrap: ['env', ...Object.entries({ ...heard, ...loaded }).map(([name, text]) => `${name}=${text}`)],
    })
    checks.check('it says once that it is ready', (await within(() => count('READY=1'), 5000)) === 1)
    const before = count('WATCHDOG=1')
    await pause(WATCHDOG_MS)
    const words = count('WATCHDOG=1') - before
    checks.check('it says that it goes on, twice at least in the time that is waited for a word', words >= 2, words)

    process.kill(gateway.pid(), 'SIGUSR2')
    // A word that was under way.
    await pause(500)
    const silentFrom = nowMs()
    const heardBefore = count('WATCHDOG=1')
    await pause(HANG_MS - 1500)
    checks.check('it says nothing while it stands still', count('WATCHDOG=1') === heardBefore)
    const again = async () => (count('WATCHDOG=1') > heardBefore ? nowMs() - silentFrom : undefined)
    const silentMs = await found(again, 20_000, 'it says nothing any more')
    checks.check('which is longer than systemd waits', silentMs > WATCHDOG_MS, silentMs)
    checks.check('and then it goes on', (await fetch(`${api.url}/health/live`)).ok)

    const { code } = await gateway.stop()
    checks.check('it says that it stops', (await within(() => count('STOPPING=1'), 5000)) === 1)
    checks.check('and ends well', code === 0, code)
    return checks.verdict(`${words} words in ${WATCHDOG_MS} ms, none in ${silentMs} ms`)
  },
}

async function listen(scope: Scope): Promise<{ readonly path: string; count(word: string): number }> {
  const path = join(scope.folder, 'notify')
  const listener = startProcess('python3', ['-u', '-c', LISTENER, path])
  scope.defer(() => listener.kill())
  await listener.ready()
  const count = (word: string) =>
    listener
      .output()
      .split('\n')
      .filter((line) => line === word).length
  return { path, count }
}

/** How often, once it is at all. */
const within = (count: () => number, ms: number): Promise<number> =>
  found(() => count() || undefined, ms, 'nothing is heard').catch(() => 0)
