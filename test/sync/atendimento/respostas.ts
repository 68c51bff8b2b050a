// One person, one account and the shortest way to say what the partner answered, for the tests of what answers mean.
import { afterWrite } from '../../../src/sync/atendimento/aposEscrita.ts';
import { afterRead } from '../../../src/sync/atendimento/aposLeitura.ts';
import {
  type Estado,
  type PassoDeEscrita,
  type Tempos,
  uncertain,
} from '../../../src/sync/atendimento/estado.ts';
import type { Outcome, RemoteUser } from '../../../src/teleclinica/port.ts';

export const AGORA = 5_000_000;
export const D = 60_000;
export const REF = 'ixc-aa-1-1';
export const tempos: Tempos = { agora: AGORA, confirmacaoMs: D, sorte: 0 };
export const PASSOS: PassoDeEscrita[] = ['criar', 'bloquear', 'desbloquear', 'trocar_plano', 'cancelar'];

export const ativo: Estado = {
  desejada: 'ativo',
  planoDesejado: 'P1',
  observada: 'ativo',
  planoObservado: 'P1',
  aguardaAcesso: false,
  lido: true,
  remotoId: 'u1',
  conferirEm: null,
  conferencias: 0,
  incertaEm: null,
  criarNaoAntes: null,
  duplicado: false,
  falhas: 0,
};
export const ausente: Estado = { ...ativo, observada: 'ausente', planoObservado: null, remotoId: null };
export const perdida: Estado = uncertain(ausente, 'criar', tempos);

export const conta = (change: Partial<RemoteUser> = {}): RemoteUser => ({
  id: 'u1',
  situacao: 'ativo',
  aguardaPrimeiroAcesso: false,
  externalId: REF,
  planoCodigo: 'P1',
  ...change,
});
export const wrote = (
  outcome: Outcome<RemoteUser>,
  passo: PassoDeEscrita = 'bloquear',
  estado: Estado = ativo,
) => afterWrite(estado, passo, outcome, REF, tempos);
export const sees = (outcome: Outcome<RemoteUser[]>, estado: Estado, agora = AGORA) =>
  afterRead(estado, outcome, REF, { ...tempos, agora });
export const sawNobody: Outcome<RemoteUser[]> = { kind: 'not_found' };
export const saw = (...value: RemoteUser[]): Outcome<RemoteUser[]> => ({ kind: 'ok', value });
