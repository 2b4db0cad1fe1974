/** Companion models, recognised from what a machine shows, and the profiles that are made from them. */
import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { BrowsedNode } from '../../../adapters/adapter.ts'
import { recognise, stub } from '../../../adapters/opcua/recognise.ts'
import { checkProfile } from '../../../config/check/profile.ts'
import { openDocument } from '../../../config/document/document.ts'
import { temporaryFolder } from '../../support/folder.ts'

const at = '/Machinery:Machines/nsu=http://plant.example/a/b;Saw'
const nodes = (paths: readonly (string | readonly [string, string])[]): BrowsedNode[] =>
  paths.map((given) => {
    const [path, type] = typeof given === 'string' ? [given] : given
    return { id: 'i=1', path: at + path, ...(type === undefined ? {} : { type }) }
  })
const BLOCKS = '/Machinery:MachineryBuildingBlocks'
const OVERVIEW = '/Woodworking:State/Woodworking:Machine/Woodworking:Overview'
const packml = ['', '/PackML:MachineState', '/PackML:MachineState/PackML:ExecuteState'].map(
  (below) => `/PackML:BaseStateMachine${below}/CurrentState`,
)

const machines: Readonly<Record<string, BrowsedNode[]>> = {
  machinery: nodes([
    `${BLOCKS}/Machinery:MachineryItemState/CurrentState`,
    `${BLOCKS}/Machinery:MachineryItemState/CurrentState/Id`,
    `${BLOCKS}/Machinery:MachineryOperationMode/CurrentState/Id`,
    [`${BLOCKS}/DI:OperationCounters/DI:OperationCycleCounter`, 'UInt32'],
    '/DI:Identification/DI:SerialNumber',
  ]),
  machinetool: nodes([
    '/MachineTool:Monitoring/MachineTool:MachineTool/MachineTool:OperationMode',
    '/MachineTool:Production/MachineTool:ActiveProgram/MachineTool:State/CurrentState/Number',
  ]),
  woodworking: nodes([
    `${OVERVIEW}/Woodworking:CurrentState`,
    `${OVERVIEW}/Woodworking:CurrentMode`,
    '/Woodworking:State/Woodworking:Machine/Woodworking:Flags/Woodworking:Emergency',
    '/Woodworking:State/Woodworking:Machine/Woodworking:Values/Woodworking:AbsolutePiecesOut',
  ]),
  lads: nodes([
    '/LADS:DeviceState/CurrentState',
    '/LADS:DeviceState/CurrentState/Id',
    '/LADS:FunctionalUnitSet/nsu=urn:lab;Shaker/LADS:FunctionalUnitState/CurrentState/Id',
    '/LADS:FunctionalUnitSet/nsu=urn:lab;Shaker/LADS:FunctionalUnitState/LADS:RunningStateMachine/CurrentState/Id',
  ]),
  packml: nodes([...packml, ...packml.map((path) => `${path}/Number`)]),
  cnc: nodes(['/CNC:ActProgramStatus', '/CNC:ActOperationMode']),
  euromap: nodes([
    '/IMM2MES:MachineStatus/PlasticsRubber:MachineMode',
    '/IMM2MES:Jobs/PlasticsRubber:ActiveJobValues/PlasticsRubber:MachineCycleCounter',
  ]),
}

describe.each(Object.entries(machines))('a machine that shows %s', (model, shown) => {
  it('is recognised, with where it is', () => {
    expect(recognise(shown)).toMatchObject([{ model, at }])
  })

  it('has a profile of what is there, and nothing is wrong with it', () => {
    const profile = stub(recognise(shown)[0]!, shown, 'trial')!
    const file = `${temporaryFolder()}.yaml`
    writeFileSync(file, JSON.stringify(profile))
    const document = openDocument(file, 'trial.yaml')
    checkProfile(document, 'trial', 50)
    expect(document.faults).toEqual([])
    expect(profile).toHaveProperty('state')
    for (const { address } of Object.values(profile.signals as Record<string, { address: { node: string } }>))
      expect(shown.map(({ path }) => path)).toContain(at + address.node)
  })
})

describe('a model', () => {
  it('is known by the number of its state, where there is no id, and by the word where there is neither', () => {
    const state = `${BLOCKS}/Machinery:MachineryItemState/CurrentState`
    const numbered = nodes([state, `${state}/Number`])
    expect(stub(recognise(numbered)[0]!, numbered, 'x')).toMatchObject({ state: { signal: 'itemStateNumber' } })
    const worded = nodes(packml)
    expect(stub(recognise(worded)[0]!, worded, 'x')).toMatchObject({
      state: { kind: 'nested', levels: [{ signal: 'base', states: { Cleared: 'inner' } }, {}, {}] },
    })
  })

  it('gives a counter the type that its node has, and any integer where that is abstract', () => {
    const typed = machines.machinery!
    const typeOf = (shown: BrowsedNode[]) =>
      (stub(recognise(shown)[0]!, shown, 'x')!.signals as Record<string, { address: object }>).cycles!.address
    expect(typeOf(typed)).toMatchObject({ type: 'u32' })
    expect(typeOf(typed.map(({ id, path }) => ({ id, path })))).toMatchObject({ type: 'integer' })
  })

  it('that nobody knows is none', () => {
    expect(recognise(nodes(['/nsu=urn:x;Machine/nsu=urn:x;State']))).toEqual([])
    expect(stub({ model: 'nonsense', standard: '', at: '' }, [], 'x')).toBeUndefined()
  })

  it('of two machines is found twice', () => {
    const two = ['/A', '/B'].flatMap((machine) => [{ id: 'i=1', path: `${machine}/CNC:ActProgramStatus` }])
    expect(recognise(two).map(({ at }) => at)).toEqual(['/A', '/B'])
  })
})
