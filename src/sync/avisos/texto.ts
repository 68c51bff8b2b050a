// What an aviso says, in words for people: title, what happened, what to do, where. Pure.
import { nameOfRetencao } from '../retencoes.ts';
import type { Acao } from '../tipos.ts';
import type { Causa, NomeDaCausa } from './causas.ts';

/** What happened to an aviso; `teste` is the message of *Enviar teste*. */
export type Evento = 'comecou' | 'recuperado' | 'teste';

export interface Mensagem {
  titulo: string;
  texto: string;
  /** The page to open, under BASE_PATH. */
  caminho: string;
}

export const NOME: Record<NomeDaCausa, string> = {
  freio: 'Freio',
  cadastros: 'Cadastros retidos',
  identidade: 'Quem é a pessoa?',
  varredura: 'Varredura recusada',
  credencial: 'Credenciais recusadas',
  fila: 'Fila parada',
  retidas: 'Pessoas retidas',
  perguntar: 'Regra manda perguntar',
  sumidos: 'Contrato que sumiu do IXC',
  pausa: 'Pausa esquecida',
};

// One, and many.
const NOMES: Record<Acao, [string, string]> = {
  criar: ['criação', 'criações'],
  bloquear: ['bloqueio', 'bloqueios'],
  desbloquear: ['desbloqueio', 'desbloqueios'],
  trocar_plano: ['troca de plano', 'trocas de plano'],
  cancelar: ['cancelamento', 'cancelamentos'],
};

/** The aviso in words, while it lasts or (`recuperado`) when it is over. */
export const describeAviso = (causa: Causa, recuperado: boolean): Mensagem =>
  recuperado ? describeFim(causa) : describeInicio(causa);

/** The message of *Enviar teste*. */
export const TESTE: Mensagem = {
  titulo: 'Teste de aviso',
  texto: 'Este é um teste pedido na tela de avisos. Nada aconteceu e nada precisa ser feito.',
  caminho: '/avisos/configuracao',
};

function describeInicio(causa: Causa): Mensagem {
  switch (causa.causa) {
    case 'freio': {
      const limite = causa.limite === null ? '' : ` O normal é até ${causa.limite}.`;
      return {
        titulo: `Freio: ${causa.total} ${NOMES[causa.acao][causa.total === 1 ? 0 : 1]} à espera de decisão`,
        texto: `Uma varredura quis fazer um número anormal de ${NOMES[causa.acao][1]}.${limite} Nada foi enviado à Tele Clínica. Confira a lista e aprove ou rejeite.`,
        caminho: `/lotes/${causa.lote}`,
      };
    }
    case 'cadastros':
      return {
        titulo: `Freio: ${causa.total} ${causa.total === 1 ? 'cadastro retido' : 'cadastros retidos'}`,
        texto:
          'Um número anormal de nomes, e-mails ou celulares mudou no IXC. Nada deles foi enviado à Tele Clínica. Confira alguns no IXC e envie todos, ou corrija o IXC.',
        caminho: '/sincronizacao',
      };
    case 'identidade':
      return {
        titulo:
          causa.total === 1
            ? 'Quem é a pessoa? Um cadastro mudou no IXC'
            : `Quem é a pessoa? ${causa.total} cadastros mudaram no IXC`,
        texto:
          'O CPF, o nascimento ou o cliente mudou, ou o contato mudou duas vezes num dia. A conta fica como está até alguém responder.',
        caminho: '/usuarios?retida=quem_e_a_pessoa',
      };
    case 'varredura':
      return {
        titulo: 'A varredura do IXC foi recusada',
        texto: `${causa.motivo} Enquanto durar, nenhuma mudança do IXC chega à Tele Clínica.`,
        caminho: '/sincronizacao',
      };
    case 'credencial':
      return {
        titulo: `A Tele Clínica recusou usuário ou senha da integração ${causa.integracao}`,
        texto: 'Esta integração está parada. Corrija usuário e senha e clique em Testar conexão.',
        caminho: `/integracoes/${causa.integracao}`,
      };
    case 'fila':
      return {
        titulo: `Fila parada há ${causa.minutos} minutos na integração ${causa.integracao}`,
        texto:
          'Há pedidos que já deviam ter sido enviados à Tele Clínica. Confira a pausa, a conexão e o serviço.',
        caminho: '/operacoes?estado=aberta',
      };
    case 'retidas':
      return {
        titulo: `${causa.total} ${causa.total === 1 ? 'pessoa retida' : 'pessoas retidas'} há mais de ${causa.horas} h: “${nameOfRetencao(causa.retencao)}”`,
        texto: 'Nada será enviado por elas até alguém resolver a causa.',
        caminho: `/usuarios?retida=${causa.retencao}`,
      };
    case 'perguntar':
      return {
        titulo:
          causa.total === 1
            ? 'Um contrato do IXC que a regra não decide'
            : `${causa.total} contratos do IXC que a regra não decide`,
        texto:
          'A situação tem um código desconhecido ou a regra manda perguntar, ou os produtos levam a mais de um plano. Ninguém é alterado por eles até alguém decidir.',
        caminho: '/sincronizacao',
      };
    case 'sumidos': {
      const others = causa.total - causa.contratos.length;
      return {
        titulo:
          causa.total === 1
            ? 'Um contrato com usuário não está mais no IXC'
            : `${causa.total} contratos com usuário não estão mais no IXC`,
        texto: `Duas varreduras completas não encontraram: ${causa.contratos.join(', ')}${others > 0 ? ` e mais ${others}` : ''}. Ninguém é bloqueado nem cancelado por isso. Confira cada um no IXC e, se acabou mesmo, cancele o usuário.`,
        caminho: causa.total === 1 ? `/usuarios/${causa.usuario}` : '/usuarios',
      };
    }
    case 'pausa':
      return {
        titulo: `Envios em pausa há mais de ${causa.horas} h`,
        texto: causa.arquivo
          ? 'Um arquivo no servidor mantém tudo parado. Se ninguém precisa mais dele, remova-o.'
          : `${oQueParou(causa.operacao, causa.filiais)} em pausa. Se ninguém precisa mais dela, clique em Retomar.`,
        caminho: '/pausa',
      };
  }
}

