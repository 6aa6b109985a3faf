/** What patterns match, language by language: [pattern, code, lines where a match starts]. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { loadRuleSet } from '../../../src/classifiers/code/rules/rule-set.js';
import { scanSnippet } from '../../../src/classifiers/code/scan/scan-code.js';

const folder = mkdtempSync(join(tmpdir(), 'rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;

/** A file with one rule of this body. */
function ruleFile(language: string, body: string): string {
  const file = join(folder, `${++count}.yaml`);
  const indented = body.trim().replaceAll('\n', '\n    ');
  writeFileSync(
    file,
    `rules:\n  - id: test\n    languages: [${language}]\n    severity: ERROR\n    message: found\n    ${indented}\n`,
  );
  return file;
}

/** Lines on which a rule with this body finds something. */
async function linesFound(language: string, body: string, code: string): Promise<number[]> {
  const rules = await loadRuleSet(ruleFile(language, body));
  const { findings } = await scanSnippet(rules, code, language, performance.now() + 10_000);
  return [...new Set(findings.map((finding) => finding.startLine))];
}

function pattern(text: string): string {
  return `pattern: |\n${text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')}`;
}

type Case = readonly [pattern: string, code: string, lines: readonly number[]];

function cases(language: string, table: readonly Case[]): void {
  describe(language, () => {
    test.each(table)('%j in %j', async (text, code, lines) => {
      expect(await linesFound(language, pattern(text), code)).toEqual(lines);
    });
  });
}

cases('python', [
  ['foo(1)', 'foo(1)\nfoo(2)\nfoo(1, 2)\nfoo()', [1]],
  ['foo(...)', 'foo()\nfoo(1, a=2)\nbar(foo(3))\nx.foo()', [1, 2, 3]],
  ['foo(..., 2, ...)', 'foo(2)\nfoo(1, 2)\nfoo(1, 2, 3)\nfoo(1)', [1, 2, 3]],
  ['foo($X, $X)', 'foo(a, a)\nfoo(a, b)\nfoo(a.b( 1 ), a.b(1))', [1, 3]],
  ['foo($_, $_)', 'foo(a, b)\nfoo(a)', [1]],
  ['foo(a=1, b=2)', 'foo(b=2, a=1)\nfoo(a=1)\nfoo(a=1, b=2, c=3)', [1]],
  ['foo(..., a=1, ...)', 'foo(0, b=2, a=1)\nfoo(a=2)\nfoo(a=1)', [1, 3]],
  ['foo($X)', 'foo(a=1)\nfoo(1)', [2]],
  ['foo($...ARGS)', 'foo()\nfoo(1, 2)', [1, 2]],
  ['foo("...")', 'foo("a")\nfoo(f"a{x}")\nfoo(a)\nfoo("a" "b")\nfoo("a" + "b")\nfoo(b"x")', [1, 4, 5, 6]],
  ['foo("a")', 'foo(\'a\')\nfoo("""a""")\nfoo(\'b\')\nfoo(a)', [1, 2]],
  ['foo(f"...{$X}...")', 'foo(f"{a}")\nfoo(f"a{b}c")\nfoo("a")\nfoo(f"a")', [1, 2]],
  ['foo(f"...")', 'foo(f"{a}")\nfoo("a")', [1]],
  ['os.system(...)', 'os.system(x)\nmy.os.system(x)\nsystem(x)', [1]],
  ['os.system(...)', 'from os import system\nsystem(x)', [2]],
  ['os.system(...)', 'from os import system as s\ns(x)', [2]],
  ['os.system(...)', 'import os as o\no.system(x)', [2]],
  ['os.system(...)', 'from os import *\nsystem(x)\nother(y)', [2]],
  ['os.system(...)', '__import__("os").system(x)', [1]],
  ['os.path.join(...)', 'from os import path\npath.join(a)\nfrom os.path import join\njoin(b)', [2, 4]],
  ['os.system(...)', '# os.system(x)\n"os.system(x)"\n"""\nos.system(x)\n"""', []],
  ['$X = foo()', 'a = foo()\nb: int = foo()\na += foo()\nif (c := foo()): pass', [1, 2, 4]],
  ['$X == $X', 'a == a\na == b\na != a', [1]],
  ['$A + $B', 'x + y\nx - y', [1]],
  ['$F(...)', 'a()\nb.c(1)', [1, 2]],
  ['return $X', 'def f():\n  return 1\n', [2]],
  ['def $F(...):\n  ...', 'def a(x): return 1\nasync def b(): pass\nclass C: pass', [1, 2]],
  ['def $F(..., $A=[], ...):\n  ...', 'def f(x, y=[]): pass\ndef g(x=1): pass', [1]],
  ['$X = input()\n...\neval($X)', 'a = input()\nb = 1\nif b:\n  print(eval(a))\neval(b)', [1]],
  ['a()\nb()', 'a()\nb()\na()\nc()\nb()', [1]],
  ['foo(<... bar($X) ...>)', 'foo(1 + bar(2))\nfoo(bar)\nfoo([x for x in bar(3)])', [1, 3]],
  ['{..., "a": $X, ...}', 'd = {"b": 1, "a": 2}\ne = {"b": 1}', [1]],
  ['foo(True)', 'foo(True)\nfoo((True))\nfoo(False)', [1, 2]],
  ['open($X, "w")', 'with open(p, "w") as f:\n  pass', [1]],
  ['except_me(...)', 'try:\n  except_me(1)\nexcept E:\n  pass', [2]],
]);

