// What really reaches stderr: ids, codes and frames, never what was hung on an error.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { cpfDigits, maskCpf } from '../src/demo/ixc/sorteio.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CPF = cpfDigits(11, 12);
const PLANTED = [CPF, maskCpf(CPF), 'pessoa.plantada@example.com', 'Bearer token-plantado', 'senha-plantada'];

// A process of its own, because the logger writes to the descriptor itself.
const PROGRAM = `
  import { createLog } from './src/log.ts';
  const [cpf, masked, email, token, senha] = ${JSON.stringify(PLANTED)};
  const hung = {
    config: { headers: { authorization: token }, data: { cpf, email }, auth: { password: senha } },
    request: { path: '/users?cpf=' + cpf, headers: { authorization: token } },
    response: { data: { existing: { cpf: masked, email } } },
    sql: "INSERT INTO x VALUES ('" + cpf + "')",
    sqlMessage: "Duplicate entry '" + cpf + "'",
    extra: { cpf, email },
  };
  const withCode = Object.assign(new Error("Duplicate entry '" + cpf + "' de " + email), hung, { code: 'ER_DUP_ENTRY' });
  const plain = Object.assign(new TypeError('cannot read x'), hung, { cause: new Error(email + cpf) });
  const log = createLog('debug');
  log.error({ erro: withCode, onde: 'fila' }, 'falha um');
  log.error({ err: plain, usuario: 7 }, 'falha dois');
  log.warn({ erro: token + cpf }, 'falha três');
  log.warn({ erro: { cpf, email } }, 'falha quatro');
  log.trace({ onde: 'trace' }, 'abaixo do nível');
`;

interface Line {
  level: number;
  msg: string;
  usuario?: number;
  erro?: Record<string, unknown>;
  err?: Record<string, unknown>;
}

describe('the log', () => {
  let text: string;
  let lines: Line[];

  beforeAll(() => {
    const args = ['--import', 'tsx', '--input-type=module', '-e', PROGRAM];
    const { stderr, stdout, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    text = stderr;
    lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  });

  it('is one JSON line per event, from its level up', () => {
    expect(lines.map(({ msg }) => msg)).toEqual(['falha um', 'falha dois', 'falha três', 'falha quatro']);
  });

  it.each(PLANTED)('never shows %s', (planted) => {
    expect(text).not.toContain(planted);
  });

  it('keeps of an error with a code: name, code and where it came from, but not its message', () => {
    expect(lines[0]?.erro).toMatchObject({ nome: 'Error', codigo: 'ER_DUP_ENTRY' });
    expect(lines[0]?.erro).not.toHaveProperty('mensagem');
    expect(lines[0]?.erro?.['pilha']).toEqual(expect.arrayContaining([expect.stringMatching(/^\s*at /)]));
  });

  it('keeps of an error of our own: its message, and the ids beside it', () => {
    expect(lines[1]).toMatchObject({ usuario: 7, err: { nome: 'TypeError', mensagem: 'cannot read x' } });
  });

  it('says nothing of a thing thrown that is no error', () => {
    expect(lines[2]?.erro).toEqual({ mensagem: 'erro sem descrição' });
    expect(lines[3]?.erro).toEqual({ mensagem: 'erro sem descrição' });
  });

  it('names neither host nor process', () => {
    for (const line of lines) {
      expect(line).not.toHaveProperty('hostname');
      expect(line).not.toHaveProperty('pid');
    }
  });
});
