import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCodeFinder } from '../../../src/classifiers/code/extract/code-finder.js';
import { detectBareCode, detectLanguage } from '../../../src/classifiers/code/languages/detect.js';
import { canonicalLanguage } from '../../../src/classifiers/code/languages/names.js';

const SAMPLES: readonly (readonly [language: string, code: string])[] = [
  ['python', 'import os\nos.system(user_input)\n'],
  ['python', 'os.system(user_input)'],
  ['python', 'def add(a, b):\n    return a + b\n\nprint(add(1, 2))\n'],
  ['python', 'with open(path) as f:\n    data = f.read()\nfor line in data.split():\n    print(line)\n'],
  ['python', 'cursor.execute(f"SELECT * FROM t WHERE a = {x}")'],
  ['python', 'class A(Base):\n    def __init__(self):\n        self.x = None\n'],
  [
    'javascript',
    "const fs = require('fs');\nfs.readFile(path, (err, data) => {\n  console.log(data);\n});\n",
  ],
  ['javascript', 'document.getElementById("a").innerHTML = location.hash;'],
  ['javascript', "app.get('/x', async (req, res) => {\n  res.send(req.query.a);\n});\n"],
  ['javascript', 'function add(a, b) {\n  return a + b;\n}\nlet x = add(1, 2);\n'],
  [
    'typescript',
    'interface User {\n  name: string;\n  age: number;\n}\nconst u: User = { name: "a", age: 1 };\n',
  ],
  ['typescript', 'export async function f(a: string): Promise<void> {\n  const b: any = await g(a);\n}\n'],
  [
    'java',
    'public class Main {\n  public static void main(String[] args) {\n    System.out.println("hi");\n  }\n}\n',
  ],
  ['java', 'MessageDigest md = MessageDigest.getInstance("MD5");\nbyte[] d = md.digest(data);\n'],
  [
    'java',
    'String sql = "SELECT * FROM t WHERE a = " + a;\nStatement st = c.createStatement();\nst.execute(sql);\n',
  ],
  ['c', '#include <stdio.h>\nint main(void) {\n  char buf[10];\n  gets(buf);\n  return 0;\n}\n'],
  ['c', 'char buf[64];\nstrcpy(buf, argv[1]);\nprintf(buf);\n'],
  ['cpp', '#include <iostream>\n#include <string>\nint main() {\n  std::string s;\n  std::cin >> s;\n}\n'],
  ['csharp', 'using System;\nclass P {\n  static void Main(string[] args) { Console.WriteLine("a"); }\n}\n'],
  ['go', 'package main\n\nimport "fmt"\n\nfunc main() {\n\tx := 1\n\tfmt.Println(x)\n}\n'],
  ['php', '<?php\n$name = $_GET["name"];\necho "Hello " . $name;\n'],
  ['ruby', 'require \'json\'\ndef hello(name)\n  puts "hi #{name}"\nend\n'],
  ['rust', 'fn main() {\n    let mut x = 5;\n    println!("{}", x);\n}\n'],
  ['bash', '#!/bin/bash\nfor f in *.txt; do\n  echo "$f"\ndone\n'],
  ['sql', 'SELECT id, name\nFROM users\nWHERE id = 1;\n'],
  ['html', '<!DOCTYPE html>\n<html>\n<body><p>Hi</p></body>\n</html>\n'],
  ['dockerfile', 'FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD ["node", "a.js"]\n'],
];

const PROSE = [
  'Sure! Here is how you can do that. First, open the file and read it; then print the result.',
  'You should import the module before you use it, and never call eval on text from users.',
  'The class of problems that we look at is small. If you like, I can explain more:\n\n- speed\n- memory\n- cost\n',
  'Dear Ms. Smith,\n\nthank you for your letter. We will return the goods for you while stocks last.\n\nYours,\nA. B.\n',
  'To be, or not to be, that is the question: Whether it is nobler in the mind to suffer.',
  '1. Mix flour and water.\n2. Bake for 20 minutes (until golden).\n3. Let it cool.\n',
  'Select the best from your results and print them; update your notes, and delete from the list what is old.',
];

describe('detectLanguage', () => {
  test.each(SAMPLES)('%s: %j', (language, code) => {
    expect(detectLanguage(code).language).toBe(language);
  });

  test.each(PROSE)('does not know %j', (text) => {
    expect(detectBareCode(text).language).toBe('unknown');
    expect(createCodeFinder().push(text, true).snippets).toEqual([]);
  });

  test('long hostile lines cost little', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          'os.a(',
          'def f(',
          'import a',
          ' ',
          '\n',
          ':',
          '"',
          '`${',
          '<',
          '$ a',
          ';',
          ')',
          '\t',
        ),
        fc.constantFrom('os.a(', ')', ':', ' ', '\n', ';', '{'),
        (a, b) => {
          expect(detectLanguage((a + b).repeat(20_000)).score).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('canonicalLanguage', () => {
  test.each([
    ['Py', 'python'],
    ['python3', 'python'],
    ['JSX', 'javascript'],
    ['tsx', 'typescript'],
    ['h', 'c'],
    ['C++', 'cpp'],
    ['C#', 'csharp'],
    ['language-js', 'javascript'],
    ['py:app.py', 'python'],
    ['text', undefined],
    ['', undefined],
    ['constructor', undefined],
    [undefined, undefined],
  ])('%s is %s', (word, name) => {
    expect(canonicalLanguage(word)).toBe(name);
  });
});
