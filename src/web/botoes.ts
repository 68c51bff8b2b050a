// The verbs of a usuário as buttons: what each brings about, which two or three come first, which wait under “Mais ações”. Pure.
import type { AcaoPossivel } from '../sync/acoes.ts';
import type { Usuario } from '../sync/tipos.ts';
import { ACAO } from './palavras.ts';

export interface Botao {
  chave: string;
  rotulo: string;
  icone: string;
  /** In a short line, what pressing it brings about. */
  consequencia: string;
  /** `get` opens a confirmation; the others act at once. */
  metodo: 'get' | 'post' | 'delete';
  /** A path of ours. */
  caminho: string;
  tom: 'primario' | 'perigo' | 'comum';
}

export interface Botoes {
  principais: Botao[];
  outros: Botao[];
}

export interface PedidoDeBotoes {
  usuario: Usuario;
  /** What state and rights allow. */
  acoes: AcaoPossivel[];
  /** The order that can still be withdrawn as if never asked. */
  desfazivel: 'bloquear' | 'trocar_plano' | undefined;
  /** The operação that Reenviar acts on. */
  reenviavel: number | undefined;
  /** The register moved on in IXC and waits to be sent. */
  cadastroEspera?: boolean;
  carencia: 'dar' | 'encerrar' | undefined;
  /** A rule blocks by itself here, so the click cannot win over it (decisions 12). */
  regraManda: boolean;
  contratoRegente: number | undefined;
}

// The first ones are the first seen; cancelling is the last of whatever is shown.
const ORDEM = [
  'reenviar',
  'desfazer',
  'desfazer_cancelamento',
  'criar',
  'enviar_cadastro',
  'dar_carencia_primeiro',
  'desbloquear',
  'bloquear',
  'trocar_plano',
  'cancelar',
  'dar_carencia',
  'encerrar_carencia',
];
// What must not be looked for, when there are more than fit.
const SEMPRE = [
  'reenviar',
  'desfazer',
  'desfazer_cancelamento',
  'criar',
  'desbloquear',
  'bloquear',
  'cancelar',
];
const PRINCIPAIS = 3;
const ESCOLHER_PLANO = ['sem_plano', 'mais_de_um_plano'];

/** The buttons of a usuário. Rights are already taken into account. */
export function drawBotoes(pedido: PedidoDeBotoes): Botoes {
  const all = listBotoes(pedido).toSorted((a, b) => ORDEM.indexOf(a.chave) - ORDEM.indexOf(b.chave));
  const wanted = ESCOLHER_PLANO.includes(pedido.usuario.retida ?? '') ? ['trocar_plano', ...SEMPRE] : SEMPRE;
  const rank = ({ chave }: Botao): number => {
    if (chave === 'dar_carencia_primeiro') return -1;
    const place = wanted.indexOf(chave);
    return place < 0 ? wanted.length : place;
  };
  const first = new Set(all.toSorted((a, b) => rank(a) - rank(b)).slice(0, PRINCIPAIS));
  const principais = all.filter((each) => first.has(each));
  return { principais: emphasised(principais), outros: all.filter((each) => !first.has(each)) };
}

// One button stands out: the first, unless it takes something away.
const emphasised = (botoes: Botao[]): Botao[] =>
  botoes.map((botao, place) =>
    place === 0 && botao.tom === 'comum' && botao.chave !== 'bloquear'
      ? { ...botao, tom: 'primario' }
      : botao,
  );

