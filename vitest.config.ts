import { defineConfig } from 'vitest/config'

/**
 * Tests of pure code share a worker: nothing of theirs outlives a test, so a new process for each file buys nothing.
 */
const PURE = ['test/core/**/*.test.ts', 'test/config/**/*.test.ts', 'test/ledger/evidence/**/*.test.ts']

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
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: [...PURE, '**/node_modules/**'],
          globalSetup: ['test/support/setup.ts'],
        },
      },
    ],
  },
})
