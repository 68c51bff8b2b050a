// A file that a person sends: one, in the field `arquivo`, at most 20 MB, held in memory and never written to disk.
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import type { Request } from 'express';
import { invalid, Problem } from '../problem.ts';
import type { Exchange, Form } from './exchange.ts';

export const MAX_ENVIO_MB = 20;
const MAX_BYTES = MAX_ENVIO_MB * 1024 * 1024;
// The fields beside the file.
const MAX_FIELDS = 60;
const MAX_FIELD_BYTES = 10_000;

export interface Envio {
  /** As the person's computer calls it; for messages only. */
  nome: string;
  bytes: Buffer;
}

/**
 * Reads a `multipart/form-data` request: its fields become the body of the request (see `formOf`), its file the answer.
 * undefined = no file was chosen, or the form came urlencoded.
 * @throws Problem 413 above 20 MB; 422 `arquivo` when it is empty, in another field, or one of several.
 */
export async function receiveEnvio({ req }: Pick<Exchange, 'req'>): Promise<Envio | undefined> {
  if (!req.is('multipart/form-data')) return undefined;
  const { fields, envios } = await readParts(req);
  // Before any refusal: a form that is drawn again has what was typed.
  req.body = fields;
  if (envios.some(({ grande }) => grande)) throw tooBig();
  const [envio, another] = envios;
  if (another !== undefined) throw invalid({ arquivo: 'Envie um arquivo só.' });
  if (envio === undefined) return undefined;
  if (envio.campo !== 'arquivo') {
    throw invalid({
      arquivo: `Envie o arquivo no campo “arquivo”; ele veio em “${envio.campo.slice(0, 40)}”.`,
    });
  }
  if (envio.bytes.length === 0)
    throw invalid({ arquivo: `O arquivo “${envio.nome}” está vazio. Escolha outro.` });
  return { nome: envio.nome, bytes: envio.bytes };
}

interface Parte extends Envio {
  campo: string;
  /** Beyond the limit: `bytes` were not kept. */
  grande: boolean;
}

async function readParts(req: Request): Promise<{ fields: Form; envios: Parte[] }> {
  const fields: Form = {};
  const envios: Promise<Parte | undefined>[] = [];
  const parser = createParser(req);
  parser.on('field', (nome, valor) => {
    fields[nome] = valor;
  });
  parser.on('file', (campo, stream, nome) => {
    const parte = readParte(campo, stream, nome ?? '');
    // Awaited below, once the request has ended; until then a failure is no unhandled one.
    parte.catch((error: unknown) => parser.destroy(error instanceof Error ? error : undefined));
    envios.push(parte);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      parser.on('finish', resolve).on('error', reject);
      req.on('aborted', () => reject(broken()));
      req.pipe(parser);
    });
  } catch (error) {
    throw error instanceof Problem ? error : broken(error);
  } finally {
    // What is left of a refused request is read and dropped, so that the answer reaches whoever still sends.
    req.unpipe(parser);
    req.resume();
  }
  return { fields, envios: (await Promise.all(envios)).filter((parte) => parte !== undefined) };
}

function createParser(req: Request): BusboyInstance {
  const limits = { files: 2, fileSize: MAX_BYTES, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES };
  try {
    return new Busboy({
      headers: { ...req.headers, 'content-type': req.headers['content-type'] ?? '' },
      limits,
    });
  } catch (error) {
    throw broken(error);
  }
}

// A browser sends the field of a file that nobody chose too: without a name, and empty.
async function readParte(campo: string, stream: BusboyFileStream, nome: string): Promise<Parte | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const grande = stream.truncated;
  const bytes = grande ? Buffer.alloc(0) : Buffer.concat(chunks);
  return nome === '' && bytes.length === 0 && !grande
    ? undefined
    : { campo, nome: nome.slice(0, 120), bytes, grande };
}

const tooBig = (): Problem =>
  new Problem(
    413,
    `O arquivo passa de ${MAX_ENVIO_MB} MB.`,
    'Divida-o em partes menores e envie uma de cada vez.',
    {
      arquivo: `Envie um arquivo de até ${MAX_ENVIO_MB} MB.`,
    },
  );

const broken = (cause?: unknown): Problem =>
  new Problem(
    422,
    'O arquivo não chegou inteiro.',
    'Escolha o arquivo de novo e envie mais uma vez.',
    { arquivo: 'O envio foi interrompido ou não está em multipart/form-data.' },
    cause,
  );
