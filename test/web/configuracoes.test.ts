// Configurações: who holds what and its impact, which contact is sent, the provider's texts; and every refusal on the way.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { optionalRow, row, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { PAPEIS } from '../../src/sync/papeis.ts';
import { createApp } from '../../src/web/app.ts';
import { type IxcEscrita, openIxcEscrita } from '../setup/ixc.ts';
import { addDados, BASE, type Dados, type Mundo, type Sessao, startMundo } from './mundo.ts';

const PARTIAL = { 'HX-Request': 'true', 'HX-Request-Type': 'partial' };
const { administrador, gerente, outraFilial, atendente } = OPERADORES;

let mundo: Mundo;
let dados: Dados;
let ixc: IxcEscrita;
let admin: Sessao;

beforeAll(async () => {
  mundo = await startMundo();
  dados = await addDados(mundo);
  ixc = await openIxcEscrita(mundo.bancos.ixcEscritaUrl);
  admin = await mundo.login(administrador.id);
});
afterAll(async () => {
  await ixc.end();
  await mundo.stop();
});

const resumoOf = (html: string): string => /name="resumo" value="([0-9a-f]{64})"/.exec(html)?.[1] ?? '';
const versaoOf = (html: string): string => /name="versao" value="([^"]+)"/.exec(html)?.[1] ?? '';
const forget = (chave: string) =>
  run(mundo.sync.db, 'DELETE FROM configuracoes WHERE chave = :chave', { chave });
const stored = async (chave: string): Promise<unknown> => {
  const sql = 'SELECT valor FROM configuracoes WHERE chave = :chave';
  const found = await optionalRow(mundo.sync.db, sql, { chave }, z.object({ valor: z.unknown() }));
  return typeof found?.valor === 'string' ? JSON.parse(found.valor) : found?.valor;
};
const marks = (grupo: number, papeis: readonly string[]) =>
  Object.fromEntries(papeis.map((papel) => [`g${grupo}_${papel}`, '1']));
const isChecked = (html: string, mark: string): boolean =>
  new RegExp(`<input type="checkbox" name="${mark}"[^>]* checked`).test(html);

