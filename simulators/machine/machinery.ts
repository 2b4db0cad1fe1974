/**
 * The state and the mode of a machine as numbers of the enumerations of OPC 40001-1 (Machinery, building blocks
 * MachineryItemState and MachineryOperationMode). Pure.
 */
import type { MachineView } from './machine.ts'

/** 0 NotAvailable (off), 1 OutOfService (E-stop or fault), 2 NotExecuting, 3 Executing. */
export function itemStateOf(view: MachineView): number {
  switch (view.physics.state) {
    case 'off':
      return 0
    case 'error':
      return 1
    case 'standby':
    case 'ready':
      return 2
    case 'working':
      return 3
  }
}

/** 0 None (off), 1 Maintenance, 3 Processing, on local and on remote alike. 2 Setup does not occur. */
export function operationModeOf(view: MachineView): number {
  if (!view.lease.powered) return 0
  return view.lease.mode === 'maintenance' ? 1 : 3
}
