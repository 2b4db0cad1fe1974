/**
 * The page that a browser gets from a box that stands by: which box it is, which one works, how far behind it is, and
 * what would make it take over; in Chinese and English, without a script. Pure.
 * Read next: answer.ts.
 */
import { createHash } from 'node:crypto'
import { type InBoth, type StandBy, sentenceOf, takesOverWhen } from '../../core/pair/stand-by.ts'
import { TAKE_MS } from '../../core/pair/times.ts'
import type { Box } from './box.ts'

const STYLE = `:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}
body{max-width:40rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.4rem;line-height:1.3;margin:0 0 .25rem}
h1+p,p[lang],dd span{margin:0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.5rem 1rem;margin:1.5rem 0}
dd{margin:0}
dt span,dd span{display:block}
.could p,.not p{margin:0}
.could,.not{border-inline-start:.3rem solid;padding:.25rem .75rem;margin-top:1.5rem}
.could{border-color:#2e7d32}
.not{border-color:#c62828}
@media(max-width:32rem){dl{grid-template-columns:1fr;gap:.1rem}dd{margin-bottom:.75rem}}`

/** As the pages of the gateway, but that nothing is loaded: the one style stands in it. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join(';')

/** `path`: the page that was asked for, which the other box has. */
export function pageOf({ site }: Box, standBy: StandBy, path: string): string {
  const { role, box, other, why, term } = standBy
  const title: InBoth =
    role === 'spare'
      ? { en: `This box is the spare: ${box}`, zh: `本机是备机：${box}` }
      : { en: `This box waits for the other one: ${box}`, zh: `本机在等待另一台：${box}` }
  const could: InBoth =
    why === undefined
      ? { en: 'It has everything, and could take over now.', zh: '数据齐全，现在可以接管。' }
      : { en: `It could not take over now. ${sentenceOf(why).en}`, zh: `现在不能接管。${sentenceOf(why).zh}` }
  return `<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${text(`${box} · ${site}`)}</title><style>${STYLE}</style></head>
<body><main><h1>${text(title.zh)}</h1><p lang="en">${text(title.en)}</p>
<div class="${why === undefined ? 'could' : 'not'}">${paragraphs(could)}</div>
<dl>
${row({ zh: '站点', en: 'Site' }, `<span>${text(site)}</span>`)}
${row(role === 'spare' ? { zh: '主机', en: 'Active box' } : { zh: '另一台', en: 'Other box' }, activeOf(standBy, path))}
${row({ zh: '最近联系', en: 'Last contact' }, both(heardOf(standBy)))}
${row({ zh: '落后', en: 'Behind' }, both(behindOf(standBy)))}
${row({ zh: '第几任', en: 'Term' }, `<span>${term}</span>`)}
</dl>
${paragraphs(takesOverWhen(TAKE_MS))}
${role === 'spare' ? paragraphs({ zh: `这里什么也不能操作；请到主机 ${other} 上操作。`, en: `Nothing can be done here: go to box ${other}.` }) : ''}
<p><a href="${text(path)}">再看一次 · <span lang="en">Look again</span></a></p>
</main></body></html>
`
}

const both = ({ zh, en }: InBoth) => `<span>${text(zh)}</span><span lang="en">${text(en)}</span>`
const paragraphs = ({ zh, en }: InBoth) => `<p>${text(zh)}</p><p lang="en">${text(en)}</p>`
const row = (name: InBoth, value: string) => `<dt>${both(name)}</dt><dd>${value}</dd>`

function activeOf({ other, otherUrl }: StandBy, path: string): string {
  if (otherUrl === undefined) return `<span>${text(other)}</span>`
  return `<span><a href="${text(otherUrl + path)}">${text(other)}</a> ${text(otherUrl)}</span>`
}

function heardOf({ heardAgoMs }: StandBy): InBoth {
  if (heardAgoMs === undefined) return { zh: '启动以来还没有', en: 'none since the start' }
  const s = (heardAgoMs / 1000).toFixed(1)
  return { zh: `${s} 秒前`, en: `${s} s ago` }
}

function behindOf({ behind }: StandBy): InBoth {
  if (behind === undefined) return { zh: '不知道', en: 'not known' }
  return { zh: `${behind} 条账本变更`, en: `${behind} changes of the ledger` }
}

const text = (raw: string) => raw.replace(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0)};`)