function listBotoes(pedido: PedidoDeBotoes): Botao[] {
  const { usuario, desfazivel, reenviavel, carencia, regraManda } = pedido;
  const raiz = `/usuarios/${usuario.id}`;
  const botoes: Botao[] = [];
  if (reenviavel !== undefined) {
    botoes.push({
      ...COMUM,
      chave: 'reenviar',
      rotulo: 'Reenviar',
      icone: 'refresh-cw',
      consequencia: 'Tenta de novo agora, lendo antes o que a Tele Clínica tem.',
      metodo: 'post',
      caminho: `/operacoes/${reenviavel}/reenvio`,
    });
  }
  if (desfazivel !== undefined) botoes.push(undo(desfazivel, raiz));
  for (const { acao, consequencia } of pedido.acoes) {
    // Withdrawing is unblocking without a trace: two buttons for it would only puzzle.
    if (acao === 'desbloquear' && desfazivel === 'bloquear') continue;
    const botao = actionBotao(pedido, acao, raiz);
    if (botao) botoes.push({ ...botao, consequencia });
  }
  if (pedido.cadastroEspera) {
    botoes.push({
      ...COMUM,
      chave: 'enviar_cadastro',
      rotulo: 'Enviar cadastro',
      icone: 'refresh-cw',
      consequencia: 'Manda agora o nome, o e-mail e o celular que estão no IXC.',
      metodo: 'post',
      caminho: `${raiz}/cadastro`,
    });
  }
  if (carencia !== undefined) botoes.push(carenciaBotao(carencia, regraManda, raiz));
  return botoes;
}

const COMUM = { tom: 'comum' } as const;

const undo = (what: 'bloquear' | 'trocar_plano', raiz: string): Botao => ({
  ...COMUM,
  chave: 'desfazer',
  rotulo: 'Desfazer',
  icone: 'undo-2',
  consequencia:
    what === 'bloquear'
      ? 'Retira o bloqueio, que ainda não aconteceu na Tele Clínica.'
      : 'Retira a troca de plano, que ainda não aconteceu na Tele Clínica.',
  metodo: 'delete',
  caminho: what === 'bloquear' ? `${raiz}/bloqueio/pedido` : `${raiz}/plano`,
});

function actionBotao(
  { contratoRegente }: PedidoDeBotoes,
  acao: AcaoPossivel['acao'],
  raiz: string,
): Omit<Botao, 'consequencia'> | undefined {
  const rotulo = ACAO[acao];
  switch (acao) {
    case 'desfazer_cancelamento':
      return {
        ...COMUM,
        chave: acao,
        rotulo,
        icone: 'undo-2',
        metodo: 'delete',
        caminho: `${raiz}/cancelamento`,
      };
    case 'criar': {
      if (contratoRegente === undefined) return undefined;
      const caminho = `/contratos/${contratoRegente}/usuario`;
      return { ...COMUM, chave: acao, rotulo, icone: 'user-plus', metodo: 'post', caminho };
    }
    case 'bloquear':
      return { ...COMUM, chave: acao, rotulo, icone: 'lock', metodo: 'get', caminho: `${raiz}/bloqueio` };
    case 'desbloquear':
      return {
        ...COMUM,
        chave: acao,
        rotulo,
        icone: 'lock-open',
        metodo: 'get',
        caminho: `${raiz}/desbloqueio`,
      };
    case 'trocar_plano':
      return { ...COMUM, chave: acao, rotulo, icone: 'repeat', metodo: 'get', caminho: `${raiz}/plano` };
    case 'cancelar':
      return {
        chave: acao,
        rotulo,
        icone: 'user-x',
        tom: 'perigo',
        metodo: 'get',
        caminho: `${raiz}/cancelamento`,
      };
  }
}

const carenciaBotao = (carencia: 'dar' | 'encerrar', regraManda: boolean, raiz: string): Botao =>
  carencia === 'dar'
    ? {
        ...COMUM,
        chave: regraManda ? 'dar_carencia_primeiro' : 'dar_carencia',
        rotulo: 'Dar carência',
        icone: 'shield-check',
        consequencia: 'Nada automático bloqueia até o dia que você escolher.',
        metodo: 'get',
        caminho: `${raiz}/carencia`,
      }
    : {
        ...COMUM,
        chave: 'encerrar_carencia',
        rotulo: 'Encerrar carência',
        icone: 'calendar-clock',
        consequencia: 'As regras voltam a valer na próxima varredura.',
        metodo: 'delete',
        caminho: `${raiz}/carencia`,
      };
