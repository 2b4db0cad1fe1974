/** A plant for one file of tests: started before them, ended after them, whatever happens. */
import { afterAll, beforeAll } from 'vitest'
import { type Plant, type PlantOptions, startPlant } from '../support/gateway-plant.ts'
import { createScope, type Scope } from '../support/proof.ts'

/** A scope that ends with the file. */
export function fileScope(name: string): Scope {
  const scope = createScope(name)
  afterAll(() => scope.close())
  return scope
}

/** The plant, once the tests run. */
export function withPlant(scope: Scope, options: PlantOptions): () => Plant {
  let plant: Plant | undefined
  beforeAll(async () => {
    plant = await startPlant(scope, options)
  }, 180_000)
  return () => {
    if (plant === undefined) throw new Error('the plant is not up')
    return plant
  }
}
