/**
 * Languages: words, times, durations and names as a person reads them. Pure; the page says which language and zone.
 * Read next: en.ts, zh.ts, sentences/said.ts.
 */
import { durationParts } from '../model/quantity.ts'
import { en } from './en.ts'
import { zh } from './zh.ts'

export type Lang = 'en' | 'zh'
export type Word = keyof typeof en
type Given = Readonly<Record<string, string | number>>

export const dictionaries: Readonly<Record<Lang, Readonly<Record<Word, string>>>> = { en, zh }

/** As Intl and `lang` of a document name them. */
const tagOf = (lang: Lang): string => (lang === 'zh' ? 'zh-Hans' : 'en-GB')

export type Words = {
  readonly lang: Lang
  readonly tag: string
  t(word: Word, given?: Given): string
  /** The word of `group`, or `fallback` where this release has none for it. */
  of(group: string, name: string, fallback: Word): string
  has(word: string): word is Word
  /** `14:30`; with the day when it is not the day of `nowMs`. */
  time(ms: number, nowMs?: number): string
  seconds(ms: number): string
  date(ms: number): string
  duration(ms: number): string
  /** The name of a machine in this language, or in one that there is. */
  name(names: Readonly<Record<string, string>>, id: string): string
  /** The title of a signal or a meter, likewise. */
  title(of: Titled, id: string): string
  /** A sentence that the gateway says in English, in the language of the page; undefined where that is not known. */
  said(text: string): string | undefined
}

/** What knows sentences; undefined until it is loaded, and where English is read. */
export type Say = (text: string) => string | undefined

type Titled = { readonly title?: string; readonly titles?: Readonly<Record<string, string>> }

/** `zone`: of the site, whatever the device says. */
export function createWords(lang: Lang, zone: string, say?: Say): Words {
  const words = dictionaries[lang]
  const tag = tagOf(lang)
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(tag, { timeZone: zone, ...options })
  const clock = format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const exact = format({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
  const day = format({ day: 'numeric', month: 'short' })
  const date = format({ day: 'numeric', month: 'short', year: 'numeric' })
  const has = (word: string): word is Word => Object.hasOwn(words, word)
  const t = (word: Word, given: Given = {}) =>
    words[word].replace(/\{(\w+)\}/g, (whole, name: string) => String(given[name] ?? whole))
  const name: Words['name'] = (names, id) => {
    const own = Object.keys(names).find((each) => each.split('-')[0] === lang)
    return (own === undefined ? undefined : names[own]) ?? names.en ?? Object.values(names)[0] ?? id
  }
  return {
    ...{ lang, tag, has, t, name },
    said: (text) => say?.(text),
    title: ({ title, titles }, id) => name({ ...(title === undefined ? {} : { en: title }), ...titles }, id),
    of(group, name, fallback) {
      const word = `${group}.${name}`
      return t(has(word) ? word : fallback)
    },
    time(ms, nowMs = ms) {
      const near = day.format(ms) === day.format(nowMs)
      return near ? clock.format(ms) : `${day.format(ms)} ${clock.format(ms)}`
    },
    seconds: (ms) => exact.format(ms),
    date: (ms) => date.format(ms),
    duration: (ms) =>
      durationParts(ms)
        .map(([n, unit]) => t(`unit.${unit}`, { n }))
        .join(' '),
  }
}

/** `asked`: `?lang=` of the link; then what was chosen before, then what the browser prefers. */
export function chooseLang(asked: string | null, kept: string | null, preferred: readonly string[]): Lang {
  for (const each of [asked, kept, ...preferred]) {
    const first = each?.toLowerCase().split('-')[0]
    if (first === 'zh' || first === 'en') return first
  }
  return 'en'
}
