<?php
// The bridge: runs inside the logged-in IXC session, says who is there in a signed one-minute token, and posts it into the frame.
// PHP 7.4 syntax. Reads the session without writing or locking it; touches no table and no file of IXC's.

namespace TeleClinica;

use Exception;
use RuntimeException;
use Throwable;

const CAMINHO = '#^/(?!/)[\w\-.~/%?=&+]*$#D';
const ESCONDIDO = '#%(2e|2f|5c|0|1)|(^|/)\.{1,2}(/|\?|$)#i';
const PKCS8_ED25519 = '302e020100300506032b657004220420';

class Recusa extends Exception
{
}

function main(): void
{
    header('Cache-Control: no-store');
    header('X-Content-Type-Options: nosniff');
    header('Referrer-Policy: no-referrer');
    try {
        $config = require __DIR__ . '/configuracao.php';
        $manifesto = readJson($config['manifesto'] ?? __DIR__ . '/manifest.json');
        requireSameSite();
        $usuario = findUsuario($config);
        if (isset($_GET['manifesto'])) {
            sendManifesto($config, $manifesto);
        } else {
            sendForm($config, $manifesto, $usuario);
        }
    } catch (Recusa $recusa) {
        // The script in IXC's pages asks on the login page too: that is no error worth a line in the console.
        $calado = isset($_GET['manifesto']) && $recusa->getCode() === 401;
        sendRecusa($calado ? 204 : $recusa->getCode(), $recusa->getMessage());
    } catch (Throwable $falha) {
        error_log('tele-clinica: ' . $falha->getMessage());
        sendRecusa(500, 'A Tele Clínica não está bem instalada neste IXC. Avise quem cuida dele: o motivo está no log do PHP.');
    }
}

// Another site may not open us inside a frame of its own. Browsers that do not say where they come from pass: the
// frame-ancestors below stops them.
function requireSameSite(): void
{
    $site = $_SERVER['HTTP_SEC_FETCH_SITE'] ?? 'same-origin';
    if ($_SERVER['REQUEST_METHOD'] !== 'GET' || !in_array($site, ['same-origin', 'none'], true)) {
        throw new Recusa('Esta página só se abre a partir do IXC.', 403);
    }
}

// The id in IXC's session. Cookies are read here, not by PHP: a missing or dead session must not become a new one.
function findUsuario(array $config): int
{
    $nome = $config['sessao_nome'] ?? session_name();
    $id = $_COOKIE[$nome] ?? '';
    if (!is_string($id) || !preg_match('/^[A-Za-z0-9,-]{16,256}$/D', $id)) {
        throw semSessao();
    }
    if (($config['sessao_pasta'] ?? '') !== '') {
        session_save_path($config['sessao_pasta']);
    }
    if (session_status() === PHP_SESSION_ACTIVE) {
        session_abort();
    }
    session_id($id);
    session_start([
        'read_and_close' => true,
        'use_cookies' => 0,
        'use_only_cookies' => 1,
        'use_trans_sid' => 0,
        'use_strict_mode' => 1,
        'cache_limiter' => '',
        'gc_probability' => 0,
    ]);
    $valor = $_SESSION;
    foreach (explode('.', $config['sessao_chave']) as $parte) {
        $valor = is_object($valor) ? (array) $valor : $valor;
        $valor = is_array($valor) ? ($valor[$parte] ?? null) : null;
    }
    if (!is_scalar($valor) || !preg_match('/^[1-9]\d{0,9}$/D', (string) $valor)) {
        throw semSessao();
    }
    return (int) $valor;
}

function semSessao(): Recusa
{
    return new Recusa('Sua sessão do IXC terminou. Entre no IXC e abra a Tele Clínica de novo.', 401);
}

function sendManifesto(array $config, array $manifesto): void
{
    header('Content-Type: application/json; charset=utf-8');
    echo toJson([
        'origem' => pluginOrigin($config),
        'menu' => $manifesto['menu'],
        'contractPanel' => $manifesto['contractPanel'],
        'contractButtons' => $manifesto['contractButtons'],
        'seletores' => readJson($config['seletores'] ?? __DIR__ . '/seletores.json'),
    ]);
}

function sendForm(array $config, array $manifesto, int $usuario): void
{
    $launch = $manifesto['launch'];
    $path = findPath();
    $contrato = findContrato($path);
    $agora = time();
    $claims = [
        'iss' => issuer($config),
        'aud' => $launch['audience'],
        'sub' => (string) $usuario,
        'path' => $path,
        'iat' => $agora,
        'exp' => $agora + $launch['maxAgeSeconds'],
        'jti' => base64Url(random_bytes(24)),
    ] + ($contrato === null ? [] : ['contrato' => $contrato]);
    $token = sign($config, $launch['typ'], $claims);
    $destino = rtrim($config['plugin'], '/') . $launch['path'];
    $campos = [$launch['field'] => $token];
    if (($_GET['modo'] ?? '') === 'cabecalho') {
        $campos[$launch['modeField']] = 'cabecalho';
    }
    $inputs = '';
    foreach ($campos as $nome => $valor) {
        $inputs .= sprintf('<input type="hidden" name="%s" value="%s">', e($nome), e($valor));
    }
    sendPage(200, 'Abrindo…', sprintf(
        '<form method="post" action="%s" data-lancar>%s<p>Abrindo %s… <button>Abrir</button></p></form>' .
        '<script src="lancar.js" defer></script>',
        e($destino),
        $inputs,
        e($manifesto['name'])
    ), "script-src 'self'; form-action " . (pluginOrigin($config) === '' ? "'self'" : pluginOrigin($config)));
}