cases('javascript', [
  ['foo(...)', 'foo();\nconst a = foo(1);\nx.foo();', [1, 2]],
  ['child_process.exec(...)', "const cp = require('child_process');\ncp.exec(a);", [2]],
  ['child_process.exec(...)', "const { exec: run } = require('node:child_process');\nrun(a);", [2]],
  ['child_process.exec(...)', "import { exec } from 'child_process';\nexec(a);\nr.exec(a);", [2]],
  ['child_process.exec(...)', "import * as c from 'child_process';\nc.exec(a);", [2]],
  ['child_process.exec(...)', "const c = await import('child_process');\nc.exec(a);", [2]],
  ['child_process.exec(...)', "require('child_process').exec(a);", [1]],
  ['{a: 1}', 'f({b: 2, a: 1});\nf({"a": 1});\nf({a: 2});', [1, 2]],
  ['foo("...")', 'foo("a");\nfoo(`a`);\nfoo(`a${b}`);\nfoo(\'a\' + "b");', [1, 2, 4]],
  ['foo(`...${$X}...`)', 'foo(`a`);\nfoo(`a${b}c`);', [2]],
  ['$X = foo()', 'const a = foo();\nlet b = foo();\nc = foo();\nd += foo();', [1, 2, 3]],
  ['$X.innerHTML = $Y', 'a.innerHTML = b;\na.b.innerHTML = c;\na.innerHTML == b;', [1, 2]],
  ['a.b(...)', 'a?.b(1);\n(a).b(2);\na.b(3)', [1, 2, 3]],
  ['new Foo(...)', 'new Foo(1);\nFoo(1);', [1]],
  ['function $F(...) {...}', 'function a(b) { return 1 }\nconst c = () => 1;', [1]],
  ['(...) => $X', 'const f = (a) => a;\nconst g = function () {};', [1]],
  ['$X = 1;\n...\nfoo($X);', 'const a = 1;\nif (b) { foo(a); }\nfoo(b);', [1]],
  ['if ($X) {...}', 'if (a) { b(); }\nwhile (a) { b(); }', [1]],
  ['foo(...args)', 'foo(...args);\nfoo(args);', [1]],
  ['$X === $X', 'a === a;\na === b;\na == a;', [1]],
]);

cases('typescript', [
  ['$X = foo()', 'const a: string = foo();\nlet b = foo() as string;', [1]],
  ['foo($X)', 'foo<string>(a);\n<T>foo(b);', [1, 2]],
  ['function $F(...) {...}', 'export async function a(b: string): Promise<void> { }', [1]],
]);

