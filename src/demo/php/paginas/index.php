<?php
// A stand-in for IXC in PHP, faithful where an add-on touches it: PHP session login, menus, a Flexigrid of contracts drawn by
// AJAX, a contract form with tabs. Demo and tests only; it knows nothing of the plugin.

require __DIR__ . '/banco.php';
require __DIR__ . '/telas.php';

ini_set('session.use_strict_mode', '1');
session_name('IXC_Session');
session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Lax', 'cookie_secure' => isset($_SERVER['HTTPS'])]);
header('Cache-Control: no-store');

$caminho = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$metodo = $_SERVER['REQUEST_METHOD'];

if ($metodo === 'POST' && $caminho === '/api-module/auth/login') {
    entrar((string) ($_POST['email'] ?? ''), (string) ($_POST['password'] ?? ''));
} elseif (!isset($_SESSION['usuario'])) {
    telaEntrar(listOperadores(), '');
} elseif ($caminho === '/sair') {
    session_destroy();
    header('Location: /', true, 303);
} elseif ($caminho === '/' || $caminho === '/aplicativo') {
    telaInicial();
} elseif ($caminho === '/aplicativo/contratos') {
    telaContratos((string) ($_GET['forma'] ?? 'classica'));
} elseif ($caminho === '/aplicativo/contratos/linhas') {
    echo linhas(listContratos((string) ($_GET['busca'] ?? '')));
} elseif (preg_match('#^/aplicativo/contratos/(\d+)$#', $caminho, $achado)) {
    contrato((int) $achado[1], $metodo);
} else {
    http_response_code(404);
    telaAusente();
}

// Two fields at once instead of IXC's two steps; what counts is what then stands in the session.
function entrar(string $email, string $senha): void
{
    $usuario = findUsuario($email);
    if ($usuario === null || !hash_equals($usuario['senha'], $senha)) {
        http_response_code(401);
        telaEntrar(listOperadores(), 'E-mail ou senha não conferem.');
        return;
    }
    session_regenerate_id(true);
    $_SESSION['usuario'] = ['id' => $usuario['id'], 'nome' => $usuario['nome']];
    header('Location: /aplicativo', true, 303);
}

function contrato(int $id, string $metodo): void
{
    if ($metodo === 'POST') {
        changeStatus($id, (string) $_POST['status'], (string) $_POST['status_internet']);
        header("Location: /aplicativo/contratos/$id", true, 303);
        return;
    }
    $achado = findContrato($id);
    if ($achado === null) {
        http_response_code(404);
        telaAusente();
        return;
    }
    telaContrato($achado);
}
