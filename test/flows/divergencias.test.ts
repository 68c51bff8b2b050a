// Three sides compared: what is planted is found and nothing else; a broken list never means “gone”.
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestComparacao } from '../../src/sync/divergencias/comparacoes.ts';
import { runComparacao } from '../../src/sync/divergencias/execucao.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { type Plantada, plantDivergencias, plantSemConta } from '../setup/plantadas.ts';

let casa: Automacao;
let gente: Gente[];
let plantadas: Plantada[];

const compare = async (): Promise<void> => {
  await requestComparacao(casa.mundo.sync, casa.mundo.operador);
  await runComparacao(casa.mundo.sync, 'teste');
};
const all = async (where = "estado = 'aberta'"): Promise<RowDataPacket[]> =>
  (await casa.mundo.nosso.query<RowDataPacket[]>(`SELECT * FROM divergencias WHERE ${where}`))[0];
const named = (list: RowDataPacket[]): string[] =>
  list
    .map(
      ({ classe, chave, usuario_id: id }) =>
        `${classe} ${classe === 'cpf_duplicado' ? `usuario:${id}` : chave}`,
    )
    .sort();

beforeAll(async () => {
  casa = await createAutomacao({ automatico: false });
  gente = await casa.ativos(24);
  await compare();
});
afterAll(() => casa.end());

describe('a comparison', () => {
  test('of people who agree lists only contracts without an account', async () => {
    const list = await all();
    expect(new Set(list.map(({ classe }) => classe))).toEqual(new Set(['ativo_sem_usuario']));
    expect(list.every(({ usuario_id }) => usuario_id === null)).toBe(true);
    await casa.mundo.nosso.query('DELETE FROM divergencias');
  });

  test('lists exactly what was planted', async () => {
    await compare();
    const before = new Set(named(await all()));
    plantadas = [...(await plantDivergencias(casa, gente, 3)), ...(await plantSemConta(casa, 3))];
    await compare();
    const found = named(await all()).filter((line) => !before.has(line));
    expect(found).toEqual(plantadas.map(({ classe, chave }) => `${classe} ${chave}`).sort());
  });
});
