/** What a library throws while nobody waits for it ends the links of its protocol; what we throw ends the process. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageThatThrew } from '../../gateway/control/host/stray.ts'
import { fileScope } from '../flow/plant.ts'
import { startPlant } from '../support/gateway-plant.ts'
import { found } from '../support/proof.ts'

const scope = fileScope('stray')
const preload = `--import=${new URL('throws.ts', import.meta.url).href}`

/** A plant, and how to have somebody throw in its gateway. */
async function plantThatThrows(thrower: 'library' | 'we') {
  const trigger = join(scope.folder, `throws-${thrower}`)
  const plant = await startPlant(scope, {
    site: `stray-${thrower}`,
    machines: { instrument: 1, 'edge-bander': 1 },
    wrap: ['env', `LATCHKEY_THROWS_AT=${trigger}`, `NODE_OPTIONS=${preload}`],
  })
  return { ...plant, throwNow: () => writeFileSync(trigger, thrower) }
}

describe('an exception that nobody caught', () => {
  it('of a library ends its links, and nothing else notices', async () => {
    const { gateway, api, throwNow } = await plantThatThrows('library')
    const from = await api.head()
    throwNow()
    const ofLinks = async (wanted: string) => (await api.entries(from)).filter(({ kind }) => kind === wanted)
    await found(async () => (await ofLinks('LinkRestored'))[0], 20_000, 'the link is not back')
    expect(await ofLinks('LinkLost')).toMatchObject([
      { data: { link: 'instrument-1-opcua', cause: expect.stringContaining('failed on what a device sent') } },
    ])
    await api.untilAvailable('instrument-1', 20_000)
    expect(gateway.output()).toContain('a library failed on what a device sent')
    expect((await gateway.stop()).code).toBe(0)
  }, 120_000)

  it('of ours ends the process', async () => {
    const { gateway, throwNow } = await plantThatThrows('we')
    throwNow()
    const said = async () => (gateway.output().includes('an invariant is broken') ? true : undefined)
    await found(said, 10_000, 'it goes on')
    expect((await gateway.stop()).code).toBe(1)
  }, 120_000)
})

describe('who threw it', () => {
  const at = (...frames: string[]) =>
    Object.assign(new Error('x'), { stack: ['Error: x', ...frames].join('\n    at ') })
  it.each([
    ['a library', ['f (file:///a/node_modules/node-opcua-transport/dist/x.js:1:2)'], 'node-opcua-transport'],
    [
      'a library through Node',
      ['readUInt32LE (node:internal/buffer:9:1)', 'Socket.f (/a/node_modules/modbus-serial/x.js:1:2)'],
      'modbus-serial',
    ],
    ['one inside another', ['f (/a/node_modules/x/node_modules/@scope/y/z.js:1:2)'], '@scope/y'],
    [
      'us, called by a library',
      ['f (file:///a/adapters/opcua/link.ts:1:2)', 'g (/a/node_modules/node-opcua-client/x.js:1:2)'],
      undefined,
    ],
    ['nobody but Node', ['f (node:net:1:2)'], undefined],
    ['nobody', [], undefined],
  ])('%s', (_, frames, thrower) => {
    expect(packageThatThrew(at(...frames))).toBe(thrower)
  })
  it.each([undefined, null, 'text', 7])('is not known of %s', (thing) => {
    expect(packageThatThrew(thing)).toBe(undefined)
  })
})
