/** Before each test file. What it registers here is registered first, so it runs last, when the servers are gone. */
import { afterAll } from 'vitest'
import { removeFolders } from './folder.ts'

afterAll(removeFolders)