cases('java', [
  ['foo(...)', 'class A { void f() {\nfoo(1);\nthis.foo(2);\n} }', [2]],
  ['$X.foo(...)', 'class A { void f() {\nfoo(1);\na.foo(2);\nint b = a.b().foo();\n} }', [3, 4]],
  ['new Random()', 'Random r = new Random();\nnew java.util.Random();\nnew Random(1);', [1, 2]],
  ['java.util.Random.foo()', 'import java.util.Random;\nclass A { int x = Random.foo(); }', [2]],
  ['new java.util.Random()', 'import java.util.*;\nclass A { Object a = new Random(); }', [2]],
  ['$X = "..."', 'class A {\nString a = "b";\nvoid f() { a = "c"; String d = e; }\n}', [2, 3]],
  ['Runtime.getRuntime().exec(...)', 'Runtime.getRuntime().exec(cmd);', [1]],
  ['public void $M(...) {...}', 'class A {\n@Override\npublic void f(int a) throws E { }\n}', [2]],
  ['return $X == null;', 'class A { boolean f() {\nreturn a == null;\n} }', [2]],
  ['try {...} catch ($E $V) {...}', 'try { a(); } catch (Exception e) { b(); }', [1]],
]);

cases('c', [
  ['gets(...)', 'void f(void) {\n gets(a);\n x = gets(p->b);\n fgets(a, 1, f);\n}', [2, 3]],
  ['gets(...)', 'gets(a); // gets(b)\n/* gets(c) */\nchar *s = "gets(d)";', [1]],
  [
    '$X = malloc($N)',
    'void f(void) {\n char *p = malloc(n);\n p = malloc(m);\n q = calloc(1, n);\n}',
    [2, 3],
  ],
  ['free($P);\n...\nfree($P);', 'void f(void) {\n free(a);\n b();\n free(a);\n free(c);\n}', [2]],
  ['free($P);\n...\n$P->$F', 'void f(void) {\n free(a);\n x = a->b;\n free(c);\n}', [2]],
  ['printf("...")', 'printf("a" "b");\nprintf(a);', [1]],
  ['if ($X = $Y) {...}', 'void f(void) {\n if (a = b) { c(); }\n if (a == b) { c(); }\n}', [2]],
  ['sizeof($X)', 'int a = sizeof(b);', [1]],
]);

cases('cpp', [
  [
    'strcpy(...)',
    '#include <cstring>\nvoid f() { std::strcpy(a, b);\n strcpy(c, d);\n other::strcpy(e, g); }',
    [2, 3],
  ],
]);

