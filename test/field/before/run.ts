/**
 * `node test/field/before/run.ts`: all probes on the tree that this file lies in, one JSON object per line. Read next:
 * test/field/before.ts, which runs it in two trees.
 */
import { createScope } from '../../support/proof.ts'
import { calls } from './calls.ts'
import { commands } from './commands.ts'
import { oddDevices } from './devices.ts'

const scope = createScope('before')
try {
  const seen = await Promise.all([calls, commands, oddDevices].map((group) => group(scope)))
  for (const one of seen.flat()) process.stdout.write(`${JSON.stringify(one)}\n`)
} finally {
  await scope.close()
}
process.exit(0)
