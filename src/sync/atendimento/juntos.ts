// What many ask for at the same moment is done in one go: one statement for all of them instead of one for each.
import { setTimeout } from 'node:timers/promises';
import { isDatabaseDown, type Params } from '../../db.ts';

// Rounds start this far apart at least: few large ones cost less than many small ones.
const PACE_MS = 10;

interface Pedido<I, O> {
  item: I;
  resolve(result: O): void;
  reject(error: unknown): void;
}

/**
 * Makes calls for one out of work for many: whatever is asked for while a round is under way is the next round, of `atMost`
 * at most, so nobody waits for company. `work` answers in the order of what it was given. A round that fails is tried again
 * with each alone, beside the rounds that follow, so that one of them cannot spoil or delay it for the others; not so when
 * the database is away. `patient` = alone, and free to wait for a lock.
 */
export function together<I, O>(
  work: (items: I[], patient: boolean) => Promise<O[]>,
  atMost: number,
): (item: I) => Promise<O> {
  const waiting: Pedido<I, O>[] = [];
  let busy = false;

  const answer = async (round: Pedido<I, O>[], patient: boolean): Promise<void> => {
    try {
      const results = await work(
        round.map(({ item }) => item),
        patient,
      );
      for (const [n, { resolve }] of round.entries()) resolve(results[n] as O);
    } catch (error) {
      if (patient || isDatabaseDown(error)) for (const { reject } of round) reject(error);
      else for (const each of round) void answer([each], true);
    }
  };

  const rounds = async (): Promise<void> => {
    while (waiting.length > 0) {
      const startedAt = performance.now();
      await answer(waiting.splice(0, atMost), false);
      const rest = PACE_MS - (performance.now() - startedAt);
      if (rest > 1) await setTimeout(rest);
    }
    busy = false;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (busy) return;
      busy = true;
      // After whatever else this turn of the event loop brings: answers that arrived together ask together.
      setImmediate(() => void rounds());
    });
}

/** A statement of a round gives up at once where somebody holds a row of it: alone, each waits for its own row only. */
export const waiting = (patient: boolean, sql: string): string =>
  patient ? sql : `SET STATEMENT innodb_lock_wait_timeout = 0 FOR ${sql}`;

/**
 * A list as a table of a statement, by the name `alias`: its parameter is the list in JSON. `columns` gives each its SQL
 * type; what an item lacks is NULL (MariaDB: JSON_TABLE, from 10.6).
 */
export function tableOf(
  alias: string,
  columns: Record<string, string>,
  items: readonly Record<string, unknown>[],
): { sql: string; params: Params } {
  const declared = Object.entries(columns).map(([name, type]) => `${name} ${type} PATH '$.${name}'`);
  return {
    sql: `JSON_TABLE(:${alias}, '$[*]' COLUMNS (${declared.join(', ')})) ${alias}`,
    params: { [alias]: JSON.stringify(items, (_, value) => wellFormed(value)) },
  };
}

// A text cut in the middle of a pair is no JSON for MariaDB.
const wellFormed = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/\p{Surrogate}/gu, '\ufffd') : value;
