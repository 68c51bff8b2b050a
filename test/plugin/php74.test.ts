// The bridge runs on PHP as old as 7.4: PHP's own tokenizer finds what came later.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { ensureNginxPhp } from '../../src/demo/sistema.ts';

const FILES = ['ponte.php', 'configuracao.exemplo.php'];

// Prints one line for each construct or function that PHP 7.4 does not know.
const SCRIPT = String.raw`
$code = stream_get_contents(STDIN);
$tokens = array_values(array_filter(token_get_all($code), fn ($t) => !is_array($t) || !in_array($t[0], [T_WHITESPACE, T_COMMENT, T_DOC_COMMENT])));
$new = ['T_MATCH', 'T_NULLSAFE_OBJECT_OPERATOR', 'T_ATTRIBUTE', 'T_ENUM', 'T_READONLY'];
$functions = ['str_contains', 'str_starts_with', 'str_ends_with', 'get_debug_type', 'get_resource_id', 'array_is_list', 'fdiv', 'fsync', 'json_validate', 'preg_last_error_msg', 'ini_parse_quantity', 'array_find', 'mb_str_pad'];
$types = ['mixed', 'never', 'stringable', 'true', 'false'];
$text = fn ($i) => isset($tokens[$i]) ? (is_array($tokens[$i]) ? $tokens[$i][1] : $tokens[$i]) : '';
$depth = []; $params = false;
foreach ($tokens as $i => $t) {
  $name = is_array($t) ? token_name($t[0]) : '';
  if (in_array($name, $new)) echo "$name\n";
  if ($name === 'T_STRING' && in_array(strtolower($t[1]), $functions) && $text($i + 1) === '(') echo "$t[1]()\n";
  if ($name === 'T_STRING' && $text($i + 1) === ':' && in_array($text($i - 1), ['(', ','])) echo "named argument $t[1]\n";
  if ($name === 'T_CATCH' && $text($i + 2) !== '' && strpos($text($i + 3), '$') !== 0 && $text($i + 3) !== '|') echo "catch without variable\n";
  if ($name === 'T_THROW' && !in_array($text($i - 1), [';', '{', '}', ')', ':', 'else'])) echo "throw as an expression\n";
  if (in_array($name, ['T_PUBLIC', 'T_PRIVATE', 'T_PROTECTED']) && in_array($text($i - 1), ['(', ','])) echo "promoted parameter\n";
  if ($name === 'T_CLASS' && $text($i - 1) === '::' && strpos($text($i - 2), '$') === 0) echo "object::class\n";
  if ($t === '|' && is_array($tokens[$i - 1]) && $tokens[$i - 1][0] === T_STRING && strpos($text($i + 2), '$') === 0 && $text($i - 2) !== '(') echo "union type\n";
  if (($t === '(' || $t === ',' || $t === ':' || $t === '?') && in_array(strtolower($text($i + 1)), ['mixed', 'never', 'static']) && ($t === ':' || strpos($text($i + 2), '$') === 0)) echo "type {$text($i + 1)}\n";
  if ($t === ')' && $text($i - 1) === '...') echo "first-class callable\n";
  if ($t === ')' && $text($i - 1) === ',') $trailing[] = $i;
}
// A comma after the last parameter of a declaration (a call may have one).
foreach ($trailing ?? [] as $i) {
  for ($d = 0, $j = $i; $j >= 0; $j--) { if ($text($j) === ')') $d++; if ($text($j) === '(' && --$d === 0) break; }
  $before = [$text($j - 1), $text($j - 2)];
  if (in_array('function', $before) || in_array('fn', $before)) echo "comma after the last parameter\n";
}
`;

const newer = (code: string): string[] => {
  const run = spawnSync('php', ['-r', SCRIPT], { input: code, encoding: 'utf8' });
  if (run.status !== 0 || run.stderr) throw new Error(run.stderr || run.stdout);
  return run.stdout.split('\n').filter(Boolean);
};

beforeAll(() => {
  ensureNginxPhp();
}, 180_000);

test.each(FILES)('%s is PHP 7.4, and this PHP understands it too', (name) => {
  const file = fileURLToPath(new URL(`../../plugin/ixc/${name}`, import.meta.url));
  const read = spawnSync('php', ['-r', 'readfile($argv[1]);', file], { encoding: 'utf8' });
  expect(newer(read.stdout)).toEqual([]);
  expect(spawnSync('php', ['-l', file], { encoding: 'utf8' }).stdout).toContain('No syntax errors');
});

test.each([
  ['$a = match (1) { 1 => 2 };', 'T_MATCH'],
  ['$a?->b();', 'T_NULLSAFE_OBJECT_OPERATOR'],
  ['#[Attr] function f() {}', 'T_ATTRIBUTE'],
  ['if (str_contains($a, $b)) {}', 'str_contains()'],
  ['f(name: 1);', 'named argument name'],
  ['try {} catch (Exception) {}', 'catch without variable'],
  ['$a = $b ?? throw new Exception();', 'throw as an expression'],
  ['class A { function __construct(private $a) {} }', 'promoted parameter'],
  ['$f = strlen(...);', 'first-class callable'],
  ['function f($a,) {}', 'comma after the last parameter'],
  ['function f(mixed $a) {}', 'type mixed'],
  ['$a = $b::class;', 'object::class'],
])('the check finds %s', (code, found) => {
  expect(newer(`<?php ${code}`)).toContain(found);
});
