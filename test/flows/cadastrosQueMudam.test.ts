// A register that moved on in IXC: sent by itself only where everything else is, never in masses, and by a person's word.
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { roundSubitas } from '../../src/sync/avisos/ronda.ts';
import { countEspera, sendEspera } from '../../src/sync/cadastrosEspera.ts';
import { saveModo } from '../../src/sync/modos.ts';
import { requestCadastro } from '../../src/sync/pedidos.ts';
import { limitesDeCadastros } from '../../src/sync/varredura/cadastros.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar, conferir } from '../setup/conferencia.ts';
import { OPERADOR } from '../setup/mundo.ts';

let casa: Automacao;
let gente: Gente[];

beforeAll(async () => {
  casa = await createAutomacao();
  gente = await casa.ativos(20);
});
beforeEach(async () => {
  await casa.esquecer();
  await casa.mundo.nosso.query('UPDATE auditoria SET em = em - INTERVAL 100 DAY');
});
afterAll(() => casa.end());

const one = (n: number): Gente => {
  const found = gente[n];
  if (found === undefined) throw new Error(`nobody ${n}`);
  return found;
};
const email = ({ cliente }: Gente, value: string) =>
  casa.mundo.escrita.change('cliente', cliente, { email: value });
const espera = ({ id }: Gente) => casa.valor('SELECT cadastro_espera FROM usuarios WHERE id = ?', [id]);
const sent = () => casa.chamadas('updateUser');
const look = async () => {
  for (let n = 0; n < 2; n += 1) await casa.olhar();
  await assentar(casa.mundo);
};
const modo = (value: string) => saveModo(casa.mundo.sync, OPERADOR, { modo: value, operacao: 'atualizar' });
const ask = async ({ id }: Gente) => requestCadastro(casa.mundo.sync, OPERADOR, await casa.mundo.usuario(id));

describe('what does not go by itself', () => {
  test.each(['observar', 'sugerir'])('in mode %s it waits, and goes by a person’s word', async (value) => {
    await modo(value);
    const person = one(value === 'observar' ? 0 : 1);
    const before = await sent();
    await email(person, `${value}@example.com`);
    await look();
    expect([await espera(person), await sent()]).toEqual(['modo', before]);
    await ask(person);
    await look();
    expect([await espera(person), await sent()]).toEqual([null, before + 1]);
    await expect(ask(person)).rejects.toMatchObject({ status: 409 });
    await modo('automatico');
  });

  test('before anybody has accepted the rules of now it waits, and the first complete run afterwards sends it', async () => {
    const person = one(2);
    const before = await sent();
    await casa.mundo.nosso.query('UPDATE varredura SET regime = NULL');
    await email(person, 'sem.regime@example.com');
    await look();
    expect([await espera(person), await sent()]).toEqual(['modo', before]);
    await casa.aceitar();
    await casa.olhar('completa');
    await assentar(casa.mundo);
    expect([await espera(person), await sent()]).toEqual([null, before + 1]);
  });

  test('in homologação it waits, and goes by a person’s word alone', async () => {
    const person = one(3);
    const ambiente = (value: string, contratos: string) =>
      casa.mundo.nosso.query(
        'UPDATE integracoes SET ambiente = ?, contratos_teste = ?, versao = versao + 1',
        [value, contratos],
      );
    await ambiente('homologacao', String(person.contrato));
    const before = await sent();
    await email(person, 'homologacao@example.com');
    await look();
    expect([await espera(person), await sent()]).toEqual(['modo', before]);
    expect(await countEspera(casa.mundo.sync.db, 'todas')).toMatchObject({ modo: 0, freio: 0 });
    await ask(person);
    await look();
    expect(await sent()).toBe(before + 1);
    await ambiente('simulador', '');
  });

  test('back as it was in IXC, nothing waits any more', async () => {
    const person = one(4);
    await modo('observar');
    const was = await ixcEmail(person);
    await email(person, 'engano@example.com');
    await casa.olhar();
    expect(await espera(person)).toBe('modo');
    await email(person, was);
    await casa.olhar();
    expect(await espera(person)).toBeNull();
    await modo('automatico');
  });
});

