// Contracts as an operator finds them: every kind of search, every branch, every dirty row, every page exactly once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openIxcPool, openPool, type Pool, row, rows, run } from '../../src/db.ts';
import { FILIAIS, PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { SUJEIRA } from '../../src/demo/ixc/sujeira.ts';
import {
  findContrato,
  listContratosDeClientes,
  listContratosPorId,
  searchContratos,
} from '../../src/ixc/contratos.ts';
import type { ContratoLinha, Filiais } from '../../src/ixc/tipos.ts';
import { formatCpf } from '../../src/ixc/valores.ts';
import { type Bancos, createBancos } from '../setup/banco.ts';

let bancos: Bancos;
let ixc: Pool;
let escrita: Pool;

beforeAll(async () => {
  bancos = await createBancos();
  ixc = openIxcPool(bancos.ixcUrl, 2);
  escrita = openPool(bancos.ixcEscritaUrl, 1);
  await run(escrita, 'SET SESSION foreign_key_checks = 0');
});

afterAll(async () => {
  await ixc?.end();
  await escrita?.end();
  await bancos?.drop();
});

const idSchema = z.object({ id: z.number() });
const ids = (linhas: { id: number }[]) => linhas.map(({ id }) => id);
const descending = (numeros: readonly number[]) => [...numeros].sort((a, b) => b - a);

async function searchAll(busca: string, filiais: Filiais = 'todas', limite = 25): Promise<ContratoLinha[]> {
  const todas: ContratoLinha[] = [];
  let depois: string | undefined;
  do {
    const pagina = await searchContratos(ixc, { busca, depois, filiais, limite });
    expect(pagina.linhas.length).toBeLessThanOrEqual(limite);
    todas.push(...pagina.linhas);
    depois = pagina.proxima;
  } while (depois !== undefined);
  return todas;
}

async function everyId(where = 'TRUE'): Promise<number[]> {
  return ids(
    await rows(escrita, `SELECT id FROM cliente_contrato WHERE ${where} ORDER BY id DESC`, {}, idSchema),
  );
}

describe('pages', () => {
  it.each([1, 7, 25, 1000])('of %i lines cover every contract exactly once, newest first', async (limite) => {
    expect(ids(await searchAll('', 'todas', limite))).toEqual(await everyId());
  });

  it.each(FILIAIS.map(({ id }) => [id]))(
    'show an operator of branch %i only its contracts',
    async (filial) => {
      expect(ids(await searchAll('', [filial], 10))).toEqual(await everyId(`id_filial = ${filial}`));
    },
  );

  it('join several branches in one order, each contract once', async () => {
    expect(ids(await searchAll('', [3, 2, 3, 0], 10))).toEqual(await everyId('id_filial IN (2, 3)'));
  });

  it('are empty for an operator without branches', async () => {
    expect(await searchContratos(ixc, { busca: '', filiais: [], limite: 25 })).toEqual({
      linhas: [],
      proxima: undefined,
    });
  });

  it('show a contract without branch only to who sees all of them', async () => {
    const id = PESSOAS.semProduto.contrato;
    await run(escrita, 'UPDATE cliente_contrato SET id_filial = NULL WHERE id = :id', { id });
    const todas = FILIAIS.map((filial) => filial.id);
    expect(ids(await searchAll(String(id)))).toEqual([id]);
    expect(await searchAll(String(id), todas)).toEqual([]);
    expect(ids(await searchAll('', todas))).not.toContain(id);
    expect(await findContrato(ixc, id, todas)).toBeUndefined();
    await run(escrita, 'UPDATE cliente_contrato SET id_filial = 1 WHERE id = :id', { id });
  });

  it('start again when the key is nonsense', async () => {
    const inicio = await searchContratos(ixc, { busca: '', filiais: 'todas', limite: 5 });
    const torta = await searchContratos(ixc, { busca: '', depois: "1' OR 1", filiais: 'todas', limite: 5 });
    expect(torta).toEqual(inicio);
  });
});

describe('the search box', () => {
  const { cpf, contratos, cliente, nome } = PESSOAS.tresContratos;

  it('finds every contract of a CPF, typed with its mask or without', async () => {
    expect(ids(await searchAll(formatCpf(cpf)))).toEqual(descending(contratos));
    expect(ids(await searchAll(cpf))).toEqual(descending(contratos));
  });

  it('finds a CPF that IXC holds without its mask, and one that is on two client rows', async () => {
    const { clientes, contratos: sujos } = SUJEIRA.cpfEmDuasFichas;
    const [dono] = await listContratosDeClientes(ixc, clientes.slice(0, 1), 'todas');
    expect(ids(await searchAll(dono?.documento ?? ''))).toEqual(descending(sujos.slice(0, 2)));
    for (const [index, id] of SUJEIRA.cpfSemMascara.contratos.entries()) {
      const linha = (await listContratosPorId(ixc, [id], 'todas'))[0];
      expect(ids(await searchAll(formatCpf(linha?.documento ?? ''))), `row ${index}`).toEqual([id]);
    }
  });

  it('finds a company by its CNPJ', async () => {
    const [linha] = await listContratosPorId(ixc, [PESSOAS.empresa.contrato], 'todas');
    expect(linha?.documento).toMatch(/^\d{14}$/);
    expect(ids(await searchAll(linha?.documento ?? ''))).toEqual([PESSOAS.empresa.contrato]);
  });

  it('finds a contract by its number, and otherwise a client by its number', async () => {
    expect(ids(await searchAll(String(PESSOAS.ativa.contrato)))).toEqual([PESSOAS.ativa.contrato]);
    expect(await everyId(`id = ${cliente}`)).toEqual([]);
    expect(ids(await searchAll(String(cliente), 'todas', 2))).toEqual(descending(contratos));
  });

  it('finds words of a name in any order and case, with or without accents', async () => {
    for (const busca of [nome, 'siqueira paulo', 'PAULO moura', 'iqueir']) {
      expect(ids(await searchAll(busca, 'todas', 2)), busca).toEqual(expect.arrayContaining(contratos));
    }
    expect(ids(await searchAll('silvia nunes prates'))).toEqual([PESSOAS.financeiroEmAtraso.contrato]);
  });

  it('finds an emoji, a quote and a backslash as what they are', async () => {
    const { contratos: emojis } = SUJEIRA.nomeEmoji;
    expect(ids(await searchAll('🌻'))).toEqual([emojis[0]]);
    expect(ids(await searchAll("Zé');"))).toEqual([SUJEIRA.nomeEspecial.contratos[2]]);
    expect(await searchAll('\\')).toEqual([]);
  });

  it.each(['%', '_', '!', '%a%', 'a_a'])('takes the wildcard in %j for itself', async (busca) => {
    const nomes = await rows(escrita, 'SELECT razao FROM cliente', {}, z.object({ razao: z.string() }));
    expect(nomes.some(({ razao }) => razao.includes(busca))).toBe(false);
    expect(await searchAll(busca)).toEqual([]);
  });

  it.each(['99999999999', '2147483647', 'zzzzqq', '00.000.000/0000-00'])(
    'finds nothing for %j',
    async (busca) => {
      expect(await searchAll(busca)).toEqual([]);
    },
  );

  it('keeps to the branches whatever is typed', async () => {
    const { contrato, cpf: deOutra, cliente: id, nome: quem } = PESSOAS.outraFilial;
    for (const busca of [deOutra, String(contrato), String(id), quem]) {
      expect(ids(await searchAll(busca, [2])), busca).toEqual([contrato]);
      expect(await searchAll(busca, [1, 3]), busca).toEqual([]);
    }
  });
});

describe('a name', () => {
  // More clients than the search keeps by id, so that it has to walk through the contracts instead.
  beforeAll(async () => {
    await run(
      escrita,
      `INSERT INTO cliente (id, razao, filial_id) SELECT 5000000 + seq, CONCAT('Fulano Comum ', seq), 1 FROM seq_1_to_1200`,
    );
    await run(
      escrita,
      `INSERT INTO cliente_contrato (id, id_cliente, id_vd_contrato, id_filial)
       SELECT 6000000 + seq * 500, 5000000 + seq, 10, IF(seq % 100 = 0, 2, 1) FROM seq_1_to_1200`,
    );
    await run(
      escrita,
      'INSERT INTO cliente_contrato (id, id_cliente, id_vd_contrato, id_filial) VALUES (2000000000, 5000001, 10, 1)',
    );
  });

  it('that many clients have is found whole, page by page, across holes in the ids', async () => {
    const esperados = await everyId('id_cliente > 5000000 AND id_cliente <= 5001200');
    expect(esperados).toHaveLength(1201);
    expect(ids(await searchAll('fulano comum'))).toEqual(esperados);
  });

  it('that many clients have is found whole in a branch with few of them', async () => {
    const esperados = await everyId('id_cliente > 5000000 AND id_cliente <= 5001200 AND id_filial = 2');
    expect(esperados).toHaveLength(12);
    expect(ids(await searchAll('comum', [2], 5))).toEqual(esperados);
  });

  it('that takes too long is given up with advice', async () => {
    // A table that somebody else keeps locked makes any statement outlive its time.
    const impaciente = openIxcPool(bancos.ixcUrl, 1, 0.2);
    const dono = await escrita.getConnection();
    await dono.query('LOCK TABLES cliente WRITE');
    try {
      await expect(
        searchContratos(impaciente, { busca: 'fulano', filiais: 'todas', limite: 25 }),
      ).rejects.toMatchObject({ status: 503, action: expect.stringContaining('CPF') });
    } finally {
      await dono.query('UNLOCK TABLES');
      dono.release();
      await impaciente.end();
    }
  });
});

describe('dirty rows', () => {
  it('never break a page, a contract or a list', async () => {
    const sujos = Object.values(SUJEIRA).flatMap(({ contratos }) => contratos);
    const linhas = await listContratosPorId(ixc, sujos, 'todas');
    expect(ids(linhas)).toEqual(descending(sujos));
    for (const id of sujos) {
      expect(await findContrato(ixc, id, 'todas'), `contract ${id}`).toMatchObject({ id });
    }
  });

  it.each([
    ['contratoOrfao', 'cliente'],
    ['planoDeVendaInexistente', 'plano de venda'],
    ['statusVazio', 'status'],
    ['acessoVazio', 'status de acesso'],
    ['acessoDesconhecido', 'status de acesso'],
  ] as const)('of the class %s are told apart, and only they', async (classe, campo) => {
    const { contratos, quantidade } = SUJEIRA[classe];
    for (const { contratos: outros } of Object.values(SUJEIRA)) {
      for (const id of outros) {
        const lido = await findContrato(ixc, id, 'todas');
        const achadas = lido?.sujeiras.filter((sujeira) => sujeira.campo === campo) ?? [];
        const daClasse = contratos.includes(id) || sharesField(campo, id);
        expect(achadas, `contract ${id}`).toHaveLength(daClasse ? 1 : 0);
      }
    }
    expect(contratos).toHaveLength(quantidade);
  });

  it('give a reason and a way to correct it', async () => {
    const [id = 0] = SUJEIRA.contratoOrfao.contratos;
    const [sujeira] = (await findContrato(ixc, id, 'todas'))?.sujeiras ?? [];
    expect(sujeira?.motivo).toContain('não existe no IXC');
    expect(sujeira?.correcao).toContain(String(id));
  });

  it('show a missing client as missing, and a repaired name as a name', async () => {
    const orfaos = await listContratosPorId(ixc, SUJEIRA.contratoOrfao.contratos, 'todas');
    expect(orfaos.map(({ clienteNome }) => clienteNome)).toEqual([null, null, null]);
    const nomes = await listContratosPorId(ixc, SUJEIRA.nomeMojibake.contratos, 'todas');
    expect(nomes.map(({ clienteNome }) => clienteNome)).toEqual(['Antônio Guimarães', 'José da Conceição']);
  });
});

function sharesField(campo: string, id: number): boolean {
  const acesso = [...SUJEIRA.acessoVazio.contratos, ...SUJEIRA.acessoDesconhecido.contratos];
  return campo === 'status de acesso' && acesso.includes(id);
}

describe('one contract', () => {
  it('comes with names, dates and holds', async () => {
    const { contrato, cliente, nome, cpf } = PESSOAS.naoBloquear;
    const lido = await findContrato(ixc, contrato, [1]);
    expect(lido).toMatchObject({
      id: contrato,
      clienteId: cliente,
      clienteNome: nome,
      documento: cpf,
      filialNome: 'Matriz',
      planoDeVendaNome: 'Fibra 500 Mega',
      status: 'A',
      statusInternet: 'CA',
      suspenso: false,
      canceladoEm: null,
      contratoPrincipalId: null,
      sujeiras: [],
    });
    expect(lido?.naoBloquearAte).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(lido?.atualizadoEm).toMatch(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
  });

  it('tells a suspension with its dates', async () => {
    const lido = await findContrato(ixc, PESSOAS.suspensa.contrato, 'todas');
    expect(lido?.suspenso).toBe(true);
    expect(lido?.inicioSuspensao).toMatch(/^20/);
    expect(lido?.sujeiras).toEqual([]);
  });

  it('does not exist for who may not see it, nor when it does not exist', async () => {
    expect(await findContrato(ixc, PESSOAS.outraFilial.contrato, [1])).toBeUndefined();
    expect(await findContrato(ixc, 2_147_483_647, 'todas')).toBeUndefined();
  });

  it('carries no more columns than its type names', async () => {
    const lido = await findContrato(ixc, PESSOAS.ativa.contrato, 'todas');
    const extras = ['clienteLido', 'filialLida', 'filialFantasia', 'filialRazao', 'planoDeVendaLido', 'hoje'];
    expect(Object.keys(lido ?? {}).filter((chave) => extras.includes(chave))).toEqual([]);
  });
});

describe('products of a contract', () => {
  const origens = async (id: number) =>
    (await findContrato(ixc, id, 'todas'))?.produtos
      .filter(({ produtoId }) => produtoId === PRODUTOS.individual.id)
      .map(({ origem }) => origem);

  it.each([
    ['contrato', PESSOAS.produtoNoContrato],
    ['adicional', PESSOAS.produtoAdicional],
    ['plano', PESSOAS.produtoNoPlano],
  ])('come from the %s row', async (origem, pessoa) => {
    expect(await origens(pessoa.contrato)).toEqual([origem]);
  });

  it('are none of telemedicine where nothing names it', async () => {
    expect(await origens(PESSOAS.semProduto.contrato)).toEqual([]);
  });

  it('follow the flag that says which rows count', async () => {
    const contrato = PESSOAS.produtoNoContrato.contrato;
    const plano = PESSOAS.produtoNoPlano.contrato;
    const setFonte = (id: number, fonte: string) =>
      run(escrita, 'UPDATE cliente_contrato SET tipo_produtos_plano = :fonte WHERE id = :id', { id, fonte });
    for (const [fonte, noContrato, noPlano] of [
      ['PLA', [], ['plano']],
      ['PRO', ['contrato'], []],
      ['P', ['contrato'], ['plano']],
    ] as const) {
      await setFonte(contrato, fonte);
      await setFonte(plano, fonte);
      expect(await origens(contrato), fonte).toEqual(noContrato);
      expect(await origens(plano), fonte).toEqual(noPlano);
    }
  });

  it('of a contract without plano de venda are not everybody else’s', async () => {
    const id = PESSOAS.ativa.contrato;
    const { plano } = await row(
      escrita,
      'SELECT id_vd_contrato AS plano FROM cliente_contrato WHERE id = :id',
      { id },
      z.object({ plano: z.number() }),
    );
    await run(escrita, 'UPDATE cliente_contrato SET id_vd_contrato = 0 WHERE id = :id', { id });
    const lido = await findContrato(ixc, id, 'todas');
    expect(lido?.produtos.map(({ produtoId }) => produtoId)).toEqual([PRODUTOS.individual.id]);
    await run(escrita, 'UPDATE cliente_contrato SET id_vd_contrato = :plano WHERE id = :id', { id, plano });
  });
});
