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
    return [
      ...(await planAccount(obra, nosso)),
      ...(await planAccount(obra, ixc)),
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

async function planAccount(obra: Obra, conta: Conta): Promise<Acao[]> {
  const missing = await statementsFor(conta);
  if (missing.length === 0) return [];
  return [
    {
      texto: `MariaDB: ${conta.nome}\n${missing.map((each) => `      ${hidePassword(each)};`).join('\n')}`,
      async apply() {
        const dado = isOwn(conta) ? { dado: true } : {};
        obra.livro.put({ tipo: 'banco', caminho: conta.nome, desfazer: conta.undo, ...dado });
        const admin = await openAdmin(conta.admin);
        if (admin === undefined) return handOver(missing);
        try {
          for (const statement of missing) await admin.run(statement);
        } catch (error) {
          throw new Recusa(
            `O MariaDB recusou: ${messageOf(error)}.`,
            'Use em banco_admin uma conta que possa criar usuários.',
          );
        } finally {
          await admin.end();
        }
      },
    },
  ];
}

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

function handOver(statements: string[]): never {
  say('\nEntregue ao DBA, com as senhas:\n');
  for (const statement of statements) say(`${statement};`);
  throw new Recusa(
    'O DBA precisa rodar o SQL acima.',
    'Depois, rode este comando de novo: ele continua daqui.',
  );
}

export const hidePassword = (statement: string): string =>
  statement.replace(/IDENTIFIED BY '[^']*'/, "IDENTIFIED BY '…'");

async function planMigrations(nosso: Conta): Promise<Acao[]> {
  const pending = await pendingOf(nosso);
  if (pending.length === 0) return [];
  return [
    {
      texto: `criar ou atualizar as tabelas do plugin (${pending.length} ${pending.length === 1 ? 'migração' : 'migrações'})`,
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

async function pendingOf({ url, nome }: Conta): Promise<string[]> {
  try {
    const banco = await openBanco(url, nome);
    try {
      return await pendingMigrations(banco.pool);
    } finally {
      await banco.end();
    }
  } catch (error) {
    if (error instanceof Recusa) return ['todas'];
    throw error;
  }
}
