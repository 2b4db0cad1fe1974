/**
 * The proof of the machine side: any machine is connected, read and counted rightly, whatever it does. One file per
 * item, in machine-side/.
 */
import type { Item, Proof } from './item.ts'
import { apply as applied } from './machine-side/apply.ts'
import { certificates } from './machine-side/certificates.ts'
import { contract } from './machine-side/contract.ts'
import { hostile } from './machine-side/hostile.ts'
import { opcuaKilled } from './machine-side/opcua-killed.ts'
import { otherStack } from './machine-side/other-stack.ts'
import { requests } from './machine-side/requests.ts'
import { modbusServers } from './machine-side/servers.ts'
import { stranger } from './machine-side/stranger.ts'
import { sunspec } from './machine-side/sunspec.ts'

const modbus: readonly Item[] = [contract, modbusServers, hostile, requests, sunspec]

const opcua: readonly Item[] = [opcuaKilled, certificates, otherStack]

const commissioning: readonly Item[] = [stranger]

const apply: readonly Item[] = [applied]

export const machineSide: Proof = {
  about: 'no transport, server, stranger or change of a site costs a wrong value, a unit or a session',
  items: [...modbus, ...opcua, ...commissioning, ...apply],
  quickLanes: 3,
}
