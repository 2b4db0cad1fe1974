/**
 * The decoder of Eclipse Tahu, the reference implementation of Sparkplug, made of the definitions of the specification
 * by others. It is installed for the proof alone, in a folder that goes with it. It reads a value only where a message
 * names its type, which births do.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProcess } from '../../../support/process.ts'
import type { Scope } from '../../../support/proof.ts'

const DECODER = 'sparkplug-payload@1.0.3'

const READ = `
const { readFileSync } = require('node:fs')
const { decodePayload } = require('sparkplug-payload').get('spBv1.0')
for (const line of readFileSync(process.argv[2], 'utf8').split('\\n')) {
  const { seq, metrics } = decodePayload(Buffer.from(line, 'base64'))
  console.log(JSON.stringify([Number(seq), metrics.map(({ name, value }) => [name, value === null ? null : String(value)])]))
}
`

/** Of each payload its number, and the names of its metrics with their values as text. */
export async function readByTahu({ folder }: Scope, payloads: readonly Uint8Array[]): Promise<string[]> {
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--silent', '--prefix', folder]
  await runProcess('npm', ['install', ...options, DECODER])
  const [script, file] = [join(folder, 'read.cjs'), join(folder, 'births')] as const
  writeFileSync(script, READ)
  writeFileSync(file, payloads.map((payload) => Buffer.from(payload).toString('base64')).join('\n'))
  return (await runProcess(process.execPath, [script, file])).trimEnd().split('\n')
}
