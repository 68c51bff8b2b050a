<?php
// What the stand-in reads and writes in IXC's database, as IXC itself would: freely.

const CONTRATOS = 'SELECT c.id, p.razao AS cliente, p.cnpj_cpf AS documento, v.nome AS plano, f.fantasia AS filial,
    c.status, c.status_internet AS acesso
  FROM cliente_contrato c LEFT JOIN cliente p ON p.id = c.id_cliente
  LEFT JOIN vd_contratos v ON v.id = c.id_vd_contrato LEFT JOIN filial f ON f.id = c.id_filial';

function banco(): PDO
{
    static $banco = null;
    return $banco ??= new PDO(getenv('IXC_PDO'), getenv('IXC_USUARIO'), getenv('IXC_SENHA'), [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
    ]);
}

function consulta(string $sql, array $valores = []): array
{
    $pedido = banco()->prepare($sql);
    $pedido->execute($valores);
    return $pedido->fetchAll();
}

function listOperadores(): array
{
    return consulta("SELECT u.nome, u.email, u.senha, g.grupo FROM usuarios u JOIN usuarios_grupo g ON g.id = u.id_grupo
        WHERE u.status = 'A' AND u.id <= 6 ORDER BY u.id");
}

function findUsuario(string $email): ?array
{
    $achados = consulta("SELECT id, nome, senha FROM usuarios WHERE email = ? AND status = 'A'", [$email]);
    return $achados[0] ?? null;
}

function listContratos(string $busca): array
{
    if (ctype_digit($busca)) {
        return consulta(CONTRATOS . ' WHERE c.id = ?', [$busca]);
    }
    return consulta(CONTRATOS . ' WHERE p.razao LIKE ? ORDER BY c.id LIMIT 25', [addcslashes($busca, '%_\\') . '%']);
}

function findContrato(int $id): ?array
{
    return consulta(CONTRATOS . ' WHERE c.id = ?', [$id])[0] ?? null;
}

function changeStatus(int $id, string $status, string $acesso): void
{
    banco()->prepare('UPDATE cliente_contrato SET status = ?, status_internet = ? WHERE id = ?')
        ->execute([$status, $acesso, $id]);
}
