// “Para o suporte”: the whole story of one contract as text, without a word that tells who the person is.
import { listClientes } from '../ixc/clientes.ts';
import { describeAcesso, describeStatus } from '../ixc/status.ts';
import type { ClienteLido, Contrato, Filiais } from '../ixc/tipos.ts';
import { maskText } from '../teleclinica/mascara.ts';
import type { Sync } from './contexto.ts';
import { listDivergencias } from './divergencias/divergencias.ts';
import { listHistoria, type Momento } from './historia.ts';
import { explain } from './porque/explicacao.ts';
import { readFatos } from './porque/fatos.ts';
import type { Parte } from './porque/tipos.ts';
import type { Usuario } from './tipos.ts';

const MOMENTOS = 500;
const LINES = 100;

/** The bundle of a contract, as the operator of `filiais` may know it. Every line passes the same mask. */
export async function bundleOf(
  sync: Sync,
  filiais: Filiais,
  contrato: Contrato,
  usuario: Usuario | undefined,
  versao: string,
): Promise<string> {
  const escopo = usuario === undefined ? { contratoId: contrato.id } : { usuarioId: usuario.id };
  // Contracts of one account may stand under more than one register.
  const registros = [contrato.clienteId, ...(usuario?.adesoes ?? []).map(({ clienteId }) => clienteId)];
  const [partes, momentos, clientes, divergencias] = await Promise.all([
    readFatos(sync, filiais, usuario, contrato).then(explain),
    usuario === undefined ? [] : listHistoria(sync.db, usuario.id, MOMENTOS),
    listClientes(sync.ixc, [...new Set(registros)]),
    listDivergencias(sync.db, { filiais, ...escopo }, LINES),
  ]);
  // Whatever slipped into a message: what IXC has of the person is looked for in every line.
  const conhecidos = clientes.flatMap(personalOf);
  const lines = [
    ...headOf(sync, contrato, versao),
    ...(usuario === undefined ? ['', 'USUÁRIO', 'nenhum'] : accountOf(usuario)),
    '',
    'DIVERGÊNCIAS ABERTAS',
    ...divergencias.divergencias.map(
      ({ id, classe, ixc, nosso, parceiro, desde }) =>
        `${desde} divergencia-${id} ${classe}: IXC ${ixc ?? '—'}, nós ${nosso ?? '—'}, Tele Clínica ${parceiro}`,
    ),
    ...partes.flatMap(sectionOf),
    '',
    `O QUE ACONTECEU (UTC, do mais novo; até ${MOMENTOS})`,
    ...momentos.map(lineOf),
  ];
  return `${lines.map((line) => clean(line, conhecidos)).join('\n')}\n`;
}

// The mask takes runs of eight digits for a phone: times and our own numbers are kept out of its way.
/** What tells who a client is, also as partners write it: names word by word, and without accents. */
export function personalOf(
  cliente: Pick<ClienteLido, 'nome' | 'nomeSocial' | 'emails' | 'telefones' | 'documento'>,
): string[] {
  const names = [cliente.nome, cliente.nomeSocial].flatMap((nome) => [
    nome,
    ...nome.split(/\s+/).filter((word) => word.length > 3),
  ]);
  const plain = names.map((nome) => nome.normalize('NFD').replace(/\p{M}/gu, ''));
  const all = [...names, ...plain, ...cliente.emails, ...cliente.telefones, cliente.documento];
  return [...new Set(all.filter((value) => value !== ''))];
}

function clean(line: string, conhecidos: readonly string[]): string {
  const [, head = '', text = ''] = HEAD.exec(line) ?? [];
  return `${head}${maskText(text, conhecidos)}`;
}
const HEAD = /^((?:\d{4}-\d\d-\d\d[ T][\d:.]+Z? )?(?:[a-z]+-\d+ )?)(.*)$/su;

function headOf(sync: Sync, contrato: Contrato, versao: string): string[] {
  return [
    'TELE CLÍNICA PARA IXC PROVEDOR: PARA O SUPORTE',
    'Sem dados pessoais: só números, situações e mensagens com dados mascarados.',
    `versão ${versao} · instalação ${sync.instalacao}`,
    `${new Date().toISOString()} gerado (UTC)`,
    '',
    'CONTRATO',
    `contrato-${contrato.id} cliente ${contrato.clienteId}, filial ${contrato.filialId ?? '—'}`,
    `status ${contrato.status || 'vazio'} (${describeStatus(contrato.status)}), acesso ${contrato.statusInternet || 'vazio'} (${describeAcesso(contrato.statusInternet)})${contrato.suspenso ? ', suspenso' : ''}`,
    `${contrato.atualizadoEm.replace(' ', 'T')} última alteração no IXC`,
  ];
}

function accountOf(usuario: Usuario): string[] {
  return [
    '',
    'USUÁRIO',
    `usuario-${usuario.id} integração ${usuario.integracaoId}, vez ${usuario.vez}`,
    `deve ser ${usuario.desejada} (plano ${usuario.desejadoPlanoId ?? '—'}); confirmado ${usuario.observada} (plano ${usuario.observadoPlano ?? '—'})`,
    `${usuario.observadaEm ?? ''} confirmado pela última vez`.trim(),
    `parado: ${usuario.retida ?? 'não'}; na fila: ${usuario.trabalho ? 'sim' : 'não'}; falhas seguidas: ${usuario.falhas}; bloqueio de uma pessoa: ${usuario.bloqueioManual ? 'sim' : 'não'}`,
    ...usuario.adesoes.map(
      ({ id, contratoId, filialId, planoId, planoOrigem, significado, vigente }) =>
        `adesao-${id} contrato ${contratoId}, filial ${filialId}, plano ${planoId ?? '—'} (${planoOrigem}), ${significado}, ${vigente ? 'vigente' : 'encerrada'}`,
    ),
  ];
}

const sectionOf = ({ titulo, passos }: Parte): string[] => [
  '',
  titulo.toUpperCase(),
  ...passos.map(
    ({ texto, id, em, operadorId }) =>
      `${em ? `${em} ` : ''}${id ? `${id} ` : ''}${texto}${operadorId ? ` (operador ${operadorId})` : ''}`,
  ),
];

const lineOf = ({ em, id, texto, operadorId }: Momento): string =>
  `${em} ${id} ${texto}${operadorId === null ? '' : ` (operador ${operadorId})`}`;
