/**
 * `node test/ledger/store/released/make.ts`: the ledger of a short life at the schema of this software, with its public
 * keys, a receipt, the other files of its data folder and the key of an auditor, as `<schema>.json.gz`. Run once for
 * each schema that is released, and never again. Read next: ../released.test.ts, test/flow/released.test.ts.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { keyLines } from '../../../../gateway/ledger/log/log-keys.ts'
import { migrations } from '../../../../gateway/ledger/store/migrations/index.ts'
import { createReader } from '../../../../gateway/ledger/store/reader.ts'
import { startPlant } from '../../../support/gateway-plant.ts'
import { createScope, found, pause } from '../../../support/proof.ts'

const scope = createScope('released')
try {
  const plant = await startPlant(scope, {
    site: 'released',
    machines: { 'spray-booth': 1 },
    cycleMs: 200,
    autoStart: true,
    people: { wang: { role: 'technician', name: 'Wang Li' } },
  })
  const { api, machines, auditor, dataDir, gateway } = plant
  const session = await api.unlocked(machines[0]!.id, await machines[0]!.token())
  await pause(1500)
  await api.ended(session.id)
  const headers = { authorization: `Bearer ${auditor}` }
  const receipt = await found(
    async () => {
      const answer = await fetch(`${api.url}/v1/sessions/${session.id}/receipt`, { headers })
      return answer.ok ? answer.text() : undefined
    },
    10_000,
    'there is no receipt',
  )
  await gateway.stop()
  const whole = join(scope.folder, 'whole.sqlite')
  execFileSync(process.execPath, [
    '--eval',
    `new (require('node:sqlite').DatabaseSync)(${JSON.stringify(join(dataDir, 'ledger.sqlite'))}).exec(${JSON.stringify(`VACUUM INTO '${whole}'`)})`,
  ])
  const reader = createReader(whole)
  const kept = {
    session: session.id,
    entries: reader.head().nextSeq,
    keys: keyLines(reader.logKeys()),
    receipt,
    ledger: readFileSync(whole).toString('base64'),
    auditor,
    files: filesIn(dataDir),
  }
  reader.close()
  writeFileSync(join(import.meta.dirname, `${migrations.length}.json.gz`), gzipSync(JSON.stringify(kept), { level: 9 }))
} finally {
  await scope.close()
}

/** Beside the ledger, by their path: base64. */
function filesIn(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^ledger\.sqlite|^lock/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
  return Object.fromEntries(paths.map((path) => [relative(folder, path), readFileSync(path).toString('base64')]))
}
