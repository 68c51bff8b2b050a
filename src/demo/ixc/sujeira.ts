// Dirty rows in known numbers: what years of typing leave in IXC, one class at a time. Their ids never change.
import { PLANOS_DE_VENDA, PRODUTOS } from './catalogo.ts';
import {
  type ClienteDado,
  clienteRow,
  contratoRow,
  daysAgo,
  type Linha,
  produtoDoContratoRow,
} from './linhas.ts';
import { personName } from './nomes.ts';
import { PESSOAS_LAST } from './pessoas.ts';
import { celular, cnpj, cpfDigits, maskCpf } from './sorteio.ts';

export interface Sujas {
  quantidade: number;
  /** Client ids (the missing ones, for orphans). */
  clientes: number[];
  /** Contract ids, one for each client. All carry the product `PRODUTOS.individual`. */
  contratos: number[];
}

interface Classe extends Sujas {
  linhas: [cliente: Linha | undefined, contrato: Linha][];
}

interface Defeito {
  /** What is wrong with the client; `vez` counts from 0 within the class. */
  cliente?: (id: number, vez: number) => Partial<ClienteDado>;
  /** No row in `cliente`, or none in `vd_contratos`. */
  falta?: 'cliente' | 'plano';
  status?: string;
  acesso?: string;
}

const MALFORMADOS = ['123.456.789-00', '111.111.111-11', '1234567890', 'ISENTO'];
const MOJIBAKES = ['JosÃ© da ConceiÃ§Ã£o', 'AntÃ´nio GuimarÃ£es'];
const ESPECIAIS = ['Ana "Nina" D\'Ávila', '<b>Rui</b> & Filhos', "Zé'); -- <script>alert(1)</script>"];
const RTL = ['يوسف سلامة', '\u202Eמרים כהן\u202C'];
const EMOJIS = ['Duda 🌻 Martins', 'Nando 👨‍👩‍👧 Rios'];
const VARIOS = [
  'um@example.com; dois@example.com',
  'um@example.com,dois@example.com',
  'Um <um@example.com> / dois@example.com',
];

// The client of an orphan was never there: a number far from the living ones.
const MISSING = 900_000_000;

let lastCliente = PESSOAS_LAST.cliente;
let lastContrato = PESSOAS_LAST.contrato;

const CLASSES = {
  nascimentoZero: classe(3, { cliente: () => ({ nascimento: '0000-00-00' }) }),
  nascimento1900: classe(3, { cliente: () => ({ nascimento: '1900-01-01' }) }),
  nascimentoNulo: classe(2, { cliente: () => ({ nascimento: null }) }),
  menor: classe(2, { cliente: () => ({ nascimento: daysAgo(365 * 12) }) }),
  cpfVazio: classe(2, { cliente: () => ({ cnpj_cpf: '' }) }),
  cpfNulo: classe(1, { cliente: () => ({ cnpj_cpf: null }) }),
  cpfMalformado: classe(4, { cliente: (_, vez) => ({ cnpj_cpf: MALFORMADOS[vez] ?? '' }) }),
  cpfSemMascara: classe(4, { cliente: (id) => ({ cnpj_cpf: cpfDigits(0, id) }) }),
  // Rows 0 and 1 are one person, 2 and 3 another; the second row of each pair was typed without the mask.
  cpfEmDuasFichas: classe(4, { cliente: (id, vez) => ({ cnpj_cpf: sharedCpf(id, vez) }) }),
  empresa: classe(2, {
    cliente: (id) => ({ tipo: 'J', cnpj_cpf: cnpj(0, id), razao: `Oficina ${id} Ltda` }),
  }),
  tipoPessoaVazio: classe(2, { cliente: () => ({ tipo: '' }) }),
  variosEmails: classe(3, { cliente: (_, vez) => ({ email: VARIOS[vez] ?? '' }) }),
  emailInvalido: classe(2, { cliente: (_, vez) => ({ email: vez === 0 ? 'naotem' : 'a@b' }) }),
  semContato: classe(2, { cliente: () => ({ email: '', celular: '' }) }),
  telefoneInvalido: classe(2, { cliente: (_, vez) => ({ celular: vez === 0 ? '9999' : '(00) 00000-0000' }) }),
  nomeEmoji: classe(2, { cliente: (_, vez) => ({ razao: EMOJIS[vez] ?? '' }) }),
  nomeEspecial: classe(3, { cliente: (_, vez) => ({ razao: ESPECIAIS[vez] ?? '' }) }),
  nomeMojibake: classe(2, { cliente: (_, vez) => ({ razao: MOJIBAKES[vez] ?? '' }) }),
  nomeRtl: classe(2, { cliente: (_, vez) => ({ razao: RTL[vez] ?? '' }) }),
  nomeLongo: classe(1, { cliente: () => ({ razao: 'Maria '.repeat(33).padEnd(200, 'A') }) }),
  nomeVazio: classe(1, { cliente: () => ({ razao: '   ' }) }),
  statusVazio: classe(2, { status: '' }),
  acessoVazio: classe(2, { acesso: '' }),
  acessoDesconhecido: classe(2, { acesso: 'CE' }),
  contratoOrfao: classe(3, { falta: 'cliente' }),
  planoDeVendaInexistente: classe(2, { falta: 'plano' }),
};

