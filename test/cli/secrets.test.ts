/** Commands that open no link and no broker do their work without the secrets of either. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withSite } from '../../gateway/cli/site.ts'
import { startLatchkey } from '../support/gateway.ts'

const SITE = `site: halle
timezone: Europe/Berlin
dataDir: ./data
api: { listen: 127.0.0.1:8080 }
trust: { issuers: [{ issuer: https://p.example, audience: latchkey:halle, jwks: https://p.example/jwks.json }] }
mqtt: { url: mqtts://b.example:8883, username: halle, password: "\${env:LATCHKEY_NOT_SET}" }
links: { plc: { protocol: modbus, transport: tcp, host: 127.0.0.1, port: 9 } }
machines:
  booth:
    name: { en: Booth }
    owner: huajian
    devices: { plc: { profile: latchkey-lease-plc, link: plc, unit: 1 } }
    state: plc
    interlock: { device: plc, class: lease }
`
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-cli-'))
  writeFileSync(join(folder, 'site.yaml'), SITE)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = async (secrets?: 'needed') => {
  const said: string[] = []
  const work = ({ site }: { readonly site: string }) => {
    said.push(site)
    return 0
  }
  const stderr = { write: (text: string) => said.push(text) }
  const code = await withSite(join(folder, 'site.yaml'), { stderr, env: {} }, work, secrets)
  return { code, said: said.join('') }
}

test('a command that needs no secret goes on without', async () => {
  expect(await open()).toEqual({ code: 0, said: 'halle' })
})

test('nor does the key of a webhook or of a pair keep it from its work', async () => {
  const webhooks = `webhooks: { hook: { url: https://h.example, secret: "\${env:LATCHKEY_NOT_SET}" } }`
  const pair = `pair: { boxes: { a: "10.1.0.11:8443", b: "10.1.0.12:8443" }, key: "\${env:LATCHKEY_NOT_SET}" }`
  writeFileSync(join(folder, 'site.yaml'), `${SITE}${webhooks}\n${pair}\n`)
  expect(await open()).toEqual({ code: 0, said: 'halle' })
})

test('one that needs them names the variable and how to set it', async () => {
  const { code, said } = await open('needed')
  expect(code).toBe(1)
  expect(said).toContain('env-missing: the environment variable LATCHKEY_NOT_SET is not set; set LATCHKEY_NOT_SET')
})

test('each command but check and run does its work without them', { timeout: 120_000 }, async () => {
  const site = join(folder, 'site.yaml')
  const commands = [
    ['keys', 'add', site, '--role', 'auditor', '--name', 'Zhao Min'],
    ['keys', 'list', site],
    ['keys', 'revoke', site, 'nobody'],
    ['keys', 'show-log', site],
    ['keys', 'rotate-log', site],
    ['ledger', 'restart', site, '--reason', 'try'],
    ['clock', site],
    ['sinks', 'list', site],
    ['sinks', 'release', site, 'mqtt'],
    ['tenants', 'erase', site, 'acme'],
    ['export', site, join(folder, 'evidence')],
    ['drill', '--conformance', site, 'booth', '--yes'],
  ]
  const ask = async (args: readonly string[]) => {
    const process = startLatchkey(args)
    await process.exited
    return `${args.slice(0, 2).join(' ')}: ${process.output()}`
  }
  const said: string[] = []
  for (const args of commands) said.push(await ask(args))
  expect(said.filter((text) => text.includes('env-missing') || text.includes('Usage:'))).toEqual([])
  for (const command of ['check', 'run']) expect(await ask([command, site])).toContain('env-missing')
})
