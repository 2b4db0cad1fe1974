import { defineConfig } from 'vitest/config'

/**
 * Tests of pure code share a worker: nothing of theirs outlives a test, so a new process for each file buys nothing.
 */
const PURE = ['test/core/**/*.test.ts', 'test/config/**/*.test.ts', 'test/ledger/evidence/**/*.test.ts']
/**
 * These share a worker too: they close what they open, and to load the server, the adapters and their libraries anew for
 * each file took a third of the processor's time. OPC UA is not among them: its servers in one process are not strangers.
 */
const CLOSING = ['control', 'front/api', 'front/console', 'ledger', 'live', 'reference', 'wire/modbus'].map(
  (part) => `test/${part}/**/*.test.ts`,
)
const SETUP = 'test/support/setup.ts'

export default defineConfig({
  test: {
    environment: 'node',
    // Real servers and worker threads: most of them wait, so that three files at a time fill two cores.
    maxWorkers: 3,
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // A test that passes only when it is tried again is a defect.
    retry: 0,
    setupFiles: ['test/support/clean.ts'],
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      {
        extends: true,
        test: { name: 'closing', include: CLOSING, exclude: PURE, isolate: false, globalSetup: [SETUP] },
      },
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: [...PURE, ...CLOSING, '**/node_modules/**'],
          globalSetup: [SETUP],
        },
      },
    ],
  },
})