/** How many dirty rows of each class every demo and test database has, and which. */
export const SUJEIRA: Record<keyof typeof CLASSES, Sujas> = CLASSES;

/** The last client and contract id used here. */
export const SUJEIRA_LAST = { cliente: lastCliente, contrato: lastContrato };

/** Dirty rows, by table. They fit only in sessions without strict mode and foreign key checks. */
export function sujeiraRows(): [string, Linha[]][] {
  const linhas = Object.values(CLASSES).flatMap((each) => each.linhas);
  const contratos = linhas.map(([, contrato]) => contrato);
  return [
    ['cliente', linhas.flatMap(([cliente]) => (cliente ? [cliente] : []))],
    ['cliente_contrato', contratos],
    [
      'vd_contratos_produtos',
      contratos.map(({ id }) => produtoDoContratoRow(Number(id), PRODUTOS.individual, 'SVA')),
    ],
  ];
}

function classe(quantidade: number, defeito: Defeito): Classe {
  const clientes: number[] = [];
  const contratos: number[] = [];
  const linhas: Classe['linhas'] = [];
  for (let vez = 0; vez < quantidade; vez++) {
    const orphan = defeito.falta === 'cliente';
    const cliente = orphan ? MISSING + vez : ++lastCliente;
    const contrato = ++lastContrato;
    clientes.push(cliente);
    contratos.push(contrato);
    linhas.push([
      orphan ? undefined : clienteOf(defeito, cliente, vez),
      contratoOf(defeito, contrato, cliente),
    ]);
  }
  return { quantidade, clientes, contratos, linhas };
}

function clienteOf(defeito: Defeito, id: number, vez: number): Linha {
  const clean: ClienteDado = {
    id,
    razao: personName(0, id),
    cnpj_cpf: maskCpf(cpfDigits(0, id)),
    email: `cliente${id}@example.com`,
    celular: celular(0, id, 9),
    nascimento: '1985-06-20',
    filial: 1,
    tipo: 'F',
    mudouHa: 90,
  };
  return clienteRow({ ...clean, ...defeito.cliente?.(id, vez) });
}

function contratoOf({ status = 'A', acesso = 'A', falta }: Defeito, id: number, cliente: number): Linha {
  const plano = falta === 'plano' ? MISSING : PLANOS_DE_VENDA.fibra.id;
  const venda = { plano, planoNome: PLANOS_DE_VENDA.fibra.nome, tipo: 'I' as const };
  return contratoRow({ id, cliente, ...venda, filial: 1, status, acesso, mudouHa: 90 });
}

function sharedCpf(id: number, vez: number): string {
  const digits = cpfDigits(0, id - (vez % 2));
  return vez % 2 === 0 ? maskCpf(digits) : digits;
}