describe('layout', () => {
  const CALLS: readonly (readonly [
    language: string,
    tokens: readonly string[],
    gap: fc.Arbitrary<string>,
  ])[] = [
    [
      'c',
      ['system', '(', 'p', '->', 'cmd', ')', ';'],
      fc.constantFrom(' ', '\n', '/* system("x") */', '// gets(b)\n', '\t'),
    ],
    [
      'javascript',
      ['system', '(', 'p', '.', 'cmd', ')', ';'],
      fc.constantFrom(' ', '\n', '/* " */', "// '\n"),
    ],
    ['java', ['system', '(', 'p', '.', 'cmd', ')', ';'], fc.constantFrom(' ', '\n', '/* " */', "// '\n")],
    ['python', ['system', '(', 'p', '.', 'cmd', ')'], fc.constantFrom(' ', '\\\n', '\t')],
  ];

  test.each(CALLS)('%s: spaces and comments between tokens change nothing', async (language, tokens, gap) => {
    const rules = await loadRuleSet(ruleFile(language, pattern('system($X)')));
    await fc.assert(
      fc.asyncProperty(
        fc.array(gap, { minLength: tokens.length - 1, maxLength: tokens.length - 1 }),
        async (gaps) => {
          const code = tokens.map((token, index) => token + (gaps[index] ?? '')).join('');
          const { findings } = await scanSnippet(rules, code, language, performance.now() + 10_000);
          expect(findings).toHaveLength(1);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('operators', () => {
  test('pattern-not drops equal ranges only', async () => {
    const body = 'patterns:\n  - pattern: foo($X)\n  - pattern-not: foo("...")';
    expect(await linesFound('python', body, 'foo("a")\nfoo(b)\nfoo(foo("c"))')).toEqual([2, 3]);
  });

  test('pattern-inside binds metavariables too', async () => {
    const body = 'patterns:\n  - pattern: use($X)\n  - pattern-inside: |\n      def $F($X):\n        ...';
    expect(await linesFound('python', body, 'def f(a):\n  use(a)\n  use(b)\nuse(a)')).toEqual([2]);
  });

  test('pattern-not-inside', async () => {
    const body =
      'patterns:\n  - pattern: use(...)\n  - pattern-not-inside: |\n      with lock():\n        ...';
    expect(await linesFound('python', body, 'with lock():\n  use(a)\nuse(b)')).toEqual([3]);
  });

  test('metavariable-regex starts at the start, and sees strings without quotes', async () => {
    const body =
      'patterns:\n  - pattern: foo($X)\n  - metavariable-regex:\n      metavariable: $X\n      regex: ab|c';
    expect(await linesFound('python', body, 'foo("abx")\nfoo("xab")\nfoo(c)\nfoo(d)')).toEqual([1, 3]);
  });

  test('focus-metavariable moves the finding', async () => {
    const body = 'patterns:\n  - pattern: foo(..., $X)\n  - focus-metavariable: $X';
    expect(await linesFound('python', body, 'foo(\n  1,\n  2)')).toEqual([3]);
  });

  test('pattern-regex sees the whole text; pattern-not-regex the match', async () => {
    const body = "patterns:\n  - pattern-regex: 'k[0-9]+'\n  - pattern-not-regex: k1";
    expect(await linesFound('python', body, '# k2\nx = "k12"\nk33')).toEqual([1, 3]);
  });

  test('two positive patterns: the smaller range stays', async () => {
    const body = 'patterns:\n  - pattern: foo(...)\n  - pattern: bar($X)';
    expect(await linesFound('python', body, 'foo(\n  bar(1))\nbar(2)')).toEqual([2]);
  });

  test('a fragment with syntax errors is matched as far as it goes', async () => {
    expect(await linesFound('python', pattern('os.system($X)'), 'def f(:\n  os.system(a)\n) ]]')).toEqual([
      2,
    ]);
    expect(await linesFound('java', pattern('$X.exec($Y)'), '} else {\n rt.exec(cmd);\n')).toEqual([2]);
  });
});

describe('constants', () => {
  const body = 'patterns:\n  - pattern: foo($X)\n  - pattern-not: foo("...")';
  test.each([
    ['a name with one constant value', 'A = "x"\nfoo(A)', []],
    ['a name set twice', 'A = "x"\nA = y()\nfoo(A)', [3]],
    ['a name that is also a parameter', 'A = "x"\ndef f(A):\n  foo(A)', [3]],
    ['a name that a loop sets', 'A = "x"\nfor A in b: foo(A)', [2]],
    ['a name that is appended to', 'A = "x"\nA += b\nfoo(A)', [3]],
    ['a name made global', 'A = "x"\ndef f():\n  global A\nfoo(A)', [4]],
    ['a sum with one unknown part', 'foo("a" + b + "c")', [1]],
    ['an f-string of constants', 'A = "x"\nfoo(f"{A} b {1}")', []],
    ['an f-string', 'foo(f"{a}")', [1]],
    ['a name that refers to itself', 'A = A + "x"\nfoo(A)', [2]],
  ])('%s', async (_, code, lines) => {
    expect(await linesFound('python', body, code)).toEqual(lines);
  });

  test('a C buffer is never constant', async () => {
    expect(
      await linesFound('c', body, 'void f(char *a) {\n char b[9] = "x";\n strcat(b, a);\n foo(b);\n}'),
    ).toEqual([4]);
  });
});
