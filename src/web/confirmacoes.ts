// Confirmations drawn by the server: what will happen, to whom, the reason, and the contract id typed for a cancel.
import type { Contrato } from '../ixc/tipos.ts';
import { conflict } from '../problem.ts';
import { availableActions } from '../sync/acoes.ts';
import { HOJE } from '../sync/hoje.ts';
import { listPlanos } from '../sync/planos.ts';
import { PRAZO_DE_CANCELAMENTO_DIAS } from '../sync/prazo.ts';
import type { Usuario } from '../sync/tipos.ts';
import type { Exchange } from './exchange.ts';
import { dia, documento } from './formato.ts';
import { ACAO, nomeDe } from './palavras.ts';
import { formLocals, type Locals } from './render.ts';
import { type AcaoDaTela, governingContrato, mayDo } from './usuario.ts';

const COM_CONFIRMACAO: readonly AcaoDaTela[] = ['bloquear', 'desbloquear', 'trocar_plano', 'cancelar'];
const DAY_MS = 86_400_000;

/** Locals of the confirmation of `acao`; undefined when it is none of ours, not allowed, or makes no sense now. */
export async function confirmacaoOf(
  exchange: Exchange,
  acao: string | undefined,
  usuario: Usuario,
  contrato?: Contrato,
): Promise<Locals | undefined> {
  const regente = contrato ?? (await governingContrato(exchange, usuario));
  const available = availableActions(usuario, regente).find((each) => each.acao === acao);
  if (available === undefined || !COM_CONFIRMACAO.includes(available.acao)) return undefined;
  if (!mayDo(exchange.operador, available.acao)) return undefined;
  return describe(exchange, available.acao, usuario, regente);
}

/** The same for an address that names the action. @throws Problem 409 when it makes no sense now. */
export async function requireConfirmacao(
  exchange: Exchange,
  acao: AcaoDaTela,
  usuario: Usuario,
): Promise<Locals> {
  const found = await confirmacaoOf(exchange, acao, usuario);
  if (found === undefined) {
    throw conflict(
      `“${ACAO[acao]}” não se aplica a este usuário agora.`,
      'Recarregue a página para ver o que se aplica.',
    );
  }
  return found;
}

/** The confirmation with what was typed and what was wrong; drawn even if the state has changed meanwhile. */
export const redrawnConfirmacao = async (
  exchange: Exchange,
  acao: AcaoDaTela,
  usuario: Usuario,
  form: Locals,
): Promise<Locals> => {
  const regente = await governingContrato(exchange, usuario);
  return { ...(await describe(exchange, acao, usuario, regente)), ...form };
};

async function describe(
  exchange: Exchange,
  acao: AcaoDaTela,
  usuario: Usuario,
  regente: Contrato | undefined,
): Promise<Locals> {
  const planos = acao === 'trocar_plano' ? await listPlanos(exchange.sync.db) : [];
  return {
    acao,
    quem: regente && { nome: nomeDe(regente), documento: documento(regente.documento) },
    linhas: consequencesOf(acao, usuario),
    contratos: usuario.adesoes.filter(({ vigente }) => vigente).map(({ contratoId }) => contratoId),
    planos: planos.filter(({ integracaoId }) => integracaoId === usuario.integracaoId),
    quando: [
      ['agora', 'Agora, em segundos'],
      ['prazo', `Em ${fimDoPrazo()}, daqui a ${PRAZO_DE_CANCELAMENTO_DIAS} dias (bloqueado até lá)`],
    ],
    ...formLocals({}),
  };
}

const fimDoPrazo = (): string => dia(HOJE.format(Date.now() + PRAZO_DE_CANCELAMENTO_DIAS * DAY_MS));

/** What will happen, as pairs of when and what. Pure. */
function consequencesOf(acao: AcaoDaTela, usuario: Usuario): [string, string][] {
  const { observada, desejadoPlanoNome, adesoes } = usuario;
  switch (acao) {
    case 'bloquear':
      return [
        [
          'Agora',
          observada === 'ativo'
            ? 'A pessoa perde o acesso em segundos.'
            : 'A conta fica sem acesso assim que a Tele Clínica responder.',
        ],
        ['Depois', 'Fica bloqueada até alguém desbloquear, mesmo com o contrato em dia.'],
        ['No IXC', 'Nada muda: o contrato e a cobrança continuam como estão.'],
      ];
    case 'desbloquear': {
      const contra = adesoes.find(({ vigente, significado }) => vigente && significado !== 'ativo');
      return [
        ['Agora', 'A pessoa volta a acessar em segundos.'],
        [
          'Depois',
          contra === undefined
            ? 'Continua com acesso enquanto o contrato der direito.'
            : `Pela regra, o contrato ${contra.contratoId} não dá direito agora: o acesso vale até a regra ser aplicada de novo.`,
        ],
      ];
    }
    case 'trocar_plano':
      return [
        [
          'Agora',
          `Passa de “${desejadoPlanoNome ?? 'nenhum plano'}” para o plano escolhido; o acesso continua.`,
        ],
        ['Depois', 'O plano escolhido aqui vale mais que os vínculos, até alguém trocar de novo.'],
        ['No IXC', 'Nada muda: confira se o produto cobrado é o do novo plano.'],
      ];
    case 'cancelar':
      return [
        ['Agora', 'A conta é encerrada na Tele Clínica e não volta; outra teria de ser criada.'],
        ['No prazo', 'Bloqueia já, e cancela no dia marcado. Até lá dá para desfazer.'],
        ['No IXC', 'Nada muda: o contrato e a cobrança continuam como estão.'],
      ];
    default:
      return [];
  }
}
