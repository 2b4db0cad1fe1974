/**
 * The description of MQTT is judged by the parser of the AsyncAPI initiative. The parser brings a hundred packages of
 * its own, so it is installed for the proof alone, in a folder that goes with it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ASYNCAPI } from '../../../gateway/reference/asyncapi.ts'
import { runProcess } from '../../support/process.ts'
import { createChecks, type Item } from '../item.ts'

const PARSER = '@asyncapi/parser@3.6.6'

const JUDGE = `
const { readFileSync } = require('node:fs')
const { Parser } = require('@asyncapi/parser')
new Parser().parse(readFileSync(process.argv[2], 'utf8')).then(({ document, diagnostics }) => {
  const said = diagnostics.map(({ severity, message, path }) => ({ severity, message, path: path.join('/') }))
  console.log(JSON.stringify({ channels: document?.channels().all().length ?? 0, said }))
})
`

type Judged = {
  readonly channels: number
  readonly said: readonly { readonly severity: number; readonly message: string }[]
}

export const asyncapi: Item = {
  name: 'asyncapi',
  async run({ scope, say }) {
    const checks = createChecks(say)
    const { folder } = scope
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--silent', '--prefix', folder]
    await runProcess('npm', ['install', ...options, PARSER])
    say('the parser is installed')
    writeFileSync(join(folder, 'judge.cjs'), JUDGE)
    const file = ASYNCAPI.pathname
    const judged = JSON.parse(await runProcess(process.execPath, [join(folder, 'judge.cjs'), file])) as Judged
    const channels = Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { channels: object }).channels).length
    const errors = judged.said.filter(({ severity }) => severity === 0)
    checks.check('the parser finds no error', errors.length === 0, errors.slice(0, 5))
    checks.check('it sees every channel', judged.channels === channels, judged.channels)
    const hints = judged.said.length - errors.length
    return checks.verdict(`${judged.channels} channels, ${errors.length} errors, ${hints} hints`)
  },
}
