/**
 * The contract of links, test/contract/, run against a device that is a process, on every transport that there is: none
 * is left out, and none of its tests is skipped.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { needPackages } from '../../support/apt.ts'
import { runProcess } from '../../support/process.ts'
import { goFirst } from '../../support/proof.ts'
import type { Item } from '../item.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** As the suite calls them. */
const TRANSPORTS = [
  'modbus',
  'modbus over TLS',
  'modbus over UDP',
  'modbus RTU over TCP',
  'modbus RTU',
  'opcua',
] as const

/** One over a network, one on a line, and OPC UA. */
const QUICK_TRANSPORTS: readonly string[] = ['modbus over TLS', 'modbus RTU', 'opcua']

type Report = {
  readonly testResults: readonly { readonly assertionResults: readonly Outcome[] }[]
}
type Outcome = { readonly ancestorTitles: readonly string[]; readonly fullName: string; readonly status: string }

export const contract: Item = {
  name: 'contract',
  async run({ quick, scope, say }) {
    needPackages(['socat'])
    goFirst()
    const transports = quick ? QUICK_TRANSPORTS : TRANSPORTS
    const named = ['--testNamePattern', `a link of (${transports.join('|')}) (?!over )`]
    const report = join(scope.folder, 'contract.json')
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', 'test/contract', '--reporter=json', ...named]
    const failure = await runProcess(process.execPath, [...vitest, `--outputFile.json=${report}`], { cwd: ROOT }).then(
      () => undefined,
      (error: Error) => error.message,
    )
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
    const outcomes = testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ ancestorTitles }) => transports.some((name) => ancestorTitles.includes(`a link of ${name}`)))
    const counts = transports.map((name) => ({ name, ...countOf(outcomes, name) }))
    for (const { name, passed, all } of counts) say(`${name}: ${passed} of ${all}`)
    const most = Math.max(...counts.map(({ all }) => all))
    const notes = [
      ...outcomes.filter(({ status }) => status !== 'passed').map(({ fullName, status }) => `${fullName}: ${status}`),
      ...counts.filter(({ all }) => all < most).map(({ name, all }) => `${name}: only ${all} of ${most} tests`),
      ...(failure === undefined ? [] : [failure.slice(-2000)]),
    ]
    return {
      figure: `${counts.length} transports, ${most} tests each: ${counts.reduce((sum, { passed }) => sum + passed, 0)} pass`,
      aim: 'all, on every transport',
      ok: notes.length === 0 && most > 0,
      notes,
    }
  },
}

function countOf(outcomes: readonly Outcome[], name: string): { readonly passed: number; readonly all: number } {
  const own = outcomes.filter(({ ancestorTitles }) => ancestorTitles.includes(`a link of ${name}`))
  return { passed: own.filter(({ status }) => status === 'passed').length, all: own.length }
}
