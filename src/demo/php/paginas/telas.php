<?php
// The pages of the stand-in.

const STATUS = ['A' => 'Ativo', 'P' => 'Pré-contrato', 'I' => 'Inativo', 'N' => 'Negativado', 'D' => 'Desistiu'];
const ACESSO = ['A' => 'Ativo', 'FA' => 'Financeiro em atraso', 'CA' => 'Bloqueio automático', 'CM' => 'Bloqueio manual',
    'AA' => 'Aguardando assinatura', 'D' => 'Desativado'];

function e($texto): string
{
    return htmlspecialchars((string) $texto, ENT_QUOTES, 'UTF-8');
}

function pagina(string $titulo, string $corpo): void
{
    $menu = isset($_SESSION['usuario']) ? menu() : '';
    echo '<!doctype html><html lang="pt-BR"><head><meta charset="utf-8"><title>' . e($titulo) . ' · IXC (demonstração)</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="/estatico/ixc.css"><link rel="stylesheet" href="/estatico/php.css"><link rel="icon" href="data:,">
</head><body><header class="barra"><strong class="marca">IXC <small>demonstração</small></strong>' . $menu . '</header>
<main id="conteudo">' . $corpo . '</main><script src="/estatico/php.js" defer></script></body></html>';
}

function menu(): string
{
    $itens = '<li><span>Sistema</span><ul><li><a href="/aplicativo/contratos">Contratos</a></li></ul></li>
<li><span>Integrações</span><ul><li><a href="/aplicativo">Integrações SVA</a></li></ul></li>';
    return '<nav aria-label="Menu principal"><ul class="menu">' . $itens . '</ul></nav><span class="quem">'
        . e($_SESSION['usuario']['nome']) . ' <a href="/sair">Sair</a></span>';
}

function telaEntrar(array $operadores, string $erro): void
{
    $linhas = '';
    foreach ($operadores as $operador) {
        $linhas .= '<li><code>' . e($operador['email']) . '</code> ' . e($operador['nome']) . ' (' . e($operador['grupo']) . ')</li>';
    }
    pagina('Entrar', '<section class="estreita"><h1>Entrar</h1><form method="post" action="/api-module/auth/login" class="formulario">
<label>E-mail <input name="email" type="email" required autofocus></label>
<label>Senha <input name="password" type="password" required></label><button>Entrar</button>'
        . ($erro === '' ? '' : '<p role="alert">' . e($erro) . '</p>') . '</form>
<p>Estas páginas imitam as do IXC. Operadores da demonstração, todos com a senha <code>' . e($operadores[0]['senha'] ?? '')
        . '</code>:</p><ul>' . $linhas . '</ul></section>');
}

function telaInicial(): void
{
    pagina('Início', '<h1>Início</h1><p>Abra <a href="/aplicativo/contratos">Contratos</a>, ou uma tela do menu Integrações.</p>');
}

// `redesenhada`: this skin empties the whole grid, toolbar included, each time rows arrive. `estranha`: nothing is called as usual.
function telaContratos(string $forma): void
{
    $nomes = $forma === 'estranha' ? ['gx', 'gx-topo', 'gx-corpo'] : ['flexigrid', 'tDiv2', 'bDiv'];
    $tabela = $forma === 'estranha' ? '' : ' data-tabela="cliente_contrato"';
    pagina('Contratos', '<h1>Contratos</h1><div class="' . $nomes[0] . '"' . $tabela . ' data-forma="' . e($forma) . '">
<div class="' . $nomes[1] . '"><button type="button" data-editar>Editar</button>
<label class="oculto" for="busca">Buscar</label><input id="busca" type="search" placeholder="Contrato ou começo do nome">
<button type="button" data-buscar>Buscar</button></div>
<div class="' . $nomes[2] . '"><table class="grade"><thead><tr><th>ID</th><th>Cliente</th><th>CPF/CNPJ</th><th>Plano de venda</th>
<th>Filial</th><th>Status</th><th>Status acesso</th></tr></thead><tbody>' . linhas(listContratos('')) . '</tbody></table></div></div>');
}

function linhas(array $contratos): string
{
    $linhas = '';
    foreach ($contratos as $c) {
        $linhas .= '<tr data-id="' . $c['id'] . '" tabindex="0"><td class="numero">' . $c['id'] . '</td><th scope="row">' . e($c['cliente'])
            . '</th><td>' . e($c['documento']) . '</td><td>' . e($c['plano']) . '</td><td>' . e($c['filial']) . '</td><td>'
            . e(STATUS[$c['status']] ?? '?') . '</td><td>' . e(ACESSO[$c['acesso']] ?? $c['acesso']) . '</td></tr>';
    }
    return $linhas;
}

function telaContrato(array $c): void
{
    $campo = static function (string $nome, string $rotulo, array $opcoes, ?string $valor): string {
        $itens = '';
        foreach ($opcoes as $codigo => $texto) {
            $itens .= "<option value=\"$codigo\"" . ($codigo === $valor ? ' selected' : '') . ">$codigo · " . e($texto) . '</option>';
        }
        return "<label>$rotulo <select name=\"$nome\">$itens</select></label>";
    };
    pagina("Contrato {$c['id']}", '<form method="post" data-tabela="cliente_contrato" class="formulario">
<h1>Contrato ' . $c['id'] . ' <small>' . e($c['cliente']) . '</small></h1>
<div class="ferramentas"><button>Salvar</button><button type="button" data-voltar>Voltar</button></div>
<ul class="abas"><li class="ativa"><a href="#contrato">Contrato</a></li><li><a href="#financeiro">Financeiro</a></li></ul>
<div class="corpo" id="contrato"><label>ID <input name="id" value="' . $c['id'] . '" readonly></label>
<label>Cliente <input value="' . e($c['cliente']) . '" readonly></label><label>Plano de venda <input value="' . e($c['plano']) . '" readonly></label>'
        . $campo('status', 'Status', STATUS, $c['status']) . $campo('status_internet', 'Status acesso', ACESSO, $c['acesso']) . '</div>
<div class="corpo" id="financeiro" hidden><p>Nenhum título em aberto nesta demonstração.</p></div></form>');
}

function telaAusente(): void
{
    pagina('Não encontrado', '<h1>Isto não existe</h1><p><a href="/aplicativo/contratos">Contratos</a></p>');
}
