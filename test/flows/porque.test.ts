// “Por que está assim?”: every fact, rule, decision, call and answer, in order, each with a number to hand on.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import type { Filiais } from '../../src/ixc/tipos.ts';
import { readDatas } from '../../src/sync/datas.ts';
import { requestBloqueio, requestDesbloqueio } from '../../src/sync/pedidos.ts';
import { explain } from '../../src/sync/porque/explicacao.ts';
import { readFatos } from '../../src/sync/porque/fatos.ts';
import { summarize } from '../../src/sync/porque/resumo.ts';
import { findUsuario } from '../../src/sync/usuarios.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar } from '../setup/conferencia.ts';
import { OPERADOR } from '../setup/mundo.ts';
import { enter } from './entrada.ts';

const [MATRIZ, NORTE] = [1, 2];

let casa: Automacao;
let gente: Gente[];

beforeAll(async () => {
  casa = await createAutomacao();
  gente = await casa.ativos(3);
});
afterAll(() => casa.end());

const one = (n: number): Gente => {
  const found = gente[n];
  if (found === undefined) throw new Error(`nobody ${n}`);
  return found;
};

/** The steps told to whoever sees `filiais`, each as `texto` with its id. */
async function told({ id }: Gente, filiais: Filiais = 'todas') {
  const { sync } = casa.mundo;
  const usuario = await findUsuario(sync.db, id, filiais);
  const partes = explain(await readFatos(sync, filiais, usuario, undefined));
  const passos = partes.flatMap((parte) => parte.passos);
  return {
    usuario,
    titulos: partes.map(({ titulo }) => titulo),
    passos,
    texto: passos.map((p) => p.texto).join('\n'),
  };
}

async function summary({ id }: Gente, filiais: Filiais = 'todas') {
  const { sync } = casa.mundo;
  const usuario = await findUsuario(sync.db, id, filiais);
  if (usuario === undefined) throw new Error(`no usuário ${id}`);
  return summarize(usuario, await readDatas(sync.db, id));
}

describe('an account that goes by the rules', () => {
  test('is told from what IXC says to what Tele Clínica answered', async () => {
    const { titulos, passos, texto } = await told(one(0));

    expect(titulos).toEqual([
      'O que o IXC diz',
      'Qual regra vale',
      'Como os contratos e as ordens se somam',
      'O que foi decidido sobre a mudança',
      'Como está a conta',
    ]);
    const order = [
      `Contrato ${one(0).contrato}: `,
      'É a regra padrão.',
      'Por isso a conta deve ficar ativa',
      'As regras não pedem nenhuma mudança',
      'A última operação foi “Criar conta”',
      'Criar conta: confirmado · HTTP 201',
      'A Tele Clínica confirmou a conta como ativa',
    ].map((words) => texto.indexOf(words));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
    expect(passos.filter(({ id }) => id === '')).toEqual([]);
  });

  test('says what blocks it, in one sentence and in steps', async () => {
    const person = one(1);
    await casa.contrato(person.contrato, { status_internet: 'CA' });
    await casa.olhar();
    await casa.confirmado(person.id, 'bloqueado');

    const { texto } = await told(person);
    expect(texto).toContain('bloqueia');
    expect(texto).toContain('A última operação foi “Bloquear”, pela regra');
    expect(await summary(person)).toEqual({
      texto: `O contrato ${person.contrato} bloqueia; volta quando o contrato voltar.`,
      decidem: [person.contrato],
    });
  });
});

describe('an order of a person', () => {
  test('is told with who gave it and why, and read anew after the next order', async () => {
    const { sync } = casa.mundo;
    const person = one(0);
    const navegador = await enter(casa.mundo, OPERADORES.administrador.id);
    const page = async () => (await navegador.get(`/usuarios/${person.id}?porque=1`)).text;
    const before = await page();
    const usuario = await findUsuario(sync.db, person.id, 'todas');
    if (usuario === undefined) throw new Error('gone');
    await requestBloqueio(sync, OPERADOR, usuario, 'viajou');
    await assentar(casa.mundo);

    expect(before).not.toContain('Uma pessoa pediu o bloqueio: “viajou”');
    const after = await page();
    expect(after).toMatch(/Uma pessoa pediu o bloqueio: “viajou”, por [^<]+, em <time/);
    expect(after).toMatch(/Lido do IXC e do nosso registro às <time[^>]+>\d\d:\d\d:\d\d<\/time>/);
    expect(after).not.toContain('hx-preserve');
    await requestDesbloqueio(sync, OPERADOR, usuario);
    await assentar(casa.mundo);
    expect(await page()).toContain('Nenhuma ordem de pessoa');
    await navegador.leave();
  });
});

describe('a contract of another branch', () => {
  test('that decides is named as such to whoever cannot see it', async () => {
    const person = one(2);
    const [other = 0] = await casa.mundo.gente(1);
    await casa.contrato(other, { id_cliente: person.cliente, id_filial: NORTE });
    await casa.mundo.criar(other);
    await casa.contrato(person.contrato, { status_internet: 'CA' });
    await casa.olhar();
    await assentar(casa.mundo);
    const own: Filiais = [MATRIZ];

    const { usuario, texto } = await told(person, own);
    expect(usuario).toMatchObject({ observada: 'ativo', outrasFiliais: 1 });
    expect(await summary(person, own)).toEqual({
      texto: 'Decide um contrato desta pessoa em outra filial.',
      decidem: [],
    });
    expect(texto).toContain('Um contrato desta pessoa em outra filial também conta');
    expect(texto).not.toContain(String(other));
    expect((await summary(person)).texto).toContain(`O contrato ${other} dá direito`);
  });
});
