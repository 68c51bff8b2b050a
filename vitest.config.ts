// How the tests run: files side by side in their own processes, against one MariaDB server that global.ts starts.
import { defineConfig } from 'vitest/config';

const longo = process.env['LONGO'] === '1';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/global.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: longo ? 900_000 : 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 15_000,
  },
});
