// Loads the partner profiles of a folder at start and says, in Portuguese and with the exact place, what is wrong in each.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { Problem } from '../problem.ts';
import { findFalhas } from './coerencia.ts';
import { type Formato, formato } from './formato.ts';

/** A checked profile. `hash` = SHA-256 of its canonical JSON, hex: what a verification is recorded for. */
export interface Perfil extends Formato {
  nome: string;
  hash: string;
}

/**
 * Reads every `*.json` of `folder` into a map by file name without `.json`.
 * Throws one Problem that lists every error of every file as `arquivo: caminho: o que corrigir`.
 */
export function loadPerfis(folder: string): Map<string, Perfil> {
  const perfis = new Map<string, Perfil>();
  const erros: string[] = [];
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()) {
    const read = readPerfil(file, readFileSync(join(folder, file), 'utf8'));
    if (read.ok) perfis.set(read.perfil.nome, read.perfil);
    else erros.push(...read.erros);
  }
  if (erros.length > 0) throw new Problem(500, 'Há erros nos perfis da Tele Clínica.', erros.join('\n'));
  return perfis;
}

/** Checks the text of one profile file. Errors read `file: operations.block.path: o que corrigir`. */
export function readPerfil(
  file: string,
  text: string,
): { ok: true; perfil: Perfil } | { ok: false; erros: string[] } {
  const nome = file.replace(/\.json$/, '');
  const fail = (erros: string[]) => ({ ok: false as const, erros: erros.map((erro) => `${file}: ${erro}`) });
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(nome))
    return fail(['dê ao arquivo um nome só com a-z, 0-9, "-" e "."']);
  const json = parseJson(text);
  if (!json.ok) return fail([json.erro]);
  const parsed = formato.safeParse(json.value, { error: sentence });
  const erros = [...findSecrets(json.value, []), ...(parsed.error?.issues ?? []).flatMap(splitKeys)];
  if (parsed.success) erros.push(...findFalhas(parsed.data));
  if (!parsed.success || erros.length > 0) {
    // The first word about a place is the most precise one.
    const byPlace = new Map(erros.toReversed().map(({ path, message }) => [formatPath(path), message]));
    return fail([...byPlace].toReversed().map(([place, message]) => `${place}: ${message}`));
  }
  return { ok: true, perfil: { ...parsed.data, nome, hash: hashOf(json.value) } };
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false; erro: string } {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return { ok: true, value };
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const before = text.slice(0, position === undefined ? text.length : Number(position)).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    return {
      ok: false,
      erro: `linha ${before.length}, coluna ${column}: JSON malformado; confira vírgulas e aspas`,
    };
  }
}

interface Place {
  path: readonly PropertyKey[];
  message: string;
}

// One error per unknown key, each at its own place, with the reason when people often try it.
function splitKeys(issue: z.core.$ZodIssue): Place[] {
  if (issue.code !== 'unrecognized_keys') return [issue];
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: unknownKey(key) }));
}

function unknownKey(key: string): string {
  if (/^(status|situacao|verificad[oa]|verified|assumed)$/i.test(key)) {
    return 'a situação do perfil fica no banco de dados, nunca no arquivo: apague esta linha';
  }
  if (/url|^host|servidor|endereco/i.test(key))
    return 'o endereço fica na URL Base da integração: apague esta linha';
  if (/senha|passw|secret|token|user|usuario|key/i.test(key)) {
    return 'usuário, senha e chaves ficam na integração: apague esta linha';
  }
  return 'campo desconhecido: confira o nome ou apague';
}

function findSecrets(value: unknown, path: readonly PropertyKey[]): Place[] {
  if (typeof value === 'string') {
    if (value.includes('://'))
      return [{ path, message: 'o endereço fica na URL Base da integração: tire-o daqui' }];
    if (/^(basic|bearer)\s+\S/i.test(value))
      return [{ path, message: 'segredos não ficam no perfil: tire-o daqui' }];
    return [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]: [string, unknown]) =>
    findSecrets(child, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function sentence(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_value')
    return `use ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
  if (issue.code === 'invalid_type') {
    const wanted = TYPES[issue.expected] ?? issue.expected;
    return issue.input === undefined ? `falta: escreva ${wanted}` : `escreva ${wanted}`;
  }
  if (issue.code === 'too_small') return `pequeno demais: o mínimo é ${issue.minimum}`;
  if (issue.code === 'too_big') return `grande demais: o máximo é ${issue.maximum}`;
  if (issue.code === 'invalid_union') {
    return Array.isArray(issue['options'])
      ? `use ${issue['options'].map(String).join(', ')}`
      : 'valor não aceito';
  }
  if (issue.code === 'invalid_key') return 'nome não aceito: use um caminho com pontos, como pessoa.nome';
  return 'valor não aceito';
}

const TYPES: Record<string, string> = {
  string: 'um texto entre aspas',
  number: 'um número',
  int: 'um número inteiro',
  boolean: 'true ou false',
  object: 'um objeto { … }',
  record: 'um objeto { … }',
  array: 'uma lista [ … ]',
};

function formatPath(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text.replace(/^\./, '') || '(arquivo inteiro)';
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

// Key order and spacing are not meaning, so they do not change the hash.
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, child]) => `${JSON.stringify(key)}:${canonical(child)}`).join(',')}}`;
}
