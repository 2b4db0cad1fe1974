/**
 * Where a server says in which unit a value is: the property EngineeringUnits beside it (OPC UA Part 8, 5.3.2.3), which
 * many servers have and none has to. Pure. Read next: gateway/cli/bench/units.ts (who compares it with the profile).
 */
import type { Point } from '../adapter.ts'
import type { OpcuaAddress, OpcuaDevice } from './options.ts'
import { isPath } from './paths.ts'

const PROPERTY = '/EngineeringUnits'
const NODE_ID = /^(nsu=[^;]*;)?[isgb]=/

/** The point that holds the unit of this one; undefined where the point is no node. `id`: of the point that is made. */
export function unitPointOf({ address, device, intervalMs }: Point, id: string): Point | undefined {
  const { node } = address as Partial<OpcuaAddress>
  const { root = '' } = device as Partial<OpcuaDevice>
  if (node === undefined) return undefined
  const named = { type: 'localizedText', field: 'displayName' }
  if (isPath(node)) return { id, intervalMs, device, address: { node: node + PROPERTY, ...named } }
  const at = NODE_ID.test(node) ? node : `${root}.${node}`
  return { id, intervalMs, device: { root: at }, address: { node: PROPERTY, ...named } }
}
