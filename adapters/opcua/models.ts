/**
 * Companion models as data: by which node each is known, where its state, mode, counters and serial number are, and
 * what the values mean. From the NodeSets of the OPC Foundation; paths count from the machine. An id or a number that
 * was not found there is not here. Pure. Read next: recognise.ts.
 */
import type { ItemState, OperationMode } from '../../gateway/core/ground/config.ts'

/** `paths`: the first that the machine has. `type`: undefined, as the node itself says. */
export type ModelSignal = {
  readonly paths: readonly string[]
  readonly type?: string
  readonly unit?: string
  readonly title: string
}

/** What a signal must be there for a rule, and the rule. The first whose signals are all there holds. */
export type ModelState =
  | { readonly kind: 'map'; readonly signal: string; readonly states: Readonly<Record<string, ItemState>> }
  | {
      readonly kind: 'nested'
      readonly levels: readonly {
        readonly signal: string
        readonly states: Readonly<Record<string, ItemState | 'inner'>>
      }[]
    }

export type Model = {
  readonly name: string
  readonly standard: string
  /** How the path of a node ends by which the model is known. */
  readonly sign: RegExp
  readonly signals: Readonly<Record<string, ModelSignal>>
  readonly states: readonly ModelState[]
  readonly modes?: { readonly signal: string; readonly modes: Readonly<Record<string, OperationMode>> }
  /** Counters that go on for the life of the machine. */
  readonly counters: readonly string[]
  readonly emergencyStop?: string
  readonly fault?: string
}

const M = 'nsu=http://opcfoundation.org/UA/Machinery/;i='
const L = 'nsu=http://opcfoundation.org/UA/LADS/;i='
const BLOCKS = '/Machinery:MachineryBuildingBlocks'
const MONITORED = '/MachineTool:Monitoring/MachineTool:MachineTool'

const serial: ModelSignal = {
  paths: ['/DI:Identification/DI:SerialNumber', '/IMM2MES:MachineInformation/DI:SerialNumber'],
  type: 'string',
  title: 'Serial number',
}

const itemState = (end: string, type: string): ModelSignal => ({
  paths: [BLOCKS, MONITORED].map((at) => `${at}/Machinery:MachineryItemState/CurrentState/${end}`),
  type,
  title: 'Item state',
})

/** OPC 40001-1. `Number` is optional, and absent in the example server; `Id` is mandatory. */
const machinery: Model = {
  name: 'machinery',
  standard: 'OPC 40001-1 Machinery',
  sign: /\/Machinery:MachineryItemState\/CurrentState$/,
  signals: {
    itemStateId: itemState('Id', 'nodeId'),
    itemStateNumber: itemState('Number', 'u32'),
    operationMode: {
      paths: [BLOCKS, MONITORED].map((at) => `${at}/Machinery:MachineryOperationMode/CurrentState/Id`),
      type: 'nodeId',
      title: 'Operation mode',
    },
    cycles: {
      paths: [`${BLOCKS}/DI:OperationCounters/DI:OperationCycleCounter`],
      unit: 'pcs',
      title: 'Cycles',
    },
    serial,
  },
  states: [
    {
      kind: 'map',
      signal: 'itemStateId',
      states: {
        [`${M}5005`]: 'NotAvailable',
        [`${M}5004`]: 'OutOfService',
        [`${M}5007`]: 'NotExecuting',
        [`${M}5006`]: 'Executing',
      },
    },
    {
      kind: 'map',
      signal: 'itemStateNumber',
      states: { 0: 'NotAvailable', 1: 'OutOfService', 2: 'NotExecuting', 3: 'Executing' },
    },
  ],
  modes: {
    signal: 'operationMode',
    modes: { [`${M}5024`]: 'None', [`${M}5025`]: 'Maintenance', [`${M}5027`]: 'Setup', [`${M}5026`]: 'Processing' },
  },
  counters: ['cycles'],
}

