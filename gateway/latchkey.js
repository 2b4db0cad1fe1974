#!/usr/bin/env node
/**
 * The command `latchkey`. What is compiled and stripped of its types is kept beside the packages, whose owner could
 * change the code as well; where that folder cannot be written, each start compiles anew. The other threads follow the
 * environment. This file is plain JavaScript, so that a start that finds everything loads nothing that strips types.
 * Read next: main.ts.
 */
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/latchkey', import.meta.url))
enableCompileCache(process.env.NODE_COMPILE_CACHE)
await import('./main.ts')