describe('a mass change', () => {
  const doze = () => gente.slice(5, 17);

  test('is held whole, told of, joined by whoever comes later, and let go by one who has seen the list', async () => {
    const { sync } = casa.mundo;
    const before = await sent();
    const ids = doze().map(({ cliente }) => cliente);
    await casa.mundo.ixc.query(
      "UPDATE cliente SET email = CONCAT('massa', id, '@example.com') WHERE id IN (?)",
      [ids],
    );
    await look();
    expect(await sent()).toBe(before);
    for (const person of doze()) expect(await espera(person)).toBe('freio');
    await roundSubitas(sync, 'teste');
    const aviso = () => casa.valor("SELECT COALESCE(aberto, 0) FROM avisos WHERE causa = 'cadastros'");
    expect(Number(await aviso())).toBe(1);

    const { resumo } = await countEspera(sync.db, 'todas');
    await email(one(17), 'mais.um@example.com');
    await look();
    expect(await espera(one(17))).toBe('freio');
    await expect(sendEspera(sync, OPERADOR, resumo)).rejects.toMatchObject({ status: 409 });
    expect(await sent()).toBe(before);

    const now = await countEspera(sync.db, 'todas');
    expect(now).toMatchObject({ modo: 0, freio: 13 });
    expect(await sendEspera(sync, OPERADOR, now.resumo)).toBe(13);
    await assentar(casa.mundo);
    expect(await sent()).toBe(before + 13);
    await roundSubitas(sync, 'teste');
    expect(Number(await aviso())).toBe(0);
  });

  test('of one branch is held there, and another branch goes on', async () => {
    const { sync, ixc, nosso } = casa.mundo;
    await nosso.query('UPDATE usuarios SET contato_mudou_em = NULL');
    const [longe, perto] = [gente.slice(0, 11), gente.slice(11, 13)];
    const move = (filial: number) =>
      ixc.query('UPDATE cliente_contrato SET id_filial = ? WHERE id IN (?)', [
        filial,
        longe.map(({ contrato }) => contrato),
      ]);
    await move(2);
    await casa.olhar('completa');
    // Hundreds more, so that for all together the same number is nothing unusual.
    await nosso.query(`INSERT INTO usuarios (integracao_id, impressao, desejada, observada, trabalho, proxima_em, criado_em)
      SELECT ${casa.mundo.integracaoId}, UNHEX(SHA2(seq, 256)), 'ativo', 'ativo', 0, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) FROM seq_1_to_300`);
    const before = await sent();
    for (const person of [...longe, ...perto]) await email(person, `filial${person.cliente}@example.com`);
    await look();
    await nosso.query('DELETE FROM usuarios WHERE id NOT IN (SELECT usuario_id FROM adesoes)');
    for (const person of longe) expect(await espera(person)).toBe('freio');
    for (const person of perto) expect(await espera(person)).toBeNull();
    expect(await sent()).toBe(before + perto.length);
    await sendEspera(sync, OPERADOR, (await countEspera(sync.db, 'todas')).resumo);
    await move(1);
    await casa.olhar('completa');
    await assentar(casa.mundo);
  });

  test('in drops is held too, once a day has seen enough', async () => {
    await casa.mundo.nosso.query('UPDATE usuarios SET contato_mudou_em = NULL');
    const { por24h } = limitesDeCadastros(20);
    for (let n = 0; n < por24h; n += 1) {
      await casa.mundo.nosso.query(
        "INSERT INTO auditoria (em, evento, detalhe) VALUES (UTC_TIMESTAMP(6), 'cadastro_mudou', '{}')",
      );
    }
    await email(one(18), 'gota@example.com');
    await casa.olhar();
    expect(await espera(one(18))).toBe('freio');
    await ask(one(18));
    await assentar(casa.mundo);
  });

  test.each([
    [0, { porVez: 10, por24h: 30 }],
    [1_000, { porVez: 50, por24h: 100 }],
  ])('with %i active people the limits are %o', (ativos, limites) => {
    expect(limitesDeCadastros(ativos)).toEqual(limites);
  });
});

test('after all of it, every promise was kept', async () => {
  await assentar(casa.mundo);
  expect((await conferir(casa.mundo)).erros).toEqual([]);
});

async function ixcEmail({ cliente }: Gente): Promise<string> {
  const [[row]] = await casa.mundo.ixc.query<RowDataPacket[]>('SELECT email FROM cliente WHERE id = ?', [
    cliente,
  ]);
  return String(row?.['email']);
}
