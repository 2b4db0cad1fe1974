/**
 * A data folder of the last schema that was released: the gateway of today starts on it, knows its people, and serves
 * the receipt of what was used then. Ledgers of all of them: test/ledger/store/released.test.ts.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createNodeEd25519, nodeSha256 } from '../../gateway/ledger/log/native.ts'
import { verifyReceipt } from '../../gateway/ledger/verify/verifier.ts'
import { createGateway } from '../support/gateway.ts'
import { freePort } from '../support/ports.ts'
import { fileScope } from './plant.ts'

type Kept = {
  readonly session: string
  readonly keys: readonly string[]
  /** base64, as the files are. */
  readonly ledger: string
  readonly auditor?: string
  readonly files?: Readonly<Record<string, string>>
}

const FOLDER = join(import.meta.dirname, '..', 'ledger', 'store', 'released')
const scope = fileScope('released')
const kept = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json.gz'))
  .map((name) => JSON.parse(gunzipSync(readFileSync(join(FOLDER, name))).toString('utf8')) as Kept)
  .filter(({ files }) => files !== undefined)

test('a data folder is kept', () => expect(kept).not.toHaveLength(0))

test.each(kept)('a gateway goes on with a data folder that was released', async (given) => {
  const { session, keys, ledger, auditor, files } = given
  const dataDir = join(scope.folder, `data-${session}`)
  for (const [path, bytes] of Object.entries({ ...files, 'ledger.sqlite': ledger })) {
    mkdirSync(join(dataDir, dirname(path)), { recursive: true })
    writeFileSync(join(dataDir, path), Buffer.from(bytes, 'base64'))
  }
  const port = await freePort()
  const gateway = createGateway(
    scope,
    'released',
    [
      `{ site: released, timezone: Asia/Shanghai, dataDir: ${dataDir}, api: { listen: "127.0.0.1:${port}" },`,
      '  trust: { issuers: [] }, links: {}, machines: {} }',
    ].join('\n'),
  )
  await gateway.start()
  const headers = { authorization: `Bearer ${auditor}` }
  const answer = await fetch(`http://127.0.0.1:${port}/v1/sessions/${session}/receipt`, { headers })
  expect(answer.status).toBe(200)
  const checked = verifyReceipt(await answer.text(), keys, { sha256: nodeSha256, ed25519: createNodeEd25519() })
  expect(checked).toMatchObject({ ok: true })
  expect(await gateway.stop()).toEqual({ code: 0 })
})
