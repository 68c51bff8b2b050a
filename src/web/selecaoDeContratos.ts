// What may be done with several contracts at once: creating the usuário of each, as one click would.
import type { Contrato } from '../ixc/tipos.ts';
import { requestUsuario } from '../sync/pedidoUsuario.ts';
import { MAX_SELECAO } from '../sync/selecao.ts';
import { sortContratos } from '../sync/selecaoDeContratos.ts';
import { documento } from './formato.ts';
import { contratoEmPalavras, nomeDe } from './palavras.ts';
import type { EmVarios } from './selecao.ts';

/** Creates the usuário of each contract, with the plano that its vínculos give. */
export const CRIACAO: EmVarios<Contrato> = {
  caminho: '/contratos/selecao/usuario',
  lote: 'criar',
  lista: '/contratos',
  nomes: ['contrato', 'contratos'],
  verbo: 'Criar usuário',
  vai: 'criar usuário para',
  consequencia:
    'Cada pessoa ganha a conta agora, no plano que o contrato dela dá. Dois contratos da mesma pessoa são uma conta só.',
  feito: ['usuário pedido', 'usuários pedidos'],
  limite: MAX_SELECAO,
  pedeMotivo: false,
  idOf: ({ id }) => id,
  find: ({ sync, operador }, ids) => sortContratos(sync, ids, operador.filiais),
  draw: async (_exchange, contratos) =>
    contratos.map((contrato) => ({
      caminho: `/contratos/${contrato.id}`,
      nome: nomeDe(contrato),
      documento: documento(contrato.documento),
      detalhe: String(contrato.id),
      agora: contratoEmPalavras(contrato),
    })),
  check: () => undefined,
  order: ({ sync, operador }, contrato) => requestUsuario(sync, operador, contrato, undefined),
};
