import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { buildPage, PAGE } from '../../../gateway/ledger/verify/page/build.ts'
import { say } from '../../../gateway/ledger/verify/page/says.ts'
import { faultWords, noteWords } from '../../../gateway/ledger/verify/words.ts'

const page = readFileSync(PAGE, 'utf8')
const [, style] = /<style>([\s\S]*?)<\/style>/.exec(page)!
const [, script] = /<script>([\s\S]*?)<\/script>/.exec(page)!

describe('the page opened from disk', () => {
  it('is what its sources make', async () => {
    expect((await buildPage()) === page, 'node gateway/ledger/verify/page/build.ts').toBe(true)
  })

  it('holds everything, and may load and send nothing', () => {
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)!
    expect(policy!.split('; ').sort()).toEqual(
      [
        "default-src 'none'",
        `script-src ${hash(script!)}`,
        `style-src ${hash(style!)}`,
        "base-uri 'none'",
        "form-action 'none'",
      ].sort(),
    )
    const body = page.replace(/<!--[\s\S]*?-->/g, '')
    expect(body.match(/<(script|style|link|img|iframe|object|base|form)\b[^>]*>/g)).toEqual(['<style>', '<script>'])
    expect(body).not.toMatch(/\b(src|href|srcset|action|on[a-z]+)\s*=\s*["']/)
    expect(style).not.toMatch(/url\(|@import/)
    expect(script).not.toMatch(
      /\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|innerHTML|eval)\b|\bimport\s*\(/,
    )
  })

  it('knows nothing of the gateway but the evidence files, and of no machine', () => {
    expect(page).not.toMatch(/node:|\/node_modules\/|\/home\/|\/tmp\//)
  })

  it('says everything in both languages', () => {
    for (const words of [faultWords, noteWords])
      for (const [code, { en, zh }] of Object.entries(words)) {
        expect(en, code).toMatch(/^[\x20-\x7e]+$/)
        expect(zh, code).toMatch(/\p{Script=Han}/u)
      }
    expect(say('en', 'good')).not.toBe(say('zh', 'good'))
    expect(page).toContain('</html>')
  })
})