describe('direitos', () => {
  const CAMINHO = '/configuracoes/direitos';
  const page = async (sessao = admin) => (await mundo.get(CAMINHO, sessao)).text;
  const put = (form: Record<string, string>, sessao = admin) => mundo.write('put', CAMINHO, sessao, form);
  const ALL = { ...marks(administrador.grupo, PAPEIS), ...marks(outraFilial.grupo, PAPEIS) };
  const saved = async (form: Record<string, string>): Promise<void> => {
    const answer = await put({ ...form, resumo: resumoOf((await put(form)).text) });
    expect(answer.status).toBe(303);
  };

  beforeEach(() => forget('papeis'));

  test('shows each group with its roles, its people, whether it filters branches, and who changed it last', async () => {
    await saved({ ...ALL, ...marks(gerente.grupo, ['operar']) });

    const html = await page();
    const line = /<tr>(?:(?!<\/tr>)[\s\S])*Gerência[\s\S]*?<\/tr>/.exec(html)?.[0] ?? '';

    expect(line).toContain('vê todas as filiais');
    expect(line).toContain(gerente.nome);
    expect(isChecked(html, `g${gerente.grupo}_operar`)).toBe(true);
    expect(isChecked(html, `g${gerente.grupo}_ver`)).toBe(true);
    expect(isChecked(html, `g${gerente.grupo}_configurar`)).toBe(false);
    expect(html).toMatch(
      /Última mudança: Marina Prado, <time[^>]*>às [\s\S]*Gerência \+ver; Gerência \+operar/,
    );
    expect(html).not.toContain(OPERADORES.inativo.nome);
  });

  test('/configuracoes is the same page, with its tabs', async () => {
    const { text } = await mundo.get('/configuracoes', admin);

    expect(text).toContain('id="direitos"');
    expect(text).toMatch(/configuracoes\/direitos" aria-current="page">Direitos/);
    expect(text).toContain('Ninguém salvou esta tabela ainda');
  });

  test('a change shows who gains and who loses first, and is saved only with the impact that was shown', async () => {
    const form = { ...ALL, ...marks(gerente.grupo, ['operar', 'cancelar']) };
    delete (form as Record<string, string>)[`g${outraFilial.grupo}_cancelar`];

    const shown = await put(form).set(PARTIAL);
    const before = await stored('papeis');
    const wrong = await put({ ...form, resumo: '0'.repeat(64) });
    const answer = await put({ ...form, resumo: resumoOf(shown.text) });

    expect(shown.status).toBe(200);
    const line = (grupo: number) => new RegExp(`data-grupo="${grupo}"[\\s\\S]*?</tr>`).exec(shown.text)?.[0];
    expect(line(gerente.grupo)).toMatch(/ver, operar, cancelar[\s\S]*Otávio Paz/);
    expect(line(outraFilial.grupo)).toMatch(/class="perde">cancelar[\s\S]*Denise Bueno/);
    expect(before).toBeUndefined();
    expect([wrong.status, answer.status]).toEqual([409, 303]);
    expect(await stored('papeis')).toMatchObject({ [gerente.grupo]: ['ver', 'operar', 'cancelar'] });
  });

  test('what is saved holds at the next click, in this process and in any other', async () => {
    await saved({ ...ALL, ...marks(gerente.grupo, ['operar']) });
    const manager = await mundo.login(gerente.id);
    const other = createApp({ sync: mundo.sync, versao: '9' }).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}${BASE}/contratos`;
    const elsewhere = async () => (await fetch(url, { headers: { Cookie: manager.cookie } })).status;
    const before = [(await mundo.get('/contratos', manager)).status, await elsewhere()];

    await saved(ALL);
    const after = [(await mundo.get('/contratos', manager)).status, await elsewhere()];
    other.closeAllConnections();
    other.close();

    expect([before, after]).toEqual([
      [200, 200],
      [403, 403],
    ]);
  });

  test('what somebody saved meanwhile refuses an older form with 409, and keeps its marks', async () => {
    const versao = versaoOf(await page());
    await saved({ ...ALL, ...marks(gerente.grupo, ['ver']) });

    const mine = { ...ALL, ...marks(atendente.grupo, ['operar']), versao };
    const answer = await put(mine).set(PARTIAL);
    const again = await put({ ...mine, versao: versaoOf(answer.text) });

    expect(answer.status).toBe(409);
    expect(answer.text).toContain(
      'Os direitos mudaram desde que você abriu a tela. Última mudança: Marina Prado',
    );
    expect(isChecked(answer.text, `g${atendente.grupo}_operar`)).toBe(true);
    expect(isChecked(answer.text, `g${gerente.grupo}_ver`)).toBe(false);
    expect(answer.text.match(/data-mudou/g)).toHaveLength(2);
    expect(again.status).toBe(200);
    expect(await stored('papeis')).toMatchObject({ [atendente.grupo]: [] });
  });

  test('a mapping that leaves no active operator with configurar is refused, and keeps its marks', async () => {
    const nobody = await put({ ...marks(7, PAPEIS), ...marks(gerente.grupo, ['operar']) });
    const empty = await put({}).set('Accept', 'application/problem+json');

    expect(nobody.status).toBe(422);
    expect(nobody.text).toContain('ninguém mais poderia configurar');
    expect(isChecked(nobody.text, `g${gerente.grupo}_operar`)).toBe(true);
    expect([empty.status, Object.keys(empty.body.errors)]).toEqual([422, ['configurar']]);
    expect(await stored('papeis')).toBeUndefined();
  });

  test('a mapping that leaves configurar to people of some branches only is not locked out', async () => {
    const shown = await put(marks(outraFilial.grupo, PAPEIS));

    expect(shown.status).toBe(200);
    expect(shown.text).toContain('Você perde “configurar”.');
    expect(shown.text).toMatch(/quem pode configurar: Denise Bueno\./);
  });

  test('a group or a role that does not exist answers 422 with its field', async () => {
    const answer = await put({ ...ALL, g999_ver: '1', g1_mandar: '1' }).set(
      'Accept',
      'application/problem+json',
    );

    expect([answer.status, Object.keys(answer.body.errors).sort()]).toEqual([422, ['g1_mandar', 'g999_ver']]);
  });

  test('going back to the default shows the same impact, and asks before it does', async () => {
    const none = await mundo.get(`${CAMINHO}/padrao`, admin);
    await saved({ ...ALL, ...marks(gerente.grupo, ['operar']) });

    const shown = await mundo.get(`${CAMINHO}/padrao`, admin);
    const wrong = await mundo.write('delete', `${CAMINHO}?resumo=${'0'.repeat(64)}`, admin);
    const still = await stored('papeis');
    const answer = await mundo.write('delete', `${CAMINHO}?resumo=${resumoOf(shown.text)}`, admin);

    expect([none.status, shown.status, wrong.status, answer.status]).toEqual([409, 200, 409, 303]);
    expect(shown.text).toMatch(/class="perde">ver, operar[\s\S]*Otávio Paz/);
    expect(still).toBeDefined();
    expect(await stored('papeis')).toBeUndefined();
  });

  test('going back is refused where no administrator is active', async () => {
    await saved({ ...ALL, ...marks(gerente.grupo, PAPEIS) });
    const manager = await mundo.login(gerente.id);
    for (const { id } of [administrador, outraFilial]) await ixc.change('usuarios', id, { status: 'I' });

    const answer = await mundo.get(`${CAMINHO}/padrao`, manager);
    for (const { id } of [administrador, outraFilial]) await ixc.change('usuarios', id, { status: 'A' });

    expect(answer.status).toBe(422);
    expect(answer.text).toContain('ninguém mais poderia configurar');
  });

  test('without configurar nothing of it opens; with some branches only it opens and is not changed', async () => {
    await saved({ ...ALL, ...marks(gerente.grupo, ['operar', 'aprovar', 'cancelar', 'dados']) });
    const [manager, north] = await Promise.all([mundo.login(gerente.id), mundo.login(outraFilial.id)]);

    const refused = await Promise.all([
      mundo.get(CAMINHO, manager),
      put(ALL, manager),
      mundo.get(CAMINHO, north),
      put(ALL, north),
    ]);

    expect(refused.map(({ status }) => status)).toEqual([403, 403, 200, 403]);
    expect(refused[2]?.text).not.toContain('type="checkbox"');
    expect(refused[3]?.text).toContain('Peça a mudança a quem vê todas as filiais');
  });

  test('where IXC filters the branches of all who configure, any of them may change it', async () => {
    await ixc.query("UPDATE usuarios_grupo SET filtrar_filiais = 'S'");
    const north = await mundo.login(outraFilial.id);

    const answer = await put(ALL, north);
    await ixc.query("UPDATE usuarios_grupo SET filtrar_filiais = 'N' WHERE id IN (1, 3, 5)");

    expect(answer.status).toBe(200);
  });

  test('a stored role that this version does not know is nobody’s, and keeps nobody out', async () => {
    const valor = JSON.stringify({ [administrador.grupo]: ['configurar', 'voar'], 3: 'tudo' });
    await run(mundo.sync.db, "INSERT INTO configuracoes (chave, valor) VALUES ('papeis', :valor)", { valor });

    const html = await page(await mundo.login(administrador.id));

    expect(isChecked(html, `g${administrador.grupo}_configurar`)).toBe(true);
    expect(isChecked(html, `g${administrador.grupo}_operar`)).toBe(false);
  });
});

describe('contatos', () => {
  const CAMINHO = '/configuracoes/contatos';
  const put = (form: Record<string, string>, sessao = admin) => mundo.write('put', CAMINHO, sessao, form);
  const WHATSAPP = { telefone_1: 'whatsapp', telefone_2: 'celular', telefone_3: '', email: 'ultimo' };

  beforeAll(async () => {
    await forget('papeis');
    const cliente = {
      whatsapp: '(11) 98765-4321',
      telefone_celular: '(11) 91234-5678',
      email: 'um@example.com; dois@example.org',
    };
    await ixc.query(
      `UPDATE cliente SET whatsapp = '${cliente.whatsapp}', telefone_celular = '${cliente.telefone_celular}', email = '${cliente.email}'
       WHERE id = (SELECT id_cliente FROM cliente_contrato WHERE id = ${dados.contratoId})`,
    );
  });
  beforeEach(() => forget('contato'));

  test('shows the order with live people, masked', async () => {
    const { text } = await mundo.get(CAMINHO, admin);

    expect(text).toMatch(/name="telefone_1"[\s\S]*?value="celular" selected/);
    expect(text).toContain(PESSOAS.ativa.nome);
    expect(text).toContain('(11) 9••••-••78');
    expect(text).toContain('u•••@e•••.com');
    expect(text).not.toMatch(/91234|5678|um@example|dois@example/);
    expect(text).not.toContain(PESSOAS.ativa.cpf);
  });

  test('a change shows how many people would be sent another contact, and is saved with that impact only', async () => {
    const shown = await put(WHATSAPP).set(PARTIAL);
    const before = await stored('contato');
    const wrong = await put({ ...WHATSAPP, resumo: '0'.repeat(64) });
    const answer = await put({ ...WHATSAPP, versao: versaoOf(shown.text), resumo: resumoOf(shown.text) });

    expect(shown.text).toContain('data-mudam="1"');
    expect(shown.text).toMatch(
      /\(11\) 9••••-••78[\s\S]*data-mudou[^>]*><span class="contato">\(11\) 9••••-••21[\s\S]*d•••@e•••\.org/,
    );
    expect(before).toBeUndefined();
    expect([wrong.status, answer.status]).toEqual([409, 303]);
    expect(await stored('contato')).toMatchObject({ telefones: ['whatsapp', 'celular'], email: 'ultimo' });
  });

  test('names nobody of another branch, and is changed by whoever sees all', async () => {
    const north = await mundo.login(outraFilial.id);

    const [read, written, elsewhere] = await Promise.all([
      mundo.get(CAMINHO, north),
      put(WHATSAPP, north),
      mundo.get(CAMINHO, admin),
    ]);

    expect([read.status, written.status]).toEqual([200, 403]);
    expect(elsewhere.text).toContain(PESSOAS.ativa.nome);
    expect(read.text).not.toContain(PESSOAS.ativa.nome);
    expect(read.text).not.toContain('9••••');
  });

  test('a wrong order answers 422 beside its field, what was chosen kept', async () => {
    const answer = await put({ telefone_1: 'whatsapp', telefone_2: 'whatsapp', email: 'ultimo' });

    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Este telefone já está mais acima.');
    expect(answer.text).toMatch(/name="telefone_1"[\s\S]*?value="whatsapp" selected/);
    expect(answer.text).toContain('value="ultimo" selected');
  });

  test('an older form answers 409, what was chosen kept', async () => {
    const versao = versaoOf((await mundo.get(CAMINHO, admin)).text);
    await put({ ...WHATSAPP, resumo: resumoOf((await put(WHATSAPP)).text) });

    const answer = await put({ telefone_1: 'comercial', email: 'primeiro', versao });

    expect(answer.status).toBe(409);
    expect(answer.text).toMatch(/name="telefone_1"[\s\S]*?value="comercial" selected/);
    expect(versaoOf(answer.text)).not.toBe(versao);
  });
});

describe('textos', () => {
  const CAMINHO = '/configuracoes/textos';
  const put = (form: Record<string, string>, sessao = admin) => mundo.write('put', CAMINHO, sessao, form);
  const TEXTOS = {
    nome: 'Saúde em Casa',
    acesso: 'Abra o site.\nUse o CPF & a data de nascimento.',
    telefone: '0800 000 0000',
    site: 'https://saude.example.com.br',
    suporte: 'Ramal 200, com a "Central".',
  };

  beforeEach(() => forget('textos'));

  test('are shown as they would look before they are saved, and nothing is saved by looking', async () => {
    const query = `?${new URLSearchParams(TEXTOS)}`;
    const shown = await mundo.get(`${CAMINHO}${query}`, admin).set(PARTIAL);
    const page = await mundo.get(`${CAMINHO}${query}`, admin);
    const wrong = await mundo.get(`${CAMINHO}?nome=x&site=ftp%3A%2F%2Fx`, admin).set(PARTIAL);

    expect(shown.text).toMatch(/^\s*(<section id="previa-dos-textos")/);
    expect(shown.text).toContain('Use o CPF &amp; a data de nascimento.');
    expect(page.text).toContain('value="Saúde em Casa"');
    expect(wrong.text).toContain('Escreva um endereço como https://exemplo.com.br.');
    expect(await stored('textos')).toBeUndefined();
  });

  test('are told where they help: the account that waits, Ajuda, the end of the session', async () => {
    const answer = await put(TEXTOS);
    await run(mundo.sync.db, 'UPDATE usuarios SET aguarda_acesso = 1 WHERE id = :id', {
      id: dados.usuarioId,
    });
    const waiting = await mundo.get(`/contratos/${dados.contratoId}`, admin);
    await run(mundo.sync.db, 'UPDATE usuarios SET aguarda_acesso = 0 WHERE id = :id', {
      id: dados.usuarioId,
    });
    const [inside, ajuda, sessao] = await Promise.all([
      mundo.get(`/contratos/${dados.contratoId}`, admin),
      mundo.get('/ajuda', admin),
      mundo.get('/sessao'),
    ]);

    expect(answer.status).toBe(303);
    expect(waiting.text).toContain('O que dizer à pessoa');
    expect(waiting.text).toContain('href="https://saude.example.com.br"');
    expect(inside.text).not.toContain('O que dizer à pessoa');
    for (const { text } of [ajuda, sessao]) expect(text).toContain('Ramal 200, com a &#34;Central&#34;.');
  });

  test('wrong ones answer 422 beside their field, what was written kept', async () => {
    const answer = await put({ ...TEXTOS, nome: '<b>Oi</b>', telefone: 'ligue' });

    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Escreva texto simples, sem códigos como &lt;b&gt;.');
    expect(answer.text).toContain('value="&lt;b&gt;Oi&lt;/b&gt;"');
    expect(answer.text).toContain('value="ligue"');
    expect(await stored('textos')).toBeUndefined();
  });

  test('an older form answers 409, what was written kept; another branch is refused', async () => {
    const versao = versaoOf((await mundo.get(CAMINHO, admin)).text);
    await put(TEXTOS);
    const north = await mundo.login(outraFilial.id);

    const stale = await put({ ...TEXTOS, nome: 'Outro nome', versao }).set(PARTIAL);
    const refused = await put(TEXTOS, north);

    expect([stale.status, refused.status]).toEqual([409, 403]);
    expect(stale.text).toContain('value="Outro nome"');
    expect(versaoOf(stale.text)).not.toBe(versao);
    expect(await stored('textos')).toMatchObject({ nome: 'Saúde em Casa' });
  });
});

describe('a vínculo', () => {
  test('says how many active contracts it would reach before it is made, branch by branch', async () => {
    const search = await mundo
      .get(`/planos/${dados.planoId}/vinculos?tipo=produto&busca=Tele`, admin)
      .set(PARTIAL);
    const everywhere = await mundo
      .get(`/planos/${dados.planoId}/alcance?tipo=produto&ixc_id=901`, admin)
      .set(PARTIAL);
    const north = await mundo
      .get(`/planos/${dados.planoId}/alcance?tipo=produto&ixc_id=901&filial_id=2`, admin)
      .set(PARTIAL);
    const count = (html: string) => Number(/(\d+) contratos? ativos?/.exec(html)?.[1] ?? 0);

    expect(search.text).toMatch(/id="alcance-\d+-901"[\s\S]*?\d+ contratos ativos/);
    expect(count(everywhere.text)).toBeGreaterThan(0);
    expect(count(north.text)).toBeLessThan(count(everywhere.text));
  });

  test('is taken away only after its consequence was shown', async () => {
    const path = `/planos/${dados.planoId}/vinculos/${dados.vinculoId}`;

    const shown = await mundo.get(path, admin).set(PARTIAL);
    const page = await mundo.get(path, admin);
    const { total } = await row(
      mundo.sync.db,
      'SELECT COUNT(*) AS total FROM vinculos',
      {},
      z.object({ total: z.number() }),
    );
    const missing = await mundo.get(`/planos/${dados.planoId}/vinculos/9999`, admin);

    expect(shown.text).toMatch(/Alcança \d+ contratos ativos \(todas as filiais\)\. 1 contrato tem usuário/);
    expect(shown.text).toContain(`hx-delete="${BASE}${path}"`);
    expect(page.text).toContain('Retirar vínculo');
    expect([total, missing.status]).toEqual([1, 404]);
  });
});
