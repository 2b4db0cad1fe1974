/**
 * Sentences of the gateway in Chinese. It says them in English, with names and numbers in them; each stands here with
 * gaps where those are. A page loads this when it is read in Chinese; what stands nowhere here is shown in English, and
 * marked as that. Pure. Read next: words.ts (who asks), the files beside it (the sentences).
 */
import { checks } from './checks.ts'
import { document } from './document.ts'
import { drill } from './drill.ts'
import { faults } from './faults.ts'
import { links } from './links.ts'
import { options } from './options.ts'
import { refusals } from './refusals.ts'
import { site } from './site.ts'
import { titles } from './titles.ts'

export const sentences: Readonly<Record<string, string>> = {
  ...options,
  ...drill,
  ...links,
  ...faults,
  ...checks,
  ...document,
  ...site,
  ...refusals,
  ...titles,
}

type Pattern = {
  readonly is: RegExp
  readonly gaps: readonly string[]
  readonly chinese: string
  /** It has no word of its own, so what is in its gaps has to be known. */
  readonly isBare: boolean
  /** It has hardly one, so no gap holds a sentence that is not. */
  readonly isThin: boolean
}

/** Several, one after the other; one with a name before it, or with more in parentheses. */
const BARE = {
  '{first}; {rest}': '{first}；{rest}',
  '{name}: {rest}': '{name}：{rest}',
  '{first} ({rest})': '{first}（{rest}）',
}
const GAP = /\{(\w+)\}/
/** Such as the code of a refusal: the same in every language. */
const NUMBER = /^\d+$/
/** Letters of its own: `at least {least}` has seven. */
const THIN = 8
/** The more a sentence says itself, the sooner it is tried. */
const patterns: readonly Pattern[] = Object.entries({ ...sentences, ...BARE })
  .filter(([english]) => GAP.test(english))
  .map(([english, chinese]) => ({ english, own: english.replaceAll(/\{\w+\}/g, ''), chinese }))
  .toSorted((a, b) => b.own.length - a.own.length)
  .map(({ english, own, chinese }) => {
    const letters = [...own.matchAll(/\p{L}/gu)].length
    return { ...patternOf(english), chinese, isBare: letters === 0, isThin: letters < THIN }
  })

/** Sentences within sentences, no deeper. */
const DEEPEST = 4

/** In Chinese; undefined when it is not known. */
export function inChinese(text: string, depth = 0): string | undefined {
  if (!GAP.test(text) && Object.hasOwn(sentences, text)) return sentences[text]
  if (depth > DEEPEST) return undefined
  for (const { is, gaps, chinese, isBare, isThin } of patterns) {
    const match = is.exec(text)
    if (match === null) continue
    const given = gaps.map((gap, at) => ({ gap, text: match[at + 1]!, said: inChinese(match[at + 1]!, depth + 1) }))
    const isKnown = given.every(({ text: each, said }) => said !== undefined || !each.includes(' '))
    if (isThin && !isKnown) continue
    const last = given.at(-1)
    if (isBare && last?.said === undefined && !NUMBER.test(last?.text ?? '')) continue
    return chinese.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const filled = given.find(({ gap }) => gap === name)
      return filled?.said ?? filled?.text ?? ''
    })
  }
  return undefined
}

function patternOf(english: string): Pick<Pattern, 'is' | 'gaps'> {
  const gaps: string[] = []
  const source = english
    .split(/(\{\w+\})/)
    .map((part) => {
      const gap = GAP.exec(part)?.[1]
      if (gap === undefined) return part.replaceAll(/[.*+?^$()|[\]\\{}]/g, '\\$&')
      if (gaps.includes(gap)) return `\\${gaps.indexOf(gap) + 1}`
      gaps.push(gap)
      return '(.+?)'
    })
    .join('')
  return { is: new RegExp(`^${source}$`, 's'), gaps }
}
