// Every address that needs a session: method, path, role, what it names, what it does.
import type { Papel } from '../sync/tipos.ts';
import { indexAjuda, showAjuda, showGlossario, showPapeis, telaOf } from './ajuda.ts';
import { showAndamentoDaSelecao } from './andamento.ts';
import {
  downloadAvisos,
  indexAvisos,
  postTesteDeAviso,
  putConfiguracao,
  redrawConfiguracao,
  showConfiguracao,
} from './avisos.ts';
import {
  createCarencia,
  downloadCarencias,
  indexCarencias,
  redrawCarencia,
  removeCarencia,
  showCarencia,
} from './carencias.ts';
import { putContatos, redrawContatos, showContatos } from './configuracaoDeContatos.ts';
import {
  putDireitos,
  redrawDireitos,
  removeDireitos,
  showDireitos,
  showPadrao,
} from './configuracaoDeDireitos.ts';
import { putTextos, redrawTextos, showTextos } from './configuracaoDeTextos.ts';
import { contratoOf, createUsuario, redrawCriacao, showContrato } from './contratos.ts';
import { postCorrecoes, showCorrecao } from './correcaoDeDivergencias.ts';
import {
  createComparacao,
  divergenciaOf,
  indexDivergencias,
  postAceite,
  postCorrecao,
  redrawAceite,
  removeAceite,
  showAndamentoDaComparacao,
  showDivergencia,
} from './divergencias.ts';
import { showSaude } from './doutor.ts';
import { showRetomada } from './erros.ts';
import { askRetirada, createFatura, createRetirada, downloadFatura, redrawFatura } from './faturas.ts';
import {
  createFechamento,
  downloadFechamento,
  indexFechamentos,
  mesOf,
  putRegra,
  redrawRegra,
  showFechamento,
} from './fechamentos.ts';
import { downloadContratos, indexContratos } from './gradeDeContratos.ts';
import { downloadDivergencias } from './gradeDeDivergencias.ts';
import { downloadOperacoes, indexOperacoes } from './gradeDeOperacoes.ts';
import { downloadPlanos, indexPlanos } from './gradeDePlanos.ts';
import { downloadUsuarios, indexUsuarios } from './gradeDeUsuarios.ts';
import { showGuia } from './guia.ts';
import { postIdentidade } from './identidade.ts';
import {
  createIntegracao,
  downloadIntegracoes,
  indexIntegracoes,
  integracaoOf,
  newIntegracao,
  postTeste,
  redrawIntegracao,
  showIntegracao,
  showRegistroDaIntegracao,
  updateIntegracao,
} from './integracoes.ts';
import { downloadLinhas } from './linhas.ts';
import { downloadLotes } from './listaDeLotes.ts';
import { downloadVarreduras } from './listaDeVarreduras.ts';
import {
  changePausa,
  indexLotes,
  loteOf,
  postAprovacao,
  postRejeicao,
  showAndamento,
  showLote,
} from './lotes.ts';
import { createLote, redrawNovoLote, showNovoLote } from './lotesNovos.ts';
import { operacaoOf, postDescarte, postReenvio, showOperacao } from './operacoes.ts';
import { showPainel } from './painel.ts';
import { putPausa, redrawPausa, removePausa, showPausa } from './pausa.ts';
import {
  createPlano,
  createVinculo,
  newPlano,
  planoOf,
  redrawPlano,
  removeVinculo,
  searchVinculos,
  showAlcance,
  showPlano,
  showRegistro,
  showRetirada,
  updatePlano,
} from './planos.ts';
import { showPorqueDoContrato, showPorqueDoUsuario } from './porque.ts';
import { createPrevoo, downloadPrevoo, showAndamentoDoPrevoo, showPrevoo } from './prevoo.ts';
import { putRegras } from './regras.ts';
import { type Act, type Find, nothing, type Rota, rota } from './rota.ts';
import { type EmVarios, postSelecao, redrawSelecao, showSelecao } from './selecao.ts';
import { CRIACAO } from './selecaoDeContratos.ts';
import { DESCARTE, REENVIO } from './selecaoDeOperacoes.ts';
import { BLOQUEIO, CANCELAMENTO, DESBLOQUEIO } from './selecaoDeUsuarios.ts';
import { postCadastros, postEstrutura, postPrevia, putModo, showSincronizacao } from './sincronizacao.ts';
import { downloadSuporte } from './suporte.ts';
import {
  createBloqueio,
  createCancelamento,
  createEnvioDeCadastro,
  redrawConfirmacao,
  removeBloqueio,
  removeCancelamento,
  removePedidoDeBloqueio,
  removePedidoDePlano,
  showConfirmacao,
  showUsuario,
  updatePlanoDoUsuario,
  usuarioOf,
} from './usuarios.ts';

