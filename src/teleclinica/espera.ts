// How long the partner asks us to wait: the Retry-After header in both of its forms, made harmless.

const ONE_HOUR_MS = 3_600_000;

/**
 * Milliseconds to wait from a Retry-After value (RFC 9110 §10.2.3: seconds, or an HTTP date), capped at one hour.
 * Undefined when absent or not understood; a negative number or a date already past also says nothing useful.
 */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), ONE_HOUR_MS);
  if (!/[a-z]/i.test(text)) return undefined;
  const wait = Date.parse(text) - now;
  return Number.isFinite(wait) && wait > 0 ? Math.min(wait, ONE_HOUR_MS) : undefined;
}
