/** Alerts and dashboard name metrics that there are, and every alert has its page. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const GATEWAY = join(import.meta.dirname, '..', '..', 'gateway')
const read = (file: string) => readFileSync(join(GATEWAY, file), 'utf8')
/** As REFERENCE.md, which is made from the code, lists them. */
const known = new Set(read('REFERENCE.md').match(/latchkey_[a-z_]+/g))
const nameless = (text: string) =>
  (text.match(/latchkey_[a-z_]+/g) ?? []).map((name) => name.replace(/_(?:bucket|count|sum)$/, ''))

type Rule = {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly page: string }
}
const rules = (parse(read('ship/watch/alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
)
const pages = [...read('ALERTS.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name)

describe('watching', () => {
  it('is by metrics that there are', () => {
    const named = [...rules.map(({ expr }) => expr), read('ship/watch/dashboard.json')].flatMap(nameless)
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((name) => !known.has(name))).toEqual([])
  })

  it('has a page for every alert, and no page without one', () => {
    expect(rules.map(({ alert }) => alert)).toEqual(pages)
    for (const { alert, annotations, labels } of rules) {
      expect(annotations.page).toBe(`ALERTS.md#${alert.toLowerCase()}`)
      expect(['critical', 'warning', 'info']).toContain(labels.severity)
    }
  })
})
