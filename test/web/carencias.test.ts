// Carência and identity on the screen of a person: what is asked, what is refused, what the page says afterwards.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { HOJE } from '../../src/sync/hoje.ts';
import { findUsuario } from '../../src/sync/usuarios.ts';
import { addDados, type Dados, type Mundo, type Sessao, startMundo } from './mundo.ts';

const PARTIAL = { 'HX-Request': 'true', 'HX-Request-Type': 'partial' };

let mundo: Mundo;
let dados: Dados;
let admin: Sessao;

beforeAll(async () => {
  mundo = await startMundo();
  dados = await addDados(mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
});
afterAll(() => mundo.stop());

const inDays = (days: number): string => HOJE.format(Date.now() + days * 86_400_000);
const written = (day: string): string => day.split('-').reverse().join('/');
const address = () => `/usuarios/${dados.usuarioId}/carencia`;
const give = (form: Record<string, string>, sessao = admin) => mundo.write('post', address(), sessao, form);
const page = async () => (await mundo.get(`/usuarios/${dados.usuarioId}`, admin)).text;
const set = (sql: string) =>
  run(mundo.sync.db, `UPDATE usuarios SET ${sql} WHERE id = :id`, { id: dados.usuarioId });

describe('a carência', () => {
  test('is asked for in a form that says how far this person’s role goes', async () => {
    const form = await mundo.get(address(), admin).set(PARTIAL);
    const attendant = await mundo.loginWith(['operar']);
    const smaller = await mundo.get(address(), attendant).set(PARTIAL);

    expect(form.text).toContain(`value="${written(inDays(7))}"`);
    expect(form.text).toContain('até 30 dias');
    expect(smaller.text).toContain('até 7 dias');
  });

  test('wants a day to come and a reason, and shows the form again with what was typed', async () => {
    const answer = await give({ ate: inDays(-1), motivo: '' }).set(PARTIAL);
    const late = await give({ ate: inDays(31), motivo: 'Boleto em análise' }).set(PARTIAL);

    expect([answer.status, late.status]).toEqual([422, 422]);
    expect(answer.text).toContain('Diga o motivo');
    expect(late.text).toContain('Você pode dar até 30 dias.');
    expect(late.text).toContain('value="Boleto em análise"');
  });

  test('beyond seven days takes the role aprovar', async () => {
    const attendant = await mundo.loginWith(['operar']);

    expect((await give({ ate: inDays(8), motivo: 'Boleto em análise' }, attendant)).status).toBe(403);
  });

  test('given, is on the page with day, reason and author, and in the list of those that end tomorrow', async () => {
    const answer = await give({ ate: inDays(1), motivo: 'Boleto em análise' });
    const html = await page();
    const list = await mundo.get('/carencias', admin);

    expect([answer.status, answer.headers['location']]).toEqual([
      303,
      `/addons/tele-clinica/usuarios/${dados.usuarioId}`,
    ]);
    expect(html).toContain(`Em carência até ${written(inDays(1))}`);
    expect(html).toContain('Boleto em análise');
    expect(html).toContain('Encerrar carência');
    expect(html).not.toContain('>Dar carência<');
    expect(list.text).toMatch(new RegExp(`Terminam amanhã[\\s\\S]*${PESSOAS.ativa.nome}`));
    expect(list.text).toContain(OPERADORES.administrador.nome);
    expect(list.text).not.toContain(PESSOAS.ativa.cpf);
  });

  test('is nobody else’s: another branch does not see it', async () => {
    const north = await mundo.login(OPERADORES.outraFilial.id);

    expect((await mundo.get('/carencias', north)).text).toContain('Nenhuma carência em vigor');
    expect((await mundo.get(address(), north)).status).toBe(404);
  });

  test('makes Bloquear answer 409 until it is ended', async () => {
    const block = () =>
      mundo.write('post', `/usuarios/${dados.usuarioId}/bloqueio`, admin, { motivo: 'Pediu' });

    const during = await block();
    await mundo.write('delete', address(), admin);
    const after = await page();

    expect(during.status).toBe(409);
    expect(after).not.toContain('Em carência');
    expect(after).toContain('>Dar carência<');
    expect((await mundo.get('/carencias', admin)).text).toContain('Nenhuma carência em vigor');
  });

  test('is not offered over a person’s own block', async () => {
    await set('bloqueio_manual = 1');
    const html = await page();
    const form = await mundo.get(address(), admin);
    await set('bloqueio_manual = 0');

    expect(html).not.toContain('>Dar carência<');
    expect(form.status).toBe(409);
  });
});

test('a cancellation by rule says its day and how to stop it', async () => {
  await set("desejada = 'bloqueado', cancelar_regra_em = UTC_TIMESTAMP(6) + INTERVAL 7 DAY");
  const html = await page();
  await set("desejada = 'ativo', cancelar_regra_em = NULL");

  expect(html).toMatch(/Cancela em \d\d\/\d\d\/\d{4} \(prazo\)/);
  expect(html).toContain('devolva o contrato no IXC ou dê uma carência');
});

describe('“quem é a pessoa?”', () => {
  // The account was made for another CPF than the one that IXC has now.
  const hold = () =>
    set(
      "retida = 'quem_e_a_pessoa', duvida = 'cpf', retida_em = UTC_TIMESTAMP(6), retida_detalhe = '[]', impressao = UNHEX(SHA2('outra', 256))",
    );
  const answer = (resposta: string) =>
    mundo.write('post', `/usuarios/${dados.usuarioId}/identidade`, admin, { resposta });

  test('shows who IXC names now and both answers with their consequence', async () => {
    await hold();
    const html = await page();

    expect(html).toContain('Quem é a pessoa?');
    expect(html).toContain(PESSOAS.ativa.nome);
    expect(html).toContain('name="resposta" value="mesma"');
    expect(html).toContain('name="resposta" value="outra"');
    expect(html).toContain(`perde o contrato ${dados.contratoId}, e fica bloqueada se nenhum restar`);
  });

  test('takes no other answer', async () => {
    expect((await answer('talvez')).status).toBe(422);
  });

  test('“mesma” lets the account go on', async () => {
    expect((await answer('mesma')).status).toBe(303);
    expect(await findUsuario(mundo.sync.db, dados.usuarioId, 'todas')).toMatchObject({
      retida: null,
      desejada: 'ativo',
    });
  });

  test('is not there to answer for whoever is not held', async () => {
    expect((await answer('mesma')).status).toBe(409);
  });
});
