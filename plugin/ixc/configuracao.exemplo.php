<?php
// What the bridge must know about this IXC. Copy to configuracao.php beside ponte.php; readable by IXC's PHP, not by visitors.
return [
    // Name of IXC's session cookie, and where in $_SESSION the id of `usuarios` is (dots go deeper: usuario.id).
    'sessao_nome' => 'IXC_Session',
    'sessao_chave' => 'usuario.id',
    // Folder of the session files; empty = what this PHP uses by itself.
    'sessao_pasta' => '',
    // Origins of IXC's pages: the same as IXC_ORIGIN of the plugin.
    'origens' => ['https://ixc.provedor.com.br'],
    // Where the plugin is: its BASE_PATH under IXC's own host, or a whole address when it has an origin of its own.
    'plugin' => '/addons/tele-clinica',
    // EdDSA: private Ed25519 key in PEM. HS256: 32 random bytes in base64, the same as LAUNCH_SECRET_FILE of the plugin.
    'algoritmo' => 'EdDSA',
    'chave' => '/etc/tele-clinica/lancamento.pem',
    // The plugin's manifest, and where IXC's pages have their menu, forms and grids.
    'manifesto' => __DIR__ . '/manifest.json',
    'seletores' => __DIR__ . '/seletores.json',
];
