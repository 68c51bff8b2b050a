// What becomes of one contract of a lote that a person asked for: a line that will be done, or why it stays as it is.
import type { FatosDoContrato } from '../../../ixc/fatos.ts';
import type { Desejada } from '../../tipos.ts';
import type { UsuarioDaGrade } from '../../usuarios.ts';
import type { Pedido } from './pedido.ts';

export interface LinhaSimulada {
  usuarioId: number | null;
  /** 0 = a row of a list that names none. */
  contratoId: number;
  clienteId: number;
  filialId: number;
  de: Desejada;
  para: Desejada;
  planoId: number | null;
  /** Whether it will be done once approved. */
  vai: boolean;
  /** What will happen, or why nothing does. */
  mensagem: string;
}

/** What the account should be once the action is done; a change of plano leaves it as it is. */
const PARA: Partial<Record<Pedido['acao'], Desejada>> = {
  criar: 'ativo',
  bloquear: 'bloqueado',
  desbloquear: 'ativo',
  cancelar: 'cancelado',
};

/** A line that will be done. */
export const goes = (
  { acao }: Pedido,
  fatos: FatosDoContrato,
  mensagem: string,
  { usuario, planoId = null }: { usuario?: UsuarioDaGrade | undefined; planoId?: number | null } = {},
): LinhaSimulada => ({
  ...baseOf(fatos, usuario),
  para: PARA[acao] ?? usuario?.desejada ?? 'ausente',
  planoId,
  vai: true,
  mensagem,
});

/** A line that stays as it is. */
export const stays = (
  fatos: FatosDoContrato,
  mensagem: string,
  usuario?: UsuarioDaGrade | undefined,
): LinhaSimulada => ({
  ...baseOf(fatos, usuario),
  para: usuario?.desejada ?? 'ausente',
  planoId: null,
  vai: false,
  mensagem,
});

/** A line about a contract that is not there, or is another branch's: both are told alike. */
export const missing = ({ filiais }: Pedido, contratoId: number, mensagem: string): LinhaSimulada => ({
  usuarioId: null,
  contratoId,
  clienteId: 0,
  // Whoever sees some branches only must still see this line.
  filialId: filiais === 'todas' ? 0 : (filiais[0] ?? 0),
  de: 'ausente',
  para: 'ausente',
  planoId: null,
  vai: false,
  mensagem,
});

export const NAO_ESTA = 'Não existe no IXC, ou não está nas suas filiais.';

const baseOf = (fatos: FatosDoContrato, usuario: UsuarioDaGrade | undefined) => ({
  usuarioId: usuario?.id ?? null,
  contratoId: fatos.id,
  clienteId: fatos.clienteId,
  filialId: fatos.filialId ?? 0,
  de: usuario?.desejada ?? ('ausente' as const),
});
