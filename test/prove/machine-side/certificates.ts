/**
 * Servers with bad certificates of seven kinds, each trusted as far as its kind allows, so that nothing but its fault
 * keeps it out. Each is refused before a session, with its cause in words and what to do; a sound one is let in.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LinkError } from '../../../adapters/adapter.ts'
import { opcuaDesk } from '../../../adapters/opcua/desk.ts'
import { opcuaAdapter } from '../../../adapters/opcua/link.ts'
import { startChild } from '../../support/child-server.ts'
import {
  type Files,
  type Leaf,
  makeKnown,
  type PlantAuthority,
  plantAuthority,
} from '../../support/opcua-certificates.ts'
import type { OpcuaAsk, OpcuaServerOptions } from '../../support/opcua-device.ts'
import { freePort } from '../../support/ports.ts'
import type { Scope } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'

type Kind = {
  readonly name: string
  readonly leaf?: Leaf
  readonly state?: 'untrusted' | 'revoked'
  /** The cause, and what to do. */
  readonly words: readonly [RegExp, RegExp]
}

const SERVER = 'urn:plant:plc'
const QUICK_KINDS = 3
const kinds: readonly Kind[] = [
  { name: 'unknown', state: 'untrusted', words: [/is not trusted/, /compare its thumbprint .* trust approve/] },
  { name: 'expired', leaf: { fromDays: -40, toDays: -3 }, words: [/has expired on/, /renew it on the server/] },
  { name: 'not-yet-valid', leaf: { fromDays: 3, toDays: 40 }, words: [/is not valid before/, /set the clock/] },
  { name: 'uri-differs', leaf: { uri: 'urn:plant:other' }, words: [/urn:plant:other/, /a certificate of its own/] },
  { name: 'revoked', state: 'revoked', words: [/has been revoked/, /give the server another one/] },
  { name: 'weak', leaf: { bits: 1024 }, words: [/1024 bits/, /RSA of 2048 bits or more/] },
  { name: 'wrong-usage', leaf: { usage: 'keyEncipherment' }, words: [/may not sign/, /make one for an OPC UA server/] },
]

export const certificates: Item = {
  name: 'certificates',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const shown = quick ? kinds.slice(0, QUICK_KINDS) : kinds
    const plant = plantAuthority(join(scope.folder, 'plant'))
    const refused: string[] = []
    for (const kind of shown) {
      const { error, sessions } = await tried(scope, plant, kind)
      const message = error instanceof LinkError ? error.message : `not refused: ${String(error)}`
      say(`${kind.name}: ${message}`)
      const isRefused = error instanceof LinkError && !error.retriable && error.outcome === 'unsent'
      const isSaid = kind.words.every((words) => words.test(message))
      checks.check(`${kind.name} is refused, with its cause and what to do`, isRefused && isSaid, message)
      checks.check(`${kind.name} has no session`, sessions === 0, sessions)
      if (isRefused && isSaid && sessions === 0) refused.push(kind.name)
    }
    const sound = await tried(scope, plant, { name: 'sound', words: [/./, /./] })
    checks.check('a sound one is let in', sound.error === undefined && sound.sessions === 1, sound)
    return checks.verdict(`${refused.length} of ${shown.length} refused, each with its cause and what to do`)
  },
}

async function tried(scope: Scope, plant: PlantAuthority, kind: Kind) {
  const certificate = plant.issue(kind.name, { uri: SERVER, ...kind.leaf })
  const stateDir = join(scope.folder, `link-${kind.name}`)
  if (kind.state === 'revoked') plant.revoke(certificate)
  trustFor(stateDir, plant, certificate, kind)
  const options: OpcuaServerOptions = {
    pkiDir: join(scope.folder, `server-${kind.name}`),
    applicationUri: SERVER,
    certificate,
  }
  const server = await startChild<OpcuaAsk>('opcua-server.ts', await freePort(), [JSON.stringify(options)])
  const link = opcuaAdapter.createLink(
    {
      ...{ endpoint: `opc.tcp://127.0.0.1:${server.port}`, security: 'SignAndEncrypt', policy: 'Basic256Sha256' },
      ...{ timeoutMs: 5_000, connectTimeoutMs: 20_000, publishingIntervalMs: 500, maxNodesPerRead: 100 },
    },
    { stateDir, now: () => ({ ms: Date.now(), ns: process.hrtime.bigint() }), log: QUIET },
  )
  try {
    const error = await link.open(new AbortController().signal).catch((cause: unknown) => cause)
    return { error: error ?? undefined, sessions: (await server.ask({ kind: 'session-count' })) as number }
  } finally {
    await link.close()
    await server.kill()
  }
}

const silent = () => undefined
const QUIET = { debug: silent, info: silent, warn: silent, error: silent }

/** The authority with its list, and the certificate itself unless that is its fault. */
function trustFor(stateDir: string, plant: PlantAuthority, { certificateFile }: Files, { state }: Kind): void {
  makeKnown(stateDir, plant)
  if (state !== 'untrusted') opcuaDesk.approve(stateDir, readFileSync(certificateFile), [])
}
