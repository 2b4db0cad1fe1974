/**
 * The variables of the OPC UA server of the bench: fifty machines of a hundred. `v0` and so on are doubles, `state` is
 * 2 or 3, `parts` and `energy` only grow. Each node is `s=m0012.v7` in the namespace of the device.
 */
export const DEVICE_URI = 'urn:latchkey:bench'
export const MACHINES = 50
/** Doubles of each machine; with state and two counters they are a hundred. */
export const VALUES = 97
export const COUNTERS = ['parts', 'energy'] as const

export const machineNames: readonly string[] = Array.from(
  { length: MACHINES },
  (_, index) => `m${String(index).padStart(4, '0')}`,
)
