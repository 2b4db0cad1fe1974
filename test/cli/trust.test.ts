/** Whom the links of a site trust, said by a person at the command line, with no gateway running. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readCertificate } from '../../adapters/opcua/certificate.ts'
import { type TrustTask, trustCommand } from '../../gateway/cli/trust.ts'
import { openFolder } from '../config/site-folder.ts'
import { plantAuthority } from '../support/opcua-certificates.ts'

const folder = openFolder()
afterAll(() => folder.remove())
folder.good({})

async function run(task: TrustTask): Promise<{ code: number; said: string }> {
  let said = ''
  const write = (text: string) => {
    said += text
  }
  const code = await trustCommand(join(folder.path, 'site.yaml'), task, {
    stdout: { write },
    stderr: { write },
    env: {},
  })
  return { code, said }
}
const list = () => run({ do: 'list', json: false })

test('a certificate is listed with its faults, approved from a file, refused again, and ours is renewed', async () => {
  const first = await list()
  expect(first).toMatchObject({ code: 0 })
  expect(first.said).toMatch(/^link saw-link\n {2}the server has not said yet .*\n {2}own [0-9A-F]{40}\n/)

  const which = plantAuthority(join(folder.path, 'plant')).issue('PLC', { hosts: ['plc.plant'] }).certificateFile
  const { thumbprint } = readCertificate(readFileSync(which))!
  const link = 'saw-link'
  expect(await run({ do: 'approve', link, which, despite: [] })).toMatchObject({
    code: 0,
    said: expect.stringContaining(`${thumbprint}.pem is trusted now`),
  })
  expect((await list()).said).toMatch(
    new RegExp(`trusted ${thumbprint}\\n {4}subject CN=PLC, from .*\\n.*plc.plant\\n`),
  )

  expect(await run({ do: 'reject', link, which: thumbprint.slice(0, 6) })).toMatchObject({ code: 0 })
  expect((await list()).said).toMatch(
    new RegExp(`rejected ${thumbprint}[^]*host-differs: it is for plc.plant, .*: write`),
  )
  const { said } = await run({ do: 'list', json: true, link })
  expect(JSON.parse(said)).toMatchObject([{ link, items: [{ place: 'own' }, { place: 'rejected', thumbprint }] }])
  expect(await run({ do: 'renew', link })).toMatchObject({ code: 0, said: expect.stringContaining('is new. Trust it') })
})

test('what cannot be done is said in one line', async () => {
  const refused = async (task: TrustTask) => {
    const { code, said } = await run(task)
    expect(code).toBe(1)
    return said
  }
  expect(await refused({ do: 'renew', link: 'plc-bus' })).toContain('there is no link "plc-bus" that uses certificates')
  expect(await refused({ do: 'reject', link: 'saw-link', which: 'ABCDEF' })).toContain('no certificate ABCDEF is there')
  const despite = ['expired']
  expect(await refused({ do: 'approve', link: 'saw-link', which: 'ABCDEF', despite })).toContain('cannot be accepted')
})
