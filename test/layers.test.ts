import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Who may import whom. A target ending in `/` is a folder; `type:` allows types only; packages are listed by name. */
const ROOT = resolve(import.meta.dirname, '..')
const layers: Record<string, readonly string[]> = {
  'gateway/core/': ['gateway/core/', 'type:config/site.ts'],
  'gateway/ledger/': ['gateway/ledger/', 'gateway/core/', 'node:', 'canonicalize', '@noble/', 'vite'],
  'gateway/front/sinks/': [
    'gateway/front/sinks/',
    'gateway/core/',
    'gateway/ledger/',
    'type:config/site.ts',
    'type:adapters/adapter.ts',
    'node:',
    'mqtt',
    'influx',
  ],
  'gateway/control/': [
    'gateway/control/',
    'gateway/core/',
    'gateway/ledger/',
    'adapters/adapter.ts',
    'adapters/registry.ts',
    'type:config/site.ts',
    'node:',
    'uuid',
  ],
  'adapters/': ['adapters/', 'gateway/core/reading/reading.ts', 'node:', 'typebox', 'modbus-serial', 'node-opcua-'],
  'config/': [
    'config/',
    'gateway/core/ground/day.ts',
    'adapters/registry.ts',
    'adapters/modbus/options.ts',
    'adapters/opcua/options.ts',
    'node:',
    'typebox',
    'typebox/compile',
    'yaml',
    'ms',
    'canonicalize',
  ],
  'simulators/': [
    'simulators/',
    'node:',
    'modbus-serial',
    'node-opcua',
    'aedes',
    'jose',
    'commander',
    'mqtt',
    'fastify',
    'yaml',
  ],
}
/** Only this file may start the control thread. */
const KNOWS_EVERYONE = 'gateway/cli/run.ts'

type Import = { readonly file: string; readonly target: string; readonly typeOnly: boolean }

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') || name.endsWith('.tsx'))
    .map((name) => join(folder, name))
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const found = [
    ...text.matchAll(/^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|import\('([^']+)'\)/gm),
  ]
  return found.map((match) => {
    const name = (match[2] ?? match[3] ?? match[4])!
    const target = name.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), name)) : name
    return { file, target, typeOnly: match[1] !== undefined }
  })
}

const allows = (rule: string, { target, typeOnly }: Import) =>
  rule.startsWith('type:')
    ? typeOnly && target === rule.slice(5)
    : rule.endsWith('/') || rule.endsWith(':') || rule.endsWith('-')
      ? target.startsWith(rule)
      : target === rule

describe('layers', () => {
  it.each(Object.entries(layers))('%s imports only what it may', (folder, allowed) => {
    const files = filesBelow(folder)
    expect(files.length).toBeGreaterThan(0)
    const strange = files.flatMap(importsOf).filter((item) => !allowed.some((rule) => allows(rule, item)))
    expect(strange.map(({ file, target }) => `${file} → ${target}`)).toEqual([])
  })

  it('no adapter knows another one', () => {
    const strange = filesBelow('adapters')
      .flatMap(importsOf)
      .filter(
        ({ file, target }) =>
          /^adapters\/[a-z]+\//.test(file) &&
          /^adapters\/[a-z]+\//.test(target) &&
          file.split('/')[1] !== target.split('/')[1],
      )
    expect(strange).toEqual([])
  })

  it('one file alone starts the control thread', () => {
    const starters = filesBelow('gateway')
      .flatMap(importsOf)
      .filter(({ target }) => target === 'gateway/control/control.ts')
    expect(starters.map(({ file }) => file)).toEqual([KNOWS_EVERYONE])
  })

  it('the verifier rests on nothing but its siblings and @noble', () => {
    const seen = new Set<string>()
    const visit = (file: string): void => {
      if (seen.has(file)) return
      seen.add(file)
      for (const { target } of importsOf(file)) if (target.endsWith('.ts')) visit(target)
    }
    visit('gateway/ledger/verify/verifier.ts')
    const strange = [...seen]
      .flatMap(importsOf)
      .filter(
        ({ target }) =>
          !target.startsWith('@noble/') && !/^gateway\/ledger\/(evidence|verify)\/[a-z]+\.ts$/.test(target),
      )
    expect(strange.map(({ file, target }) => `${file} → ${target}`)).toEqual([])
    expect(seen).not.toContain('gateway/ledger/store/writer.ts')
  })

  it('the core has no clock, promise or log', () => {
    const words =
      /\b(Date\.now|new Date\(\)|process\.|performance\.|setTimeout|setInterval|await\b|async\b|Promise|console\.)/
    const impure = filesBelow('gateway/core').filter((file) =>
      words.test(readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')),
    )
    expect(impure).toEqual([])
  })
})