const machineTool: Model = {
  name: 'machinetool',
  standard: 'OPC 40501-1 Machine Tool',
  sign: /\/MachineTool:Monitoring\/MachineTool:MachineTool\/MachineTool:OperationMode$/,
  signals: {
    program: {
      paths: ['/MachineTool:Production/MachineTool:ActiveProgram/MachineTool:State/CurrentState/Number'],
      type: 'u32',
      title: 'Program state',
    },
    operationMode: { paths: [`${MONITORED}/MachineTool:OperationMode`], type: 'i32', title: 'Operation mode' },
    parts: {
      paths: [
        `${MONITORED}/DI:OperationCounters/MachineTool:PartsProducedInLifetime`,
        '/MachineTool:Production/MachineTool:Statistics/MachineTool:PartsProducedInLifetime',
      ],
      unit: 'pcs',
      title: 'Parts produced in its life',
    },
    serial,
  },
  states: [
    {
      kind: 'map',
      signal: 'program',
      states: { 0: 'NotExecuting', 1: 'Executing', 2: 'NotExecuting', 3: 'NotExecuting', 4: 'NotExecuting' },
    },
  ],
  modes: { signal: 'operationMode', modes: { 1: 'Processing', 2: 'Setup', 3: 'Processing', 4: 'Maintenance' } },
  counters: ['parts'],
}

const OVERVIEW = '/Woodworking:State/Woodworking:Machine/Woodworking:Overview'
const FLAGS = '/Woodworking:State/Woodworking:Machine/Woodworking:Flags'
const VALUES = '/Woodworking:State/Woodworking:Machine/Woodworking:Values'

const woodworking: Model = {
  name: 'woodworking',
  standard: 'OPC 40550-1 Woodworking',
  sign: /\/Woodworking:Overview\/Woodworking:CurrentState$/,
  signals: {
    machineState: { paths: [`${OVERVIEW}/Woodworking:CurrentState`], type: 'i32', title: 'Machine state' },
    machineMode: { paths: [`${OVERVIEW}/Woodworking:CurrentMode`], type: 'i32', title: 'Machine mode' },
    emergency: { paths: [`${FLAGS}/Woodworking:Emergency`], type: 'bool', title: 'Emergency stop' },
    error: { paths: [`${FLAGS}/Woodworking:Error`], type: 'bool', title: 'Fault' },
    pieces: { paths: [`${VALUES}/Woodworking:AbsolutePiecesOut`], type: 'u64', unit: 'pcs', title: 'Pieces made' },
    runs: { paths: [`${VALUES}/Woodworking:AbsoluteRunsTotal`], type: 'u64', unit: 'runs', title: 'Runs' },
    serial,
  },
  states: [
    {
      kind: 'map',
      signal: 'machineState',
      states: { 0: 'NotAvailable', 1: 'NotExecuting', 2: 'NotExecuting', 3: 'Executing', 4: 'OutOfService' },
    },
  ],
  modes: {
    signal: 'machineMode',
    modes: { 0: 'None', 1: 'Processing', 2: 'Processing', 3: 'Setup', 4: 'Setup', 5: 'None' },
  },
  counters: ['pieces', 'runs'],
  emergencyStop: 'emergency',
  fault: 'error',
}

/** The inner machines are those of the functional unit that the machine has; recognise.ts finds their names. */
const lads: Model = {
  name: 'lads',
  standard: 'OPC 30500-1 LADS',
  sign: /\/LADS:DeviceState\/CurrentState$/,
  signals: {
    device: { paths: ['/LADS:DeviceState/CurrentState/Id'], type: 'nodeId', title: 'Device state' },
    unit: { paths: ['/LADS:FunctionalUnitSet/*/*/CurrentState/Id'], type: 'nodeId', title: 'State of the unit' },
    running: {
      paths: ['/LADS:FunctionalUnitSet/*/*/LADS:RunningStateMachine/CurrentState/Id'],
      type: 'nodeId',
      title: 'What the running unit does',
    },
    serial,
  },
  states: [
    {
      kind: 'nested',
      levels: [
        {
          signal: 'device',
          states: {
            [`${L}5177`]: 'NotExecuting',
            [`${L}5178`]: 'inner',
            [`${L}5259`]: 'NotExecuting',
            [`${L}5180`]: 'NotAvailable',
          },
        },
        { signal: 'unit', states: { [`${L}5099`]: 'inner' } },
        { signal: 'running', states: { [`${L}5168`]: 'Executing' } },
      ],
    },
  ],
  counters: [],
}

const BASE = '/PackML:BaseStateMachine'
const level = (below: string, end: string, type: string, title: string): ModelSignal => ({
  paths: [`${BASE}${below}/CurrentState${end}`],
  type,
  title,
})

