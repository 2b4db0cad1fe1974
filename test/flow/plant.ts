/** A plant for one file of tests: started before them, ended after them, whatever happens. */
import { afterAll, beforeAll } from 'vitest'
import { holdLedger } from '../support/described.ts'
import { type Plant, type PlantOptions, startPlant } from '../support/gateway-plant.ts'
import { createScope, type Scope } from '../support/proof.ts'

/** A scope that ends with the file. */
export function fileScope(name: string): Scope {
  const scope = createScope(name)
  afterAll(() => scope.close())
  return scope
}

/** The plant, once the tests run. What its ledger holds in the end is as the reference says. */
export function withPlant(scope: Scope, options: PlantOptions): () => Plant {
  let plant: Plant | undefined
  beforeAll(async () => {
    plant = await startPlant(scope, options)
  }, 180_000)
  afterAll(() => {
    if (plant !== undefined) holdLedger(plant.dataDir)
  })
  return () => {
    if (plant === undefined) throw new Error('the plant is not up')
    return plant
  }
}
