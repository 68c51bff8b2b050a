// What forms carry in their fields, read strictly: a wrong value is told, never taken for another.
import { isDuplicate } from '../db.ts';

// INT UNSIGNED, as ids are stored.
const MAX_ID = 4_294_967_295;

/** The id in a form field: 0 when it is empty, undefined when it is no id that a table could hold. */
export function parseId(text: string | undefined): number | undefined {
  const typed = (text ?? '').trim();
  if (typed === '') return 0;
  const id = /^\d{1,10}$/.test(typed) ? Number(typed) : MAX_ID + 1;
  return id <= MAX_ID ? id : undefined;
}

/**
 * Runs `save`; when a unique key refuses it, because somebody saved the same a moment ago, `refuse` looks again and
 * throws the Problem that says so. What `refuse` does not know is thrown as it came.
 */
export async function saveOnce<T>(save: () => Promise<T>, refuse: () => Promise<void>): Promise<T> {
  try {
    return await save();
  } catch (error) {
    if (isDuplicate(error)) await refuse();
    throw error;
  }
}