// Where to land: inside the plugin, never where a browser would read another host or a way out of the folder.
function findPath(): string
{
    $path = $_GET['path'] ?? '/';
    if (!is_string($path) || strlen($path) > 1024 || !preg_match(CAMINHO, $path) || preg_match(ESCONDIDO, $path)) {
        throw new Recusa('Este endereço não é da Tele Clínica.', 400);
    }
    return $path;
}

// The contract that the frame is about. One that is named must be the one in the path.
function findContrato(string $path): ?int
{
    $doCaminho = preg_match('#^/contratos/([1-9]\d{0,9})(?:[/?]|$)#D', $path, $achado) ? $achado[1] : null;
    $pedido = $_GET['contrato'] ?? $doCaminho;
    if ($pedido !== $doCaminho) {
        throw new Recusa('Este endereço não é o do contrato.', 400);
    }
    return $doCaminho === null ? null : (int) $doCaminho;
}

// The origin of IXC's pages that this visitor uses, among those that the plugin knows; never what the request merely claims.
function issuer(array $config): string
{
    $origens = (array) $config['origens'];
    foreach ($origens as $origem) {
        if (substr($origem, strpos($origem, '//') + 2) === ($_SERVER['HTTP_HOST'] ?? '')) {
            return $origem;
        }
    }
    return $origens[0];
}

// Empty when the plugin is under IXC's own host.
function pluginOrigin(array $config): string
{
    return preg_match('#^https?://[^/]+#', $config['plugin'], $achado) ? $achado[0] : '';
}

function sign(array $config, string $typ, array $claims): string
{
    $algoritmo = $config['algoritmo'] ?? 'EdDSA';
    $corpo = base64Url(toJson(['alg' => $algoritmo, 'typ' => $typ])) . '.' . base64Url(toJson($claims));
    $chave = @file_get_contents($config['chave']);
    if ($chave === false) {
        throw new RuntimeException("a chave {$config['chave']} não pode ser lida por este PHP");
    }
    if ($algoritmo === 'HS256') {
        $segredo = base64_decode(trim($chave), true);
        if ($segredo === false || strlen($segredo) < 32) {
            throw new RuntimeException('a chave precisa ter ao menos 32 bytes em base64');
        }
        return $corpo . '.' . base64Url(hash_hmac('sha256', $corpo, $segredo, true));
    }
    if (!function_exists('sodium_crypto_sign_detached')) {
        throw new RuntimeException('este PHP não tem a extensão sodium: instale-a ou use o algoritmo HS256');
    }
    return $corpo . '.' . base64Url(sodium_crypto_sign_detached($corpo, ed25519Secret($chave)));
}

// `openssl genpkey -algorithm ed25519` writes PKCS#8: a fixed beginning and the 32 bytes of the seed (RFC 8410).
function ed25519Secret(string $pem): string
{
    $der = base64_decode(preg_replace('/-----[^-]+-----|\s/', '', $pem), true);
    if ($der === false || strlen($der) !== 48 || bin2hex(substr($der, 0, 16)) !== PKCS8_ED25519) {
        throw new RuntimeException('a chave não é uma chave privada Ed25519 em PEM');
    }
    return sodium_crypto_sign_secretkey(sodium_crypto_sign_seed_keypair(substr($der, 16)));
}

function sendRecusa(int $status, string $frase): void
{
    sendPage($status, 'Tele Clínica', '<p role="alert">' . e($frase) . '</p>', '');
}

function sendPage(int $status, string $titulo, string $corpo, string $policy): void
{
    http_response_code($status);
    header('Content-Type: text/html; charset=utf-8');
    header("Content-Security-Policy: default-src 'none'; base-uri 'none'; frame-ancestors 'self'; $policy");
    echo '<!doctype html><html lang="pt-BR"><head><meta charset="utf-8"><title>' . e($titulo) . '</title>'
        . '<meta name="viewport" content="width=device-width, initial-scale=1">'
        . '<meta name="color-scheme" content="light dark"></head><body>' . $corpo . '</body></html>';
}

function readJson(string $arquivo): array
{
    $texto = @file_get_contents($arquivo);
    if ($texto === false) {
        throw new RuntimeException("$arquivo não pode ser lido por este PHP");
    }
    return json_decode($texto, true, 32, JSON_THROW_ON_ERROR);
}

function toJson(array $dados): string
{
    return json_encode($dados, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
}

function base64Url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

function e(string $texto): string
{
    return htmlspecialchars($texto, ENT_QUOTES, 'UTF-8');
}

main();
