// Chores go on whatever the host clock does.
import { afterEach, expect, it, vi } from 'vitest';
import { createLog } from '../../src/log.ts';
import type { Sync } from '../../src/sync/contexto.ts';
import { repeat } from '../../src/sync/ritmo.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('a host clock set back by hours, or ahead, changes nothing', async () => {
  const sync = { log: createLog('silent') } as Sync;
  let rounds = 0;
  vi.useFakeTimers({ toFake: ['Date'] });
  const ritmo = repeat(sync, 'teste', 20, async () => {
    rounds += 1;
  });
  await vi.waitFor(() => expect(rounds).toBeGreaterThan(1));
  for (const hours of [-3, 5]) {
    vi.setSystemTime(Date.now() + hours * 3_600_000);
    const before = rounds;
    await vi.waitFor(() => expect(rounds).toBeGreaterThan(before + 2), { timeout: 5_000 });
  }
  await ritmo.stop();
});