/** The three machines by their words, or by the numbers of the NodeSet. */
const packStates = (suffix: string, key: (word: string, number: number) => string | number): ModelState => {
  const of = (words: readonly (readonly [string, number, ItemState | 'inner'])[]) =>
    Object.fromEntries(words.map(([word, number, state]) => [key(word, number), state]))
  const idle = (...words: readonly (readonly [string, number])[]) =>
    words.map(([word, number]) => [word, number, 'NotExecuting'] as const)
  return {
    kind: 'nested',
    levels: [
      {
        signal: `base${suffix}`,
        states: of([
          ['Aborting', 8, 'OutOfService'],
          ['Aborted', 9, 'OutOfService'],
          ['Cleared', 19, 'inner'],
        ]),
      },
      {
        signal: `machine${suffix}`,
        states: of([...idle(['Clearing', 1], ['Stopped', 2], ['Stopping', 7]), ['Running', 18, 'inner']]),
      },
      {
        signal: `execute${suffix}`,
        states: of([
          ...idle(['Starting', 3], ['Idle', 4], ['Suspended', 5], ['Holding', 10], ['Held', 11], ['Unholding', 12]),
          ...idle(['Suspending', 13], ['Unsuspending', 14], ['Resetting', 15], ['Completing', 16], ['Complete', 17]),
          ['Execute', 6, 'Executing'],
        ]),
      },
    ],
  }
}

const packml: Model = {
  name: 'packml',
  standard: 'OPC 30050 PackML',
  sign: /\/PackML:BaseStateMachine\/CurrentState$/,
  signals: {
    baseNumber: level('', '/Number', 'u32', 'Outer state'),
    machineNumber: level('/PackML:MachineState', '/Number', 'u32', 'Machine state'),
    executeNumber: level('/PackML:MachineState/PackML:ExecuteState', '/Number', 'u32', 'Execute state'),
    base: level('', '', 'localizedText', 'Outer state'),
    machine: level('/PackML:MachineState', '', 'localizedText', 'Machine state'),
    execute: level('/PackML:MachineState/PackML:ExecuteState', '', 'localizedText', 'Execute state'),
    speed: { paths: ['/PackML:Status/PackML:CurMachSpeed'], type: 'f32', title: 'Machine speed' },
  },
  states: [packStates('Number', (_, number) => number), packStates('', (word) => word)],
  counters: [],
}

const cnc: Model = {
  name: 'cnc',
  standard: 'OPC 40502 CNC',
  sign: /\/CNC:ActProgramStatus$/,
  signals: {
    program: { paths: ['/CNC:ActProgramStatus'], type: 'i32', title: 'Program status' },
    mode: { paths: ['/CNC:ActOperationMode'], type: 'i32', title: 'Operation mode' },
  },
  states: [
    {
      kind: 'map',
      signal: 'program',
      states: { 0: 'NotExecuting', 1: 'Executing', 2: 'NotExecuting', 3: 'NotExecuting', 4: 'NotExecuting' },
    },
  ],
  modes: { signal: 'mode', modes: { 0: 'Setup', 1: 'Setup', 2: 'Processing' } },
  counters: [],
}

/** EUROMAP 77 over the types of EUROMAP 83. There is no node for "executing": automatic is the nearest. */
const euromap: Model = {
  name: 'euromap',
  standard: 'EUROMAP 77 and 83',
  sign: /\/(?:IMM2MES:MachineStatus\/)?PlasticsRubber:MachineMode$/,
  signals: {
    mode: {
      paths: ['/IMM2MES:MachineStatus/PlasticsRubber:MachineMode', '/PlasticsRubber:MachineMode'],
      type: 'i32',
      title: 'Machine mode',
    },
    cycles: {
      paths: ['/IMM2MES:Jobs/PlasticsRubber:ActiveJobValues/PlasticsRubber:MachineCycleCounter'],
      type: 'u64',
      unit: 'pcs',
      title: 'Cycles of the machine',
    },
    serial,
  },
  states: [
    {
      kind: 'map',
      signal: 'mode',
      states: {
        0: 'NotExecuting',
        1: 'Executing',
        2: 'Executing',
        3: 'NotExecuting',
        4: 'NotExecuting',
        5: 'NotAvailable',
      },
    },
  ],
  counters: ['cycles'],
}

/** Of a machine that shows several, the first is the nearest to what it is. */
export const MODELS: readonly Model[] = [woodworking, packml, lads, euromap, cnc, machineTool, machinery]
