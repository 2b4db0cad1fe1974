/** Texts that harm, and every field of a page filled with each of them. Read next: attacks.ts. */
import type { Page } from 'playwright-core'
import { NOT_IN_A_LINE } from '../../../gateway/core/ground/text.ts'

const markup = [
  '<script>window.ran=1</script>',
  '<img src=x onerror="window.ran=1">',
  '<svg onload=window.ran=1>',
  '"><script>window.ran=1</script>',
  "' onmouseover='window.ran=1",
  '<iframe src="javascript:window.ran=1"></iframe>',
  'javascript:window.ran=1',
  '<a href="javascript:window.ran=1">x</a>',
  '<style>*{display:none}</style>',
  '<meta http-equiv="refresh" content="0;url=http://evil.example">',
  '<base href="http://evil.example/">',
  '<math><mtext></mtext><script>window.ran=1</script></math>',
  '<template><script>window.ran=1</script></template>',
  '</title><script>window.ran=1</script>',
  '-->\u003cscript>window.ran=1</script>',
  '<link rel=stylesheet href=http://evil.example/x.css>',
  '<object data="javascript:window.ran=1">',
  '<body onload=window.ran=1>',
  '<details open ontoggle=window.ran=1>',
  '{{constructor.constructor("window.ran=1")()}}',
  '$\u007bwindow.ran=1}',
  '&lt;script&gt;window.ran=1&lt;/script&gt;',
  '\u003cscript\u003ewindow.ran=1\u003c/script\u003e',
  'data:text/html,<script>window.ran=1</script>',
  '<form action=http://evil.example><input type=submit>',
]
const direction = [
  '\u202eeerf',
  'paid \u202e00,1',
  '\u2066left\u2069',
  '\u202dabc',
  'עברית 123',
  'مرحبا free',
  '\u200fRTL',
]
const shape = [
  ...['W'.repeat(300), '喷'.repeat(200), 'a'.repeat(2_000), '\u0301'.repeat(120), 'Z\u0351\u036b\u0343'.repeat(40)],
  ...['👨‍👩‍👧‍👦'.repeat(20), '🏳️‍🌈', '🇨🇳🇩🇪', '👍🏿', '\u200b'.repeat(50), '\u00ad'.repeat(50), ' '.repeat(80), '\u3000'],
  ...['…', '\ufffd\ufffd', '﷽'.repeat(10), '𒐫'.repeat(20), '\u2028two\u2029lines', 'tab\tand\nline'],
]
const words = [
  'null',
  'undefined',
  '__proto__',
  'constructor',
  'toString',
  'NaN',
  '-1',
  '0',
  '../../..',
  '%00',
  "'; --",
  '[object Object]',
]
export const texts = [...markup, ...direction, ...shape, ...words]

const inLine = new RegExp(`^[^${NOT_IN_A_LINE}]{3,200}$`, 'u')
const visible = /^[^\p{C}]{3,80}$/u

/** One after the other those that a person may send where a reason is wanted, or where a label is. */
export function harmfulWords(): (plain?: 'plain') => string {
  const kept = texts.filter((text) => inLine.test(text) && text.trim() === text)
  const plain = kept.filter((text) => visible.test(text))
  const next = { kept: 0, plain: 0 }
  return (which) => (which === 'plain' ? plain[next.plain++ % plain.length]! : kept[next.kept++ % kept.length]!)
}

export type Typed = { readonly fields: number; readonly wide: readonly string[]; readonly ran: boolean }

/** Where a field was filled with everything already, a few more texts each time. */
const FEW = 2

/**
 * Every text into every field that takes text, as if it was typed; each field is left as it was. `done`: the places of
 * the fields that had all of them.
 */
export async function typeAll(page: Page, done: Set<string>): Promise<Typed> {
  const given = [texts, [...done], FEW].map((each) => JSON.stringify(each)).join()
  const typed = (await page.evaluate(`(${TYPE})(${given})`)) as Typed & { readonly places: readonly string[] }
  for (const place of typed.places) done.add(place)
  return typed
}

/** In the browser, so that thousands of texts take seconds. */
const TYPE = `async (all, done, few) => {
  const others = ['checkbox', 'date', 'datetime-local', 'file', 'number', 'radio', 'time']
  const fields = () => [...document.querySelectorAll('.page input, .page textarea')]
    .filter((each) => each.checkVisibility() && !each.readOnly && !others.includes(each.type))
  const put = (field, text) => {
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, text)
    field.dispatchEvent(new InputEvent('input', { bubbles: true }))
    return new Promise((done) => setTimeout(done))
  }
  const wide = []
  const names = fields().map(({ dataset: { place } }) => place)
  const had = new Set(done)
  for (let at = 0; at < names.length; at++) {
    const before = fields()[at]?.value
    const from = (7 * at) % all.length
    const texts = had.has(names[at]) ? all.slice(from, from + few) : all
    had.add(names[at])
    for (const text of [...texts, before]) {
      const field = fields()[at]
      if (field === undefined) break
      await put(field, text)
      const over = document.documentElement.scrollWidth - innerWidth
      if (over > 0) wide.push(names[at] + ' with ' + text.slice(0, 40) + ' by ' + over)
    }
  }
  return { places: [...had], fields: names.length, wide: wide.slice(0, 5), ran: window.ran !== undefined }
}`
