/** A tenant is forgotten: the platform asks the running gateway, or a person the stopped one. What was used stays. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startLatchkey } from '../support/gateway.ts'
import { fileScope, withPlant } from './plant.ts'

const scope = fileScope('erasure')
const plantOf = withPlant(scope, { site: 'erasure', machines: { 'spray-booth': 1 }, cycleMs: 300, autoStart: true })

/** Files below a folder that hold the text. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(text))
}

test('the platform has a tenant forgotten, and nothing on the disk tells any more who it was', async () => {
  const { api, dataDir, gateway, machine, platform } = plantOf()
  const { booking, token } = machine('booth-1')
  const { tenant } = booking
  const first = await api.unlocked('booth-1', await token())
  const erase = async (id: string) => api.call('DELETE', `/tenants/${id}`, { token: await platform.serviceToken() })
  expect((await erase(tenant)).body).toMatchObject({ code: 'booking-in-use' })
  const ended = (await api.ended(first.id)) as typeof first & { tenant?: string; tenantRef?: string }
  expect(ended.tenant).toBe(tenant)
  expect((await erase(tenant)).body).toMatchObject({ code: 'booking-in-use' })
  await api.call('DELETE', `/bookings/${booking.booking}`, { token: await platform.serviceToken() })
  expect((await api.call('DELETE', `/tenants/${tenant}`, { token: await token() })).status).toBe(403)
  expect((await erase(tenant)).status).toBe(204)
  expect((await erase(tenant)).status).toBe(404)

  expect(await api.session(first.id)).toMatchObject({ tenant: '(erased)', tenantRef: ended.tenantRef, use: ended.use })
  const entries = await api.entries()
  expect(JSON.stringify(entries)).not.toContain(tenant)
  expect(entries.filter(({ data }) => data.tenant === ended.tenantRef).map(({ kind }) => kind)).toContain(
    'TenantErased',
  )
  await gateway.stop()
  expect(filesWith(dataDir, tenant)).toEqual([])
  expect(existsSync(join(dataDir, 'pseudonym.key'))).toBe(false)
  await gateway.start()
  await api.untilAvailable('booth-1')

  // Under the same name again: another pseudonym.
  const again = { ...booking, booking: 'again' }
  const second = await api.unlocked('booth-1', await platform.token(again))
  const back = (await api.ended(second.id)) as typeof ended
  expect(back.tenantRef).not.toBe(ended.tenantRef)
  const command = ['tenants', 'erase', gateway.sitePath, tenant]
  const beside = startLatchkey(command)
  expect((await beside.exited).code).toBe(1)
  expect(beside.output()).toMatch(/held by another gateway/)
  await api.call('DELETE', '/bookings/again', { token: await platform.serviceToken() })
  await gateway.stop()
  const alone = startLatchkey(command)
  expect([(await alone.exited).code, alone.output()]).toEqual([0, expect.stringContaining(`stays ${back.tenantRef}`)])
  expect(filesWith(dataDir, tenant)).toEqual([])
}, 300_000)
