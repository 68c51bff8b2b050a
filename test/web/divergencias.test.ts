// The screen of divergências over HTTP: what each side says, who may see and do what, refusals that name the field, the files.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { row, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { listClientes } from '../../src/ixc/clientes.ts';
import { findContrato } from '../../src/ixc/contratos.ts';
import type { Achado, ContaDeFora } from '../../src/sync/divergencias/tipos.ts';
import { PAPEIS } from '../../src/sync/papeis.ts';
import { addDados, addDivergencia, type Dados, type Mundo, type Sessao, startMundo } from './mundo.ts';

let mundo: Mundo;
let dados: Dados;
let admin: Sessao;
let desconhecida: number;

beforeAll(async () => {
  mundo = await startMundo();
  dados = await addDados(mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
  desconhecida = await addDivergencia(mundo.sync, {
    classe: 'desconhecido_aqui',
    integracaoId: dados.integracaoId,
    chave: 'conta:abc-1',
    remotoId: 'abc-1',
    filialId: 0,
    ixc: null,
    nosso: null,
    parceiro: 'ativo',
    para: null,
    correcao: null,
    valorCentavos: null,
  });
});
afterAll(() => mundo.stop());

const conta = async (sql: string): Promise<number> =>
  (await row(mundo.sync.db, sql, {}, z.object({ total: z.coerce.number() }))).total;
const hx = { 'HX-Request': 'true', 'HX-Request-Type': 'partial' };

describe('the list', () => {
  test('names the class of each line, the sides, the money and the correction', async () => {
    const { text } = await mundo.get('/divergencias', admin);
    expect([...text.matchAll(/data-divergencia="([a-z_]+)"/g)].map(([, classe]) => classe)).toEqual([
      'pago_bloqueado',
      'desconhecido_aqui',
    ]);
    for (const word of [
      'Pago mas bloqueado',
      'menos de 1 h',
      'Dá direito',
      'R$',
      '49,90',
      'Desbloquear',
      'Comparar agora',
    ])
      expect(text).toContain(word);
    expect(text).toContain('Helena');
    expect(text).not.toMatch(/\d{3}\.\d{3}\.\d{3}-\d{2}/);
  });

  test('narrows by class, and says what to do when nothing is left', async () => {
    const some = await mundo.get('/divergencias?classe=desconhecido_aqui', admin);
    const none = await mundo.get('/divergencias?classe=plano_errado', admin);
    expect(some.text).toContain('abc-1');
    expect(some.text).not.toContain('data-divergencia="pago_bloqueado"');
    expect(none.text).toContain('Nenhuma divergência com este filtro.');
  });

  test('holds the operator’s own branches only; what has no branch is for whoever sees all', async () => {
    const north = await mundo.login(OPERADORES.outraFilial.id);
    const list = await mundo.get('/divergencias', north);
    const one = await mundo.get(`/divergencias/${desconhecida}`, north);
    const csv = await mundo.get('/divergencias.csv', north);
    expect(list.text).not.toContain('data-divergencia');
    expect(one.status).toBe(404);
    expect(csv.text.trim().split('\r\n')).toHaveLength(1);
  });

  test('goes along as CSV, with masked documents, and that is recorded', async () => {
    const { text, headers } = await mundo.get('/divergencias.csv', admin);
    expect(headers['content-type']).toContain('text/csv');
    expect(text.startsWith('\uFEFF"Divergência";"Classe"')).toBe(true);
    expect(text).toContain('"Pago mas bloqueado"');
    expect(text).not.toMatch(/\d{3}\.\d{3}\.\d{3}-\d{2}|"\d{11}"/);
    expect(await conta("SELECT COUNT(*) AS total FROM auditoria WHERE evento = 'exportou'")).toBeGreaterThan(
      0,
    );
  });
});

describe('comparing', () => {
  test('is asked for once, survives a reload, and shows that it goes on', async () => {
    const asked = await mundo.write('post', '/divergencias', admin);
    await mundo.write('post', '/divergencias', admin);
    expect(asked.status).toBe(303);
    expect(await conta('SELECT COUNT(*) AS total FROM comparacoes')).toBe(1);
    const page = await mundo.get('/divergencias', admin);
    expect(page.text).toContain('data-comparacao="pedida"');
    expect(page.text).toContain('/divergencias/andamento?passo=1');
    await run(
      mundo.sync.db,
      "UPDATE comparacoes SET andamento = NULL, estado = 'parcial', terminada_em = UTC_TIMESTAMP(6)",
    );
    expect((await mundo.get('/divergencias', admin)).text).toContain('A última comparação é parcial.');
  });

  test('needs “operar”', async () => {
    const sessao = await mundo.loginWith(['ver']);
    expect((await mundo.write('post', '/divergencias', sessao)).status).toBe(403);
    expect((await mundo.get('/divergencias', sessao)).text).not.toContain('Comparar agora');
  });
});

describe('what only the partner can put right', () => {
  const page = async (achado: Partial<Achado>): Promise<string> => {
    const { integracaoId } = dados;
    const base = {
      integracaoId,
      ixc: null,
      nosso: null,
      parceiro: 'ativo',
      para: null,
      correcao: null,
    } as const;
    const id = await addDivergencia(mundo.sync, {
      ...base,
      classe: 'desconhecido_aqui',
      filialId: 0,
      ...achado,
    });
    const { text } = await mundo.get(`/divergencias/${id}`, admin);
    await run(mundo.sync.db, "UPDATE divergencias SET estado = 'resolvida' WHERE id = :id", { id });
    return text;
  };
  const deFora = (referencia: ContaDeFora['referencia'], outras: string[] = []): ContaDeFora => ({
    referencia,
    impressao: Buffer.alloc(32, 5),
    outras,
  });
  const cases: [string, () => Partial<Achado>, string[]][] = [
    [
      'another system’s account',
      () => ({ chave: 'conta:x-1', remotoId: 'x-1', deFora: deFora('alheia') }),
      ['Outro sistema fez esta conta', 'Informem quem criou a conta x-1'],
    ],
    [
      'an account that nobody here is entitled to',
      () => ({ chave: 'conta:x-2', remotoId: 'x-2', deFora: deFora('nenhuma') }),
      ['não é de nenhum contrato com vínculo', 'Se não for de um cliente nosso, encerrem-na'],
    ],
    [
      'an account of a person who waits for it',
      () => ({
        chave: 'conta:x-3',
        remotoId: 'x-3',
        usuarioId: dados.usuarioId,
        contratoId: dados.contratoId,
        ixc: 'ativo',
        deFora: deFora('alheia'),
      }),
      ['por isso não é tocada', 'Troquem a referência da conta x-3 para ixc-', '-USUARIO-1'],
    ],
    [
      'two accounts of one CPF, none of them ours',
      () => ({
        classe: 'cpf_duplicado',
        chave: 'cpf:aa',
        remotoId: 'x-4',
        deFora: deFora('nenhuma', ['x-5']),
      }),
      ['Nenhuma das contas é seguida daqui', 'As contas x-4, x-5 são do mesmo CPF'],
    ],
  ];

  test.each(cases)('%s: why, who, and the words to hand over', async (_, achado, words) => {
    await run(mundo.sync.db, 'UPDATE usuarios SET remoto_id = NULL WHERE id = :usuarioId', {
      usuarioId: dados.usuarioId,
    });
    const text = await page(achado());
    for (const word of [...words, 'Não se corrige por aqui.', 'Quem resolve é a Tele Clínica.'])
      expect(text).toContain(word.replace('USUARIO', String(dados.usuarioId)));
    expect(text).toContain('data-copia="Integração');
    expect(text).not.toContain('/correcao"');
  });

  test('a second account beside ours: which one to end, and which one stays', async () => {
    await run(mundo.sync.db, "UPDATE usuarios SET remoto_id = 'nossa-1' WHERE id = :usuarioId", {
      usuarioId: dados.usuarioId,
    });
    const { usuarioId, contratoId } = dados;
    const text = await page({
      classe: 'cpf_duplicado',
      chave: 'cpf:bb',
      remotoId: 'x-6',
      usuarioId,
      contratoId,
      filialId: 1,
      deFora: deFora('alheia'),
    });
    expect(text).toContain('encerrem a conta x-6 e mantenham a conta nossa-1');
  });
});

describe('accepting as known', () => {
  const accept = (sessao: Sessao, form: Record<string, string>) =>
    mundo.write('post', `/divergencias/${desconhecida}/aceite`, sessao, form);

  test.each([
    [{ motivo: '', ate: '2026-01-01' }, 'Diga o motivo'],
    [{ motivo: 'CPF 529.982.247-25', ate: '2999-01-01' }, 'Tire o CPF do motivo'],
    [{ motivo: 'Conta deles', ate: '' }, 'Escolha o dia'],
    [{ motivo: 'Conta deles', ate: '2020-01-01' }, 'O dia já passou'],
    [{ motivo: 'Conta deles', ate: '2999-01-01' }, 'no máximo 90 dias'],
  ])('with %o names the field and keeps what was typed', async (form, words) => {
    const answer = await accept(admin, form);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(words);
    if (form.motivo) expect(answer.text).toContain(`value="${form.motivo}"`);
    expect(await conta('SELECT COUNT(*) AS total FROM divergencias WHERE aceita_ate IS NOT NULL')).toBe(0);
  });

  test('needs “aprovar”; it can be taken back', async () => {
    const sessao = await mundo.loginWith(PAPEIS.filter((papel) => papel !== 'aprovar'));
    const ate = new Date().toLocaleDateString('pt-BR', { timeZone: 'America/Sao_Paulo' });
    expect((await accept(sessao, { motivo: 'Conta deles', ate })).status).toBe(403);
    expect((await accept(admin, { motivo: 'Conta deles', ate })).status).toBe(303);
    expect((await mundo.get('/divergencias?estado=aceitas', admin)).text).toContain('Aceita até');
    expect((await mundo.write('delete', `/divergencias/${desconhecida}/aceite`, admin)).status).toBe(303);
    expect((await mundo.get('/divergencias', admin)).text).toContain('abc-1');
  });
});

describe('correcting', () => {
  test('what only the partner can answers 409 with whom to ask', async () => {
    const answer = await mundo.write('post', `/divergencias/${desconhecida}/correcao`, admin);
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('só se resolve na Tele Clínica');
  });

  test('needs a mark or a class, and “operar”', async () => {
    const sessao = await mundo.loginWith(['ver']);
    expect((await mundo.get('/divergencias/correcao', admin)).status).toBe(422);
    expect((await mundo.get(`/divergencias/correcao?ids=${dados.divergenciaId}`, sessao)).status).toBe(403);
    expect((await mundo.write('post', `/divergencias/${dados.divergenciaId}/correcao`, sessao)).status).toBe(
      403,
    );
  });

  test('of a class is shown first, and becomes a lote', async () => {
    const id = await addDivergencia(mundo.sync, {
      classe: 'plano_errado',
      integracaoId: dados.integracaoId,
      usuarioId: dados.usuarioId,
      contratoId: dados.contratoId,
      planoId: dados.planoId,
      correcao: 'trocar_plano',
    });
    const page = await mundo.get('/divergencias/correcao?classe=plano_errado', admin);
    expect(page.text).toContain('1 correção vai para um lote.');
    const made = await mundo.write('post', '/divergencias/correcao', admin, { classe: 'plano_errado' });
    expect(made.headers['location']).toMatch(/\/lotes\/\d+$/);
    expect((await mundo.get(`/divergencias/${id}`, admin)).text).toContain('A correção espera no lote');
    expect((await mundo.write('post', `/divergencias/${id}/correcao`, admin)).status).toBe(409);
  });

  test('of registers is a wish at once, without a lote', async () => {
    const { integracaoId, usuarioId, contratoId } = dados;
    const campos: Achado['campos'] = ['email'];
    const own = { integracaoId, usuarioId, contratoId, campos, parceiro: 'ativo' as const };
    const id = await addDivergencia(mundo.sync, {
      ...own,
      classe: 'dados_diferentes',
      correcao: 'atualizar',
      valorCentavos: 0,
    });
    const page = await mundo.get(`/divergencias/correcao?ids=${id}`, admin);
    expect(page.text).toContain('1 cadastro é reenviado');
    const made = await mundo.write('post', '/divergencias/correcao', admin, { ids: String(id) });
    expect(made.headers['location']).toMatch(/\/divergencias$/);
    expect(await conta("SELECT COUNT(*) AS total FROM operacoes WHERE acao = 'atualizar'")).toBe(1);
  });

  test('of one line answers its row, on its way', async () => {
    const answer = await mundo
      .write('post', `/divergencias/${dados.divergenciaId}/correcao?linha=1`, admin)
      .set(hx);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('Correção a caminho');
    expect(answer.text).toContain('data-estado="corrigindo"');
  });
});

describe('the bundle for support', () => {
  test('holds the whole story and nothing of the person, whatever slipped into a message', async () => {
    const { contratoId, usuarioId, integracaoId } = dados;
    const contrato = await findContrato(mundo.sync.ixc, contratoId, 'todas');
    const [cliente] = await listClientes(mundo.sync.ixc, [contrato?.clienteId ?? 0]);
    if (!contrato || !cliente) throw new Error('the walk-through person is missing');
    const planted = [cliente.nome, cliente.documento, ...cliente.emails, ...cliente.telefones].filter(
      Boolean,
    );
    expect(planted.length).toBeGreaterThan(3);
    await run(
      mundo.sync.db,
      `INSERT INTO tentativas (usuario_id, integracao_id, lease_token, processo, chamada, escrita, resultado, mensagem, enviada_em)
       VALUES (:usuarioId, :integracaoId, 1, 'x', 'criar', 1, 'refused_data', :mensagem, UTC_TIMESTAMP(6))`,
      { usuarioId, integracaoId, mensagem: `recusado: ${planted.join(' / ')}`.slice(0, 255) },
    );
    await run(
      mundo.sync.db,
      `UPDATE operacoes SET estado = 'recusada', mensagem = :mensagem WHERE usuario_id = :usuarioId`,
      {
        usuarioId,
        mensagem: `${cliente.nome.toUpperCase()} +55${cliente.telefones[0]} ${cliente.documento}`,
      },
    );

    const { text, status, headers } = await mundo.get(`/contratos/${contratoId}/suporte.txt`, admin);

    expect(status).toBe(200);
    expect(headers['content-type']).toContain('text/plain');
    for (const word of [
      `contrato-${contratoId}`,
      `usuario-${usuarioId}`,
      'O QUE O IXC DIZ',
      'tentativa-',
      'recusado',
    ])
      expect(text).toContain(word);
    const plain = text.toLowerCase();
    for (const value of planted) expect(plain).not.toContain(value.toLowerCase());
    for (const word of cliente.nome
      .toLowerCase()
      .split(' ')
      .filter((each) => each.length > 3))
      expect(plain).not.toContain(word);
    expect(text).not.toMatch(/\S+@\S+/);
    expect(await conta("SELECT COUNT(*) AS total FROM auditoria WHERE evento = 'suporte_exportado'")).toBe(1);
  });

  test('of another branch is missing', async () => {
    const north = await mundo.login(OPERADORES.outraFilial.id);
    expect((await mundo.get(`/contratos/${PESSOAS.ativa.contrato}/suporte.txt`, north)).status).toBe(404);
  });
});

test('the Painel tells the classes with their money, and how it went', async () => {
  const { text } = await mundo.get('/', admin);
  for (const word of [
    'Divergências',
    'por mês em jogo',
    'Novas e canceladas, 12 meses',
    'Do IXC à confirmação',
    'some até',
    'para a mudança ser lida',
  ])
    expect(text).toContain(word);
});