function describeFim(causa: Causa): Mensagem {
  const { caminho } = describeInicio(causa);
  const fim = (titulo: string, texto: string): Mensagem => ({
    titulo: `Recuperado: ${titulo}`,
    texto,
    caminho,
  });
  switch (causa.causa) {
    case 'freio':
      return fim(
        `o lote ${causa.lote} não espera mais`,
        'Foi decidido, ou o IXC voltou atrás e ele se dissolveu.',
      );
    case 'cadastros':
      return fim('nenhum cadastro retido', 'Foram enviados, ou o IXC voltou atrás.');
    case 'identidade':
      return fim('a pergunta foi respondida', 'Ou o IXC voltou ao que era.');
    case 'varredura':
      return fim('a varredura voltou a ser aceita', 'As mudanças do IXC voltam a ser lidas.');
    case 'credencial':
      return fim(`a integração ${causa.integracao} foi aceita`, 'Os pedidos que esperavam seguem sozinhos.');
    case 'fila':
      return fim(`a fila da integração ${causa.integracao} anda`, 'Os pedidos atrasados estão saindo.');
    case 'retidas':
      return fim(
        `ninguém mais retido há tanto tempo: “${nameOfRetencao(causa.retencao)}”`,
        'Nada precisa ser feito.',
      );
    case 'perguntar':
      return fim('a regra decide todos os contratos', 'Nada precisa ser feito.');
    case 'sumidos':
      return fim('nenhum contrato com usuário falta no IXC', 'Nada precisa ser feito.');
    case 'pausa':
      return fim('a pausa terminou', 'Os pedidos guardados seguem sozinhos.');
  }
}

function oQueParou(operacao: string, filiais: number[]): string {
  const acoes = Object.entries(NOMES).find(([acao]) => acao === operacao)?.[1][1] ?? 'todos os envios';
  const onde = filiais.length === 0 ? '' : ` da filial ${filiais.join(', ')}`;
  return `${acoes.charAt(0).toUpperCase()}${acoes.slice(1)}${onde} seguem`;
}
