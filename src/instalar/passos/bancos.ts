// Both accounts, our schema and its tables. Whoever may create accounts does it now, or gets the SQL.
import { migrate, pendingMigrations } from '../../migrate.ts';
import type { Acao, Passo } from '../acoes.ts';
import { type Banco, ixcUrl, messageOf, openAdmin, openBanco, ownUrl } from '../banco.ts';
import { Recusa, say } from '../fala.ts';
import type { Obra } from '../obra.ts';
import { ixcCorrections, ixcStatements, ownStatements, undoIxc, undoOwn } from '../sql.ts';

interface Conta {
  nome: string;
  url: string;
  statements: string[];
  undo: string[];
  admin: string;
  /** What is still wrong although the account comes in. */
  corrections(conta: Banco): Promise<string[]>;
}

export const bancos: Passo = {
  nome: 'bancos',
  async plan(obra) {
    const [nosso, ixc] = accounts(obra);
    const missing = [];
    for (const conta of [nosso, ixc]) missing.push({ conta, statements: await statementsFor(conta) });
    const wanting = missing.filter(({ statements }) => statements.length > 0);
    const printed = wanting.filter(({ conta }) => isPrinted(conta));
    return [
      ...wanting.filter(({ conta }) => !isPrinted(conta)).map((each) => runAction(obra, each)),
      ...(printed.length > 0 ? [printAction(obra, printed)] : []),
      ...(await planMigrations(nosso)),
    ];
  },
};

function accounts({ respostas, senhas, manifesto }: Obra): [Conta, Conta] {
  return [
    {
      nome: `banco ${respostas.banco} e o dono dele, ${respostas.banco_usuario}`,
      url: ownUrl(respostas, senhas.nosso),
      statements: ownStatements(respostas, manifesto, senhas.nosso),
      undo: undoOwn(respostas),
      admin: respostas.banco_admin,
      corrections: async () => [],
    },
    {
      nome: `conta ${respostas.ixc_usuario}, que só lê do IXC as colunas do manifest.json`,
      url: ixcUrl(respostas, senhas.ixc),
      statements: ixcStatements(respostas, manifesto, senhas.ixc),
      undo: undoIxc(respostas),
      admin: respostas.ixc_admin || respostas.banco_admin,
      corrections: async (conta) =>
        ixcCorrections(respostas, manifesto, (await conta.read('SHOW GRANTS')).flat()),
    },
  ];
}

interface Falta {
  conta: Conta;
  statements: string[];
}

const isPrinted = ({ admin }: Conta): boolean => admin === '' || admin === 'imprimir';

const runAction = (obra: Obra, { conta, statements }: Falta): Acao => ({
  texto: `MariaDB: ${conta.nome}\n${statements.map((each) => `      ${hidePassword(each)};`).join('\n')}`,
  async apply() {
    noteAccount(obra, conta);
    const admin = await openAdmin(conta.admin);
    try {
      for (const statement of statements) await admin?.run(statement);
    } catch (error) {
      throw new Recusa(
        `O MariaDB recusou: ${messageOf(error)}.`,
        'Use em banco_admin uma conta que possa criar usuários.',
      );
    } finally {
      await admin?.end();
    }
  },
});

// All of it at once: a DBA is asked one time only.
const printAction = (obra: Obra, missing: Falta[]): Acao => ({
  texto: `parar aqui e mostrar ao DBA o SQL de: ${missing.map(({ conta }) => conta.nome).join('; ')}`,
  apply() {
    for (const { conta } of missing) noteAccount(obra, conta);
    say('\nEntregue ao DBA, com as senhas:\n');
    for (const statement of missing.flatMap(({ statements }) => statements)) say(`${statement};`);
    throw new Recusa(
      'O DBA precisa rodar o SQL acima.',
      'Depois, rode este comando de novo: ele continua daqui.',
    );
  },
});

const noteAccount = (obra: Obra, conta: Conta): void =>
  obra.livro.put({
    tipo: 'banco',
    caminho: conta.nome,
    desfazer: conta.undo,
    ...(isOwn(conta) ? { dado: true } : {}),
  });

const isOwn = (conta: Conta): boolean =>
  conta.undo.some((statement) => statement.startsWith('DROP DATABASE'));

async function statementsFor(conta: Conta): Promise<string[]> {
  let entered: Banco;
  try {
    entered = await openBanco(conta.url, conta.nome);
  } catch (error) {
    if (error instanceof Recusa) return conta.statements;
    throw error;
  }
  try {
    return await conta.corrections(entered);
  } finally {
    await entered.end();
  }
}

export const hidePassword = (statement: string): string =>
  statement.replace(/IDENTIFIED BY '[^']*'/, "IDENTIFIED BY '…'");

async function planMigrations(nosso: Conta): Promise<Acao[]> {
  const pending = await pendingOf(nosso);
  if (pending?.length === 0) return [];
  return [
    {
      texto: pending
        ? `criar ou atualizar as tabelas do plugin (${pending.length} ${pending.length === 1 ? 'migração' : 'migrações'})`
        : 'criar as tabelas do plugin',
      async apply() {
        const banco = await openBanco(nosso.url, nosso.nome);
        try {
          await migrate(banco.pool);
        } finally {
          await banco.end();
        }
      },
    },
  ];
}

// undefined = nobody can look yet: the account is still to be made.
async function pendingOf({ url, nome }: Conta): Promise<string[] | undefined> {
  try {
    const banco = await openBanco(url, nome);
    try {
      return await pendingMigrations(banco.pool);
    } finally {
      await banco.end();
    }
  } catch (error) {
    if (error instanceof Recusa) return undefined;
    throw error;
  }
}
