/** The gateway over TLS, as a client that trusts its authority meets it: curl. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { makeCertificate } from '../support/certificate.ts'
import { createGateway, startLatchkey } from '../support/gateway.ts'
import { siteText } from '../support/gateway-site.ts'
import { freePort } from '../support/ports.ts'
import { runProcess, until } from '../support/process.ts'
import { found } from '../support/proof.ts'
import { realPart } from '../support/real.ts'
import { bookingNow, type MachineSimulator, type Platform, startMachine, startPlatform } from '../support/simulators.ts'
import { fileScope } from './plant.ts'

const scope = fileScope('tls')
const [cert, key] = [join(scope.folder, 'cert.pem'), join(scope.folder, 'key.pem')]
/** Those a client trusts, however many there have been. */
const trusted = join(scope.folder, 'trusted.pem')

type Answer = { readonly status: number; readonly body: Record<string, unknown> }

describe.skipIf(!realPart('curl'))('a gateway with a certificate', () => {
  let port: number
  let platform: Platform
  let booth: MachineSimulator
  let gateway: ReturnType<typeof createGateway>
  const first = makeCertificate('first')
  const second = makeCertificate('second')

  const curl = async (scheme: string, path: string, ca: string, ...more: string[]): Promise<Answer> => {
    const args = ['--silent', '--show-error', '--max-time', '20', '--cacert', ca, '--write-out', '\n%{http_code}']
    const text = await runProcess('curl', [...args, ...more, `${scheme}://127.0.0.1:${port}${path}`])
    const line = text.lastIndexOf('\n')
    return { status: Number(text.slice(line + 1)), body: JSON.parse(text.slice(0, line) || '{}') }
  }
  const bearing = (token: string, ...more: string[]) => ['--header', `authorization: Bearer ${token}`, ...more]
  const post = ['--request', 'POST', '--header', 'content-type: application/json', '--data', '{}']
  const trust = (name: string, text: string) => {
    const path = join(scope.folder, name)
    writeFileSync(path, text)
    return path
  }
  const site = (api: object) =>
    siteText({
      site: 'tls',
      dataDir: join(scope.folder, 'data'),
      port,
      platform,
      machines: [{ id: 'booth-1', simulator: booth }],
      api: api as Record<string, unknown>,
    })

  beforeAll(async () => {
    writeFileSync(cert, first.cert)
    writeFileSync(key, first.key)
    writeFileSync(trusted, first.cert + second.cert)
    port = await freePort()
    platform = await startPlatform(scope, 'latchkey:tls', `https://127.0.0.1:${port}`)
    booth = await startMachine(scope, 'spray-booth', { name: 'booth', cycleMs: 300, autoStart: true })
    gateway = createGateway(scope, 'tls', site({ tls: { cert, key } }))
    await gateway.start()
  }, 180_000)

  test('is used from unlock to end, and gives nothing to plain HTTP or to who trusts another', async () => {
    const token = await platform.token(bookingNow('use', 'booth-1'))
    const unlocked = await found(
      async () => {
        const answer = await curl('https', '/v1/machines/booth-1/unlock', trusted, ...bearing(token, ...post))
        return answer.status === 503 ? undefined : answer
      },
      20_000,
      'the machine is not read',
    )
    expect(unlocked).toMatchObject({ status: 200, body: { status: 'open' } })
    expect((await booth.judge()).startPermission).toBe(true)

    await expect(curl('http', '/v1/machines', trusted, ...bearing(token))).rejects.toThrow(/curl: \(52|56|1\)/)
    const other = trust('other.pem', makeCertificate('other').cert)
    await expect(curl('https', '/v1/machines', other, ...bearing(token))).rejects.toThrow('curl: (60)')

    const end = await curl('https', `/v1/sessions/${unlocked.body.id}/end`, trusted, ...bearing(token, ...post))
    expect(end.status).toBe(200)
    expect((await booth.judge()).startPermission).toBe(false)
    expect(gateway.output()).not.toContain(token)
  })

  test('shows a renewed certificate without a restart, and keeps it when what comes next is broken', async () => {
    const [one, two] = [trust('one.pem', first.cert), trust('two.pem', second.cert)]
    const live = (ca: string) => curl('https', '/health/live', ca)
    const before = await live(one)
    expect(before.status).toBe(200)
    writeFileSync(key, second.key)
    writeFileSync(cert, second.cert)
    const isShown = (ca: string) =>
      live(ca).then(
        () => true,
        () => false,
      )
    await until(() => isShown(two), 20_000, 'the renewed certificate is not shown')
    expect(await isShown(one)).toBe(false)
    expect((await live(two)).body.instance).toBe(before.body.instance)

    writeFileSync(key, 'half a file')
    const notes = async () => String((await curl('https', '/health/ready', two)).body.notes)
    await until(async () => /certificate cannot be used/.test(await notes()), 20_000, 'it is not said')
    expect((await live(two)).body.instance).toBe(before.body.instance)
    writeFileSync(key, second.key)
    await until(async () => !/cannot be used/.test(await notes()), 20_000, 'it is still said')
  })

  test('would not start without one beyond this host, unless that is accepted', async () => {
    const run = async (name: string, api: object) => {
      const path = join(scope.folder, `${name}.yaml`)
      writeFileSync(path, site(api))
      const command = startLatchkey([name === 'plain' ? 'run' : 'check', path])
      return { ...(await command.exited), output: command.output() }
    }
    const listen = `0.0.0.0:${port}`
    const plain = await run('plain', { listen })
    expect(plain.code).toBe(1)
    expect(plain.output).toMatch(/plain\.yaml:\d+:\d+ api-plain: /)
    expect(await run('accepted', { listen, plaintext: 'accepted' })).toMatchObject({ code: 0 })
  })
})
