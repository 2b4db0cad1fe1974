import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/setup.ts'],
    // Real servers and worker threads: most of them wait, so that three files at a time fill two cores.
    maxWorkers: 3,
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // A test that passes only when it is tried again is a defect.
    retry: 0,
  },
})
