/**
 * `node config/generate/generate.ts` writes what follows from the schemas and from config/document/fault.ts:
 * site.schema.json and profile.schema.json for editors, and the tables between the marks in README.md.
 * With `--check` it writes nothing and exits 1 when one of them is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { profileJsonSchema, siteJsonSchema } from './json-schema.ts'
import { tables } from './options-table.ts'

/** What each file should hold, by its name. */
export function generate(readme: string): Readonly<Record<string, string>> {
  const json = (schema: unknown) => `${JSON.stringify(schema, null, 2)}\n`
  return {
    'site.schema.json': json(siteJsonSchema()),
    'profile.schema.json': json(profileJsonSchema()),
    'README.md': Object.entries(tables()).reduce((text, [name, table]) => fill(text, name, table), readme),
  }
}

function fill(text: string, name: string, table: string): string {
  const [start, end] = [`<!-- table: ${name} -->`, `<!-- end: ${name} -->`]
  const [from, to] = [text.indexOf(start), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`README.md has no place for the table "${name}": ${start} … ${end}`)
  return `${text.slice(0, from + start.length)}\n${table}\n${text.slice(to)}`
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function main(): number {
  const path = (name: string) => join(import.meta.dirname, '..', name)
  const files = Object.entries(generate(read(path('README.md'))))
  const stale = files.filter(([name, text]) => read(path(name)) !== text)
  if (process.argv.includes('--check')) {
    for (const [name] of stale) console.error(`config/${name} is stale; run: node config/generate/generate.ts`)
    return stale.length > 0 ? 1 : 0
  }
  for (const [name, text] of stale) writeFileSync(path(name), text)
  return 0
}

if (import.meta.main) process.exitCode = main()
