/** In which of its two languages a command speaks to a person. Pure. Read next: questions.ts, remedies.ts. */

export type Language = 'en' | 'zh'
/** English, then Chinese. */
export type Said = readonly [en: string, zh: string]

/** As it is asked for, or as the terminal is. */
export function languageOf(asked: string | undefined, env: Readonly<Record<string, string | undefined>>): Language {
  const word = asked ?? env.LC_ALL ?? env.LC_MESSAGES ?? env.LANG ?? ''
  return word.startsWith('zh') ? 'zh' : 'en'
}

export const inLanguage = (language: Language, [en, zh]: Said): string => (language === 'zh' ? zh : en)
