// Many calls made at once become few rounds, and each call keeps its own answer or its own failure.
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { together } from '../../../src/sync/atendimento/juntos.ts';

describe('calls made together', () => {
  test('are one round, of which each gets its own answer', async () => {
    const rounds: number[][] = [];
    const double = together(async (items: number[]) => {
      rounds.push(items);
      return items.map((item) => item * 2);
    }, 10);
    expect(await Promise.all([1, 2, 3].map(double))).toEqual([2, 4, 6]);
    expect(rounds).toEqual([[1, 2, 3]]);
  });

  test('wait for the round that is under way, and come in rounds of the largest size at most', async () => {
    const rounds: number[][] = [];
    const slow = together(async (items: number[]) => {
      rounds.push(items);
      await wait(20);
      return items;
    }, 3);
    const first = slow(0);
    await wait(5);
    await Promise.all([first, ...[1, 2, 3, 4].map(slow)]);
    expect(rounds).toEqual([[0], [1, 2, 3], [4]]);
  });

  test('are tried one by one when their round fails: whoever spoils it spoils only its own', async () => {
    const picky = together(async (items: number[]) => {
      if (items.includes(13)) throw new Error('unlucky');
      return items;
    }, 10);
    const ended = await Promise.allSettled([1, 13, 2].map(picky));
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('and whoever then has to wait delays no later round', async () => {
    const locked = together(async (items: string[], patient) => {
      if (items.includes('locked') && !patient) throw new Error('locked');
      if (items.includes('locked')) await wait(300);
      return items;
    }, 10);
    const startedAt = performance.now();
    const late = locked('locked');
    await wait(30);
    expect(await locked('free')).toBe('free');
    expect(performance.now() - startedAt).toBeLessThan(200);
    expect(await late).toBe('locked');
  });

  test('fail together, and are not repeated, when the database is away: it may have done them', async () => {
    let tries = 0;
    const away = together(async (): Promise<number[]> => {
      tries += 1;
      throw Object.assign(new Error('gone'), { code: 'PROTOCOL_CONNECTION_LOST' });
    }, 10);
    const ended = await Promise.allSettled([1, 2, 3].map(away));
    expect(ended.every(({ status }) => status === 'rejected')).toBe(true);
    expect(tries).toBe(1);
  });

  test('go on after a failure', async () => {
    let broken = true;
    const again = together(async (items: number[]) => {
      if (broken) throw new Error('not yet');
      return items;
    }, 10);
    await expect(again(1)).rejects.toThrow('not yet');
    broken = false;
    expect(await again(2)).toBe(2);
  });
});
