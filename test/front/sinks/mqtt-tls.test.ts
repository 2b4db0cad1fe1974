/** The broker over TLS: who is trusted, and who shows a certificate. */
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { SiteConfig } from '../../../config/site.ts'
import { createMqttSink } from '../../../gateway/front/sinks/mqtt.ts'
import type { Sink } from '../../../gateway/front/sinks/sink.ts'
import { startMosquitto } from '../../support/mosquitto.ts'
import { realPart } from '../../support/real.ts'
import { quiet, run, untilStatus } from './contract.ts'
import { metered, openLedger, SITE } from './ledger.ts'
import { BEATS, forgetful, NO_MACHINES } from './rows.ts'

type MqttConfig = NonNullable<SiteConfig['mqtt']>

function mqttSink(url: string, version: 4 | 5, more: Partial<MqttConfig> = {}): Sink {
  const mqtt = {
    url,
    version,
    clientId: 'latchkey-test',
    keepaliveMs: 15_000,
    window: 20,
    ackTimeoutMs: 1_500,
    ...BEATS,
    ...more,
  }
  return createMqttSink({ site: SITE, mqtt, ...NO_MACHINES }, { log: quiet, memory: forgetful() })
}

describe.skipIf(!realPart('mosquitto'))('MQTT over TLS', () => {
  const file = (name: string) => new URL(`tls/${name}`, import.meta.url).pathname

  test('is let through by the authority in the configuration and by no other', async () => {
    const server = await startMosquitto({ tls: { certificate: file('server.pem'), key: file('server.key') } })
    const ledger = await openLedger()
    const trusting = run(mqttSink(server.url, 5, { ca: await readFile(file('ca.pem'), 'utf8') }), ledger)
    const wary = run({ ...mqttSink(server.url, 5, { clientId: 'wary' }), name: 'wary' }, ledger)
    try {
      await ledger.commit(metered(0))
      await untilStatus(trusting, (status) => status.delivered === 1)
      const { lastError, delivered } = await untilStatus(wary, (status) => status.state === 'stopped')
      expect(lastError).toMatch(/mqtt\.ca/)
      expect(delivered).toBe(0)
    } finally {
      await Promise.all([trusting.stop(), wary.stop()])
      await ledger.close()
      await server.remove()
    }
  })
})

describe.skipIf(!realPart('mosquitto'))('a broker that asks for a certificate', () => {
  const file = (name: string) => new URL(`tls/${name}`, import.meta.url).pathname

  test('gets the one of the configuration, and lets nobody in without', async () => {
    const tls = { certificate: file('server.pem'), key: file('server.key'), clients: file('ca.pem') }
    const server = await startMosquitto({ tls })
    const ledger = await openLedger()
    const ca = await readFile(file('ca.pem'), 'utf8')
    const shown = { certPath: tls.certificate, keyPath: tls.key }
    const known = run(mqttSink(server.url, 5, { ca, tls: shown }), ledger)
    const unknown = run({ ...mqttSink(server.url, 5, { ca, clientId: 'unknown' }), name: 'unknown' }, ledger)
    try {
      await ledger.commit(metered(0))
      await untilStatus(known, (status) => status.delivered === 1)
      expect((await untilStatus(unknown, ({ lastError }) => lastError !== undefined)).delivered).toBe(0)
    } finally {
      await Promise.all([known.stop(), unknown.stop()])
      await ledger.close()
      await server.remove()
    }
  })
})
