/** Modbus within TLS: without the right certificates nothing is read, and the words say whose is wrong. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Point } from '../../../adapters/adapter.ts'
import { modbusAdapter } from '../../../adapters/modbus/link.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { startChild } from '../../support/child-server.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { makeLink, open, rejection } from '../../support/links.ts'
import { makeShown } from '../../support/modbus-carrier.ts'
import type { ModbusAsk } from '../../support/modbus-server.ts'

const register: Point = {
  id: 'r',
  address: { table: 'holding', address: 0, type: 'u16' },
  device: { unit: 255 },
  intervalMs: 1000,
}
const stranger = makeCertificate('stranger')
const shown = makeShown()
const right = { ca: shown.device.cert, ...shown.client }

async function linkTo(files: { ca: string; cert: string; key: string }, more: object = {}, carrier = 'tls') {
  const device = await startChild<ModbusAsk>('modbus-server.ts', 0, [carrier, JSON.stringify(shown.device)])
  onTestFinished(() => device.kill())
  await device.ask({ kind: 'load', ranges: [{ unit: 255, table: 'holding', start: 0, values: [7] }] })
  const folder = temporaryFolder()
  mkdirSync(folder)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const tls = { ca: join(folder, 'ca'), cert: join(folder, 'cert'), key: join(folder, 'key'), ...more }
  return makeLink(modbusAdapter, { transport: 'tls', host: '127.0.0.1', port: device.port, tls })
}

/** A device that takes no certificate may say so after the connect. */
async function fault(link: Awaited<ReturnType<typeof linkTo>>): Promise<string> {
  return (await rejection(open(link).then(() => link.read([register])))).message
}

it('is read when each side trusts the other', async () => {
  const link = await linkTo(right)
  await open(link)
  expect((await link.read([register]))[0]).toMatchObject({ quality: 'good', value: 7 })
})

it.each<[string, Partial<typeof right>, object, string]>([
  ['an authority of others', { ca: stranger.cert }, {}, 'not signed by `tls.ca`'],
  ['a certificate that the device does not know', stranger, {}, 'does not take our certificate'],
  ['a key of another certificate', { key: stranger.key }, {}, '`tls.key` is not the key of `tls.cert`'],
  ['a device of another name', {}, { serverName: 'plc.example' }, 'names another host'],
  ['no file', {}, { cert: '/nowhere/cert.pem' }, 'a file of `tls` cannot be read'],
])('is not read with %s, and says so', async (_, files, more, words) => {
  expect(await fault(await linkTo({ ...right, ...files }, more))).toContain(words)
})

it('says that what listens there speaks no TLS', async () => {
  expect(await fault(await linkTo(right, {}, 'tcp'))).toMatch(/speaks no TLS|took more than/)
})
