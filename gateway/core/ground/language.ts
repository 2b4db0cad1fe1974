/**
 * Names in several languages, by language tag of BCP 47 (RFC 5646). What a tag that leaves out its script or region
 * most likely means is known from the tables of the runtime: `zh-TW` is `zh-Hant-TW`. Pure.
 */

/** A text by canonical tag: `{ en: 'Saw', 'zh-Hans': '锯' }`. */
export type Names = Readonly<Record<string, string>>

/** What people call a signal or a meter; `titles` in other languages than the profile's own. */
export type Titled = { readonly title?: string; readonly titles?: Names }

/** That alone of something. */
export const titlesOf = ({ title, titles }: Titled): Titled => ({
  ...(title === undefined ? {} : { title }),
  ...(titles === undefined ? {} : { titles }),
})

/** As BCP 47 writes it, e.g. `zh-Hans` for `zh-hans`; undefined when it is no tag. */
export function canonicalTag(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}

/** Whether its language has a name in English; a language that has none is probably a typing error. */
export function isKnownLanguage(tag: string): boolean {
  const { language } = new Intl.Locale(tag)
  return new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' }).of(language) !== undefined
}

/**
 * The name that fits the wanted tag best: the same tag, then the same script and region, the same script, the same
 * language. Where none is of that language: English, then the first.
 */
export function bestName(names: Names, wanted: string): string {
  const tags = Object.keys(names)
  const best = mostFitting(tags, wanted) ?? mostFitting(tags, 'en') ?? tags[0]
  return best === undefined ? '' : names[best]!
}

function mostFitting(tags: readonly string[], wanted: string): string | undefined {
  const fits = tags.map((tag) => ({ tag, fit: fitOf(tag, wanted) })).filter(({ fit }) => fit > 0)
  return fits.sort((a, b) => b.fit - a.fit)[0]?.tag
}

/** 0: another language. */
function fitOf(tag: string, wanted: string): number {
  if (tag === canonicalTag(wanted)) return 5
  const [have, want] = [tag, wanted].map((each) => new Intl.Locale(each).maximize()) as [Intl.Locale, Intl.Locale]
  if (have.language !== want.language) return 0
  return 1 + (have.script === want.script ? 2 : 0) + (have.region === want.region ? 1 : 0)
}
