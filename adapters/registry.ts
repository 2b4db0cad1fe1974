/**
 * The list of protocols. An adapter is loaded only when a site uses it, so that OPC UA costs nothing where there is
 * none.
 */
import type { TSchema } from 'typebox'
import type { Adapter, TrustDesk } from './adapter.ts'
import { modbusAddress, modbusDevice, modbusLimits, modbusOptions, modbusPoint } from './modbus/options.ts'
import { pointAddress, type SunSpecPoint } from './modbus/sunspec-points.ts'
import { opcuaAddress, opcuaDevice, opcuaOptions } from './opcua/options.ts'

export type Protocol = 'modbus' | 'opcua'

type ProtocolEntry = {
  readonly optionsSchema: TSchema
  readonly deviceSchema: TSchema
  readonly addressSchema: TSchema
  /** How a device wants to be asked; absent where a protocol says that itself. */
  readonly limitsSchema?: TSchema
  /** Addresses by the name of a point; absent where a protocol has none beside its addresses. */
  readonly points?: {
    readonly schema: TSchema
    /** The address of a point that has passed the schema, or the names that there are. */
    addressOf(point: unknown): unknown
  }
  load(): Promise<Adapter>
  /** Absent where a protocol knows no certificates. */
  trust?(): Promise<TrustDesk>
}

export const protocols: Record<Protocol, ProtocolEntry> = {
  modbus: {
    optionsSchema: modbusOptions,
    deviceSchema: modbusDevice,
    addressSchema: modbusAddress,
    limitsSchema: modbusLimits,
    points: { schema: modbusPoint, addressOf: (point) => pointAddress(point as SunSpecPoint) },
    load: async () => (await import('./modbus/link.ts')).modbusAdapter,
  },
  opcua: {
    optionsSchema: opcuaOptions,
    deviceSchema: opcuaDevice,
    addressSchema: opcuaAddress,
    load: async () => (await import('./opcua/link.ts')).opcuaAdapter,
    trust: async () => (await import('./opcua/desk.ts')).opcuaDesk,
  },
}