// A list as a file: the same rows in both forms.
const planilhas = <T>(path: string, papel: Papel, find: Find<T>, act: Act<T>): Rota[] =>
  ['csv', 'xlsx'].map((form) => rota('get', `${path}.${form}`, papel, find, act));

// An action on the marked lines of a grid: what it will do, and doing it.
const selecao = <T>(path: string, papel: Papel, acao: EmVarios<T>): Rota[] => [
  rota('get', path, papel, nothing, showSelecao(acao)),
  rota('post', path, papel, nothing, postSelecao(acao), redrawSelecao(acao)),
];

export const rotas: readonly Rota[] = [
  rota('get', '/', 'ver', nothing, showPainel),

  rota('get', '/prevoo', 'ver', nothing, showPrevoo),
  ...planilhas('/prevoo', 'ver', nothing, downloadPrevoo),
  rota('get', '/prevoo/andamento', 'ver', nothing, showAndamentoDoPrevoo),
  rota('post', '/prevoo', 'operar', nothing, createPrevoo),

  rota('get', '/integracoes', 'ver', nothing, indexIntegracoes),
  ...planilhas('/integracoes', 'ver', nothing, downloadIntegracoes),
  rota('get', '/integracoes/nova', 'configurar', nothing, newIntegracao),
  rota('get', '/integracoes/:id', 'configurar', integracaoOf, showIntegracao),
  rota('get', '/integracoes/:id/registro', 'configurar', integracaoOf, showRegistroDaIntegracao),
  rota('post', '/integracoes', 'configurar', nothing, createIntegracao, redrawIntegracao),
  rota('put', '/integracoes/:id', 'configurar', integracaoOf, updateIntegracao, redrawIntegracao),
  rota('post', '/integracoes/:id/teste', 'configurar', integracaoOf, postTeste),

  rota('get', '/planos', 'ver', nothing, indexPlanos),
  ...planilhas('/planos', 'ver', nothing, downloadPlanos),
  rota('get', '/planos/novo', 'configurar', nothing, newPlano),
  rota('get', '/planos/:id', 'ver', planoOf, showPlano),
  rota('get', '/planos/:id/registro', 'ver', planoOf, showRegistro),
  rota('post', '/planos', 'configurar', nothing, createPlano, redrawPlano),
  rota('put', '/planos/:id', 'configurar', planoOf, updatePlano, redrawPlano),
  rota('get', '/planos/:id/vinculos', 'configurar', planoOf, searchVinculos),
  rota('post', '/planos/:id/vinculos', 'configurar', planoOf, createVinculo),
  rota('get', '/planos/:id/alcance', 'configurar', planoOf, showAlcance),
  rota('get', '/planos/:id/vinculos/:vinculo', 'configurar', planoOf, showRetirada),
  rota('delete', '/planos/:id/vinculos/:vinculo', 'configurar', planoOf, removeVinculo),

  rota('get', '/contratos', 'ver', nothing, indexContratos),
  ...planilhas('/contratos', 'ver', nothing, downloadContratos),
  ...selecao('/contratos/selecao/usuario', 'operar', CRIACAO),
  rota('get', '/contratos/:id', 'ver', contratoOf, showContrato),
  rota('get', '/contratos/:id/porque', 'ver', contratoOf, showPorqueDoContrato),
  rota('get', '/contratos/:id/suporte.txt', 'ver', contratoOf, downloadSuporte),
  rota('post', '/contratos/:id/usuario', 'operar', contratoOf, createUsuario, redrawCriacao),

  rota('get', '/usuarios', 'ver', nothing, indexUsuarios),
  ...planilhas('/usuarios', 'ver', nothing, downloadUsuarios),
  rota('get', '/usuarios/selecao', 'ver', nothing, showAndamentoDaSelecao),
  ...selecao('/usuarios/selecao/bloqueio', 'operar', BLOQUEIO),
  ...selecao('/usuarios/selecao/desbloqueio', 'operar', DESBLOQUEIO),
  ...selecao('/usuarios/selecao/cancelamento', 'cancelar', CANCELAMENTO),
  rota('get', '/usuarios/:id', 'ver', usuarioOf, showUsuario),
  rota('get', '/usuarios/:id/bloqueio', 'operar', usuarioOf, showConfirmacao('bloquear')),
  rota('get', '/usuarios/:id/desbloqueio', 'operar', usuarioOf, showConfirmacao('desbloquear')),
  rota('get', '/usuarios/:id/plano', 'operar', usuarioOf, showConfirmacao('trocar_plano')),
  rota('get', '/usuarios/:id/cancelamento', 'cancelar', usuarioOf, showConfirmacao('cancelar')),
  rota('post', '/usuarios/:id/bloqueio', 'operar', usuarioOf, createBloqueio, redrawConfirmacao('bloquear')),
  rota('delete', '/usuarios/:id/bloqueio', 'operar', usuarioOf, removeBloqueio),
  rota('delete', '/usuarios/:id/bloqueio/pedido', 'operar', usuarioOf, removePedidoDeBloqueio),
  rota('delete', '/usuarios/:id/plano', 'operar', usuarioOf, removePedidoDePlano),
  rota('get', '/usuarios/:id/porque', 'ver', usuarioOf, showPorqueDoUsuario),
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
  rota('post', '/usuarios/:id/cadastro', 'operar', usuarioOf, createEnvioDeCadastro),
  rota('get', '/carencias', 'ver', nothing, indexCarencias),
  ...planilhas('/carencias', 'ver', nothing, downloadCarencias),

  rota('get', '/operacoes', 'ver', nothing, indexOperacoes),
  ...planilhas('/operacoes', 'ver', nothing, downloadOperacoes),
  ...selecao('/operacoes/selecao/reenvio', 'operar', REENVIO),
  ...selecao('/operacoes/selecao/descarte', 'operar', DESCARTE),
  rota('get', '/operacoes/:id', 'ver', operacaoOf, showOperacao),
  rota('post', '/operacoes/:id/reenvio', 'operar', operacaoOf, postReenvio),
  rota('post', '/operacoes/:id/descarte', 'operar', operacaoOf, postDescarte),

  rota('get', '/sincronizacao', 'ver', nothing, showSincronizacao),
  ...planilhas('/sincronizacao/varreduras', 'ver', nothing, downloadVarreduras),
  rota('put', '/sincronizacao/modo', 'configurar', nothing, putModo),
  rota('put', '/sincronizacao/regras', 'configurar', nothing, putRegras),
  rota('post', '/sincronizacao/cadastros', 'aprovar', nothing, postCadastros),
  rota('post', '/sincronizacao/previas', 'configurar', nothing, postPrevia),
  rota('post', '/sincronizacao/estrutura', 'configurar', nothing, postEstrutura),

  rota('get', '/lotes', 'ver', nothing, indexLotes),
  ...planilhas('/lotes', 'ver', nothing, downloadLotes),
  ...planilhas('/lotes/:id', 'ver', loteOf, downloadLinhas),
  rota('get', '/lotes/novo', 'operar', nothing, showNovoLote),
  rota('post', '/lotes', 'operar', nothing, createLote, redrawNovoLote),
  rota('get', '/lotes/:id', 'ver', loteOf, showLote),
  rota('get', '/lotes/:id/andamento', 'ver', loteOf, showAndamento),
  rota('post', '/lotes/:id/aprovacao', 'aprovar', loteOf, postAprovacao),
  rota('post', '/lotes/:id/rejeicao', 'aprovar', loteOf, postRejeicao),
  rota('put', '/lotes/:id/pausa', 'aprovar', loteOf, changePausa(true)),
  rota('delete', '/lotes/:id/pausa', 'aprovar', loteOf, changePausa(false)),

  rota('get', '/divergencias', 'ver', nothing, indexDivergencias),
  ...planilhas('/divergencias', 'ver', nothing, downloadDivergencias),
  rota('get', '/divergencias/andamento', 'ver', nothing, showAndamentoDaComparacao),
  rota('post', '/divergencias', 'operar', nothing, createComparacao),
  rota('get', '/divergencias/correcao', 'operar', nothing, showCorrecao),
  rota('post', '/divergencias/correcao', 'operar', nothing, postCorrecoes),
  rota('get', '/divergencias/:id', 'ver', divergenciaOf, showDivergencia),
  rota('post', '/divergencias/:id/correcao', 'operar', divergenciaOf, postCorrecao),
  rota('post', '/divergencias/:id/aceite', 'aprovar', divergenciaOf, postAceite, redrawAceite),
  rota('delete', '/divergencias/:id/aceite', 'aprovar', divergenciaOf, removeAceite),

  rota('get', '/fechamentos', 'ver', nothing, indexFechamentos),
  rota('put', '/fechamentos/regra', 'configurar', nothing, putRegra, redrawRegra),
  ...planilhas('/fechamentos/:mes', 'ver', mesOf, downloadFechamento),
  ...planilhas('/fechamentos/:mes/fatura', 'ver', mesOf, downloadFatura),
  rota('get', '/fechamentos/:mes', 'ver', mesOf, showFechamento),
  rota('post', '/fechamentos/:mes', 'aprovar', mesOf, createFechamento),
  rota('post', '/fechamentos/:mes/fatura', 'aprovar', mesOf, createFatura, redrawFatura),
  rota('get', '/fechamentos/:mes/retirada', 'aprovar', mesOf, askRetirada),
  rota('post', '/fechamentos/:mes/retirada', 'aprovar', mesOf, createRetirada),

  rota('get', '/avisos', 'ver', nothing, indexAvisos),
  ...planilhas('/avisos', 'ver', nothing, downloadAvisos),
  rota('get', '/avisos/configuracao', 'configurar', nothing, showConfiguracao),
  rota('put', '/avisos/configuracao', 'configurar', nothing, putConfiguracao, redrawConfiguracao),
  rota('post', '/avisos/configuracao/teste', 'configurar', nothing, postTesteDeAviso),

  rota('get', '/configuracoes', 'configurar', nothing, showDireitos),
  rota('get', '/configuracoes/direitos', 'configurar', nothing, showDireitos),
  rota('get', '/configuracoes/direitos/padrao', 'configurar', nothing, showPadrao),
  rota('put', '/configuracoes/direitos', 'configurar', nothing, putDireitos, redrawDireitos),
  rota('delete', '/configuracoes/direitos', 'configurar', nothing, removeDireitos, redrawDireitos),
  rota('get', '/configuracoes/contatos', 'configurar', nothing, showContatos),
  rota('put', '/configuracoes/contatos', 'configurar', nothing, putContatos, redrawContatos),
  rota('get', '/configuracoes/textos', 'configurar', nothing, showTextos),
  rota('put', '/configuracoes/textos', 'configurar', nothing, putTextos, redrawTextos),

  rota('get', '/pausa', 'ver', nothing, showPausa),
  rota('put', '/pausa', 'aprovar', nothing, putPausa, redrawPausa),
  rota('delete', '/pausa', 'aprovar', nothing, removePausa),

  rota('get', '/saude', 'configurar', nothing, showSaude),

  rota('get', '/ajuda', 'ver', nothing, indexAjuda),
  rota('get', '/ajuda/glossario', 'ver', nothing, showGlossario),
  rota(
    'get',
    '/ajuda/papeis',
    'ver',
    nothing,
    showPapeis(() => rotas),
  ),
  rota('get', '/ajuda/:tela', 'ver', telaOf, showAjuda),
  rota('get', '/guia', 'ver', nothing, showGuia),
  rota('get', '/sessao/retomada', 'ver', nothing, showRetomada),
];
