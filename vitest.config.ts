// How the tests run: files side by side in their own processes, against one MariaDB server that global.ts starts.
import { defineConfig } from 'vitest/config';

const longo = process.env['LONGO'] === '1';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/global.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // What a module remembers belongs to a database or a context (WeakMap), so files may share a process and its imports.
    isolate: false,
    testTimeout: longo ? 900_000 : 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 15_000,
  },
});
