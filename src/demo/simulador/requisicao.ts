// Reading an HTTP request: its body by content-type, its path and query, within bounds.
import type { IncomingMessage } from 'node:http';
import { MALFORMED } from './chamada.ts';

const MAX_BODY = 1_000_000;

export interface Endereco {
  /** Decoded parts of the path, without empty ones at the ends. */
  segments: string[];
  query: URLSearchParams;
}

/** Path and query of a request. */
export function readEndereco(req: IncomingMessage): Endereco {
  const url = req.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const segments = path.split('/').filter((part) => part !== '');
  return { segments: segments.map(decode), query: new URLSearchParams(mark === -1 ? '' : url.slice(mark)) };
}

/** True when no body follows the headers. */
export const hasNoBody = (req: IncomingMessage): boolean =>
  req.headers['transfer-encoding'] === undefined && Number(req.headers['content-length'] ?? 0) === 0;

/**
 * The body: parsed JSON, a form as an object, undefined when empty, MALFORMED when it is none of these or over
 * 1 MB. Rejects when the caller leaves in the middle.
 */
export async function readBody(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(chunk);
  }
  if (size > MAX_BODY) return MALFORMED;
  if (size === 0) return undefined;
  return parse(Buffer.concat(chunks).toString(), req.headers['content-type'] ?? '');
}

function parse(text: string, contentType: string): unknown {
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  if (!/^application\/([\w.-]+\+)?json\b/i.test(contentType)) return MALFORMED;
  try {
    return JSON.parse(text);
  } catch {
    return MALFORMED;
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
