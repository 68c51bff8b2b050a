// What the screens draw: the element of a usuário, the panel of a contract, hostile and dirty texts, no secrets.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { SUJEIRA } from '../../src/demo/ixc/sujeira.ts';
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

describe('the element of a usuário', () => {
  const element = () =>
    new RegExp(
      `id="usuario-${dados.usuarioId}"[^>]*data-contrato="${dados.contratoId}" data-situacao="ausente" data-desejada="ativo"`,
    );

  test.each(['/usuarios', '/usuarios/:u', '/contratos/:c', '/contratos?busca=:c'])(
    'on %s says id, contracts, situação and desejada',
    async (path) => {
      const page = await mundo.get(
        path.replace(':u', `${dados.usuarioId}`).replace(':c', `${dados.contratoId}`),
        admin,
      );

      expect(page.text).toMatch(element());
    },
  );

  test('follows itself without keeping the session alive, ever more slowly', async () => {
    const first = await mundo.get(`/usuarios/${dados.usuarioId}`, admin).set(PARTIAL);
    const later = await mundo.get(`/usuarios/${dados.usuarioId}?passo=30`, admin).set(PARTIAL);

    expect(first.text).toMatch(/hx-get="[^"]*passo=1"[^>]*load delay:150ms/);
    expect(first.text).toContain(`hx-headers='{"X-Acompanha":"1"}'`);
    expect(later.text).toMatch(/load delay:2000ms/);
  });

  test('stops following when it is held', async () => {
    await run(mundo.sync.db, "UPDATE usuarios SET retida = 'dados' WHERE id = :id", { id: dados.usuarioId });

    const held = await mundo.get(`/usuarios/${dados.usuarioId}`, admin).set(PARTIAL);
    await run(mundo.sync.db, 'UPDATE usuarios SET retida = NULL WHERE id = :id', { id: dados.usuarioId });

    expect(held.text).toContain('Parado: Cadastro precisa de correção');
    expect(held.text).not.toContain('X-Acompanha');
  });

  test('offers Reenviar when it is held, and is drawn again by it', async () => {
    await run(mundo.sync.db, "UPDATE usuarios SET retida = 'dados' WHERE id = :id", { id: dados.usuarioId });

    const held = await mundo.get(`/usuarios/${dados.usuarioId}`, admin).set(PARTIAL);
    const address = /hx-post="\/addons\/tele-clinica(\/operacoes\/[^"]+)"/.exec(held.text)?.[1] ?? '';
    const resent = await mundo.write('post', address, admin).set(PARTIAL);

    expect(held.text).toContain('Reenviar');
    expect(resent.status).toBe(200);
    expect(resent.text).toMatch(/^<section id="usuario-/);
    expect(resent.text).not.toContain('Parado:');
  });
});

describe('the panel of a contract', () => {
  test.each([
    ['bloquear', 'Motivo'],
    ['cancelar', 'Número do contrato'],
  ])('opens the confirmation of ?acao=%s', async (acao, field) => {
    const page = await mundo.get(`/contratos/${dados.contratoId}?acao=${acao}`, admin);

    expect(page.text).toContain('<form class="confirmacao"');
    expect(page.text).toContain(field);
  });

  test('says that an action does not apply now', async () => {
    const page = await mundo.get(`/contratos/${dados.contratoId}?acao=desbloquear`, admin);

    expect(page.status).toBe(200);
    expect(page.text).toContain('“Desbloquear” não se aplica agora');
  });

  test('shows the CPF masked, and no birth date, phone or e-mail', async () => {
    const page = await mundo.get(`/contratos/${PESSOAS.ativa.contrato}`, admin);

    expect(page.text).toContain(`***.${PESSOAS.ativa.cpf.slice(3, 6)}.${PESSOAS.ativa.cpf.slice(6, 9)}-**`);
    expect(page.text).not.toContain(PESSOAS.ativa.cpf);
    expect(page.text).not.toMatch(/[\w.]+@example\.com/);
  });

  test.each(Object.entries(SUJEIRA).map(([name, { contratos }]) => [name, contratos] as const))(
    'of dirty rows (%s) is a page',
    async (_name, contratos) => {
      const pages = await Promise.all(contratos.map((id) => mundo.get(`/contratos/${id}`, admin)));

      expect(pages.map(({ status }) => status)).toEqual(contratos.map(() => 200));
    },
  );

  test('shows hostile names literally', async () => {
    const pages = await Promise.all(
      SUJEIRA.nomeEspecial.contratos.map((id) => mundo.get(`/contratos/${id}`, admin)),
    );
    const html = pages.map(({ text }) => text).join();

    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).toContain('&lt;b&gt;Rui&lt;/b&gt; &amp; Filhos');
    expect(html).not.toContain('<script>alert(1)');
  });
});

test('what is typed into a search box comes back as text', async () => {
  const hostile = '"><script>alert(1)</script>';

  const pages = await Promise.all([
    mundo.get(`/contratos?busca=${encodeURIComponent(hostile)}`, admin),
    mundo.get(
      `/usuarios?busca=${encodeURIComponent(hostile)}&situacao=${encodeURIComponent(hostile)}`,
      admin,
    ),
    mundo.get(`/operacoes?estado=${encodeURIComponent(hostile)}`, admin),
    mundo.get('/contratos?busca[a]=1&busca=x&busca=y&settings[view%20options]=1', admin),
  ]);

  expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(pages.map(({ text }) => text).join()).not.toContain('<script>alert');
});

test('the password of an integração never comes out', async () => {
  const pages = await Promise.all([
    mundo.get(`/integracoes/${dados.integracaoId}`, admin),
    mundo.get('/integracoes', admin),
  ]);

  expect(pages.map(({ text }) => text).join()).not.toContain('segredo-da-integracao');
});
