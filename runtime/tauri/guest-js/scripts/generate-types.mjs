// SPDX-License-Identifier: BSD-3-Clause
// Writes src/types.ts from the JSON schema of the sidecar. With --check it only compares.
// The program is NEXUS_LLM_PROGRAM, else the first `nexus-llm` of the PATH.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const target = new URL('../src/types.ts', import.meta.url);
const program = process.env.NEXUS_LLM_PROGRAM || 'nexus-llm';
const schema = JSON.parse(
  execFileSync(program, ['sidecar', '--schema'], { encoding: 'utf8', maxBuffer: 1 << 26 }),
);

const width = 100;

function comment(text, indent) {
  if (!text) return '';
  const words = text.replaceAll('*/', '* /').split(/\s+/);
  const lines = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && indent.length + 3 + last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  const single = `${indent}/** ${lines.join(' ')} */\n`;
  if (lines.length === 1 && single.length <= width + 1) return single;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

const literal = (value) => `'${String(value).replace(/[\\']/g, '\\$&')}'`;

function union(members, indent) {
  const line = members.join(' | ');
  if (indent.length + line.length <= 70) return line;
  return `\n${members.map((member) => `${indent}  | ${member}`).join('\n')}`;
}

function type(node, indent) {
  if (node.$ref) return node.$ref.replace('#/$defs/', '');
  if (node.const !== undefined) return literal(node.const);
  if (node.enum) return union(node.enum.map(literal), indent);
  if (node.anyOf) return union([...new Set(node.anyOf.map((one) => type(one, indent)))], indent);
  switch (node.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return node.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array': {
      const item = type(node.items ?? {}, indent);
      return /[|\n]/.test(item) ? `Array<${item}>` : `${item}[]`;
    }
    case 'object':
      return node.properties ? members(node, indent) : 'Record<string, unknown>';
    default:
      return 'unknown';
  }
}

function members(node, indent) {
  const required = new Set(node.required ?? []);
  const inner = `${indent}  `;
  const lines = Object.entries(node.properties).map(
    ([name, property]) =>
      `${comment(property.description, inner)}${inner}${name}${required.has(name) ? '' : '?'}: ` +
      `${type(property, inner)};\n`,
  );
  return lines.length ? `{\n${lines.join('')}${indent}}` : 'Record<string, never>';
}

function table(name, about, entries, value) {
  const lines = Object.entries(entries).map(
    ([key, entry]) => `${comment(entry.description, '  ')}  ${value(key, entry)};\n`,
  );
  return `${comment(about, '')}export interface ${name} {\n${lines.join('')}}\n`;
}

const parts = [
  '// SPDX-License-Identifier: BSD-3-Clause\n' +
    '// Generated from `nexus-llm sidecar --schema` by scripts/generate-types.mjs.\n',
  `/** The version of the protocol that these types describe. */\nexport const protocolVersion = ${schema.protocolVersion};\n`,
];
for (const [name, node] of Object.entries(schema.$defs))
  parts.push(
    node.properties
      ? `${comment(node.description, '')}export interface ${name} ${members(node, '')}\n`
      : `${comment(node.description, '')}export type ${name} = ${type(node, '')};\n`,
  );
parts.push(
  table(
    'Methods',
    'The methods of the protocol: parameters and result.',
    schema.methods,
    (name, method) =>
      `${name}: { params: ${type(method.params, '  ')}; result: ${type(method.result, '  ')} }`,
  ),
  table(
    'Notifications',
    'The notifications of the protocol and their parameters.',
    schema.notifications,
    (name, note) => `${literal(name)}: ${type(note.params, '  ')}`,
  ),
);

const text = parts.join('\n');
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('src/types.ts differs from the schema of the sidecar: npm run generate-types');
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
