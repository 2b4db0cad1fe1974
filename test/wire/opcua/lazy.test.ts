/** A site without OPC UA does not pay for it: half a second of start and half its memory. */
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

const registry = new URL('../../../adapters/registry.ts', import.meta.url).href
const program = (then: string) => `
  import { registerHooks } from 'node:module'
  const seen = new Set()
  registerHooks({ resolve: (name, context, next) => (seen.add(name), next(name, context)) })
  const { protocols } = await import(${JSON.stringify(registry)})
  ${then}
  console.log(JSON.stringify([...seen].filter((name) => /^(node-opcua|serialport|@serialport)/.test(name))))
  process.exit(0)
`
function packagesOf(then: string): string[] {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program(then)], {
    encoding: 'utf8',
  })
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(stderr)
  }
}

describe('the registry', () => {
  it('loads no protocol package before a protocol is loaded', () => {
    expect(packagesOf('')).toEqual([])
  })

  it('loads no package for Modbus: neither that of OPC UA nor that of serial ports', () => {
    expect(packagesOf('await protocols.modbus.load()')).toEqual([])
  })

  it('loads that of OPC UA when it is asked for', () => {
    expect(packagesOf('await protocols.opcua.load()')).toContain('node-opcua-client')
  })
})
