// Every address that needs a session: method, path, role, what it names, what it does.
import {
  indexAvisos,
  postTesteDeAviso,
  putConfiguracao,
  redrawConfiguracao,
  showConfiguracao,
} from './avisos.ts';
import { createCarencia, indexCarencias, redrawCarencia, removeCarencia, showCarencia } from './carencias.ts';
import { contratoOf, createUsuario, indexContratos, redrawCriacao, showContrato } from './contratos.ts';
import { postIdentidade } from './identidade.ts';
import {
  createIntegracao,
  indexIntegracoes,
  integracaoOf,
  newIntegracao,
  postTeste,
  redrawIntegracao,
  showIntegracao,
  updateIntegracao,
} from './integracoes.ts';
import { downloadLinhas } from './linhas.ts';
import {
  changePausa,
  indexLotes,
  loteOf,
  postAprovacao,
  postRejeicao,
  showAndamento,
  showLote,
} from './lotes.ts';
import { indexOperacoes, operacaoOf, postDescarte, postReenvio, showOperacao } from './operacoes.ts';
import { showPainel } from './painel.ts';
import { putPausa, redrawPausa, removePausa, showPausa } from './pausa.ts';
import {
  createPlano,
  createVinculo,
  indexPlanos,
  newPlano,
  planoOf,
  redrawPlano,
  removeVinculo,
  searchVinculos,
  showPlano,
  showRegistro,
  updatePlano,
} from './planos.ts';
import { putRegras } from './regras.ts';
import { nothing, type Rota, rota } from './rota.ts';
import { postPrevia, putModo, showSincronizacao } from './sincronizacao.ts';
import {
  createBloqueio,
  createCancelamento,
  indexUsuarios,
  redrawConfirmacao,
  removeBloqueio,
  removeCancelamento,
  showConfirmacao,
  showUsuario,
  updatePlanoDoUsuario,
  usuarioOf,
} from './usuarios.ts';

export const rotas: readonly Rota[] = [
  rota('get', '/', 'ver', nothing, showPainel),

  rota('get', '/integracoes', 'ver', nothing, indexIntegracoes),
  rota('get', '/integracoes/nova', 'configurar', nothing, newIntegracao),
  rota('get', '/integracoes/:id', 'configurar', integracaoOf, showIntegracao),
  rota('post', '/integracoes', 'configurar', nothing, createIntegracao, redrawIntegracao),
  rota('put', '/integracoes/:id', 'configurar', integracaoOf, updateIntegracao, redrawIntegracao),
  rota('post', '/integracoes/:id/teste', 'configurar', integracaoOf, postTeste),

  rota('get', '/planos', 'ver', nothing, indexPlanos),
  rota('get', '/planos/novo', 'configurar', nothing, newPlano),
  rota('get', '/planos/:id', 'ver', planoOf, showPlano),
  rota('get', '/planos/:id/registro', 'ver', planoOf, showRegistro),
  rota('post', '/planos', 'configurar', nothing, createPlano, redrawPlano),
  rota('put', '/planos/:id', 'configurar', planoOf, updatePlano, redrawPlano),
  rota('get', '/planos/:id/vinculos', 'configurar', planoOf, searchVinculos),
  rota('post', '/planos/:id/vinculos', 'configurar', planoOf, createVinculo),
  rota('delete', '/planos/:id/vinculos/:vinculo', 'configurar', planoOf, removeVinculo),

  rota('get', '/contratos', 'ver', nothing, indexContratos),
  rota('get', '/contratos/:id', 'ver', contratoOf, showContrato),
  rota('post', '/contratos/:id/usuario', 'operar', contratoOf, createUsuario, redrawCriacao),

  rota('get', '/usuarios', 'ver', nothing, indexUsuarios),
  rota('get', '/usuarios/:id', 'ver', usuarioOf, showUsuario),
  rota('get', '/usuarios/:id/bloqueio', 'operar', usuarioOf, showConfirmacao('bloquear')),
  rota('get', '/usuarios/:id/desbloqueio', 'operar', usuarioOf, showConfirmacao('desbloquear')),
  rota('get', '/usuarios/:id/plano', 'operar', usuarioOf, showConfirmacao('trocar_plano')),
  rota('get', '/usuarios/:id/cancelamento', 'cancelar', usuarioOf, showConfirmacao('cancelar')),
  rota('post', '/usuarios/:id/bloqueio', 'operar', usuarioOf, createBloqueio, redrawConfirmacao('bloquear')),
  rota('delete', '/usuarios/:id/bloqueio', 'operar', usuarioOf, removeBloqueio),
  rota(
    'put',
    '/usuarios/:id/plano',
    'operar',
    usuarioOf,
    updatePlanoDoUsuario,
    redrawConfirmacao('trocar_plano'),
  ),
  rota(
    'post',
    '/usuarios/:id/cancelamento',
    'cancelar',
    usuarioOf,
    createCancelamento,
    redrawConfirmacao('cancelar'),
  ),
  rota('delete', '/usuarios/:id/cancelamento', 'cancelar', usuarioOf, removeCancelamento),
  rota('get', '/usuarios/:id/carencia', 'operar', usuarioOf, showCarencia),
  rota('post', '/usuarios/:id/carencia', 'operar', usuarioOf, createCarencia, redrawCarencia),
  rota('delete', '/usuarios/:id/carencia', 'operar', usuarioOf, removeCarencia),
  rota('post', '/usuarios/:id/identidade', 'operar', usuarioOf, postIdentidade),
  rota('get', '/carencias', 'ver', nothing, indexCarencias),

  rota('get', '/operacoes', 'ver', nothing, indexOperacoes),
  rota('get', '/operacoes/:id', 'ver', operacaoOf, showOperacao),
  rota('post', '/operacoes/:id/reenvio', 'operar', operacaoOf, postReenvio),
  rota('post', '/operacoes/:id/descarte', 'operar', operacaoOf, postDescarte),

  rota('get', '/sincronizacao', 'ver', nothing, showSincronizacao),
  rota('put', '/sincronizacao/modo', 'configurar', nothing, putModo),
  rota('put', '/sincronizacao/regras', 'configurar', nothing, putRegras),
  rota('post', '/sincronizacao/previas', 'configurar', nothing, postPrevia),

  rota('get', '/lotes', 'ver', nothing, indexLotes),
  rota('get', '/lotes/:id.csv', 'ver', loteOf, downloadLinhas),
  rota('get', '/lotes/:id', 'ver', loteOf, showLote),
  rota('get', '/lotes/:id/andamento', 'ver', loteOf, showAndamento),
  rota('post', '/lotes/:id/aprovacao', 'aprovar', loteOf, postAprovacao),
  rota('post', '/lotes/:id/rejeicao', 'aprovar', loteOf, postRejeicao),
  rota('put', '/lotes/:id/pausa', 'aprovar', loteOf, changePausa(true)),
  rota('delete', '/lotes/:id/pausa', 'aprovar', loteOf, changePausa(false)),

  rota('get', '/avisos', 'ver', nothing, indexAvisos),
  rota('get', '/avisos/configuracao', 'configurar', nothing, showConfiguracao),
  rota('put', '/avisos/configuracao', 'configurar', nothing, putConfiguracao, redrawConfiguracao),
  rota('post', '/avisos/configuracao/teste', 'configurar', nothing, postTesteDeAviso),

  rota('get', '/pausa', 'ver', nothing, showPausa),
  rota('put', '/pausa', 'aprovar', nothing, putPausa, redrawPausa),
  rota('delete', '/pausa', 'aprovar', nothing, removePausa),
];
